"""All OPC UA connections: a link for each that is registered and enabled, as it is registered now.

A link is made anew when what it does has changed; the others go on. Readings that wait for the log outlive their link. What
nobody uses costs nothing: asyncua is loaded when there is something to connect to.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from calha.application_certificate import ApplicationCertificate, application_certificate
from calha.domain.connections import Mode, Security, StateName
from calha.domain.errors import CalhaError, ConnectionFailed, NotFound, RegistryUnavailable
from calha.domain.readings import Batch, Micros
from calha.ingest.service import Ingest
from calha.store.registry import Registry
from calha.store.registry.connections import ConnectionRow, Connections, NodeRow
from calha.supervision import Task, keep_running

if TYPE_CHECKING:
    from calha.connectors.opcua.link import Hands, Link, Wanted
    from calha.connectors.opcua.outbox import Outbox
    from calha.connectors.opcua.session import Offer, Session, Target

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.2
TRANSPORT: Final = "opcua"
CERTIFICATE: Final = "opcua"  # its name in the folder of certificates


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection as it can be shown. trouble_*: the last one, also when it is over. nodes: how many are how. waiting:
    readings that the log has not taken yet. lost: readings by cause, since the start.
    """

    state: StateName
    since: Micros | None = None
    mode: Mode | None = None
    trouble_cause: str | None = None
    trouble_detail: str | None = None
    trouble_at: Micros | None = None
    server: str = ""
    publishing_ms: float | None = None
    last_value_at: Micros | None = None
    attempts: int = 0
    nodes: Mapping[str, int] = field(default_factory=dict)
    readings: int = 0
    waiting: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass
class _Running:
    """A link at work, and the outbox that outlives it."""

    link: "Link"
    task: "asyncio.Task[None]"


@dataclass
class _Sending:
    outbox: "Outbox"
    task: "asyncio.Task[None]"


