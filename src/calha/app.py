"""The core: builds the parts from the configuration and supervises them. Started by `calha.up` with the log's address.

log server ──► MqttSource ─► ingest ─► Publisher ─► log ─► ReadingsSource ─► Writer ─► Telemetry ─► live streams
HTTP, TCP  ──────────────────┘
"""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from calha import housekeeping, set_up_link
from calha.accounts.accounts import Accounts
from calha.accounts.claims import Claims
from calha.accounts.gatekeeper import Gatekeeper
from calha.accounts.key_connections import FILE_NAME, KeyConnections
from calha.accounts.keyring import Keyring
from calha.accounts.openid import Provider
from calha.accounts.provisioning import Provisioning
from calha.accounts.rosters import Rosters
from calha.api.alarm_news import tell_alarms
from calha.api.app import create_app
from calha.api.gateways import gateways_of
from calha.api.live_signal import LiveSignal
from calha.api.services import Services
from calha.api.status import StatusReport
from calha.backup import Backups, return_quarantine
from calha.certificates import FOLDER as CERTIFICATES
from calha.certificates import server_certificate
from calha.commanding import Commanding
from calha.compat import jobs as compat
from calha.compat.ground import Ground
from calha.config.settings import Settings, address_of
from calha.connecting import require_free_ports, tcp_listener
from calha.connectors.opcua.service import OpcUa
from calha.domain.dialects import HOME
from calha.domain.directory import Directory
from calha.domain.errors import InvalidConfiguration, LogUnavailable
from calha.domain.presence import Cause
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.errands import Errands
from calha.ingest import mqtt
from calha.ingest.gateways import Gateways, GatewayState
from calha.ingest.limits import IngestLimits
from calha.ingest.parcels import Customs
from calha.ingest.presence import PresenceWatch, Senses
from calha.ingest.routes import finder
from calha.ingest.service import Ingest
from calha.ingest.transfer import Transfer
from calha.ingest.writer import Commit, Writer
from calha.log.connection import Connection
from calha.log.connections import Connections
from calha.log.continuity import Continuity
from calha.log.doorman import Doorman
from calha.log.gate import Gate
from calha.log.height import Height
from calha.log.mqtt_source import READ_PAUSE_S, MqttSource, ready_existing
from calha.log.publisher import Publisher
from calha.log.quarantine import Quarantine
from calha.log.readings import ReadingsSource
from calha.log.settings import LogSettings
from calha.log.shards import gateways_url, shard_account, shard_of, source_urls, system_url
from calha.log.streams import Loss, Streams
from calha.metering.charging import Charging
from calha.metering.metering import Metering
from calha.metering.opening import open_billing
from calha.metering.warner import Warner
from calha.notifying import notifier_of
from calha.payment_provider import pix_provider
from calha.post_office import post_office
from calha.reporting import report_runs
from calha.reports.schedules import Schedules
from calha.serving import bound, http_server
from calha.starting import gate_seed, micros_now, start
from calha.store.accounts.provisioning import ProvisioningKeys
from calha.store.alarms import AlarmStore, RuleStore
from calha.store.billing import Notices
from calha.store.dashboards import Dashboards
from calha.store.explore import Annotations, SavedViews
from calha.store.registry import Registry
from calha.store.registry.finding import Finder
from calha.store.telemetry import Telemetry
from calha.supervision import PROCESSES_FILE, Supervisor
from calha.watch.alarms.service import AlarmWatch
from calha.watch.alarms.silence import Seen
from calha.watch.anomalies import FOLDER as LEARNT
from calha.watch.anomalies import Anomalies
from calha.watch.notify.alarms import AlarmNotices

if TYPE_CHECKING:
    from calha.connectors.mqtt import Broker

log = logging.getLogger("calha.app")

EXIT_CONFIGURATION = 2
LOG_WAIT_S = 30.0
EXISTING_MQTT_WAIT_S = 10.0
STORE_READER = "store"
REGISTRY_FILE = "registry.sqlite"


def main() -> int:
    return start("calha.app", _prepare)


