"""Validation: which intervals of a meter look wrong. A set of rules for each profile, dated; no limit stands in code.

| Rule      | Finds                                                                   | Limits                    |
|-----------|-------------------------------------------------------------------------|---------------------------|
| gap       | no reading for longer                                                   | gap_minutes               |
| register  | a step of the register whose verdict is not sure                        | is_register_checked       |
| reverse   | an interval below 0                                                     | is_register_checked       |
| maximum   | more in an interval than the meter can measure                          | max_per_hour              |
| spike     | the highest interval of a day exceeds the third highest by more per cent | spike_percent, spike_floor |
| low, high | a day against the mean of `compare_days` before it (`compare_with`: | low_percent, high_percent, |
|           | or of those around it a year ago)                                       | day_floor                 |
| change    | an interval against the one before it, by more per cent                 | change_percent, change_floor |
| zero      | nothing at all for so many days, after there had been something         | zero_days                 |
| frozen    | the same amount, not 0, so many times in a row                          | frozen_intervals          |
| sum       | a register against the integral of the flow `sum_against`, over a day   | sum_percent, sum_floor    |
| leak      | water in every interval of a day (`domain.leaks`)                       | leak_per_hour             |
| clock     | the device's clock is ahead of the time of arrival by more              | clock_ahead_s             |

Limits are strict: exactly at a limit is right. A rule whose limit is None is off. Where a percentage would divide by 0 the
floor decides. A day is checked when it is over; the register, the maximum and the clock do not wait. A hole is one finding,
which every day that it touches makes as long as the hole is by then. What a power failure explains (`outage_channel`) is
valid: holes that it touches, days without power in which nothing was used, and low days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from calha.domain.calendars import Step
from calha.domain.consumption import Consumption
from calha.domain.leaks import rest
from calha.domain.outages import Outage, touches
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Floats
from calha.domain.registers import RegisterEvent
from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US

Rule = Literal[
    "gap", "register", "reverse", "maximum", "spike", "low", "high", "change", "zero", "frozen", "sum", "leak", "clock"
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
Compared = Literal["days_before", "last_year"]

THIRD = 3  # the highest interval of a day is compared with the third highest
MIN_COMPARED_DAYS = 3
LAST_YEAR_DAYS = 364  # 52 weeks back: the same day of the week


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The limits of a channel from a day on; amounts in the unit of its consumption. step: of the intervals checked.

    sum_against, outage_channel: other channels of the device.
    """

    valid_from: date | None = None
    step: Step = "1h"
    gap_minutes: float | None = None
    is_register_checked: bool = True
    max_per_hour: float | None = None
    spike_percent: float | None = None
    spike_floor: float = 0.0
    low_percent: float | None = None
    high_percent: float | None = None
    compare_days: int = 28
    compare_with: Compared = "days_before"
    day_floor: float = 0.0
    change_percent: float | None = None
    change_floor: float = 0.0
    zero_days: int | None = None
    frozen_intervals: int | None = None
    sum_against: str | None = None
    sum_percent: float = 1.0
    sum_floor: float = 0.0
    clock_ahead_s: float | None = None
    leak_per_hour: float | None = None
    outage_channel: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a time has broken. data: what was found and the limit, for whoever looks at it."""

    rule: Rule
    from_at: Micros
    until_at: Micros
    data: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one local day. intervals: of the rule set's step. before: totals of the days before it, newest last.
    last_year: of those around it a year ago. outages: when there was no power.

    holes: times without readings that touch the day, as (from, until). beside: the day's total by the flow beside the register.
    ahead_us: the most by which the device's clock was ahead. is_over: whether the day has ended.
    """

    intervals: Consumption
    before: Floats
    events: Sequence[RegisterEvent] = ()
    holes: Sequence[tuple[Micros, Micros]] = ()
    beside: float | None = None
    ahead_us: int | None = None
    is_over: bool = True
    last_year: Floats = field(default_factory=lambda: np.zeros(0))
    outages: Sequence[Outage] = ()

    @property
    def is_dark(self) -> NDArray[np.bool_]:
        """Which intervals had no power, at least for a part."""
        return touches(self.outages, self.intervals.bounds[:-1], self.intervals.bounds[1:])

    @property
    def from_at(self) -> Micros:
        return int(self.intervals.bounds[0])

    @property
    def until_at(self) -> Micros:
        return int(self.intervals.bounds[-1])


