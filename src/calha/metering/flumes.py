"""Flows that are made from levels: follows the store's commits, and puts the flow of each new or corrected level into the log.

The flow is an ordinary channel: stored, live, charted, exported, and counted like one that a device sends. It has the level's
time and quality; where the level behind the throat says that the flume is submerged, it is uncertain at best.

Rule 1: what has been followed is a log sequence on disk; doing a part again gives the same readings, which the store knows as
        duplicates.
Rule 2: when a flume is set up anew, its flow is made anew from then on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np

from calha.domain import units
from calha.domain.errors import LogUnavailable, Refused, StoreUnavailable
from calha.domain.flumes import Flume
from calha.domain.quality import Quality
from calha.domain.readings import MAX_READINGS, Batch, Micros
from calha.domain.register_breaks import Floats, Ints
from calha.domain.times import DAY_US, MINUTE_US
from calha.store.metering.flumes import FlumeRow, FlumeStore
from calha.store.registry import Registry
from calha.store.telemetry import Columns, Telemetry

log = logging.getLogger(__name__)

EVERY_S = 1.0
SPAN_US = 7 * DAY_US  # made anew in one go
FLOW_UNIT = "m³/h"
BEHIND_HOLDS_US = 15 * MINUTE_US  # a level behind the throat says something of the flows so long after it

NO_LEVELS = Columns(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8))

Publish = Callable[[Batch], Awaitable[None]]


class Flumes:
    def __init__(
        self, registry: Registry, telemetry: Telemetry, store: FlumeStore, publish: Publish, clock: Callable[[], Micros]
    ) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self.store = store
        self._publish = publish
        self._clock = clock
        self._rows: Sequence[FlumeRow] = ()
        self._is_stale = True  # whether the rows have to be read again
        self._anew: list[tuple[int, Micros]] = []  # (series of the flow, from when)

    def changed(self, series: int, from_at: Micros) -> None:
        """A flume was set up, corrected or taken away: make its flow anew from a time on."""
        self._is_stale = True
        self._anew.append((series, from_at))

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the store until cancelled."""
        seq = await asyncio.to_thread(self.store.progress)
        while True:
            beat()
            try:
                seq = await self._follow(seq, beat)
            except (StoreUnavailable, LogUnavailable) as error:
                log.warning("flows of flumes are made later: %s", error)
            await asyncio.sleep(EVERY_S)

    async def _follow(self, seq: int, beat: Callable[[], None]) -> int:
        while self._is_stale or self._anew:
            if self._is_stale:
                self._is_stale = False  # before reading: what is changed meanwhile is read once more
                self._rows = await asyncio.to_thread(self.store.all)
                continue
            series, from_at = self._anew[0]
            await self._make(series, from_at, self._clock() + 1, beat)
            self._anew.pop(0)
        if not self._rows:
            return self._telemetry.committed_seq
        touched = await asyncio.to_thread(self._telemetry.touched, seq)
        levels = zip(touched.series.tolist(), touched.first_at.tolist(), touched.last_at.tolist(), strict=True)
        for series, (from_at, until) in affected(
            self._rows, {one: (first, last) for one, first, last in levels}
        ).items():
            await self._make(series, from_at, until, beat)
        if touched.through_seq != seq:
            await asyncio.to_thread(self.store.advance, touched.through_seq, self._clock())
        return touched.through_seq

    async def _make(self, series: int, from_at: Micros, until: Micros, beat: Callable[[], None]) -> None:
        """The flow of all levels in [from_at, until), some days at a time."""
        rows = [row for row in self._rows if row.series == series]
        if not rows:
            return
        begin = max(from_at, min(row.valid_from for row in rows))
        begin = max(begin, await asyncio.to_thread(self._first_level, rows[0].level_series, begin, until))
        for start in range(begin, until, SPAN_US):
            beat()
            end = min(until, start + SPAN_US)
            try:
                batch = await asyncio.to_thread(self._flow, rows, start, end)
            except Refused as error:
                log.warning("the flow of series %d cannot be made: %s", series, error)
                return
            for part in range(0, len(batch), MAX_READINGS):
                await self._publish(batch.take(slice(part, part + MAX_READINGS)))

    def _first_level(self, level: int, from_at: Micros, until: Micros) -> Micros:
        """When the first level of a time was read, so that years without any are not walked through."""
        days = self._telemetry.readings([level], from_at - from_at % DAY_US, until, resolution="1d")[level]
        return int(days.at[0]) if len(days.at) else until

    def _flow(self, rows: Sequence[FlumeRow], from_at: Micros, until: Micros) -> Batch:
        levels = self._levels(rows[0].level_series, from_at, until)
        behind = {
            row.behind_series: held(self._levels(row.behind_series, from_at - BEHIND_HOLDS_US, until), levels.at)
            for row in rows
            if row.behind_series is not None
        }
        return flow_batch(rows, levels, behind, self._clock())

    def _levels(self, series: int, from_at: Micros, until: Micros) -> Columns:
        """Readings of a level in metres; none of a channel that is gone."""
        unit = self._registry.units().get(series)
        if unit is None:
            return NO_LEVELS
        found = self._telemetry.readings([series], from_at, until, resolution="raw")[series]
        return Columns(found.at, found.value * float(units.factor(unit, "m")), found.quality)


