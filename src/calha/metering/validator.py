"""Validation as readings arrive: follows the store's commits, checks the days that they touch, and keeps what it finds.

Rule 1: what has been looked at is a log sequence on disk, moved on only when all days that readings touched are checked; after
        a restart it goes on from there, and the last days are checked once more, for what was only seen in memory.
Rule 2: a day that is over is checked a moment after readings of it came, the running day every few minutes, and every day once
        when it is over, so that a meter that has died is found as well.
Rule 3: one meter that cannot be checked does not keep the others from it; its days are tried again with its next readings.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from calha.domain.calendars import Calendar, Step
from calha.domain.consumption import Consumption
from calha.domain.errors import Refused, StoreUnavailable
from calha.domain.outages import Outage, outages
from calha.domain.readings import Micros
from calha.domain.register_breaks import Floats
from calha.domain.times import DAY_US, SECOND_US, to_datetime, to_micros
from calha.domain.validation import LAST_YEAR_DAYS, Checked, RuleSet, findings, rules_of
from calha.metering.counting import METERS_AT_ONCE, Counted, Counting
from calha.metering.meters import Meter, Meters
from calha.store.metering import FindingStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

log = logging.getLogger(__name__)

EVERY_S = 5.0
TODAY_EVERY_US = 300 * SECOND_US
SETTLE_US = 90 * SECOND_US  # after the end of a day, for readings that are on their way
DAYS_AT_ONCE = 31  # of one meter
CAUGHT_UP_DAYS = 3  # checked again after a restart; what came before has been looked at, or lies in `progress`
MAX_CAUGHT_UP_DAYS = 400
MAX_DEVICES = 1_000_000

OUTAGE_BACK_US = 30 * DAY_US  # before the days that are checked; a power failure that began earlier is forgotten
OBSERVED = 0.99  # share of a day that has to be observed for a sum to be compared


@dataclass(frozen=True, slots=True)
class Watched:
    """A meter with rules. beside: the meter of the flow with which its sum is compared.

    outage: the series that tells power failures.
    """

    meter: Meter
    rules: Sequence[RuleSet]
    beside: Meter | None
    outage: int | None = None


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
        self._meters = meters
        self._counting = counting
        self._store = store
        self._clock = clock
        self._watched: Mapping[int, Watched] = {}
        self._watched_version = -1
        self._dirty = Dirty()
        self._checked_today: dict[int, Micros] = {}
        self._closed_through: dict[str, date] = {}

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the store until cancelled."""
        seq, at = await asyncio.to_thread(self._store.progress)
        await asyncio.to_thread(self._catch_up, at)
        while True:
            beat()
            try:
                seq = await self._follow(seq, beat)
            except StoreUnavailable as error:
                log.warning("readings are validated later: %s", error)
            await asyncio.sleep(EVERY_S)

    async def _follow(self, seq: int, beat: Callable[[], None]) -> int:
        await asyncio.to_thread(self._know_meters)
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
        self._know_meters()
        through = self._take_touched(seq)
        self._checked_today.clear()
        for days, group in self._due().items():
            self._check(days, group)
        self._store.advance(through, self._clock())

    def mark(self, meter: Meter, at: Micros) -> None:
        """Check a day soon, because something was said of the meter."""
        self._dirty.add(meter.series, day_at(at, meter))
        self._checked_today.pop(meter.series, None)

    # -- which days

    def _know_meters(self) -> None:
        version = self._registry.version
        if version == self._watched_version:
            return
        self._watched = watched(self._registry, self._meters)
        self._watched_version = version

    def _take_touched(self, seq: int) -> int:
        found = self._telemetry.touched(seq)
        lines = (found.series.tolist(), found.first_at.tolist(), found.last_at.tolist(), found.ahead_us.tolist())
        for series, first_at, last_at, ahead_us in zip(*lines, strict=True):
            watching = self._watched.get(series)
            if watching is not None:
                self._dirty.add(series, day_at(first_at - 1, watching.meter))  # a reading closes what was before it
                self._dirty.add(series, day_at(last_at, watching.meter), ahead_us)
        return found.through_seq

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
        """When a day is over somewhere, check it for all meters there."""
        now = self._clock() - SETTLE_US
        ended: dict[str, date] = {}
        for series, watching in self._watched.items():
            zone = watching.meter.zone.key
            if zone not in ended:
                ended[zone] = day_at(now, watching.meter) - timedelta(days=1)
            if self._closed_through.get(zone) not in (None, ended[zone]):
                self._dirty.add(series, ended[zone])
        self._closed_through |= ended

    # -- checking

    def _due(self) -> dict["_Days", list[Watched]]:
        """What is to be checked now: meters by the zone and the run of days."""
        now = self._clock()
        due: dict[_Days, list[Watched]] = {}
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
                due.setdefault(_Days(watching.meter.zone, tuple(run)), []).append(watching)
        return due

    def _check(self, days: "_Days", group: Sequence[Watched]) -> None:
        try:
            self._check_together(days, group)
        except Refused as error:
            if len(group) > 1:
                for watching in group:
                    self._check(days, [watching])
            else:
                meter = group[0].meter
                log.warning("%s %s cannot be validated: %s", meter.device, meter.channel, error)

    def _check_together(self, days: "_Days", group: Sequence[Watched]) -> None:
        now = self._clock()
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
                ahead_us = self._dirty.ahead_us.pop((series, day), None)
                if rules is None:
                    continue
                found = counted[series]
                checked = Checked(
                    found.consumption,
                    _until(before[series], from_at) if series in before else np.zeros(0),
                    found.events,
                    found.holes,
                    beside.get(series),
                    ahead_us,
                    is_over,
                    _around(last_year[series], days.begin_of(day - timedelta(days=LAST_YEAR_DAYS)), rules.compare_days)
                    if series in last_year
                    else np.zeros(0),
                    dark.get(series, ()),
                )
                self._store.replace(series, from_at, until_at, findings(rules, checked), now)

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

    def _daily(self, days: "_Days", group: Sequence[Watched]) -> dict[int, Consumption]:
        """Daily totals of the days and of those with which they are compared."""
        compared = max(rules.compare_days for watching in group for rules in watching.rules)
        first = to_micros(datetime.combine(days.days[0] - timedelta(days=compared), time(), days.zone))
        bounds = Calendar("1d", days.zone).bounds(first, days.begin(len(days.days)))
        found = self._counting.of_all([watching.meter for watching in group], bounds, measured=True)
        return {counted.meter.series: counted.consumption for counted in found}

    def _last_year(self, days: "_Days", group: Sequence[Watched]) -> dict[int, Consumption]:
        """Daily totals around the same days a year ago, of the meters that are compared with those."""
        meters = [one.meter for one in group if any(rules.compare_with == "last_year" for rules in one.rules)]
        if not meters:
            return {}
        half = max(rules.compare_days for one in group for rules in one.rules) // 2
        first = days.begin_of(days.days[0] - timedelta(days=LAST_YEAR_DAYS + half))
        last = days.begin_of(days.days[-1] - timedelta(days=LAST_YEAR_DAYS - half - 1))
        found = self._counting.of_all(meters, Calendar("1d", days.zone).bounds(first, last), measured=True)
        return {counted.meter.series: counted.consumption for counted in found}

    def _outages(self, days: "_Days", group: Sequence[Watched]) -> dict[int, list[Outage]]:
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