def rules_of(sets: Sequence[RuleSet], day: date) -> RuleSet | None:
    """The set that holds on a day: the one that began last."""
    begun = [one for one in sets if one.valid_from is None or one.valid_from <= day]
    return max(begun, key=lambda one: one.valid_from or date.min, default=None)


def compared_with(sets: Sequence[RuleSet], day: date, until: date) -> Iterator[date]:
    """Days behind one, up to another, that are judged by comparing them with it."""
    spans = [(1, max((one.compare_days for one in sets), default=0))]
    if any(one.compare_with == "last_year" for one in sets):
        half = max(one.compare_days for one in sets) // 2
        spans.append((LAST_YEAR_DAYS - half, LAST_YEAR_DAYS + half))
    behind = (until - day).days
    yield from (day + timedelta(days=later) for from_, to in spans for later in range(from_, min(to, behind) + 1))


def findings(rules: RuleSet, checked: Checked) -> list[Finding]:
    """All that a day has broken, by time."""
    found = [*_at_once(rules, checked)]
    if checked.is_over:
        found += _of_whole_day(rules, checked)
    return sorted(found, key=lambda one: (one.from_at, one.rule))


# -- what does not wait for the end of the day


def _at_once(rules: RuleSet, checked: Checked) -> Iterator[Finding]:
    if rules.is_register_checked:
        yield from _register(checked)
    if rules.max_per_hour is not None:
        yield from _maximum(checked, rules.max_per_hour)
    ahead = checked.ahead_us
    if rules.clock_ahead_s is not None and ahead is not None and ahead > rules.clock_ahead_s * SECOND_US:
        data = {"ahead_s": ahead / SECOND_US, "limit_s": rules.clock_ahead_s}
        yield Finding("clock", checked.from_at, checked.until_at, data)


def _register(checked: Checked) -> Iterator[Finding]:
    for event in checked.events:
        if event.needs_review:
            data = {"verdict": event.verdict.value, "before": event.before, "after": event.after, "at": event.at}
            yield Finding("register", max(event.before_at, checked.from_at), event.at, data)
    for place in np.flatnonzero(checked.intervals.amounts() < 0).tolist():
        one = checked.intervals.interval(place)
        assert one.amount is not None
        is_told = any(event.before_at < one.until_at and one.from_at < event.at for event in checked.events)
        if not is_told:
            yield Finding("reverse", one.from_at, one.until_at, {"amount": float(one.amount)})


def _maximum(checked: Checked, per_hour: float) -> Iterator[Finding]:
    most = per_hour * np.diff(checked.intervals.bounds) / HOUR_US
    for place in np.flatnonzero(checked.intervals.amounts() > most).tolist():
        one = checked.intervals.interval(place)
        assert one.amount is not None
        yield Finding("maximum", one.from_at, one.until_at, {"amount": float(one.amount), "limit": float(most[place])})


# -- what is seen when the day is over


def _of_whole_day(rules: RuleSet, checked: Checked) -> Iterator[Finding]:
    if rules.gap_minutes is not None:
        yield from _gaps(checked, rules.gap_minutes)
    amounts = checked.intervals.amounts()
    if rules.spike_percent is not None:
        yield from _spike(checked, amounts, rules.spike_percent, rules.spike_floor)
    if rules.change_percent is not None:
        yield from _change(checked, amounts, rules.change_percent, rules.change_floor)
    if rules.frozen_intervals is not None:
        yield from _frozen(checked, amounts, rules.frozen_intervals)
    if rules.leak_per_hour is not None:
        yield from _leak(checked, amounts, rules.leak_per_hour)
    total = checked.intervals.total().amount
    if total is not None and bool(checked.intervals.is_known.all()):
        yield from _unusual(rules, checked, float(total))
        yield from _zero(rules, checked, float(total))
        yield from _sum(rules, checked, float(total))


def _gaps(checked: Checked, minutes: float) -> Iterator[Finding]:
    for from_at, until_at in checked.holes:
        is_explained = any(from_at < end and begin < until_at for begin, end in checked.outages)
        if until_at - from_at > minutes * MINUTE_US and not is_explained:
            data = {"minutes": (until_at - from_at) / MINUTE_US, "limit": minutes}
            yield Finding("gap", from_at, until_at, data)