def log_settings(settings: Settings) -> LogSettings:
    """The log's settings; `url` only of a server that is not ours."""
    section = settings.log
    return LogSettings(
        url=section.url.get_secret_value() if section.url else None,
        mqtt_host=settings.mqtt.host,
        mqtt_port=settings.mqtt.port,
        durability=section.durability,
        gated=section.url is None,
        max_store_bytes=section.max_bytes,
        readings_max_bytes=section.readings_max_bytes,
        quarantine_max_bytes=section.quarantine_max_bytes,
        quarantine_max_age_s=section.quarantine_days * 86_400,
        topics=compat.heard_topics(settings.compat),
        ignored_topics=("calha/v1/+/commands", *compat.said_topics(settings.compat)),
    )


def registry_url(settings: Settings) -> str:
    if settings.registry.url is not None:
        return settings.registry.url.get_secret_value()
    return f"sqlite:///{settings.data.folder / REGISTRY_FILE}"


@dataclass(frozen=True)
class Parts:
    """What runs in the core."""

    services: Services
    supervisor: Supervisor


@asynccontextmanager
async def parts(settings: Settings, log_url: str | None) -> AsyncIterator[Parts]:
    """Open everything, in the order in which it depends on each other; close it the other way round."""
    folder = settings.data.folder
    folder.mkdir(parents=True, exist_ok=True)
    registry = await asyncio.to_thread(Registry.open, registry_url(settings), settings.registry.profiles_folder)
    telemetry = await asyncio.to_thread(
        Telemetry.open, folder / "telemetry", memory_mb=settings.store.memory_mb, hot_days=settings.store.hot_days
    )
    limits = log_settings(settings)
    url = log_url or limits.url
    assert url is not None
    connection = await Connection.open(url, wait_s=LOG_WAIT_S)
    shards = [
        await Connection.open(one, "calha devices", quiet=True, gather_s=READ_PAUSE_S)
        for one in source_urls(url, limits)
    ]
    system = await Connection.open(system_url(url), "calha doorman", quiet=True) if limits.gated else connection
    links = connection
    if settings.gateways.enabled:
        links = await Connection.open(gateways_url(url), "calha gateways", quiet=True)
    try:
        yield await _connect(settings, limits, registry, telemetry, connection, shards, system, links)
    finally:
        for one in (connection, *shards, system, links):
            await one.close()
        await asyncio.to_thread(telemetry.close)
        registry.close()


async def _ready_existing_log(connection: Connection, limits: LogSettings) -> None:
    try:
        await ready_existing(connection, limits, EXISTING_MQTT_WAIT_S)
    except LogUnavailable as error:
        log.error(
            "MQTT of the log at %s:%d is not heard, and what devices publish there until it is will not be kept: %s",
            limits.mqtt_host,
            limits.mqtt_port,
            error,
        )


