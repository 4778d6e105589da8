"""What the rules of validation look at: of each meter and local day its intervals, and all with which they are compared.

Days are those of the meter's zone, 23 or 25 hours long where its clocks are changed. What is measured counts, without edits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from calha.domain.calendars import Calendar, Step
from calha.domain.consumption import Consumption
from calha.domain.outages import Outage, outages
from calha.domain.readings import Micros
from calha.domain.register_breaks import Floats
from calha.domain.times import DAY_US, SECOND_US, to_micros
from calha.domain.validation import LAST_YEAR_DAYS, Checked, RuleSet, rules_of
from calha.metering.counting import Counted, Counting
from calha.metering.meters import Meter
from calha.metering.watched import Watched
from calha.store.telemetry import Telemetry

SETTLE_US = 90 * SECOND_US  # after the end of a day, for readings that are on their way
OUTAGE_BACK_US = 30 * DAY_US  # before the days that are checked; a power failure that began earlier is forgotten
OBSERVED = 0.99  # share of a day that has to be observed for a sum to be compared


@dataclass(frozen=True, slots=True)
class Days:
    """Days that follow each other in a zone."""

    zone: ZoneInfo
    days: tuple[date, ...]

    def begin(self, number: int) -> Micros:
        """When one of the days begins; the one behind the last as well."""
        return self.begin_of(self.days[0] + timedelta(days=number))

    def begin_of(self, day: date) -> Micros:
        return to_micros(datetime.combine(day, time(), self.zone))


class DayChecks:
    def __init__(self, counting: Counting, telemetry: Telemetry) -> None:
        self._counting = counting
        self._telemetry = telemetry

    def of(
        self, days: Days, group: Sequence[Watched], now: Micros, ahead_us: Mapping[tuple[int, date], int]
    ) -> Iterator[tuple[Watched, RuleSet, Checked]]:
        """Each meter on each of the days of which it has rules. ahead_us: by how much clocks were ahead, by series and day.

        Raises Refused, StoreUnavailable.
        """
        is_any_over = days.begin(0) + DAY_US <= now
        before = self._daily(days, group) if is_any_over else {}
        last_year = self._last_year(days, group) if is_any_over else {}
        dark = self._outages(days, group)
        for number, day in enumerate(days.days):
            from_at, until_at = days.begin(number), days.begin(number + 1)
            is_over = until_at + SETTLE_US <= now
            counted = self._counted(group, day, from_at, until_at)
            beside = self._beside(group, from_at, until_at) if is_over else {}
            for watching in group:
                series, rules = watching.meter.series, rules_of(watching.rules, day)
                if rules is None:
                    continue
                found = counted[series]
                checked = Checked(
                    found.consumption,
                    _until(before[series], from_at) if series in before else np.zeros(0),
                    found.events,
                    found.holes,
                    beside.get(series),
                    ahead_us.get((series, day)),
                    is_over,
                    _around(last_year[series], days.begin_of(day - timedelta(days=LAST_YEAR_DAYS)), rules.compare_days)
                    if series in last_year
                    else np.zeros(0),
                    dark.get(series, ()),
                )
                yield watching, rules, checked

    def _counted(self, group: Sequence[Watched], day: date, from_at: Micros, until_at: Micros) -> dict[int, Counted]:
        by_step: dict[Step, list[Meter]] = {}
        for watching in group:
            rules = rules_of(watching.rules, day)
            if rules is not None:
                by_step.setdefault(rules.step, []).append(watching.meter)
        return {
            counted.meter.series: counted
            for step, meters in by_step.items()
            for counted in self._counting.of_all(
                meters, Calendar(step, meters[0].zone).bounds(from_at, until_at), measured=True
            )
        }

    def _daily(self, days: Days, group: Sequence[Watched]) -> dict[int, Consumption]:
        """Daily totals of the days and of those with which they are compared."""
        compared = max(rules.compare_days for watching in group for rules in watching.rules)
        first = to_micros(datetime.combine(days.days[0] - timedelta(days=compared), time(), days.zone))
        bounds = Calendar("1d", days.zone).bounds(first, days.begin(len(days.days)))
        found = self._counting.of_all([watching.meter for watching in group], bounds, measured=True)
        return {counted.meter.series: counted.consumption for counted in found}

    def _last_year(self, days: Days, group: Sequence[Watched]) -> dict[int, Consumption]:
        """Daily totals around the same days a year ago, of the meters that are compared with those."""
        meters = [one.meter for one in group if any(rules.compare_with == "last_year" for rules in one.rules)]
        if not meters:
            return {}
        half = max(rules.compare_days for one in group for rules in one.rules) // 2
        first = days.begin_of(days.days[0] - timedelta(days=LAST_YEAR_DAYS + half))
        last = days.begin_of(days.days[-1] - timedelta(days=LAST_YEAR_DAYS - half - 1))
        found = self._counting.of_all(meters, Calendar("1d", days.zone).bounds(first, last), measured=True)
        return {counted.meter.series: counted.consumption for counted in found}

    def _outages(self, days: Days, group: Sequence[Watched]) -> dict[int, list[Outage]]:
        """When there was no power, by the series of the meter."""
        told = {one.meter.series: one.outage for one in group if one.outage is not None}
        if not told:
            return {}
        until = days.begin(len(days.days))
        read = self._telemetry.readings(
            sorted(set(told.values())), days.begin(0) - OUTAGE_BACK_US, until, resolution="raw"
        )
        return {
            series: outages(read[outage].at, read[outage].value, read[outage].quality, until)
            for series, outage in told.items()
        }

    def _beside(self, group: Sequence[Watched], from_at: Micros, until_at: Micros) -> dict[int, float]:
        """What went through the flows beside registers, in the registers' units, as far as all of it was observed."""
        by_flow = {one.beside.series: one.meter for one in group if one.beside is not None}
        flows = [one.beside for one in group if one.beside is not None]
        amounts: dict[int, float] = {}
        for counted in self._counting.of_all(flows, np.array([from_at, until_at], np.int64), measured=True):
            register = by_flow[counted.meter.series]
            total = counted.consumption.given_in(register.unit).total()
            if total.amount is not None and total.coverage > OBSERVED:
                amounts[register.series] = float(total.amount)
        return amounts


def _around(daily: Consumption, at: Micros, days: int) -> Floats:
    """Totals of the days around the one that begins at a time; NaN where nothing was observed."""
    totals: Floats = np.where(daily.coverage > 0, daily.amounts(), np.nan)
    place, half = int(np.searchsorted(daily.bounds, at)), days // 2
    return totals[max(0, place - half) : place + half + 1]


def _until(daily: Consumption, at: Micros) -> Floats:
    """Totals of the days before a time; NaN where nothing was observed."""
    count = int(np.searchsorted(daily.bounds, at))
    totals: Floats = np.where(daily.coverage > 0, daily.amounts(), np.nan)[:count]
    return totals
