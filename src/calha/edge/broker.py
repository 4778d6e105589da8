"""From a gateway's outbox to somebody else's MQTT broker, in the batches of ETA flow's gateway, beside the way to the hub.

A batch is published with QoS 1 at each full interval (each hour), and is done with when the broker has acknowledged it; how
far that is, the outbox remembers. So a restart or a broker that is away for days loses nothing; after a crash between the two a
batch may come twice. What waits for the broker is not removed from the outbox.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import timedelta
from zoneinfo import ZoneInfo

from calha.config.edge import BrokerSection
from calha.domain import link
from calha.domain.errors import InvalidConfiguration, Malformed
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_datetime
from calha.edge.eta_batch import EtaBatch
from calha.edge.page_html import BrokerState
from calha.edge.state import TRANSPORT
from calha.log.connection import Connection
from calha.log.mqtt_post import Broker, BrokerRefusedError, post
from calha.log.outbox import OUTBOX, SUBJECT, Outbox
from calha.log.reader import Delivery, NumbersBeginAnew, Reader, ReaderLimits
from calha.log.tasks import end

READER = "broker"
MAX_READINGS, MAX_PACKS = 20_000, 10_000  # that wait; with more of them a batch is published at once
LIMITS = ReaderLimits(messages=20, max_pending=2 * MAX_PACKS)
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
BEAT_S = 5.0

log = logging.getLogger(__name__)


class BrokerSink:
    def __init__(
        self, connection: Connection, outbox: Outbox, section: BrokerSection, clock: Callable[[], Micros]
    ) -> None:
        """connection: to the account of the outbox."""
        self._connection = connection
        self._outbox = outbox
        self._section = section
        self._broker = _broker(section)
        self._clock = clock
        self._zone = ZoneInfo(section.zone)
        self._batch = EtaBatch(self._zone, section.devices)
        self.state = BrokerState(f"{section.host}:{section.port}")

    async def run(self, beat: Callable[[], None]) -> None:
        """Publish until cancelled."""
        self._batch.clear()
        start = None if await self._outbox.has_reader(READER) else self._outbox.last_seq + 1
        reader = Reader(self._connection, OUTBOX, READER, SUBJECT, LIMITS, start)
        await reader.ensure()
        while True:
            try:
                await self._follow(reader, beat)
            except NumbersBeginAnew as error:  # what waits here is published all the same, perhaps twice
                log.error("the outbox is read from its beginning: %s", error)
                reader.begin_anew()

    async def _follow(self, reader: Reader, beat: Callable[[], None]) -> None:
        """Publish what is read, until cancelled. Raises NumbersBeginAnew."""
        async with aclosing(reader.chunks()) as chunks:
            coming = asyncio.ensure_future(anext(chunks))
            seq, packs, due_at = 0, 0, self._next_due()
            try:
                while True:
                    beat()
                    await asyncio.wait([coming], timeout=min(BEAT_S, max(0.0, (due_at - self._clock()) / SECOND_US)))
                    if coming.done():
                        chunk = coming.result()
                        coming = asyncio.ensure_future(anext(chunks))
                        self._take(chunk)
                        seq, packs = chunk[-1].seq, packs + len(chunk)
                    if self._clock() >= due_at or packs >= MAX_PACKS or len(self._batch) >= MAX_READINGS:
                        await self._publish(beat)
                        reader.acknowledge(seq)
                        packs, due_at = 0, self._next_due()
            finally:
                await end(coming)

    def _next_due(self) -> Micros:
        """The next full interval of the day, by local time."""
        now = self._clock()
        offset = to_datetime(now).astimezone(self._zone).utcoffset() or timedelta()
        local, interval = now + offset // timedelta(microseconds=1), self._section.interval_s * SECOND_US
        return now + interval - local % interval

    def _take(self, chunk: Sequence[Delivery]) -> None:
        for delivery in chunk:
            try:
                parcels = link.unpack(delivery.payload)
            except Malformed as error:
                log.warning("pack %d of the outbox is not published: %s", delivery.seq, error)
                continue
            for parcel in parcels:
                if parcel.transport != TRANSPORT:  # the gateway's own readings are for the hub
                    self._batch.add(parcel)
        self.state.waiting = len(self._batch)

    async def _publish(self, beat: Callable[[], None]) -> None:
        """Bring all that waits to the broker, however long that takes."""
        readings = len(self._batch)
        for payload in self._batch.payloads(self._section.max_readings):
            await self._post(payload, beat)
        self._batch.clear()
        self.state.published += readings
        self.state.waiting = 0

    async def _post(self, payload: bytes, beat: Callable[[], None]) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            try:
                await post(self._broker, self._section.topic, payload)
            except (OSError, TimeoutError, BrokerRefusedError) as error:
                self.state.error = str(error) or type(error).__name__
                log.warning("the broker at %s waits for %.0f s: %s", self.state.address, retry_s, self.state.error)
                await _pause(retry_s, beat)
                retry_s = min(2 * retry_s, LONGEST_RETRY_S)
            else:
                self.state.error, self.state.last_at = "", self._clock()
                return


def _broker(section: BrokerSection) -> Broker:
    """Raises InvalidConfiguration."""
    tls = None
    if section.tls:
        if section.ca is not None and not section.ca.is_file():
            raise InvalidConfiguration(f"edge.broker.ca = {section.ca}: there is no such file")
        tls = ssl.create_default_context(cafile=section.ca)
    password = section.password.get_secret_value()
    return Broker(section.host, section.port, section.client_id, section.user, password, tls)


async def _pause(seconds: float, beat: Callable[[], None]) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        beat()
        await asyncio.sleep(min(left, BEAT_S))