async def _connect(
    settings: Settings,
    limits: LogSettings,
    registry: Registry,
    telemetry: Telemetry,
    connection: Connection,
    shards: Sequence[Connection],
    system: Connection,
    links: Connection,
) -> Parts:
    streams = Streams(connection, limits, shards)
    await streams.ensure()
    if limits.url is not None:
        await _ready_existing_log(shards[0], limits)
    height = Height(telemetry.committed_seq)
    loss = await streams.continue_after(height.seq)
    height.rise(await streams.last_seq())
    await asyncio.to_thread(_first_start, registry, settings)
    await asyncio.to_thread(compat.prepare, settings.compat, registry)
    if loss.messages:
        await asyncio.to_thread(housekeeping.note_lost_tail, registry, loss)
    publisher = Publisher(connection, height)
    quarantine = Quarantine(connection)
    await return_quarantine(settings.data.folder, quarantine)
    ingest_limits = IngestLimits(**settings.ingest.model_dump())
    ingest = Ingest(registry, publisher, quarantine, ingest_limits, micros_now)
    await ingest.refresh()
    transfer = Transfer(publisher)
    live = LiveSignal()
    learnt = settings.data.folder / LEARNT
    anomalies = Anomalies(registry, telemetry, lambda: ingest.directory, learnt, micros_now)
    alarms = AlarmWatch(
        RuleStore(registry.engine),
        AlarmStore(registry.engine),
        telemetry,
        lambda: ingest.directory,
        lambda: seen_by(presence, ingest.directory),
        settings.data.folder,
        micros_now,
        anomalies.expected,
    )
    live.seq = telemetry.committed_seq
    readings = ReadingsSource(connection, STORE_READER, telemetry.committed_seq + 1, height)

    async def tell_loss(lost: Loss) -> None:
        await asyncio.to_thread(housekeeping.note_lost_tail, registry, lost)

    continuity = Continuity(connection, streams, height, readings, tell_loss)

    def committed(commit: Commit) -> None:
        ingest.counters.written(commit.batch, commit.written)
        transfer.committed(commit.outcomes(), commit.seq)
        live.committed(commit.seq)
        alarms.committed(commit.batch, commit.seq)

    keyring = await asyncio.to_thread(Keyring.open, settings.data.folder)
    post = await asyncio.to_thread(post_office, settings, registry)
    accounts = Accounts.open(registry.engine, keyring, _provider(settings), post, settings.http.public_url)
    doorman = Doorman(system) if limits.gated else None
    commanding = Commanding(registry, accounts.audit, telemetry, ingest, live, shards, doorman, micros_now)
    commands = commanding.commands
    connections = Connections(system)

    async def listens(topic: str) -> bool:
        return limits.gated and await connections.listens(shard_account(shard_of(HOME, limits.shards)), topic)

    async def renew(name: str, idle_only: bool) -> int:
        return await doorman.renew(name, idle_only) if doorman is not None else 0

    key_connections = await asyncio.to_thread(_key_connections, settings, accounts)
    claims = Claims(accounts)
    ground = Ground(
        registry,
        accounts,
        claims,
        ingest,
        telemetry,
        commands,
        micros_now,
        live.beyond,
        commanding.carriers.append,
        listens,
        renew,
        address_of(settings),
    )
    replaced = compat.parts(settings.compat, ground)
    commanding.dialects = replaced.dialects

    supervisor = Supervisor(lambda task: housekeeping.note_restart(registry, task))
    writer = Writer(readings, telemetry, committed)
    supervisor.add("log", continuity.run)
    supervisor.add("writer", writer.run)
    find = finder(compat.routes(settings.compat))
    for number, shard in enumerate(shards):
        source, lane = MqttSource(shard, limits), mqtt.lane(number)
        take = partial(mqtt.run, source, publisher, ingest, ingest_limits, commands.take_reply)
        take_shard = partial(take, lane=lane, find=find, translate=replaced.translate)
        supervisor.add(lane, partial(housekeeping.hear, registry, number, take_shard))
    supervisor.add("commands", commands.run)
    if post is not None:
        supervisor.add("mail", post.run)

    gate: Gate | None = None
    if doorman is not None:
        guests, is_open = compat.guests(settings.compat), settings.devices.anonymous
        gatekeeper = Gatekeeper(
            accounts.door, lambda: ingest.directory, is_open, guests, replaced.dialects, key_connections
        )
        gate = Gate(connection, gate_seed(), limits.shards, gatekeeper.decide)
        gate.listen()
        supervisor.add("gate", gate.run)
    if settings.tcp.enabled:
        tcp = tcp_listener(settings, ingest, ingest_limits, accounts.door, commands)
        supervisor.add("tcp", tcp.run)
        commanding.carriers.append(tcp)

    gateways: Gateways | None = None
    if settings.gateways.enabled:
        judge = partial(mqtt.judged, ingest=ingest, limits=ingest_limits, find=find, translate=mqtt.untranslated)
        customs = Customs(ingest, judge, commands.take_reply)
        rosters = Rosters(accounts.door, lambda: ingest.directory)
        gateways = Gateways(links, ingest, publisher, customs, rosters.of, micros_now)
        supervisor.add("gateways", gateways.run)

    def gateway_states() -> Mapping[str, GatewayState]:
        return gateways.states if gateways is not None else {}

    hearing = {"log", "writer", "gate", "tcp", *(mqtt.lane(number) for number in range(len(shards)))}

    def fault() -> Cause:
        if not all(one.connected for one in (connection, *shards)):
            return Cause.BROKER
        return Cause.PLATFORM if writer.error is not None or supervisor.is_stuck(hearing) else Cause.NONE

    names = connections.names if limits.gated else None
    opcua = OpcUa(
        registry,
        ingest,
        keyring.unseal,
        micros_now,
        settings.data.folder / CERTIFICATES,
        partial(_gap_until, telemetry),
    )
    supervisor.add("opcua", opcua.run)
    brokers = _brokers(settings, ingest, ingest_limits, registry)
    for broker in brokers:
        supervisor.add(f"broker {broker.state.name}", broker.run)
    senses = Senses(
        fault,
        names,
        commanding.is_connected,
        lambda: commanding.speakers() | opcua.devices(),
        live.tell,
        micros_now,
    )
    presence = commanding.presence = PresenceWatch(ingest, telemetry, registry, senses, settings.data.folder)
    supervisor.add("presence", presence.run)
    supervisor.add("alarms", alarms.run)
    supervisor.add("alarm news", partial(tell_alarms, alarms.transitions, live))
    notifier = notifier_of(settings, registry, accounts, lambda: ingest.directory.tree, micros_now)
    alarm_notices = AlarmNotices(alarms, notifier, registry, settings.data.folder, micros_now)
    supervisor.add("notifications", notifier.run)
    supervisor.add("alarm notices", alarm_notices.run)
    supervisor.add("old notices", partial(notifier.forget, settings.notifications.log_days))
    for name, job in replaced.jobs:
        supervisor.add(name, job)
    record = partial(ingest.record, source="metering")
    metering = Metering.over(registry, telemetry, record, micros_now, has_retention=settings.store.has_retention)
    supervisor.add("validation", metering.validator.run)
    supervisor.add("flumes", metering.flumes.run)
    supervisor.add("anomalies", anomalies.run)
    supervisor.add("housekeeping", lambda beat: housekeeping.keep_house(telemetry, streams, micros_now, beat))
    if settings.store.has_retention:
        retain = partial(housekeeping.retain, registry, telemetry, settings.store, micros_now)
        supervisor.add("retention", retain)
    if settings.registry.commands_days:
        days = settings.registry.commands_days
        supervisor.add("old commands", partial(housekeeping.forget_commands, commands.store, days, micros_now))
    follower = housekeeping.RegistryFollower(registry, ingest)
    supervisor.add("registry", follower.run)
    status = StatusReport(
        settings,
        telemetry,
        ingest,
        streams,
        writer,
        lambda: supervisor.tasks,
        micros_now,
        settings.data.folder / PROCESSES_FILE,
        embedded=settings.log.url is None,
        gate=gate.counters if gate is not None else None,
        connections=opcua.all_shown,
        brokers=lambda: [broker.state for broker in brokers],
        post=post,
        notifier=notifier,
        registry_error=lambda: follower.error,
        gateways=lambda: gateways_of(ingest.directory, gateway_states(), settings.gateways, micros_now()),
    )

    async def disconnect(device: str) -> int:
        closed = await commanding.disconnect(device)
        return closed + (await doorman.disconnect(device) if doorman is not None else 0)

    async def disconnect_key(key_id: int) -> None:
        if doorman is not None:
            await asyncio.gather(*(doorman.disconnect(name) for name in key_connections.of(key_id)))

    def has_reported(device: str) -> bool:
        entry, latest = ingest.directory.devices.get(device), telemetry.latest
        series = [channel.series for channel in entry.channels.values()] if entry is not None else []
        return ingest.last_message(device) is not None or latest.has_any(series)

    provisioning = Provisioning(
        accounts, registry, ProvisioningKeys(registry.engine), lambda: ingest.directory.tree, has_reported
    )
    zone = ZoneInfo(settings.registry.zone)
    billing, billing_runs = await asyncio.to_thread(
        open_billing, registry.engine, metering, lambda: ingest.directory.tree, lambda: datetime.now(zone).date()
    )
    reports = await asyncio.to_thread(
        report_runs, settings, registry, telemetry, metering, post, micros_now, keyring.evidence_key
    )
    supervisor.add("reports", Schedules(reports, micros_now).run)
    warner = Warner(billing, Notices(registry.engine), post, settings.http.public_url, zone)
    supervisor.add("warnings", warner.run)
    if (provider := pix_provider(settings)) is not None:
        supervisor.add("pix charges", Charging(billing.invoices, provider).run)
    services = Services(
        settings,
        registry,
        Finder(registry),
        accounts,
        claims,
        provisioning,
        commands,
        telemetry,
        ingest,
        presence,
        opcua,
        transfer,
        quarantine,
        metering,
        billing,
        billing_runs,
        alarms,
        reports,
        anomalies,
        Dashboards.of(registry.engine),
        Annotations(registry.engine),
        SavedViews(registry.engine),
        notifier,
        live,
        status,
        Backups(settings.data.folder, registry, telemetry, quarantine).make,
        gateway_states,
        disconnect,
        disconnect_key,
        micros_now,
        Errands().start,
    )
    return Parts(services, supervisor)