def _spike(checked: Checked, amounts: Floats, percent: float, floor: float) -> Iterator[Finding]:
    known = np.sort(amounts[~np.isnan(amounts)])[::-1]
    if len(known) < THIRD or known[0] <= floor:
        return
    highest, third = float(known[0]), float(known[THIRD - 1])
    if third > 0 and (highest - third) / third * 100 <= percent:
        return
    one = checked.intervals.interval(int(np.nanargmax(amounts)))
    yield Finding("spike", one.from_at, one.until_at, {"amount": highest, "third": third, "limit_percent": percent})


def _change(checked: Checked, amounts: Floats, percent: float, floor: float) -> Iterator[Finding]:
    """The greatest change between neighbours of the day."""
    earlier, later = amounts[:-1], amounts[1:]
    step = np.abs(later - earlier)
    is_found = (step > floor) & ((earlier <= 0) | (step > earlier * (percent / 100)))
    if is_found.any():
        place = int(np.where(is_found, step, -1.0).argmax())
        one = checked.intervals.interval(place + 1)
        data = {"amount": float(later[place]), "before": float(earlier[place]), "limit_percent": percent}
        yield Finding("change", one.from_at, one.until_at, data)


def _leak(checked: Checked, amounts: Floats, least_per_hour: float) -> Iterator[Finding]:
    intervals = checked.intervals
    per_hour = amounts / (np.diff(intervals.bounds) / HOUR_US)
    found = rest(per_hour, intervals.is_known & (intervals.quality < Quality.UNCERTAIN), least_per_hour)
    if found.state == "leak" and found.lowest_per_hour is not None and found.per_month is not None:
        data = {"lowest": found.lowest_per_hour, "per_month": found.per_month, "limit": least_per_hour}
        yield Finding("leak", checked.from_at, checked.until_at, data)


def _frozen(checked: Checked, amounts: Floats, count: int) -> Iterator[Finding]:
    same = np.append(False, (amounts[1:] == amounts[:-1]) & (amounts[1:] != 0))
    starts = np.flatnonzero(~same)
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(amounts)], strict=True):
        if end - start >= count:
            bounds = checked.intervals.bounds
            data = {"amount": float(amounts[start]), "intervals": float(end - start), "limit": float(count)}
            yield Finding("frozen", int(bounds[start]), int(bounds[end]), data)


def _unusual(rules: RuleSet, checked: Checked, total: float) -> Iterator[Finding]:
    days = checked.last_year if rules.compare_with == "last_year" else checked.before[-rules.compare_days :]
    days = days[~np.isnan(days)]
    if len(days) < MIN_COMPARED_DAYS:
        return
    usual = float(days.mean())
    data: dict[str, float | str] = {"amount": total, "usual": usual, "compared_with": rules.compare_with}
    if max(total, usual) <= rules.day_floor or usual <= 0:
        return
    share = total / usual * 100
    if rules.low_percent is not None and share < rules.low_percent and not checked.is_dark.any():
        yield Finding("low", checked.from_at, checked.until_at, data | {"limit_percent": rules.low_percent})
    if rules.high_percent is not None and share > rules.high_percent:
        yield Finding("high", checked.from_at, checked.until_at, data | {"limit_percent": rules.high_percent})


def _zero(rules: RuleSet, checked: Checked, total: float) -> Iterator[Finding]:
    """Once, on the last of the days: what goes on is not found again each day."""
    if rules.zero_days is None or total != 0 or checked.is_dark.all():
        return
    recent, earlier = _split(checked.before, rules.zero_days - 1)
    was_used = len(earlier) > 0 and bool((earlier > 0)[-1])
    if was_used and len(recent) == rules.zero_days - 1 and bool((recent == 0).all()):
        yield Finding("zero", checked.from_at, checked.until_at, {"days": float(rules.zero_days)})


def _sum(rules: RuleSet, checked: Checked, total: float) -> Iterator[Finding]:
    beside = checked.beside
    if rules.sum_against is None or beside is None:
        return
    difference = abs(total - beside)
    if difference > rules.sum_floor and difference > rules.sum_percent / 100 * abs(total):
        data = {"amount": total, "beside": beside, "limit_percent": rules.sum_percent}
        yield Finding("sum", checked.from_at, checked.until_at, {"against": rules.sum_against, **data})


def _split(days: Floats, newest: int) -> tuple[Floats, Floats]:
    """The newest days, and those before them."""
    place = max(0, len(days) - newest)
    return days[place:], days[:place]