def affected(
    rows: Sequence[FlumeRow], touched: Mapping[int, tuple[Micros, Micros]]
) -> dict[int, tuple[Micros, Micros]]:
    """Of which flows, from when to when, levels with a first and a last new reading each say something."""
    spans: dict[int, tuple[Micros, Micros]] = {}
    for row in rows:
        for level, holds_us in ((row.level_series, 1), (row.behind_series, BEHIND_HOLDS_US)):
            if level is not None and level in touched:
                first, last = touched[level]
                from_at, until = spans.get(row.series, (first, last))
                spans[row.series] = min(from_at, first), max(until, last + holds_us)
    return spans


def held(levels: Columns, at: Ints) -> Floats:
    """At each time the newest level that still says something; NaN where there is none."""
    known = levels.quality < Quality.BAD
    read_at, value = levels.at[known], levels.value[known]
    place = np.searchsorted(read_at, at, side="right") - 1
    found = np.full(len(at), np.nan)
    is_there = place >= 0
    is_there[is_there] = at[is_there] - read_at[place[is_there]] < BEHIND_HOLDS_US
    found[is_there] = value[place[is_there]]
    return found


def flow_batch(rows: Sequence[FlumeRow], levels: Columns, behind: Mapping[int, Floats], now: Micros) -> Batch:
    """Flows of levels in m, by the flume that held at each; none before the first. behind: as known at each level."""
    which = np.searchsorted([row.valid_from for row in rows], levels.at, side="right") - 1
    flow, least = np.full(len(levels.at), np.nan), np.zeros(len(levels.at), np.uint8)
    for number, row in enumerate(rows):
        chosen = which == number
        flow[chosen] = _m3_h(row.flume, levels.value[chosen])
        if row.behind_series is not None:
            submerged = row.flume.is_submerged(levels.value[chosen], behind[row.behind_series][chosen])
            least[chosen] = np.where(submerged, Quality.UNCERTAIN, Quality.GOOD)
    kept = which >= 0
    flow, at, quality = flow[kept], levels.at[kept], np.maximum(levels.quality, least)[kept]
    flow[quality >= Quality.BAD] = np.nan
    quality[np.isnan(flow) & (quality < Quality.BAD)] = Quality.BAD
    count = len(flow)
    series: Ints = np.full(count, rows[0].series)
    return Batch(series.astype(np.int32), at, flow, quality, np.full(count, now, np.int64))


def _m3_h(flume: Flume, level_m: Floats) -> Floats:
    """To a thousandth, so that a flow that is made anew is the same."""
    return np.round(flume.flow_m3_s(level_m) * 3_600, 3)
