"""One connection: opened, kept, and opened again for ever; what its nodes report goes to the outbox.

disabled ─ connecting ─► connected ─(lost)─► waiting ─► connecting …

- While it is lost every node that had a value gets one reading without, of quality no_communication, so that neither a
  chart nor the newest values pretend that nothing has happened. That, and the return, is an event.
- A value that has not changed is repeated after `repeat_s`, as of the server's own last sign of life; so a steady value is
  told from a dead one.
- A node that the server does not know, or of a type that its channel cannot take, is named with the reason, tried again
  now and then, and stops no other.
- A refused login is tried again rarely: some servers lock an account after a few.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from calha.application_certificate import ApplicationCertificate
from calha.connectors.opcua.outbox import Outbox
from calha.connectors.opcua.polling import Polling
from calha.connectors.opcua.session import Session, Target, open_session
from calha.connectors.opcua.subscription import Item, Subscription
from calha.connectors.opcua.values import Slot, Translator, counted
from calha.connectors.opcua.wire import Changes
from calha.domain.connections import Mode, StateName, read_node_id
from calha.domain.errors import ConnectionFailed
from calha.domain.readings import Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US, SECOND_US

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
AFTER_REFUSED_LOGIN_S: Final = 60.0
CALM_AFTER_S: Final = 30.0
RETRY_NODES_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link does: equal ones need no new link. intervals_ms, deadbands: of each slot."""

    id: int
    name: str
    target: Target
    publishing_ms: int
    repeat_s: int
    slots: tuple[Slot, ...]
    intervals_ms: tuple[float, ...]
    deadbands: tuple[float, ...]


@dataclass(frozen=True)
class Hands:
    """What a link asks of the rest of Calha. trust: keeps the certificate shown at first. tell: of a loss (with the cause)
    or return (None). refuse: counts a value of a device that was not taken, with the reason.
    """

    clock: Callable[[], Micros]
    own: Callable[[], ApplicationCertificate]
    trust: Callable[[int, str], Awaitable[None]]
    tell: Callable[["Wanted", ConnectionFailed | None], Awaitable[None]]
    refuse: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Trouble:
    cause: str
    detail: str
    at: Micros


@dataclass
class LinkState:
    """As it can be shown. trouble: the last one, also when it is over. server: how it calls itself."""

    state: StateName = "connecting"
    since: Micros = 0
    mode: Mode | None = None
    trouble: Trouble | None = None
    server: str = ""
    publishing_ms: float | None = None
    last_value_at: Micros | None = None
    attempts: int = 0