def _brokers(settings: Settings, ingest: Ingest, limits: IngestLimits, registry: Registry) -> "list[Broker]":
    """The external MQTT brokers to read. Raises InvalidConfiguration."""
    if not settings.connectors.mqtt:
        return []
    from calha.connectors.mqtt import Broker  # its client takes memory

    return [Broker(one, ingest, limits, registry, micros_now) for one in settings.connectors.mqtt]


def _gap_until(telemetry: Telemetry, series: Sequence[int]) -> list[Micros]:
    """Of each series: when its newest reading tells of a gap; 0 where it does not."""
    at, quality = telemetry.latest.at, telemetry.latest.quality
    is_gap = (one < len(quality) and quality[one] == Quality.NO_COMMUNICATION for one in series)
    return [int(at[one]) if told else 0 for one, told in zip(series, is_gap, strict=True)]


def seen_by(presence: PresenceWatch, directory: Directory) -> Mapping[str, Seen]:
    """How every device is present, and where it stands."""
    known = directory.devices
    judged = ((key, state, cause) for key, (state, cause) in presence.judged().items() if key in known)
    return {key: Seen(state, cause, known[key].site, known[key].gateway) for key, state, cause in judged}


def _key_connections(settings: Settings, accounts: Accounts) -> KeyConnections:
    return KeyConnections(settings.data.folder / FILE_NAME, {one.id for one in accounts.keys.list()})


