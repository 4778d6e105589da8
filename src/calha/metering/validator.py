"""Validation as readings arrive: follows the store's commits, checks the days that they touch, and keeps what it finds.

Rule 1: what has been looked at is a log sequence on disk, moved on only when all days that readings touched are checked; after
        a restart it goes on from there, and the last days are checked once more, for what was only seen in memory.
Rule 2: a day that is over is checked a moment after readings of it came, the running day every few minutes, and every day once
        when it is over, so that a meter that has died is found as well.
Rule 3: one meter that cannot be checked does not keep the others from it; its days are tried again with its next readings.
Rule 4: where a day of the past changes, the days that were judged by comparing with it are judged again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from calha.domain.errors import Refused, StoreUnavailable
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US, to_datetime
from calha.domain.validation import compared_with, findings
from calha.metering.counting import METERS_AT_ONCE, Counting
from calha.metering.day_checks import SETTLE_US, DayChecks, Days
from calha.metering.meters import Meter, Meters
from calha.metering.watched import Watched, judged_with, watched
from calha.store.metering import FindingStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.store.telemetry.latest import NEVER

log = logging.getLogger(__name__)

NAME = "validation"
EVERY_S = 5.0
TODAY_EVERY_US = 300 * SECOND_US
DAYS_AT_ONCE = 31  # of one meter
CAUGHT_UP_DAYS = 3  # checked again after a restart; what came before has been looked at, or lies in `progress`
MAX_CAUGHT_UP_DAYS = 400


@dataclass(slots=True)
class Dirty:
    """Days that are to be checked, by series; and by how much clocks were ahead in them."""

    days: dict[int, set[date]] = field(default_factory=dict)
    ahead_us: dict[tuple[int, date], int] = field(default_factory=dict)

    def add(self, series: int, day: date, ahead_us: int | None = None) -> None:
        self.days.setdefault(series, set()).add(day)
        if ahead_us is not None:
            self.ahead_us[series, day] = max(ahead_us, self.ahead_us.get((series, day), ahead_us))

    def take(self, series: int, through: date) -> list[date]:
        """The days of a series up to one, which are then no longer dirty; by time."""
        due = sorted(day for day in self.days.get(series, ()) if day <= through)
        left = self.days.get(series, set()) - set(due)
        if left:
            self.days[series] = left
        else:
            self.days.pop(series, None)
        return due


class Validator:
    def __init__(
        self,
        registry: Registry,
        telemetry: Telemetry,
        meters: Meters,
        counting: Counting,
        store: FindingStore,
        clock: Callable[[], Micros],
    ) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._checks = DayChecks(counting, telemetry)
        self._meters = meters
        self._store = store
        self._clock = clock
        self._watched: Mapping[int, Watched] = {}
        self._judged_with: Mapping[int, Sequence[Meter]] = {}
        self._known: tuple[int, int] | None = None  # version of the registry, and how often something was said
        self._said = 0
        self._dirty = Dirty()
        self._checked_today: dict[int, Micros] = {}
        self._closed_through: dict[str, date] = {}

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the store until cancelled."""
        seq, at = await asyncio.to_thread(self._store.progress)
        self._telemetry.await_follower(NAME, seq)
        await asyncio.to_thread(self._catch_up, at)
        while True:
            beat()
            try:
                seq = await self._follow(seq, beat)
                self._telemetry.await_follower(NAME, seq)
            except StoreUnavailable as error:
                log.warning("readings are validated later: %s", error)
            await asyncio.sleep(EVERY_S)

    async def _follow(self, seq: int, beat: Callable[[], None]) -> int:
        through = await asyncio.to_thread(self._take_touched, seq)
        self._close_days()
        for days, group in self._due().items():
            for start in range(0, len(group), METERS_AT_ONCE):
                beat()
                await asyncio.to_thread(self._check, days, group[start : start + METERS_AT_ONCE])
        if through != seq:
            await asyncio.to_thread(self._store.advance, through, self._clock())
        return through

    def check_now(self) -> None:
        """One round, for whoever cannot wait: everything that is due, today as well."""
        seq, _ = self._store.progress()
        through = self._take_touched(seq)
        self._checked_today.clear()
        for days, group in self._due().items():
            self._check(days, group)
        self._store.advance(through, self._clock())

    def mark(self, meter: Meter, at: Micros) -> None:
        """Check a day soon, because something was said of the meter."""
        self._add_touched(meter, day_at(at, meter))
        self._checked_today.pop(meter.series, None)

    def mark_from(self, meter: Meter, from_at: Micros) -> None:
        """Check all days from a time on soon, because something else was said of the register; MAX_CAUGHT_UP_DAYS at most."""
        self._said += 1  # meters are known with what is said of their registers
        newest = self._newest(meter)
        if newest is None:
            return
        first = max(day_at(from_at, meter), newest - timedelta(days=MAX_CAUGHT_UP_DAYS))
        for later in range((newest - first).days + 1):
            self._dirty.add(meter.series, first + timedelta(days=later))
        self._checked_today.pop(meter.series, None)

    # -- which days

    def _know_meters(self) -> None:
        known = self._registry.version, self._said
        if known == self._known:
            return
        self._watched = watched(self._registry, self._meters)
        self._judged_with = judged_with(self._watched.values())
        self._known = known

    def _take_touched(self, seq: int) -> int:
        found = self._telemetry.touched(seq)
        self._know_meters()  # after what was stored: a meter is registered before its first reading
        lines = (found.series.tolist(), found.first_at.tolist(), found.last_at.tolist(), found.ahead_us.tolist())
        for series, first_at, last_at, ahead_us in zip(*lines, strict=True):
            watching = self._watched.get(series)
            if watching is not None:
                # A reading closes what was before it, and what is between it and the next follows from both; after the newest
                # there is nothing to judge yet.
                until = min(last_at + watching.meter.usual_us, int(self._telemetry.latest.at[series]))
                last_day = day_at(last_at, watching.meter)
                for day in {day_at(first_at - 1, watching.meter), last_day, day_at(until, watching.meter)}:
                    self._add_touched(watching.meter, day)
                self._dirty.add(series, last_day, ahead_us)
            for meter in self._judged_with.get(series, ()):
                newest = self._newest(meter)
                for day in {day_at(first_at - 1, meter), day_at(last_at, meter)}:
                    if newest is not None and day <= newest:
                        self._dirty.add(meter.series, day)
        return found.through_seq

    def _add_touched(self, meter: Meter, day: date) -> None:
        """A day, and those up to the newest reading that are compared with it."""
        self._dirty.add(meter.series, day)
        watching, newest = self._watched.get(meter.series), self._newest(meter)
        if watching is None or newest is None:
            return
        for later in compared_with(watching.rules, day, newest):
            self._dirty.add(meter.series, later)

    def _newest(self, meter: Meter) -> date | None:
        """The day of the newest reading, behind which there is nothing to judge again; None where there is no reading."""
        latest = self._telemetry.latest.at
        at = int(latest[meter.series]) if meter.series < len(latest) else NEVER
        return day_at(at, meter) if at != NEVER else None

    def _catch_up(self, since: Micros) -> None:
        """Days of which it is not sure that they were checked when it ended."""
        self._know_meters()
        now = self._clock()
        days = CAUGHT_UP_DAYS if since == 0 else min(MAX_CAUGHT_UP_DAYS, (now - since) // DAY_US + CAUGHT_UP_DAYS)
        for series, watching in self._watched.items():
            today = day_at(now, watching.meter)
            for back in range(days):
                self._dirty.add(series, today - timedelta(days=back))

    def _close_days(self) -> None:
        """When a day is over somewhere, check it for all meters there; all of them where this process stood still."""
        now = self._clock() - SETTLE_US
        ended: dict[str, date] = {}
        for series, watching in self._watched.items():
            zone = watching.meter.zone.key
            if zone not in ended:
                ended[zone] = day_at(now, watching.meter) - timedelta(days=1)
            since = (ended[zone] - self._closed_through.get(zone, ended[zone])).days
            for back in range(min(since, MAX_CAUGHT_UP_DAYS)):
                self._dirty.add(series, ended[zone] - timedelta(days=back))
        self._closed_through |= ended

    # -- checking

    def _due(self) -> dict[Days, list[Watched]]:
        """What is to be checked now: meters by the zone and the run of days."""
        now = self._clock()
        due: dict[Days, list[Watched]] = {}
        for series in list(self._dirty.days):
            watching = self._watched.get(series)
            if watching is None:
                del self._dirty.days[series]
                continue
            today = day_at(now, watching.meter)
            is_fresh = now - self._checked_today.get(series, 0) < TODAY_EVERY_US
            days = self._dirty.take(series, today - timedelta(days=1) if is_fresh else today)
            if today in days:
                self._checked_today[series] = now
            for run in in_a_row(days):
                due.setdefault(Days(watching.meter.zone, tuple(run)), []).append(watching)
        return due

    def _check(self, days: Days, group: Sequence[Watched]) -> None:
        try:
            self._check_together(days, group)
        except Refused as error:
            if len(group) > 1:
                for watching in group:
                    self._check(days, [watching])
            else:
                meter = group[0].meter
                log.warning("%s %s cannot be validated: %s", meter.device, meter.channel, error)

    def _check_together(self, days: Days, group: Sequence[Watched]) -> None:
        now = self._clock()
        for watching, rules, checked in self._checks.of(days, group, now, self._dirty.ahead_us):
            found = findings(rules, checked)
            self._store.replace(watching.meter.series, checked.from_at, checked.until_at, found, now)
        for watching in group:
            for day in days.days:
                self._dirty.ahead_us.pop((watching.meter.series, day), None)


def in_a_row(days: Iterable[date]) -> list[list[date]]:
    """Days in runs that follow each other, none longer than DAYS_AT_ONCE."""
    ordered = sorted(days)
    runs: list[list[date]] = [[day] for day in ordered[:1]]
    for before, day in pairwise(ordered):
        if (day - before).days > 1 or len(runs[-1]) == DAYS_AT_ONCE:
            runs.append([])
        runs[-1].append(day)
    return runs


def day_at(at: Micros, meter: Meter) -> date:
    return to_datetime(at).astimezone(meter.zone).date()