class Link:
    def __init__(self, wanted: Wanted, outbox: Outbox, hands: Hands, floor: Sequence[Micros]) -> None:
        """floor: of each slot, until when its readings are known to have a gap; 0 without one."""
        self.wanted = wanted
        self.state = LinkState(since=hands.clock())
        self.session: Session | None = None
        self.devices = frozenset(slot.device for slot in wanted.slots)
        self.faults: dict[int, str] = {}  # by slot
        self.translator = Translator(wanted.slots, floor)
        self._outbox = outbox
        self._hands = hands
        self._was_told = False

    async def run(self, beat: Callable[[], None]) -> None:
        """Until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            beat()
            self._enter("connecting")
            self.state.attempts += 1
            started_at = time.monotonic()
            try:
                await self._connect_and_read(beat)
            except ConnectionFailed as error:
                await self._lose(error)
                if error.reason == "login_refused":
                    pause_s = AFTER_REFUSED_LOGIN_S
            if time.monotonic() - started_at > CALM_AFTER_S:
                pause_s = FIRST_PAUSE_S
            await _pause(pause_s * random.uniform(0.8, 1.2), beat)  # noqa: S311 - so that links do not try all at once
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def counts(self) -> dict[str, int]:
        """Nodes by how they are."""
        return counted(self.translator, self.faults)

    async def _connect_and_read(self, beat: Callable[[], None]) -> None:
        target = self.wanted.target
        own = await asyncio.to_thread(self._hands.own)
        async with open_session(target, own) as session:
            certificate = session.offer.certificate
            if certificate is not None and not target.trusted:
                self.wanted = replace(self.wanted, target=replace(target, trusted=certificate.sha256))
                await self._hands.trust(self.wanted.id, certificate.sha256)
            self.session, self.state.server = session, session.offer.name
            try:
                await self._read_until_lost(session, beat)
            finally:
                self.session = None

    async def _read_until_lost(self, session: Session, beat: Callable[[], None]) -> None:
        reading = asyncio.create_task(self._read(session, beat))
        try:
            ends: tuple[asyncio.Future[Any], ...] = (reading, session.lost)
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise ConnectionFailed(session.lost.result(), "ended")
            reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, session: Session, beat: Callable[[], None]) -> None:
        """By subscription; by polling if the server serves none."""
        self.faults = {}
        items = self._items(session)
        try:
            await self._follow(session, items, beat)
        except ConnectionFailed as error:
            is_served = self.state.mode == "subscription"  # and has only ended; it is had again with the next session
            if is_served or error.reason not in ("server_refused", "silent") or session.lost.done():
                raise
            self.state.trouble = Trouble(error.reason, str(error), self._hands.clock())
            log.warning("%s is polled: %s", self.wanted.name, error)
        await self._poll(session, items, beat)

    async def _follow(self, session: Session, items: Sequence[Item], beat: Callable[[], None]) -> None:
        subscription = Subscription(session)
        await subscription.create(self.wanted.publishing_ms)
        self.state.publishing_ms = subscription.publishing_ms
        refused = await subscription.watch(items)
        self._blame(refused)
        tried_at = time.monotonic()
        async for published in subscription.messages():
            beat()
            if self.state.state != "connected":
                await self._arrive("subscription")
            for changes in published.changes:
                self._take(changes)
            self._repeat(published.published_at)
            if refused and time.monotonic() - tried_at > RETRY_NODES_S:
                again = [item for item in items if item.handle in refused]
                tried_at, refused = time.monotonic(), await subscription.watch(again)
                self._blame(refused)

    async def _poll(self, session: Session, items: Sequence[Item], beat: Callable[[], None]) -> None:
        self.state.publishing_ms = None
        async for changes, server_at in Polling(session, items).rounds():
            beat()
            if self.state.state != "connected" or self.state.mode != "polling":
                await self._arrive("polling")
            self._take(changes)
            self._repeat(server_at)

    def _items(self, session: Session) -> list[Item]:
        """The nodes that the server can know; the others become faults."""
        found = []
        wishes = zip(self.wanted.slots, self.wanted.intervals_ms, self.wanted.deadbands, strict=True)
        for handle, (slot, interval_ms, deadband) in enumerate(wishes):
            node = session.node(read_node_id(slot.node))
            if node is None:
                self.faults[handle] = "the server has no such namespace"
            else:
                found.append(Item(handle, node, interval_ms, deadband))
        return found

    def _blame(self, refused: Mapping[int, str]) -> None:
        self.faults.update({handle: f"the server answers {name}" for handle, name in refused.items()})

    def _take(self, changes: Changes) -> None:
        """Values into readings, readings into the outbox."""
        if not len(changes):
            return
        now = self._hands.clock()
        readings = self.translator.readings(changes, now)
        if self.faults:
            heard = set(changes.handle.tolist())
            self.faults = {slot: detail for slot, detail in self.faults.items() if slot not in heard}
        for fault in readings.faults:
            self.faults[fault.slot] = fault.detail
            self._hands.refuse(self.wanted.slots[fault.slot].device, fault.reason)
        if readings.overflowed:
            self._outbox.lost["server_queue"] += readings.overflowed
        if len(readings.batch):
            self.state.last_value_at = now
        self._outbox.put(readings.batch)

    def _repeat(self, server_at: Micros) -> None:
        """Tell again what has not changed for long. Not as of now: a change that is on its way must come after it."""
        if not self.wanted.repeat_s:
            return
        now = self._hands.clock()
        told_at = server_at if max(EARLIEST, now - MAX_AHEAD_US) < server_at <= now + MAX_AHEAD_US else now
        way_us = round(2_000 * (self.wanted.publishing_ms + max(self.wanted.intervals_ms, default=0)))
        before = now - self.wanted.repeat_s * SECOND_US
        self._outbox.put(self.translator.repeated(before, told_at - way_us, now))

    async def _arrive(self, mode: Mode) -> None:
        self.state.mode = mode
        if self.state.state == "connected":
            return
        self._enter("connected")
        log.info("%s is connected to %s", self.wanted.name, self.wanted.target.endpoint)
        if self._was_told:
            self._was_told = False
            await self._hands.tell(self.wanted, None)

    async def _lose(self, error: ConnectionFailed) -> None:
        now = self._hands.clock()
        self.state.trouble = Trouble(error.reason, str(error), now)
        self._enter("waiting")
        self.state.mode = None
        self._outbox.put(self.translator.gap(now))
        if not self._was_told:
            self._was_told = True
            log.warning("%s is not connected: %s", self.wanted.name, error)
            await self._hands.tell(self.wanted, error)

    def _enter(self, state: StateName) -> None:
        if self.state.state != state:
            self.state.state, self.state.since = state, self._hands.clock()


async def _pause(seconds: float, beat: Callable[[], None]) -> None:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        beat()
        await asyncio.sleep(min(left, 5.0))