class OpcUa:
    def __init__(
        self,
        registry: Registry,
        ingest: Ingest,
        unseal: Callable[[str], str | None],
        clock: Callable[[], Micros],
        certificates: Path,
        gap_until: Callable[[Sequence[int]], Sequence[Micros]],
    ) -> None:
        """unseal: decrypts a secret. certificates: the folder in which Calha's own is kept. gap_until: of series, when the
        newest reading tells of a gap; 0 where it does not.
        """
        self.rows = Connections(registry.engine)
        self._registry = registry
        self._ingest = ingest
        self._unseal = unseal
        self._clock = clock
        self._certificates = certificates
        self._gap_until = gap_until
        self._floors: dict[int, Micros] = {}  # by series, of gaps that the store may not have yet
        self._running: dict[int, _Running] = {}
        self._sending: dict[int, _Sending] = {}
        self._seen: object = None

    async def run(self, beat: Callable[[], None]) -> None:
        """Keep the links as they are registered, until cancelled."""
        try:
            while True:
                beat()
                directory = self._ingest.directory
                if directory is not self._seen:
                    with suppress(RegistryUnavailable):  # which a warning tells; links stay as they are meanwhile
                        await self._follow()
                        self._seen = directory
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._seen = None
            await self._end_links(list(self._running))
            await self._end_outboxes(list(self._sending))

    def link(self, connection_id: int) -> "Link | None":
        """None for a connection that is disabled, or not taken up yet."""
        running = self._running.get(connection_id)
        return running.link if running is not None else None

    def devices(self) -> set[str]:
        """Those whose nodes are read over a connection that is there."""
        connected = (one.link for one in self._running.values() if one.link.state.state == "connected")
        return {device for link in connected for device in link.devices}

    def shown(self, connection: ConnectionRow, nodes: int) -> Shown:
        """How a connection with so many nodes is doing now."""
        link, sending = self.link(connection.id), self._sending.get(connection.id)
        unknown = {"good": 0, "uncertain": 0, "bad": 0, "unknown": nodes}
        if link is None or sending is None:
            return Shown("connecting" if connection.enabled else "disabled", nodes=unknown)
        state, trouble = link.state, link.state.trouble
        return Shown(
            state.state,
            state.since,
            state.mode,
            trouble.cause if trouble is not None else None,
            trouble.detail if trouble is not None else None,
            trouble.at if trouble is not None else None,
            state.server,
            state.publishing_ms,
            state.last_value_at,
            state.attempts,
            link.counts(),
            sending.outbox.published,
            sending.outbox.waiting,
            dict(sending.outbox.lost),
        )

    def all_shown(self) -> list[tuple[ConnectionRow, Shown]]:
        """All connections and how they are doing; asks the registry."""
        counts = self.rows.count_nodes()
        return [(one, self.shown(one, counts.get(one.id, 0))) for one in self.rows.list().items]

    def own_certificate(self) -> ApplicationCertificate:
        """Calha's own, by which servers know it."""
        return application_certificate(self._certificates, CERTIFICATE)

    async def target(self, connection: ConnectionRow) -> "Target":
        from calha.connectors.opcua.session import Target

        sealed = await asyncio.to_thread(self.rows.sealed_secret, connection.id)
        return Target(
            connection.endpoint,
            connection.security,
            connection.user_name,
            (self._unseal(sealed) or "") if sealed else "",
            connection.trusted,
            connection.trust_first,
        )

    async def offer(self, endpoint: str, security: Security) -> "Offer":
        """What a server offers, without signing in. Raises ConnectionFailed."""
        from calha.connectors.opcua.session import Target, offer_of

        return await offer_of(Target(endpoint, security))

    @asynccontextmanager
    async def opened(self, target: "Target") -> "AsyncIterator[Session]":
        """A session of its own. Raises ConnectionFailed."""
        from calha.connectors.opcua.session import open_session

        async with open_session(target, await asyncio.to_thread(self.own_certificate)) as session:
            yield session

    @asynccontextmanager
    async def session(self, connection_id: int) -> "AsyncIterator[Session]":
        """The session of a connection's link; one of its own while it has none. Raises NotFound, ConnectionFailed."""
        link = self.link(connection_id)
        if link is not None and link.session is not None:
            yield link.session
            return
        connection = await asyncio.to_thread(self.rows.get, connection_id)
        async with self.opened(await self.target(connection)) as session:
            yield session

    # -- below: the links

    async def _follow(self) -> None:
        connections = (await asyncio.to_thread(self.rows.list)).items
        enabled = {one.id: one for one in connections if one.enabled}
        if not enabled and not self._running:
            return
        nodes: dict[int, list[NodeRow]] = {}
        for node in (await asyncio.to_thread(self.rows.nodes)).items:
            nodes.setdefault(node.connection_id, []).append(node)
        wanted = {number: await self._wanted(one, nodes.get(number, [])) for number, one in enabled.items()}
        changed = [number for number, running in self._running.items() if wanted.get(number) != running.link.wanted]
        await self._end_links(changed)
        await self._end_outboxes([number for number in self._sending if number not in wanted])
        for number, one in wanted.items():
            if number not in self._running:
                self._begin(one)

    async def _wanted(self, connection: ConnectionRow, nodes: list[NodeRow]) -> "Wanted":
        from calha.connectors.opcua.link import Wanted
        from calha.connectors.opcua.values import Slot

        devices = self._ingest.directory.devices
        slots, intervals, deadbands = [], [], []
        for node in nodes:
            device = devices.get(node.device)
            channel = device.channels.get(node.channel) if device is not None else None
            if channel is None or channel.series != node.series:
                continue  # made after this picture of the registry; the next one has it
            slots.append(Slot(node.node, node.device, node.channel, channel))
            intervals.append(float(node.sampling_ms or connection.publishing_ms))
            deadbands.append(node.deadband)
        target = await self.target(connection)
        return Wanted(
            connection.id,
            connection.name,
            target,
            connection.publishing_ms,
            connection.repeat_s,
            tuple(slots),
            tuple(intervals),
            tuple(deadbands),
        )

    def _begin(self, wanted: "Wanted") -> None:
        from calha.connectors.opcua.link import Link
        from calha.connectors.opcua.outbox import Outbox

        if wanted.id not in self._sending:
            outbox = Outbox(lambda batch: self._ingest.take_batch(batch, TRANSPORT), self._dropped)
            sender = keep_running(Task(f"opcua {wanted.name} sending"), lambda _: outbox.run())
            self._sending[wanted.id] = _Sending(outbox, asyncio.create_task(sender))
        series = [slot.channel.series for slot in wanted.slots]
        floor = [max(at, self._floors.pop(one, 0)) for one, at in zip(series, self._gap_until(series), strict=True)]
        link = Link(wanted, self._sending[wanted.id].outbox, self._hands(), floor)
        job = keep_running(Task(f"opcua {wanted.name}"), link.run)
        self._running[wanted.id] = _Running(link, asyncio.create_task(job))

    def _hands(self) -> "Hands":
        from calha.connectors.opcua.link import Hands

        return Hands(self._clock, self.own_certificate, self._trust, self._tell, self._ingest.refuse)

    async def _trust(self, connection_id: int, sha256: str) -> None:
        with suppress(NotFound):  # deleted meanwhile
            await asyncio.to_thread(self.rows.change, connection_id, {"trusted": sha256})

    async def _tell(self, wanted: "Wanted", error: ConnectionFailed | None) -> None:
        kind = "connection_returned" if error is None else "connection_lost"
        pt, en = (f"{wanted.name}: conectado de novo", f"{wanted.name} is connected again")
        if error is not None:
            pt, en = f"{wanted.name}: sem conexão ({error})", f"{wanted.name} is not connected: {error}"
        data: dict[str, Any] = {"connection": wanted.id, "cause": error.reason if error is not None else None}
        try:
            await asyncio.to_thread(
                self._registry.add_event,
                kind,
                severity="info" if error is None else "warning",
                text={"pt": pt, "en": en},
                data=data,
            )
        except CalhaError as problem:
            log.warning("the event %s of %s could not be noted: %s", kind, wanted.name, problem)

    def _dropped(self, batch: Batch, cause: str) -> None:
        names = self._ingest.directory.names
        series, counts = np.unique(batch.series, return_counts=True)
        for number, count in zip(series.tolist(), counts.tolist(), strict=True):
            self._ingest.refuse(names.get(number, ("", ""))[0], cause, count)

    async def _end_links(self, numbers: list[int]) -> None:
        ended = [self._running.pop(number) for number in numbers]
        await _end([running.task for running in ended])
        for running in ended:
            slots, floor = running.link.wanted.slots, running.link.translator.floor.tolist()
            self._floors |= {slot.channel.series: at for slot, at in zip(slots, floor, strict=True) if at}

    async def _end_outboxes(self, numbers: list[int]) -> None:
        await _end([self._sending.pop(number).task for number in numbers])


async def _end(tasks: "list[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
