"""MQTT messages from the server's own stream `$MQTT_msgs`, where they lie on disk before the device has its PUBACK.

QoS 1 and 2 come through a durable reader and are acknowledged; a message of QoS 2 is there once the device has released
it. Where that stream keeps a message only while a consumer wants it, ours wants all of them, whatever the topic. What is
acknowledged is swept away every few seconds (see `mqtt_sweep`).
QoS 0 is not in that stream: it comes through plain subscriptions, on which QoS 1 and 2 also arrive, marked by a header.
A retained message is an ordinary one here; that it is retained concerns only MQTT subscribers.
"""

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from functools import lru_cache
from typing import NamedTuple

from calha.domain.errors import LogUnavailable
from calha.log import jetstream, mqtt_hello, mqtt_sweep, topics
from calha.log.connection import Connection, user_of
from calha.log.parser import Message
from calha.log.reader import Delivery, NumbersBeginAnew, Reader, ReaderLimits, stored
from calha.log.settings import MIB, LogSettings
from calha.log.streams import MQTT
from calha.log.tasks import end

CONSUMER = "calha-ingest"
TELEMETRY = "calha/v1/+/telemetry"
REPLIES = "calha/v1/+/commands/+/reply"
LIMITS = ReaderLimits(messages=2_000, max_pending=20_000)
MAX_FLEETING, MAX_FLEETING_BYTES = 50_000, 32 * MIB  # QoS 0 messages that wait; further ones are dropped and counted
RETRY_S = 0.2
BEAT_S = 5.0
GATHER_S = 0.08  # what is sent together costs the log server less; and each batch costs an fsync, however small
READ_PAUSE_S = 0.02  # of their connection: each message also comes as if it were QoS 0, by itself, and would wake us
SWEEP_INTERVAL_S = 2.0
SWEEP_SHARE = 0.02  # of the time may go into sweeping, when thousands of subscribers have to be looked at

_PREFIX = b"$MQTT.msgs."
_ALL = "$MQTT.msgs.>"
_BULK = f"$MQTT.msgs.{topics.filter_to_subject(TELEMETRY)}"
_QOS = b"Nmqtt-Pub:"

logger = logging.getLogger("calha.log.mqtt")


class MqttMessage(NamedTuple):
    """seq: in `$MQTT_msgs`, 0 with QoS 0. arrived_at: µs UTC at which the log server had it."""

    topic: str
    payload: bytes
    qos: int
    seq: int
    arrived_at: int


class Login(NamedTuple):
    """Where and as whom one connects as an MQTT client."""

    host: str
    port: int
    user: str = ""
    password: str = ""


