"""What gateways ship, into ingest: raw messages of devices, decoded and judged here like those that come directly.

Each gateway has a desk, at which its requests are done one after the other, what had to wait last. A shipment is answered
when its readings are in the log. The same log message says which stretches of the gateway's outbox the log has (`Spans`), so
each is logged exactly once, whatever breaks between them, and though the newest come first.

Who asks is known from the subject, on which the log server lets only that gateway speak.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from calha.domain import link
from calha.domain.errors import LogUnavailable, Malformed, TooLarge
from calha.domain.link import Hello, Known, LaneName, Noted, Parcel, Report, Roster, Shipment, Taken
from calha.domain.readings import Micros
from calha.domain.spans import MAX_SPANS, Spans
from calha.ingest.parcels import Customs
from calha.ingest.service import Ingest
from calha.log import topics
from calha.log.connection import Connection
from calha.log.lane import Mark
from calha.log.parser import Message as Request
from calha.log.publisher import Publisher
from calha.log.tasks import end

MAX_REQUESTS = 8  # that wait at a desk; further ones are refused
FOLLOW_S = 1.0

log = logging.getLogger(__name__)

RosterOf = Callable[[str], Awaitable[Roster]]


@dataclass(slots=True)
class GatewayState:
    """What is known of a gateway since the start. heard_at: µs UTC of its last request, 0 for never.

    ahead_s: by how much its clock is before ours. shipped: messages by lane. refused: requests.
    """

    heard_at: Micros = 0
    report: Report | None = None
    ahead_s: float = 0.0
    shipped: dict[LaneName, int] = field(default_factory=lambda: {"live": 0, "backlog": 0})
    refused: int = 0


class Gateways:
    def __init__(
        self,
        connection: Connection,
        ingest: Ingest,
        publisher: Publisher,
        customs: Customs,
        roster_of: RosterOf,
        clock: Callable[[], Micros],
    ) -> None:
        """connection: to the account in which gateways are heard."""
        self._connection = connection
        self._ingest = ingest
        self._publisher = publisher
        self._customs = customs
        self._roster_of = roster_of
        self._clock = clock
        self._desks: dict[str, _Desk] = {}

    @property
    def states(self) -> Mapping[str, GatewayState]:
        return {key: desk.state for key, desk in self._desks.items()}

    async def run(self, beat: Callable[[], None]) -> None:
        """Hear the gateways that are registered until cancelled."""
        try:
            while True:
                beat()
                await self._follow()
                await asyncio.sleep(FOLLOW_S)
        finally:
            await self._close(list(self._desks))

    async def _follow(self) -> None:
        """Have a desk for each gateway of the directory."""
        devices = self._ingest.directory.devices
        wanted = {key for key, entry in devices.items() if entry.profile == link.PROFILE}
        await self._close([key for key in self._desks if key not in wanted])
        for key in sorted(wanted - self._desks.keys()):
            shelf = _Shelf(key, self._ingest, self._publisher, self._customs)
            self._desks[key] = _Desk(key, self._connection, shelf, self._roster_of, self._clock)
        for desk in self._desks.values():
            desk.require_work()

    async def _close(self, gateways: Sequence[str]) -> None:
        for key in gateways:
            await self._desks.pop(key).close()


class _Desk:
    """Where one gateway's requests are heard, wait, and are answered."""

    def __init__(
        self, gateway: str, connection: Connection, shelf: "_Shelf", roster_of: RosterOf, clock: Callable[[], Micros]
    ) -> None:
        self._gateway = gateway
        self._connection = connection
        self._shelf = shelf
        self._roster_of = roster_of
        self._clock = clock
        self._since = clock()
        self._waiting: deque[Request] = deque()
        self._wake = asyncio.Event()
        self.state = GatewayState()
        subject = topics.filter_to_subject(link.topic(gateway, "+"))
        self._subscription = connection.subscribe(subject, self._hear)
        self._working = asyncio.create_task(self._work(), name=f"desk of {gateway}")

    def require_work(self) -> None:
        """Raises what has ended the work, if it has ended."""
        if self._working.done():
            self._working.result()

    async def close(self) -> None:
        self._subscription.unsubscribe()
        await end(self._working)

    def _hear(self, request: Request) -> None:
        self.state.heard_at = self._clock()
        if len(self._waiting) >= MAX_REQUESTS:
            self.state.refused += 1
            return  # it will ask again
        self._waiting.append(request)
        self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            request = self._next()
            if request is None:
                self._wake.clear()
                continue
            answer = await self._answer(_matter(request), request.payload)
            try:
                self._connection.publish(request.reply.decode(), link.encode(answer))
            except LogUnavailable as error:
                log.debug("an answer to %s is lost: %s", self._gateway, error)

    def _next(self) -> Request | None:
        """What waits longest, but what had to wait at the gateway already last."""
        for request in self._waiting:
            if _matter(request) != "backlog":
                self._waiting.remove(request)
                return request
        return self._waiting.popleft() if self._waiting else None

    async def _answer(self, matter: str, payload: bytes) -> object:
        try:
            match matter:
                case "hello":
                    return await self._shelf.greet(link.decode(payload, Hello))
                case "live" | "backlog":
                    self.state.shipped[matter] += await self._shelf.take(link.decode(payload, Shipment), self._clock())
                    return Taken()
                case "report":
                    return await self._note(link.decode(payload, Report))
                case "roster":
                    return await self._roster_of(self._gateway)
                case _:
                    raise Malformed(f"nothing is known of {matter[:20]!r} here; is the gateway newer than the hub?")
        except (LogUnavailable, Malformed, TooLarge) as error:
            self.state.refused += 1
            log.warning("%s: %s refused: %s", self._gateway, matter, error)
            return Taken(str(error) or type(error).__name__)

    async def _note(self, report: Report) -> Noted:
        now = self._clock()
        self.state.report, self.state.ahead_s = report, (report.now - now) / 1_000_000
        known = await self._shelf.greet(Hello())
        return Noted(now, self._since, (await self._roster_of(self._gateway)).fingerprint, known.spans)