def _provider(settings: Settings) -> Provider | None:
    section = settings.openid
    if not section.issuer:
        return None
    if not section.client_id:
        raise InvalidConfiguration("openid.client_id is missing; the provider tells it when Calha is registered there")
    return Provider(section.issuer, section.client_id, section.client_secret.get_secret_value(), section.name)


def _prepare(settings: Settings, log_url: str | None) -> Coroutine[Any, Any, None]:
    listener = _listen(settings)
    _require_free(settings)
    return _run(settings, log_url, listener)


async def _run(settings: Settings, log_url: str | None, listener: socket.socket) -> None:
    async with parts(settings, log_url) as running:
        server = http_server(create_app(running.services), server_certificate(settings) if settings.http.tls else None)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, lambda: setattr(server, "should_exit", True))
        supervising = asyncio.create_task(running.supervisor.run(), name="supervisor")
        address = address_of(settings)
        log.info("Calha is at %s", address)
        await asyncio.to_thread(set_up_link.announce, running.services.accounts, address)
        try:
            await server.serve(sockets=[listener])
        finally:
            supervising.cancel()
            with suppress(asyncio.CancelledError):
                await supervising


def _first_start(registry: Registry, settings: Settings) -> None:
    if not registry.sites():
        registry.create_site("Calha", None, settings.registry.zone)


def _require_free(settings: Settings) -> None:
    """Raises InvalidConfiguration when a port is not to be had whose task would only be restarted for ever."""
    require_free_ports(settings)
    for name, section in settings.compat:
        for key in section.ports if section.enabled else ():
            if port := getattr(section, key):
                bound(section.host, port, f"compat.{name}.{key}").close()


def _listen(settings: Settings) -> socket.socket:
    """The HTTP port, taken before anything else starts. Raises InvalidConfiguration when it is not to be had."""
    return bound(settings.http.host, settings.http.port, "http.port", "--http-port")