@dataclass(frozen=True, slots=True)
class _Days:
    """Days that follow each other in a zone."""

    zone: ZoneInfo
    days: tuple[date, ...]

    def begin(self, number: int) -> Micros:
        """When one of the days begins; the one behind the last as well."""
        return self.begin_of(self.days[0] + timedelta(days=number))

    def begin_of(self, day: date) -> Micros:
        return to_micros(datetime.combine(day, time(), self.zone))


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


def watched(registry: Registry, meters: Meters) -> dict[int, Watched]:
    """All channels that have rules, by series."""
    rules = {
        (profile.name, channel.key): channel.validation
        for profile in registry.profiles()
        for channel in profile.channels
        if channel.validation
    }
    devices = [
        row for row in registry.devices(limit=MAX_DEVICES).items if any(name == row.profile for name, _ in rules)
    ]
    known = {(meter.device, meter.channel): meter for meter in meters.of_devices(devices)}
    found: dict[int, Watched] = {}
    for row in devices:
        for channel in row.channels:
            meter, sets = known.get((row.key, channel.key)), rules.get((row.profile, channel.key), ())
            if meter is not None and sets:
                against = next((one.sum_against for one in sets if one.sum_against is not None), None)
                power = next((one.outage_channel for one in sets if one.outage_channel is not None), None)
                outage = next((one.series for one in row.channels if one.key == power), None)
                found[meter.series] = Watched(meter, sets, known.get((row.key, against or "")), outage)
    return found


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
