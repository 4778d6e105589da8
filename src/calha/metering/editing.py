"""Estimating and editing consumption: proposed with its effect, applied with a reason, taken back. Readings never change.

A span is cut into intervals of a step, of which each gets an amount by one of the methods of `domain.estimation`. "auto" takes
the first that can be done. The register's own difference is tried where readings are missing only: elsewhere it is the
difference itself that is in doubt.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import numpy as np

from calha.domain.calendars import Calendar, Step
from calha.domain.consumption import Consumption, consumption
from calha.domain.curves import Curve
from calha.domain.edits import Edit, edited
from calha.domain.errors import Malformed, TooLarge
from calha.domain.estimation import (
    LIKE_DAYS,
    MAX_INTERPOLATED_US,
    MAX_LIKE_DAYS_BACK,
    Method,
    interpolated,
    like_days,
    spread,
)
from calha.domain.posts import Windows as DayKinds
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Ints
from calha.domain.registers import A_TICK, TICKS
from calha.domain.times import DAY_US, to_datetime, to_micros
from calha.metering.counting import Counting
from calha.metering.meters import Meter
from calha.store.metering import EditRow, EditStore, FindingStore
from calha.store.metering.edits import MAX_AMOUNTS

Wanted = Literal["auto", "register", "interpolation", "like_days", "mean", "manual"]

MEAN_OF_DAYS = 28
LONGEST_US = 62 * DAY_US


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an edit would say. before, after: consumption of its intervals as it is now and as it would be."""

    meter: Meter
    method: Method
    before: Consumption
    after: Consumption

    def row(self, reason: str, author: str, at: Micros) -> EditRow:
        bounds = tuple(self.after.bounds.tolist())
        amounts = tuple(A_TICK * int(ticks) for ticks in self.after.ticks)
        return EditRow(self.meter.series, bounds, amounts, self.method, reason, author, at)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be edited, and how. total, amounts: what a person says, for manual."""

    from_at: Micros
    until_at: Micros
    step: Step = "1h"
    method: Wanted = "auto"
    total: Decimal | None = None
    amounts: Sequence[Decimal] | None = None


class Editing:
    def __init__(
        self, counting: Counting, edits: EditStore, findings: FindingStore, clock: Callable[[], Micros]
    ) -> None:
        self._counting = counting
        self._edits = edits
        self._findings = findings
        self._clock = clock

    def propose(self, meter: Meter, asked: Asked) -> Proposal:
        """What the edit would say, with nothing changed. Raises Malformed when it cannot be made, TooLarge."""
        bounds = self._bounds(meter, asked)
        before = self._counting.of(meter, bounds).consumption
        method, ticks = _Estimate(self._counting, meter, bounds, asked).made()
        quality = Quality.SUBSTITUTED if method == "manual" else Quality.ESTIMATED
        curve = edited(_EMPTY, [Edit(bounds, ticks, quality)])
        return Proposal(meter, method, before, consumption(curve, bounds, meter.unit))

    def apply(self, proposal: Proposal, reason: str, author: str, exceptions: Sequence[int] = ()) -> EditRow:
        """Keep an edit, and close the exceptions that it is about, together with open ones that it covers."""
        made = self._edits.add(proposal.row(reason, author, self._clock()))
        covered = [
            one.id
            for one in self._findings.overlapping(made.series, made.from_at, made.until_at)
            if one.from_at >= made.from_at and one.until_at <= made.until_at and one.rule != "register"
        ]
        state: Literal["edited", "estimated"] = "edited" if proposal.method == "manual" else "estimated"
        self._findings.close(sorted({*exceptions, *covered}), state, author, made.made_at, made.id)
        return made

    def undo(self, meter: Meter, edit_id: int, author: str) -> EditRow:
        """Take an edit back; its exceptions are open again. Raises NotFound, Conflict."""
        row = self._edits.undo(meter.series, edit_id, author, self._clock())
        self._findings.reopen(edit_id=edit_id)
        return row

    def _bounds(self, meter: Meter, asked: Asked) -> Ints:
        if not asked.from_at < asked.until_at <= self._clock():
            raise Malformed("an edit begins before it ends, and not in the future", "bad_time")
        if asked.until_at - asked.from_at > LONGEST_US:
            raise TooLarge(f"an edit covers at most {LONGEST_US // DAY_US} days; make several")
        whole = Calendar(asked.step, meter.zone).bounds(asked.from_at, asked.until_at)
        if len(whole) - 1 > MAX_AMOUNTS:
            raise TooLarge(f"an edit has at most {MAX_AMOUNTS} intervals; choose longer ones")
        return np.clip(whole, asked.from_at, asked.until_at)


_EMPTY = Curve(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, bool), is_bridged=True)


class _Estimate:
    """One estimation: what it needs is looked up once, when a method asks for it."""

    def __init__(self, counting: Counting, meter: Meter, bounds: Ints, asked: Asked) -> None:
        self._counting = counting
        self._meter = meter
        self._bounds = bounds
        self._asked = asked
        self._measured = counting.of(meter, bounds, measured=True)

    def made(self) -> tuple[Method, Ints]:
        """The method and whole ticks of each interval. Raises Malformed."""
        if self._asked.method == "manual":
            return "manual", self._manual()
        order: tuple[Method, ...] = ("interpolation", "like_days", "mean")
        if self._asked.method != "auto":
            order = (self._asked.method,)
        elif self._measured.holes:
            order = ("register", *order)
        methods: dict[Method, Callable[[], Ints | None]] = {
            "register": self._register,
            "interpolation": self._interpolation,
            "like_days": self._like_days,
            "mean": self._mean,
        }
        for method in order:
            ticks = methods[method]()
            if ticks is not None:
                return method, ticks
        raise Malformed("there is nothing to estimate this from; enter the amount yourself", "nothing_to_estimate_from")

    def _manual(self) -> Ints:
        amounts, total = self._asked.amounts, self._asked.total
        if amounts is not None:
            if len(amounts) != len(self._bounds) - 1:
                raise Malformed(f"{len(self._bounds) - 1} amounts are expected, not {len(amounts)}", "bad_amounts")
            return np.array([round(amount * TICKS) for amount in amounts], np.int64)
        if total is None:
            raise Malformed("either a total or an amount for each interval is expected", "bad_amounts")
        return spread(round(total * TICKS), self._usual())

    def _register(self) -> Ints | None:
        """The difference of the registers before and after, where both are known and nothing is in doubt between them."""
        found = self._measured
        is_known = self._meter.source == "register" and bool(found.consumption.is_known.all())
        ends_open = any(until == self._bounds[-1] and not self._has_reading_after(until) for _, until in found.holes)
        if not is_known or ends_open or any(event.needs_review for event in found.events):
            return None
        return spread(int(found.consumption.ticks.sum()), self._usual())

    def _has_reading_after(self, at: Micros) -> bool:
        after = np.array([at, at + 1], np.int64)
        return bool(self._counting.of(self._meter, after, measured=True).consumption.is_known.all())

    def _interpolation(self) -> Ints | None:
        """A line between the rates of the intervals before and after, which must be measured."""
        lengths = np.diff(self._bounds)
        first, last = int(self._bounds[0]), int(self._bounds[-1])
        if last - first > MAX_INTERPOLATED_US:
            return None
        length = int(lengths.max())
        edges = (np.array([first - length, first], np.int64), np.array([last, last + length], np.int64))
        before, after = (self._counting.of(self._meter, edge).consumption for edge in edges)
        if not (_is_sound(before) and _is_sound(after)):
            return None
        whole = interpolated(int(before.ticks[0]), int(after.ticks[0]), len(lengths))
        return np.rint(whole * (lengths / length)).astype(np.int64)

    def _like_days(self) -> Ints | None:
        return like_days(list(self._like()))

    def _mean(self) -> Ints | None:
        calendar = Calendar("1d", self._meter.zone)
        first = int(self._bounds[0])
        days = self._counting.of(self._meter, calendar.bounds(first - MEAN_OF_DAYS * DAY_US, first)[:-1]).consumption
        sound = days.is_known & (days.quality < Quality.UNCERTAIN)
        if not sound.any():
            return None
        lengths = np.diff(self._bounds)
        total = float(days.ticks[sound].mean()) * float(lengths.sum()) / DAY_US
        return spread(round(total), lengths.astype(np.float64))

    def _usual(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """How consumption is usually spread over the intervals; evenly where nothing is known of it."""
        usual = like_days(list(self._like()))
        lengths = np.diff(self._bounds).astype(np.float64)
        return usual.astype(np.float64) if usual is not None and usual.sum() > 0 else lengths

    def _like(self) -> Iterator[Ints]:
        """The same intervals on like days before, newest first, as far as they were measured."""
        found = 0
        for days in self._shifts():
            shifted = self._counting.of(self._meter, self._shifted(days)).consumption
            if _is_sound(shifted):
                yield shifted.ticks
                found += 1
            if found == LIKE_DAYS:
                return

    def _shifts(self) -> Iterator[int]:
        """How many days back like days lie: of the same kind for up to a day, else whole weeks."""
        length = int(self._bounds[-1] - self._bounds[0])
        if length > DAY_US:
            weeks = -(-length // (7 * DAY_US))
            yield from range(7 * weeks, MAX_LIKE_DAYS_BACK + 1, 7)
            return
        day = self._local_day()
        kinds = DayKinds(windows=())
        yield from (
            back
            for back in range(1, MAX_LIKE_DAYS_BACK + 1)
            if kinds.kind_of(day - timedelta(days=back)) == kinds.kind_of(day)
        )

    def _local_day(self) -> date:
        return to_datetime(int(self._bounds[0])).astimezone(self._meter.zone).date()

    def _shifted(self, days: int) -> Ints:
        """The bounds at the same local times some days before; an hour that the clock skips is empty."""
        local = [to_datetime(at).astimezone(self._meter.zone) for at in self._bounds.tolist()]
        shifted = [
            to_micros((one.replace(tzinfo=None) - timedelta(days=days)).replace(tzinfo=one.tzinfo)) for one in local
        ]
        return np.maximum.accumulate(np.array(shifted, np.int64))


def _is_sound(found: Consumption) -> bool:
    """Whether all of it was measured well."""
    return bool(found.is_known.all()) and bool((found.quality < Quality.UNCERTAIN).all())


def in_unit(proposal: Proposal, unit: str) -> Proposal:
    """The same in another unit, for showing it. Raises IncompatibleUnits."""
    return replace(proposal, before=proposal.before.given_in(unit), after=proposal.after.given_in(unit))
