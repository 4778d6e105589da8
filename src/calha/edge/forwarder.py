"""From the outbox to the hub, in two lanes: what arrives now goes at once, what had to wait goes behind it.

After each cut the gateway asks the hub what it has (`Spans`), and begins the live lane where the outbox ends at that
moment; the backlog lane fills what is missing before it, oldest first. A lost answer, or a hub that has less than it had
(brought back from a backup, say), leads back to that question, so the hub's log alone decides what is sent again.

Rule 1: what the hub has of an outbox is believed only if the outbox holds the message that the hub knows as the last one;
        else the outbox was lost or brought back from a copy, and the hub is told to forget.
Rule 2: shipments are as large as the line carries within TARGET_S, so that a backlog does not hold up what is live.
Rule 3: a hub that has MAX_GAPS gaps already gets no further one: the live lane goes on where it was.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calha.domain.errors import LogUnavailable
from calha.domain.link import LaneName, Shipment
from calha.domain.readings import Micros
from calha.domain.spans import MAX_SPANS, Spans
from calha.edge.hub import Hub, NotTaken
from calha.log import leafs
from calha.log.connection import Connection
from calha.log.outbox import Outbox

RETRY_S = 0.5
REFUSED_RETRY_S = 2.0
BEAT_S = 5.0
LOOK_S = 1.0
TARGET_S = 1.0
SMALLEST_BYTES, LARGEST_BYTES = 32 * 1024, 1024 * 1024  # but never less than a pack
MAX_GAPS = MAX_SPANS // 2

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lane:
    """One lane's way through the outbox. shipped: parcels since the start. size_bytes: of its next shipment."""

    name: LaneName
    next_seq: int = 1
    shipped: int = 0
    size_bytes: int = 2 * SMALLEST_BYTES

    def shrink(self) -> None:
        """Learn from a shipment that was not answered."""
        self.size_bytes = max(SMALLEST_BYTES, self.size_bytes // 2)

    def adapt(self, took_s: float, bytes_: int) -> None:
        """Learn from a shipment how large the next may be."""
        if took_s > 2 * TARGET_S:
            self.shrink()
        elif took_s < TARGET_S / 2 and bytes_ > self.size_bytes // 2:
            self.size_bytes = min(LARGEST_BYTES, 2 * self.size_bytes)


class Forwarder:
    def __init__(self, outbox: Outbox, hub: Hub, clock: Callable[[], Micros]) -> None:
        self._outbox = outbox
        self._hub = hub
        self.had = Spans()
        """What the hub has of the outbox, as far as is known."""
        self._live_from = 1
        self._life = outbox.life
        self.live, self.backlog = Lane("live"), Lane("backlog")
        self._clock = clock
        self.linked = False
        self.linked_since = clock()
        """Since when the link is as it is."""
        self.error = ""
        self.cuts = 0
        self._doubts: asyncio.Queue[str] = asyncio.Queue(maxsize=1)

    def missing(self, lane: LaneName) -> Sequence[tuple[int, int]]:
        """The stretches of the outbox that a lane has to bring to the hub; behind a cut all of them have to wait."""
        last = self._outbox.last_seq
        border = self._live_from if self.linked else last + 1
        first, until = (border, last) if lane == "live" else (self._outbox.first_seq, border - 1)
        return list(self.had.missing(first, until))

    def doubt(self, reason: str) -> None:
        """Ask the hub again what it has, for there is a sign that it is away, or has less than is known here."""
        if self.linked and self._doubts.empty():
            self._doubts.put_nowait(reason)

    async def run(self, beat: Callable[[], None]) -> None:
        """Forward until cancelled."""
        while True:
            beat()
            try:
                await self._forward(beat)
            except* LogUnavailable as errors:
                self._note_cut(_first_of(errors))
                await asyncio.sleep(RETRY_S)

    async def _forward(self, beat: Callable[[], None]) -> None:
        await self._greet()
        while not self._doubts.empty():
            self._doubts.get_nowait()
        self._live_from = self._outbox.last_seq + 1
        if len(self.had.parts) > MAX_GAPS:
            self._live_from = self.had.last + 1
        if not self.linked:
            self.linked_since = self._clock()
        self.linked, self.error = True, ""
        backlog = self.missing("backlog")
        log.info("linked to the hub; %d stretches had to wait", len(backlog))
        async with asyncio.TaskGroup() as lanes:
            lanes.create_task(self._ship_live())
            lanes.create_task(self._ship_backlog(backlog))
            lanes.create_task(_keep_beating(beat))
            lanes.create_task(self._break_off())

    async def _greet(self) -> None:
        """Ask what the hub has. Raises LogUnavailable."""
        await self._outbox.look()
        self._life = self._outbox.life
        known = await self._hub.hello()
        if not await self._is_ours(Spans.parse(known.spans).last, known.last_at):
            log.warning("the hub knows another outbox than this one; everything here is sent")
            known = await self._hub.hello(forget=True)
        self._note(Spans.parse(known.spans))

    async def _is_ours(self, last: int, last_at: int) -> bool:
        """Whether the last message that the hub knows is the one here."""
        if not last or last < self._outbox.first_seq:
            return True
        found = await self._outbox.read(last, last, SMALLEST_BYTES)
        return bool(found) and found[0].at_us == last_at

    async def _break_off(self) -> None:
        raise LogUnavailable(await self._doubts.get())

    async def _ship_live(self) -> None:
        self.live.next_seq = self._live_from
        while True:
            await self._outbox.until(self.live.next_seq)
            await self._ship(self.live, self._outbox.last_seq)

    async def _ship_backlog(self, stretches: Sequence[tuple[int, int]]) -> None:
        for first, last in stretches:
            self.backlog.next_seq = first
            while self.backlog.next_seq <= last:
                await self._ship(self.backlog, last)

    async def _ship(self, lane: Lane, until: int) -> None:
        """Bring the next packs of a lane to the hub, or wait a little if it does not take them. Raises LogUnavailable."""
        packs = await self._outbox.read(lane.next_seq, until, lane.size_bytes)
        self._outbox.require(self._life)
        if not packs:  # there are holes where the log was damaged
            lane.next_seq = until + 1
            return
        last, contents = packs[-1], [(one.seq, one.payload) for one in packs]
        started_at = time.monotonic()
        try:
            await self._hub.ship(lane.name, Shipment(lane.next_seq, last.seq, last.at_us, contents))
        except NotTaken as error:
            self._note_error(f"the hub does not take what is sent: {error}")
            await asyncio.sleep(REFUSED_RETRY_S)
            return
        self.error = ""
        lane.adapt(time.monotonic() - started_at, sum(len(one.payload) for one in packs))
        lane.shipped += sum(one.here.number for one in packs)
        self._note(self.had.including(lane.next_seq, last.seq))
        lane.next_seq = last.seq + 1

    def _note(self, had: Spans) -> None:
        """What the hub has, and so what may be removed here. Raises LogUnavailable."""
        self._outbox.require(self._life)
        self.had = had
        first_missing = next(had.missing(self._outbox.first_seq, self._outbox.last_seq), (self._outbox.last_seq + 1, 0))
        self._outbox.had_seq = first_missing[0] - 1

    def _note_cut(self, error: BaseException) -> None:
        if self.linked:
            self.linked, self.linked_since = False, self._clock()
            self.cuts += 1
            self.live.shrink()
            self.backlog.shrink()
        self._note_error(str(error))

    def _note_error(self, error: str) -> None:
        if error != self.error:
            log.warning("%s", error)
        self.error = error


async def watch_link(system: Connection, forwarder: Forwarder, beat: Callable[[], None]) -> None:
    """Notice each cut within LOOK_S, also a short one in which an answer was lost, until cancelled."""
    known = None
    while True:
        beat()
        try:
            number = await leafs.link_number(system)
        except LogUnavailable:
            number = None
        if number != known:
            forwarder.doubt("the link to the hub was cut")
        known = number
        await asyncio.sleep(LOOK_S)


async def _keep_beating(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(BEAT_S)


def _first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    found = errors.exceptions[0]
    return _first_of(found) if isinstance(found, BaseExceptionGroup) else found