class _Shelf:
    """What the log has of one gateway's outbox, and how it gets more of it."""

    def __init__(self, gateway: str, ingest: Ingest, publisher: Publisher, customs: Customs) -> None:
        self._gateway = gateway
        self._ingest = ingest
        self._publisher = publisher
        self._customs = customs
        self._source = source_of(gateway)
        self._known: _Had | None = None  # None until read from the log, and again when in doubt

    async def greet(self, hello: Hello) -> Known:
        """Raises LogUnavailable."""
        had = await self._have()
        if hello.forget:
            log.warning("the outbox of %s is not the one that was known; it is taken from its beginning", self._gateway)
            had = self._known = had._replace(spans=Spans(), last_at=0)
        return Known(str(had.spans), had.last_at)

    async def take(self, shipment: Shipment, now: Micros) -> int:
        """Log what of a shipment the log does not have; how many messages. Raises LogUnavailable, Malformed."""
        had = await self._have()
        spans = had.spans.including(shipment.first, shipment.last)
        if spans == had.spans:
            return 0
        if len(spans.parts) > MAX_SPANS:
            raise Malformed(f"more than {MAX_SPANS} stretches; fill a gap first", "fragmented")
        parcels = [one for seq, pack in shipment.packs if seq not in had.spans for one in _unpacked(pack, now)]
        messages = await self._customs.messages(self._gateway, parcels, now)
        last_at = shipment.last_at if shipment.last > had.spans.last else had.last_at
        mark = Mark(had.number + 1, last_at, str(spans))
        self._known = None
        receipt = await self._ingest.take(messages, self._source, mark, had.log_seq)
        assert receipt.seq is not None, "a mark is always logged"
        self._known = _Had(spans, last_at, mark.seq, receipt.seq)
        return len(messages)

    async def _have(self) -> "_Had":
        if self._known is None:
            last = await self._publisher.last_source(self._source)
            self._known = _Had(Spans.parse(last.note), last.at_us, last.seq, last.log_seq) if last else _Had()
        return self._known


class _Had(NamedTuple):
    """spans: of the outbox, that the log has. last_at: when the outbox stored the last of them. number: of the shipment
    that brought the log there. log_seq: under which the log says so."""

    spans: Spans = Spans()
    last_at: Micros = 0
    number: int = 0
    log_seq: int = 0


def source_of(gateway: str) -> str:
    """The word under which the log knows a gateway's outbox."""
    return f"edge-{gateway.replace('.', '=')}"


def _matter(request: Request) -> str:
    return request.subject.rpartition(b".")[2].decode(errors="replace")


def _unpacked(pack: bytes, now: Micros) -> list[Parcel]:
    """The parcels of a pack; one that cannot be read is a parcel with a fault, to be kept as it is."""
    try:
        return link.unpack(pack)
    except Malformed as error:
        return [Parcel("", "", "gateway", "json", now, pack, (error.reason, str(error)))]