class MqttSource:
    """All MQTT messages of one shard, QoS 1 and 2 in order. `dropped`: QoS 0 messages that nobody took in time."""

    def __init__(self, connection: Connection, settings: LogSettings) -> None:
        self._connection = connection
        self._settings = settings
        self._reader = Reader(connection, MQTT, CONSUMER, _ALL, LIMITS, gather_s=GATHER_S)
        self._login = _login(settings) if settings.url is not None else None
        self._ignored = _matcher(settings.ignored_topics)
        self._fleeting: deque[MqttMessage] = deque()
        self._fleeting_bytes = 0
        self._fleeting_came = asyncio.Event()
        self._ends: deque[tuple[int, int]] = deque()  # of chunks: last sequence handed out, last sequence
        self._handed_seq = self._acked_seq = self._done_seq = 0
        self.dropped = 0
        self._subscriptions = [
            connection.subscribe(topics.filter_to_subject(one), self._take_fleeting)
            for one in (TELEMETRY, REPLIES, *settings.topics)
        ]

    def close(self) -> None:
        """Stop collecting QoS 0 messages."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()

    async def batches(self, beat: Callable[[], None] = lambda: None) -> AsyncGenerator[list[MqttMessage]]:
        """Messages as they come, never an empty list; waits while the log is away. For one caller at a time.

        beat: called every BEAT_S at least while it waits for messages, for a shard may have none for days.
        Makes our consumer exist if need be, and on an existing server also its stream. Called again, it begins after the
        last message acknowledged. It ends when the stream is found to be another one than was read: it lost its tail, or
        was made anew, and gives the same numbers to other messages. Called again, it begins at the beginning of that.
        """
        await self._when_there_is_a_stream(beat)
        self._ends.clear()
        self._handed_seq = self._acked_seq
        chunks = self._reader.chunks()
        sweeping = asyncio.create_task(self._sweep(), name="MQTT sweep")
        durable = asyncio.ensure_future(anext(chunks))
        fleeting = asyncio.ensure_future(self._fleeting_came.wait())
        try:
            while True:
                await asyncio.wait((durable, fleeting), timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
                beat()
                if fleeting.done():
                    messages = list(self._fleeting)
                    self._fleeting.clear()
                    self._fleeting_bytes = 0
                    self._fleeting_came.clear()
                    fleeting = asyncio.ensure_future(self._fleeting_came.wait())
                    yield messages
                if durable.done():
                    try:
                        chunk = durable.result()
                    except NumbersBeginAnew as error:
                        logger.error("MQTT messages are read from the beginning: %s", error)
                        self.begin_anew()
                        return
                    messages = self._messages(chunk)
                    if messages:
                        yield messages
                    durable = asyncio.ensure_future(anext(chunks))
        finally:
            await end(durable, fleeting, sweeping)
            await chunks.aclose()

    async def acknowledge(self, seq: int) -> None:
        """All messages up to `seq`, the last one of a batch, are done with; the server forgets them."""
        self._acked_seq = max(self._acked_seq, seq)
        end_seq = 0
        while self._ends and self._ends[0][0] <= self._acked_seq:
            end_seq = self._ends.popleft()[1]
        if end_seq:
            self._acknowledge(end_seq)

    async def logged_until(self, seq: int, at_us: int) -> int:
        """Through which sequence the messages now in the stream are in the log, which says `seq`, stored at `at_us`.

        0 when the stream is not the one that the log knows: it lost its tail in a power cut, or was made anew, and gives
        the same numbers to other messages. Then some readings are logged again, which the store recognises; none is
        taken for known that is not. Raises LogUnavailable.
        """
        info = await jetstream.stream_info(self._connection, MQTT)
        if info is not None and info["state"]["last_seq"] >= seq:
            last = await stored(self._connection, MQTT, seq) if info["state"]["first_seq"] <= seq else None
            if last is None or not at_us or last.at_us == at_us:
                return seq
        return 0

    def begin_anew(self) -> None:
        """Read the stream from its beginning, as one that was never read."""
        self._reader.begin_anew()
        self._ends.clear()
        self._handed_seq = self._acked_seq = self._done_seq = 0

    async def _sweep(self) -> None:
        pause_s, swept_seq = SWEEP_INTERVAL_S, 0
        while True:
            await asyncio.sleep(pause_s)
            # A remade stream has other messages under these numbers.
            if self._done_seq == swept_seq or not self._reader.is_sure:
                continue
            seq, began_at = self._done_seq, time.monotonic()
            try:
                await mqtt_sweep.sweep(self._connection, seq, CONSUMER, _BULK)
                swept_seq = seq
            except LogUnavailable as error:
                logger.warning("MQTT messages are swept later: %s", error)
            pause_s = max(SWEEP_INTERVAL_S, (time.monotonic() - began_at) / SWEEP_SHARE)

    async def _when_there_is_a_stream(self, beat: Callable[[], None]) -> None:
        while True:
            beat()
            try:
                await ensure_stream(self._connection, self._login)
            except LogUnavailable as error:
                logger.warning("MQTT input waits: %s", error)
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _messages(self, chunk: list[Delivery]) -> list[MqttMessage]:
        ignored = self._ignored
        messages = [
            MqttMessage(_topic(subject), payload, _qos(header), seq, at_us)
            for seq, at_us, subject, header, payload in chunk
            if ignored is None or not ignored(subject)
        ]
        if messages:
            self._handed_seq = messages[-1].seq
        self._ends.append((self._handed_seq, chunk[-1].seq))
        if self._handed_seq <= self._acked_seq:  # nothing of this chunk will be acknowledged by the caller
            self._acknowledge(self._ends.pop()[1])
        return messages

    def _acknowledge(self, seq: int) -> None:
        self._reader.acknowledge(seq)
        self._done_seq = max(self._done_seq, seq)

    def _take_fleeting(self, message: Message) -> None:
        if _qos(message.header):
            return
        size = len(message.payload)
        if len(self._fleeting) >= MAX_FLEETING or self._fleeting_bytes + size > MAX_FLEETING_BYTES:
            self.dropped += 1
            return
        self._fleeting_bytes += size
        topic = topics.to_topic(message.subject.decode(errors="replace"))
        self._fleeting.append(MqttMessage(topic, message.payload, 0, 0, time.time_ns() // 1000))
        self._fleeting_came.set()


async def ready_existing(connection: Connection, settings: LogSettings, timeout_s: float) -> None:
    """Let a server that others run keep from now on what devices send it, which before our consumer is there it forgets.

    Raises LogUnavailable; `MqttSource` goes on trying.
    """
    await ensure_stream(connection, _login(settings), timeout_s)
    await ensure_consumer(connection)


def _login(settings: LogSettings) -> Login:
    """Calha's own user, whom an existing server knows over MQTT by the same password."""
    user, password = user_of(settings.url or "")
    return Login(settings.mqtt_host, settings.mqtt_port, user, password)


async def ensure_stream(connection: Connection, login: Login | None, timeout_s: float = 30.0) -> None:
    """Make `$MQTT_msgs` exist by connecting as an MQTT client once, as the server makes it at the first such connect.

    Without a login only wait for it. Raises LogUnavailable when it does not exist within the time.
    """
    deadline = time.monotonic() + timeout_s
    problem = "it does not appear"
    while await jetstream.stream_info(connection, MQTT) is None:
        if time.monotonic() > deadline:
            raise LogUnavailable(f"the log server has no MQTT stream: {problem}")
        if login is not None:
            try:
                await mqtt_hello.connect_once(*login)
            except (OSError, TimeoutError, mqtt_hello.MqttRefusedError) as error:
                problem = str(error) or type(error).__name__
        await asyncio.sleep(RETRY_S)


async def ensure_consumer(connection: Connection) -> None:
    """Make our durable consumer exist, from when on the stream keeps messages. Raises LogUnavailable."""
    await Reader(connection, MQTT, CONSUMER, _ALL, LIMITS).ensure()


@lru_cache(maxsize=100_000)
def _topic(subject: bytes) -> str:
    return topics.to_topic(subject[len(_PREFIX) :].decode(errors="replace"))


def _qos(header: bytes) -> int:
    """QoS of the publication; 0 for what a NATS client published, which has no such header."""
    place = header.find(_QOS)
    return header[place + len(_QOS)] - 48 if place >= 0 else 0


def _matcher(filters: tuple[str, ...]) -> Callable[[bytes], object] | None:
    """A function that tells whether a subject of the stream is under one of the topic filters."""
    if not filters:
        return None
    patterns = [re.escape(topics.filter_to_subject(one)).replace(r"\*", "[^.]+").replace(">", ".+") for one in filters]
    return re.compile(re.escape(_PREFIX.decode()).encode() + f"(?:{'|'.join(patterns)})$".encode()).match
