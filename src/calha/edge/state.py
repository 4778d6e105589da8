"""How a gateway is doing: what waits, since when, and whether the hub is there. One look serves hub, page and readings.

The hub is told every few seconds, and answers which roster of devices holds. Once a minute the gateway also sends a reading
of its own, which goes through the outbox like every other, so that a cut shows in its curves afterwards.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from calha import __version__
from calha.domain.errors import LogUnavailable
from calha.domain.link import LaneName, LaneReport, PlcReport, Report
from calha.domain.readings import Micros
from calha.domain.spans import Spans
from calha.domain.times import SECOND_US
from calha.edge.door import EdgeDoor
from calha.edge.forwarder import Forwarder
from calha.edge.hub import Hub
from calha.edge.intake import EdgeIntake
from calha.ingest.service import Message
from calha.log.outbox import Outbox, Waiting
from calha.log.streams import WARN_AT, Streams, Usage

REPORT_S = 2.0
READING_S = 60.0
LOOK_S = 1.0
TRANSPORT = "edge"

log = logging.getLogger(__name__)

Disconnect = Callable[[str], Awaitable[int]]
"""Closes the connections of a device; how many there were."""


class State:
    """`report` is the newest look, `usages` are those of the log's parts then."""

    def __init__(
        self,
        outbox: Outbox,
        forwarder: Forwarder,
        intake: EdgeIntake,
        door: EdgeDoor,
        streams: Streams,
        plcs: Callable[[], list[PlcReport]],
        clock: Callable[[], Micros],
    ) -> None:
        self._outbox = outbox
        self._forwarder = forwarder
        self._intake = intake
        self._door = door
        self._streams = streams
        self._plcs = plcs
        self._clock = clock
        self._started_at = clock()
        self.usages: Sequence[Usage] = ()
        self.report = self._described(Waiting(), Waiting())

    async def look(self) -> Report:
        """Raises LogUnavailable."""
        outbox = await self._outbox.look()
        self.usages = [outbox, *await self._streams.usage()]
        self.report = self._described(await self._waiting("live"), await self._waiting("backlog"))
        return self.report

    def _described(self, live: Waiting, backlog: Waiting) -> Report:
        now = self._clock()
        return Report(
            version=__version__,
            now=now,
            started_at=self._started_at,
            messages=live.parcels + backlog.parcels,
            bytes=live.bytes + backlog.bytes,
            oldest_at=min([one.oldest_at for one in (live, backlog) if one.oldest_at], default=0),
            fill=max((one.fill for one in self.usages), default=0.0),
            live=_lane_report(live, now),
            backlog=_lane_report(backlog, now),
            refused=self._intake.refused.total(),
            roster=self._door.fingerprint,
            warnings=self._warnings(),
            plcs=self._plcs(),
        )

    def _warnings(self) -> list[str]:
        found = [f"{one.name} is {one.fill:.0%} full" for one in self.usages if one.fill >= WARN_AT]
        if self._outbox.life > 1:
            found.append("the outbox has lost its tail: what it had not handed over of that is gone")
        return found

    async def _waiting(self, lane: LaneName) -> Waiting:
        found = [await self._outbox.waiting(first, last) for first, last in self._forwarder.missing(lane)]
        oldest = min([one.oldest_at for one in found if one.oldest_at], default=0)
        return Waiting(sum(one.parcels for one in found), sum(one.bytes for one in found), oldest)


class Reporter:
    def __init__(self, state: State, forwarder: Forwarder, hub: Hub, door: EdgeDoor, disconnect: Disconnect) -> None:
        self._state = state
        self._forwarder = forwarder
        self._hub = hub
        self._door = door
        self._disconnect = disconnect
        self._since = 0  # of the hub's core

    async def run(self, beat: Callable[[], None]) -> None:
        """Tell the hub, and follow its roster, until cancelled."""
        while True:
            beat()
            try:
                await self._tell()
            except LogUnavailable as error:
                self._forwarder.doubt(str(error))
            await asyncio.sleep(REPORT_S)

    async def _tell(self) -> None:
        had = self._forwarder.had
        noted = await self._hub.report(await self._state.look())
        if not Spans.parse(noted.spans).covers(had):
            self._forwarder.doubt("the hub has less than it had")
        if noted.since != self._since:
            self._forwarder.doubt("the hub was started again")
            self._since = noted.since
        if noted.roster == self._door.fingerprint:
            return
        roster = await self._hub.roster()
        for device in await asyncio.to_thread(self._door.learn, roster):
            await self._disconnect(device)
        log.info("%d devices report through this gateway", len(roster.devices))


async def send_readings(
    gateway: str, state: State, forwarder: Forwarder, intake: EdgeIntake, beat: Callable[[], None]
) -> None:
    """Put a reading of the gateway itself into its outbox once a minute, and when its link changes, until cancelled."""
    due_at, known = 0.0, forwarder.linked
    while True:
        beat()
        if time.monotonic() < due_at and forwarder.linked == known:
            await asyncio.sleep(LOOK_S)
            continue
        due_at, known = time.monotonic() + READING_S, forwarder.linked
        try:
            report = await state.look()
            await intake.take([_reading(gateway, report, forwarder.linked)], TRANSPORT)
        except LogUnavailable as error:
            log.warning("the gateway's own reading is left out: %s", error)


def _reading(gateway: str, report: Report, linked: bool) -> Message:
    age_s = (report.now - report.oldest_at) / SECOND_US if report.oldest_at else 0.0
    values = {
        "waiting": report.messages,
        "oldest": round(age_s),
        "fill": round(100 * report.fill, 1),
        "link": int(linked),
    }
    payload = msgspec.json.encode({"ts": report.now // 1_000, "values": values})
    return Message(gateway, payload, report.now, TRANSPORT, TRANSPORT)


def _lane_report(waiting: Waiting, now: Micros) -> LaneReport:
    age_s = max(0.0, (now - waiting.oldest_at) / SECOND_US) if waiting.oldest_at else 0.0
    return LaneReport(waiting.parcels, round(age_s, 1))
