"""The core of a gateway: builds its parts from the configuration and supervises them. Started by `calha.up`.

log server ──► MqttSource ─┐
HTTP, TCP, PLCs ───────────┴─► outbox ─► Forwarder (live, backlog) ─► linked log server of the hub
"""

import asyncio
import json
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from calha.accounts.gatekeeper import Gatekeeper
from calha.certificates import FOLDER as CERTIFICATES
from calha.certificates import server_certificate
from calha.compat import jobs as compat
from calha.compat.listening import serve
from calha.config.settings import Settings, address_of
from calha.connecting import require_free_ports, tcp_listener
from calha.domain import link
from calha.domain.errors import LogUnavailable
from calha.edge import mqtt, state
from calha.edge.broker import READER, BrokerSink
from calha.edge.door import EdgeDoor
from calha.edge.forwarder import Forwarder, watch_link
from calha.edge.http import Telemetry
from calha.edge.hub import Hub, inbox_of
from calha.edge.intake import EdgeIntake, EdgeOrders
from calha.edge.linking import log_settings
from calha.edge.page import status_page
from calha.edge.page_html import Part, Shown
from calha.edge.state import Reporter, State
from calha.ingest.limits import IngestLimits
from calha.ingest.mqtt import lane
from calha.log.connection import Connection
from calha.log.doorman import Doorman
from calha.log.gate import Gate
from calha.log.mqtt_source import READ_PAUSE_S, MqttSource
from calha.log.outbox import Outbox
from calha.log.settings import LogSettings
from calha.log.shards import link_url, source_urls, system_url
from calha.log.streams import Streams
from calha.serving import bound, http_server
from calha.starting import gate_seed, micros_now, start
from calha.supervision import PROCESSES_FILE, Supervisor

if TYPE_CHECKING:
    from calha.edge.plc import Plc

LOG_WAIT_S = 30.0
TRIM_S = 10.0
DAY_S = 86_400.0

log = logging.getLogger("calha.edge")


@dataclass(frozen=True)
class Connections:
    """main: to the account of the outbox; devices: to the shard; system: for closing connections; hub: to the link."""

    main: Connection
    devices: Connection
    system: Connection
    hub: Connection


def main() -> int:
    return start("calha.edge.app", _prepare)


def _prepare(settings: Settings, log_url: str | None) -> Coroutine[Any, Any, None]:
    listener = bound(settings.http.host, settings.http.port, "http.port", "--http-port")
    require_free_ports(settings)
    bound(settings.edge.page_host, settings.edge.page_port, "edge.page_port", "--page-port").close()
    assert log_url is not None, "a gateway runs a log of its own"
    return _run(settings, log_url, listener)


@asynccontextmanager
async def connected(settings: Settings, limits: LogSettings, url: str) -> AsyncIterator[Connections]:
    gateway = settings.edge.gateway
    opened = [
        await Connection.open(url, wait_s=LOG_WAIT_S),
        await Connection.open(source_urls(url, limits)[0], "calha devices", quiet=True, gather_s=READ_PAUSE_S),
        await Connection.open(system_url(url), "calha doorman", quiet=True),
        await Connection.open(link_url(url), "calha link", quiet=True, inbox=inbox_of(gateway)),
    ]
    try:
        yield Connections(*opened)
    finally:
        for one in opened:
            await one.close()


async def _run(settings: Settings, log_url: str, listener: socket.socket) -> None:
    limits = replace(log_settings(settings), topics=compat.heard_topics(settings.compat))
    async with connected(settings, limits, log_url) as connections:
        outbox = Outbox(connections.main, limits, link.pack, settings.edge.keep_days * DAY_S)
        await outbox.ensure()
        if not settings.edge.broker.host:
            await outbox.forget_reader(READER)
        supervisor, app = _built(settings, limits, connections, outbox)
        server = http_server(app.app(), server_certificate(settings) if settings.http.tls else None)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, lambda: setattr(server, "should_exit", True))
        supervising = asyncio.create_task(supervisor.run(), name="supervisor")
        log.info("this gateway hears devices at %s", address_of(settings))
        try:
            await server.serve(sockets=[listener])
        finally:
            supervising.cancel()
            with suppress(asyncio.CancelledError):
                await supervising


