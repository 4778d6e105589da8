"""External MQTT brokers: Calha subscribes there, and what is published becomes readings.

A message is acknowledged to the broker when the log has it, or quarantine has what is wrong with it. Until then the broker
keeps it, in a session that outlives both its own restart and Calha's; what comes twice by that is the same reading. Only a
message without a time of its own would be another one: it gets that of its arrival.
What publishes without pause is not slowed down, and no rate is asked of a device: after an outage a broker sends at once what
it has kept. While the log is away, no more is read than fits into memory.
Brokers are tried for ever. A loss and a return are events, and a lost one is a warning.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from calha.config.connectors import BrokerOptions
from calha.connectors.mqtt_client import Arrived, BrokerRefused, Connection, Where
from calha.domain.connections import BrokerState
from calha.domain.errors import InvalidConfiguration, LogUnavailable, Malformed, Refused, TooLarge
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.ingest.limits import IngestLimits
from calha.ingest.routes import Route, Target, finder
from calha.ingest.service import Ingest, Message
from calha.store.registry import Registry

log = logging.getLogger(__name__)

MAX_TAKEN = 500  # messages at once
BEAT_S = 5.0
RETRY_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
PORTS = {"mqtt": 1883, "mqtts": 8883}
CALM_AFTER_US = 10 * SECOND_US  # a connection that lasted so long is tried again at once
DAY_S = 86_400


class Broker:
    def __init__(
        self,
        options: BrokerOptions,
        ingest: Ingest,
        limits: IngestLimits,
        registry: Registry,
        clock: Callable[[], Micros],
    ) -> None:
        """Raises InvalidConfiguration for files or filters that cannot be."""
        self._options = options
        self._ingest = ingest
        self._limits = limits
        self._registry = registry
        self._clock = clock
        routes = [Route(one.topic, one.format, one.device) for one in options.routes]
        self._find = finder(routes)
        self._filters = list(dict.fromkeys(route.filter for route in routes))
        self._where = where_of(options)
        self._source = f"broker-{options.name}"
        self._is_first = True
        self.state = BrokerState(options.name, f"{self._where.host}:{self._where.port}", since=clock())

    async def run(self, beat: Callable[[], None]) -> None:
        """Take what is published, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            beat()
            try:
                await self._stay_connected(beat)
            except BrokerRefused as error:
                if self.state.state == "connected" and self._clock() - self.state.since > CALM_AFTER_US:
                    pause_s = FIRST_PAUSE_S
                await self._note_lost(str(error))
            await _pause(pause_s, beat)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _stay_connected(self, beat: Callable[[], None]) -> None:
        async with self._connected() as connection:
            while True:
                beat()
                arrived = await connection.messages(MAX_TAKEN, BEAT_S)
                if arrived:
                    await self._take(arrived, beat)
                    connection.acknowledge(arrived)
                    self.state.messages += len(arrived)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        """Raises BrokerRefused."""
        connection = Connection(self._where)
        try:
            has_session = await connection.open()
            if self._is_first or not has_session:
                await connection.subscribe(self._filters)
                self._is_first = False
            await self._note_connected()
            yield connection
        finally:
            await connection.close()

    async def _take(self, arrived: Sequence[Arrived], beat: Callable[[], None]) -> None:
        """Returns when everything is on disk, however long the log is away."""
        messages = [self._message(one) for one in arrived]
        while True:
            try:
                await self._ingest.take(messages, self._source)
            except LogUnavailable as error:
                log.warning("messages of %s wait for the log: %s", self._options.name, error)
                await _pause(RETRY_S, beat)
            else:
                return

    def _message(self, arrived: Arrived) -> Message:
        now, most = self._clock(), self._limits.message_bytes
        target = self._find(arrived.topic)
        device, format_ = target or Target("", "json")
        fault: Refused | None = None
        if target is None:
            fault = Malformed(f"topic {arrived.topic!r} is on no route of this broker", "unknown_topic")
        elif len(arrived.payload) > most:
            fault = TooLarge(f"the message has {len(arrived.payload)} bytes; at most {most} are taken, and kept here")
        return Message(device, arrived.payload[:most], now, "broker", arrived.topic, format_, fault)

    # -- what is said of it

    async def _note_connected(self) -> None:
        was_lost = self.state.trouble is not None
        self.state.state, self.state.since, self.state.trouble = "connected", self._clock(), None
        log.info("broker %s: connected to %s", self.state.name, self.state.address)
        if was_lost:
            await self._event("broker_back", "info", "voltou", "is back")

    async def _note_lost(self, trouble: str) -> None:
        is_news = self.state.trouble is None
        if self.state.state != "waiting":
            self.state.since = self._clock()
        self.state.state, self.state.trouble = "waiting", trouble
        if is_news:
            log.warning("broker %s: %s", self.state.name, trouble)
            await self._event("broker_lost", "warning", f"não está disponível: {trouble}", f"is not there: {trouble}")

    async def _event(self, kind: str, severity: str, pt: str, en: str) -> None:
        name = self.state.name
        text = {"pt": f"O broker MQTT {name} {pt}", "en": f"The MQTT broker {name} {en}"}
        data = {"broker": name}
        await asyncio.to_thread(lambda: self._registry.add_event(kind, text=text, severity=severity, data=data))


def where_of(options: BrokerOptions) -> Where:
    """Raises InvalidConfiguration for an address or files that cannot be."""
    parts = urlsplit(options.url)
    try:
        port = parts.port or PORTS[parts.scheme]
        tls = _tls(options) if parts.scheme == "mqtts" else None
    except (ValueError, OSError) as error:
        raise InvalidConfiguration(f"connectors.mqtt {options.name}: {error}") from None
    return Where(
        parts.hostname or "",
        port,
        options.client_id or f"calha-{options.name}",
        options.user,
        options.password.get_secret_value(),
        options.version == "5",
        options.session_days * DAY_S,
        options.window,
        tls,
    )


def _tls(options: BrokerOptions) -> ssl.SSLContext:
    for path in (options.ca, options.certificate, options.key):
        if path is not None and not path.is_file():
            raise InvalidConfiguration(f"connectors.mqtt {options.name}: {path}: there is no such file")
    context = ssl.create_default_context(cafile=options.ca)
    if options.certificate is not None:
        context.load_cert_chain(options.certificate, options.key)
    return context


async def _pause(seconds: float, beat: Callable[[], None]) -> None:
    beat()
    left_s = seconds
    while left_s > 0:
        await asyncio.sleep(min(left_s, BEAT_S))
        left_s -= BEAT_S
        beat()