def _built(
    settings: Settings, limits: LogSettings, connections: Connections, outbox: Outbox
) -> tuple[Supervisor, Telemetry]:
    """What runs on a gateway, and its HTTP routes."""
    door = EdgeDoor(settings.data.folder)
    ingest_limits = _limits(settings, outbox)
    intake = EdgeIntake(outbox, ingest_limits, lambda: door.directory, micros_now)
    supervisor = Supervisor()
    source, name = MqttSource(connections.devices, limits), lane(0)
    supervisor.add(name, lambda beat: mqtt.run(source, outbox, intake, ingest_limits.message_bytes, name, beat))
    guests = compat.guests(settings.compat)
    gatekeeper = Gatekeeper(door, lambda: door.directory, settings.devices.anonymous, guests)
    gate = Gate(connections.main, gate_seed(), limits.shards, gatekeeper.decide)
    gate.listen()
    supervisor.add("gate", gate.run)
    closing: list[Callable[[str], Awaitable[int]]] = [Doorman(connections.system).disconnect]
    if settings.tcp.enabled:
        tcp = tcp_listener(settings, intake, ingest_limits, door, EdgeOrders(outbox, micros_now))
        supervisor.add("tcp", tcp.run)
        closing.append(tcp.disconnect)

    async def disconnect(device: str) -> int:
        return sum([await close(device) for close in closing])

    hub = Hub(connections.hub, settings.edge.gateway)
    forwarder = Forwarder(outbox, hub, micros_now)
    streams = Streams(connections.main, limits, [connections.devices])
    plcs = _plcs(settings, intake)
    for plc in plcs:
        supervisor.add(f"plc {plc.report.name}", plc.run)
    own = State(outbox, forwarder, intake, door, streams, lambda: [plc.report for plc in plcs], micros_now)
    supervisor.add("forwarder", forwarder.run)
    supervisor.add("link", lambda beat: watch_link(connections.system, forwarder, beat))
    supervisor.add("reporter", Reporter(own, forwarder, hub, door, disconnect).run)
    supervisor.add("readings", lambda beat: state.send_readings(settings.edge.gateway, own, forwarder, intake, beat))
    supervisor.add("trimming", lambda beat: _trim(outbox, beat))

    section = settings.edge
    broker = BrokerSink(connections.main, outbox, section.broker, micros_now) if section.broker.host else None
    if broker is not None:
        supervisor.add("broker", broker.run)

    def shown() -> Shown:
        return Shown(
            gateway=section.gateway,
            hub=section.hub,
            linked=forwarder.linked,
            linked_since=forwarder.linked_since,
            error=_why_cut(settings, forwarder),
            report=own.report,
            taken=intake.taken,
            refused=dict(intake.refused),
            doors=_doors(settings),
            devices=sum(key != section.gateway for key in door.directory.devices),
            plcs=[plc.shown() for plc in plcs],
            broker=broker.state if broker is not None else None,
            parts=[Part(one.name, one.bytes, one.max_bytes) for one in own.usages],
            troubles={one.name: one.last_error or "" for one in supervisor.tasks if one.state != "running"},
        )

    page = status_page(shown, settings.http.names)
    supervisor.add("page", lambda beat: serve(page, section.page_host, section.page_port, "edge.page_port", beat))
    return supervisor, Telemetry(intake, door, ingest_limits, settings.devices.anonymous)


def _plcs(settings: Settings, intake: EdgeIntake) -> "list[Plc]":
    """Raises InvalidConfiguration."""
    if not settings.edge.plcs:
        return []
    from calha.edge.plc import Plc  # its OPC UA library takes memory

    folder = settings.data.folder / CERTIFICATES
    return [Plc(number, one, intake, folder, micros_now) for number, one in enumerate(settings.edge.plcs, 1)]


def _why_cut(settings: Settings, forwarder: Forwarder) -> str:
    """The last error of the link, in the words of the log server where it was told more."""
    try:
        states = json.loads((settings.data.folder / PROCESSES_FILE).read_text())
        refused = "" if forwarder.linked else "".join(one["link_error"] for one in states)
    except (OSError, ValueError, KeyError):
        refused = ""
    return f"{forwarder.error}: {refused}" if refused else forwarder.error


def _doors(settings: Settings) -> dict[str, str]:
    """Where devices are heard."""
    found = {"MQTT": f"{settings.mqtt.host}:{settings.mqtt.port}", "HTTP": f"{settings.http.host}:{settings.http.port}"}
    return found | ({"TCP": f"{settings.tcp.host}:{settings.tcp.port}"} if settings.tcp.enabled else {})


def _limits(settings: Settings, outbox: Outbox) -> IngestLimits:
    """As at a hub, but that a body has to fit into the outbox as it is."""
    given = settings.ingest.model_dump()
    return IngestLimits(
        **given | {"payload_bytes": min(settings.ingest.payload_bytes, outbox.max_parcel_bytes - 4_096)}
    )


async def _trim(outbox: Outbox, beat: Callable[[], None]) -> None:
    while True:
        beat()
        try:
            await outbox.trim()
        except LogUnavailable as error:
            log.warning("the outbox is trimmed later: %s", error)
        await asyncio.sleep(TRIM_S)
