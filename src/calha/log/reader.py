"""A durable reader of a stream: every message once and in order, whatever breaks in between.

It pulls from a durable consumer with AckPolicy.ALL: acknowledging one message acknowledges all before it. That makes
gaps dangerous: what the server delivered into a dead connection would be acknowledged along with what came after it. So:

Rule 1: deliveries are numbered by the server. A number that is not the next one means that something went elsewhere;
        nothing more is handed out until the hole is filled.
Rule 2: a hole is filled by reading the stream itself, from the last message handed out to the last one delivered.
        This also replaces waiting for redelivery at start and after each reconnect.
Rule 3: a message is handed out only if its stream sequence is above all handed out before.
Rule 4: a server that came back from a kill may have lost the stream's tail, or the whole stream. Where numbers go on all the
        same (see `continuity`) nothing is handed out until they do; elsewhere `NumbersBeginAnew` is raised.
Rule 5: it asks for more only while little waits to be handed out: memory is bounded by the pulls outstanding.

By itself each message comes at once, and alone. A reader that gathers asks for all that is there, waits a moment and asks
again; where nothing is there, for the first that comes.
"""

import asyncio
import json
import logging
from base64 import b64decode
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from calha.domain.errors import LogUnavailable
from calha.log import headers, jetstream
from calha.log.connection import Connection, Subscription
from calha.log.jetstream import Answer, LogRefused
from calha.log.parser import Message

PULLS = 2
EXPIRES_S = 30
ACK_WAIT_S = 600  # redelivery is never waited for (rule 2), so that this only has to be longer than any retry of ours
REPAIR_REQUESTS = 200  # at once
RETRY_S = 0.5

logger = logging.getLogger("calha.log.reader")


class NumbersBeginAnew(LogUnavailable):
    """The stream is not the one that was read: it gives numbers again that other messages had. See `Reader.begin_anew`."""


class Delivery(NamedTuple):
    """One message. `at_us`: when the stream stored it, µs UTC."""

    seq: int
    at_us: int
    subject: bytes
    header: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """messages: of one pull. max_pending: delivered and not yet acknowledged, at which the server pauses delivery."""

    messages: int
    max_pending: int


@dataclass(slots=True)
class _Pull:
    inbox: str
    left: int = 0  # messages that it may still bring; 0 = not outstanding
    sent_at: float = 0.0
    took_all: bool = False  # it ended because there was nothing more


class Reader:
    """Reads one stream under one durable name; only one process may do so at a time.

    from_seq: the first sequence wanted, for readers that keep their own position; None = go on where it was.
    gather_s: ask for messages no oftener than this while few come; the server then sends them together, which costs it much
    less. A backlog is read without a pause.
    numbers_go_on: somebody sees to it that the stream never gives a number twice, whatever it loses.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str,
        name: str,
        subjects: str,
        limits: ReaderLimits,
        from_seq: int | None = None,
        gather_s: float = 0.0,
        numbers_go_on: bool = False,
    ) -> None:
        self._connection = connection
        self._stream, self._name, self._subjects, self._limits = stream, name, subjects, limits
        self._gather_s = gather_s
        self._numbers_go_on = numbers_go_on
        self._from_seq = from_seq
        self._arrived: deque[Message] = deque()
        self._wake = asyncio.Event()
        self._pulls: list[_Pull] = []
        self._subscriptions: list[Subscription] = []
        self._forget: Callable[[], None] = lambda: None
        self._life = 0  # how often `chunks` was called
        self._must_repair = True
        self._created = ""  # when the stream was made
        self._newest = (0, 0)  # sequence and time of the last message that was ever handed out
        self._next_delivery = 0  # the server's number of the next delivery
        self._handed_seq = self._acked_seq = from_seq - 1 if from_seq else 0
        self._ack_subjects: deque[tuple[int, str]] = deque()  # of the last message of each chunk handed out
        self._ack_prefix = f"$JS.ACK.{stream}.{name}.1"
        self.repairs = 0

    @property
    def handed_seq(self) -> int:
        return self._handed_seq

    @property
    def acknowledged_seq(self) -> int:
        return self._acked_seq

    @property
    def is_sure(self) -> bool:
        """Whether the stream is known to be the one that was read, for as long as the connection lasts."""
        return self._connection.connected and not self._must_repair

    def begin_anew(self) -> None:
        """Read the stream from its beginning, as one that was never read. Not while `chunks` is being read."""
        self._created, self._newest = "", (0, 0)
        self._handed_seq = self._acked_seq = 0
        self._from_seq = 1

    async def ensure(self) -> None:
        """Make the durable consumer if there is none, or if it is already past `from_seq`. Raises LogUnavailable."""
        info = await jetstream.consumer_info(self._connection, self._stream, self._name)
        from_seq = self._from_seq
        if info is not None and from_seq is not None and info["ack_floor"]["stream_seq"] >= from_seq:
            await self._remake(from_seq)
        elif info is None:
            await self._create(self._name, from_seq)
        self._from_seq = None

    async def chunks(self) -> AsyncGenerator[list[Delivery]]:
        """Messages as they come, in order, never an empty list; waits while the log is away.

        Called again, it begins after the last message acknowledged. Raises NumbersBeginAnew.
        """
        life = self._begin()
        try:
            while True:
                await self._gather()
                try:
                    if self._must_repair:
                        async with aclosing(self._repair()) as missing:
                            async for chunk in missing:
                                yield chunk
                    self._ask()
                except NumbersBeginAnew:
                    raise
                except LogUnavailable as error:
                    self._must_repair = True
                    logger.warning("reading %s waits: %s", self._stream, error)
                    await asyncio.sleep(RETRY_S)
                    continue
                await self._wait()
                chunk = self._take()
                if chunk:
                    yield chunk
        finally:
            if life == self._life:  # else it was called again meanwhile
                self._end()

    def acknowledge(self, seq: int) -> None:
        """Everything handed out up to and including the chunk that ends at `seq` is done with.

        While the log is away this is only noted; the reader acknowledges again after the next connect.
        """
        self._acked_seq = max(self._acked_seq, seq)
        subject = ""
        while self._ack_subjects and self._ack_subjects[0][0] <= seq:
            subject = self._ack_subjects.popleft()[1]
        if subject:
            self._send_ack(subject)

    # -- below: pulling

    def _begin(self) -> int:
        self._end()
        self._life += 1
        self._handed_seq = self._acked_seq
        self._ack_subjects.clear()
        for _ in range(1 if self._gather_s else PULLS):
            pull = _Pull(self._connection.new_inbox())
            self._subscriptions.append(self._connection.subscribe(pull.inbox, partial(self._receive, pull)))
            self._pulls.append(pull)
        self._forget = self._connection.on_connect(self._reconnected)
        self._reconnected()
        return self._life

    def _end(self) -> None:
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        self._forget()
        self._forget = lambda: None
        self._subscriptions.clear()
        self._pulls.clear()

    async def _remake(self, from_seq: int) -> None:
        """Let the consumer begin there. Where the stream keeps only what somebody wants, another one wants it meanwhile."""
        info = await jetstream.stream_info(self._connection, self._stream)
        stand_in = f"{self._name}-stand-in" if info is not None and info["config"]["retention"] != "limits" else ""
        if stand_in:
            await self._create(stand_in, None)
        await jetstream.call(self._connection, f"CONSUMER.DELETE.{self._stream}.{self._name}")
        self._arrived.clear()
        for pull in self._pulls:
            pull.left = 0
        await self._create(self._name, from_seq)
        if stand_in:
            await jetstream.call(self._connection, f"CONSUMER.DELETE.{self._stream}.{stand_in}")

    async def _create(self, name: str, from_seq: int | None) -> None:
        start = {"deliver_policy": "by_start_sequence", "opt_start_seq": from_seq} if from_seq else {}
        config: Answer = {
            "durable_name": name,
            "name": name,
            "deliver_policy": "all",
            "ack_policy": "all",
            "ack_wait": ACK_WAIT_S * 1_000_000_000,
            "filter_subject": self._subjects,
            "max_ack_pending": self._limits.max_pending,
            "max_waiting": 512,
            "replay_policy": "instant",
            **start,
        }
        body = {"stream_name": self._stream, "config": config, "action": "create"}
        try:
            await jetstream.call(self._connection, f"CONSUMER.CREATE.{self._stream}.{name}.{self._subjects}", body)
        except LogRefused as error:
            if error.code != jetstream.CONSUMER_EXISTS:
                raise

    def _reconnected(self) -> None:
        for pull in self._pulls:
            pull.left = 0
        self._arrived.clear()  # the server may number deliveries differently now
        self._ack_subjects.clear()
        self._must_repair = True
        self._wake.set()

    def _receive(self, pull: _Pull, message: Message) -> None:
        if message.reply:
            pull.left -= 1
            self._arrived.append(message)
        else:
            self._pull_ended(pull, message)
        self._wake.set()

    def _pull_ended(self, pull: _Pull, message: Message) -> None:
        code, text = headers.status(message.header)
        if "Batch Completed" in text:  # known by its last message already, and another may be on its way since
            return
        pull.took_all = code in (404, 408)
        brought_nothing = pull.left == self._limits.messages
        pull.left = 0
        if brought_nothing and code == 408:  # a delivery that was lost shows only by the next one, or by looking
            self._must_repair = True
        if code not in (404, 408) and "MaxBytes" not in text:
            logger.warning("reading %s: the log says %s %s", self._stream, code, text)
            self._must_repair = True

    async def _gather(self) -> None:
        """Let messages gather in the stream, when the last pull has brought all that there was."""
        now = asyncio.get_running_loop().time()
        for pull in self._pulls:
            if pull.took_all:
                await asyncio.sleep(pull.sent_at + self._gather_s - now)

    def _ask(self) -> None:
        """Keep the pulls outstanding while not much waits here."""
        now = asyncio.get_running_loop().time()
        for pull in self._pulls:
            overdue = pull.left > 0 and now - pull.sent_at > EXPIRES_S + 5
            if (pull.left <= 0 or overdue) and len(self._arrived) < self._limits.messages:
                body = {
                    "batch": self._limits.messages,
                    "expires": EXPIRES_S * 1_000_000_000,
                    "max_bytes": self._max_bytes,
                    "no_wait": self._gather_s > 0,  # with `expires` it waits for the first message, and for no other
                }
                pull.left, pull.sent_at, pull.took_all = self._limits.messages, now, False
                subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
                self._connection.publish(subject, json.dumps(body).encode(), reply=pull.inbox)

    @property
    def _max_bytes(self) -> int:
        return self._connection.max_payload_bytes + 64 * 1024  # else the largest message could never be delivered

    async def _wait(self) -> None:
        """Until something arrived, a pull has ended, or one is overdue."""
        if not self._arrived and not self._must_repair:
            self._wake.clear()
            try:
                async with asyncio.timeout(EXPIRES_S):
                    await self._wake.wait()
            except TimeoutError:
                return
        if self._gather_s:
            await self._wait_for_all()

    async def _wait_for_all(self) -> None:
        """Until the pull has ended, or for as long as gathering may take: a pull at the limit of pending ones stays open."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gather_s):
                while any(pull.left > 0 for pull in self._pulls):
                    self._wake.clear()
                    await self._wake.wait()

    def _take(self) -> list[Delivery]:
        """Cut what arrived into a chunk; stops before a hole in the numbers of deliveries."""
        chunk: list[Delivery] = []
        arrived, expected, handed, reply = self._arrived, self._next_delivery, self._handed_seq, b""
        add, room = chunk.append, self._limits.messages
        while arrived and room:
            message = arrived[0]
            words = message.reply.split(b".")
            first = 5 if len(words) == 9 else 7  # the longer form names domain and account before the stream
            number = int(words[first + 1])
            if number > expected:
                self._must_repair = True
                break
            arrived.popleft()
            if number < expected:  # came before a repair that has covered it
                continue
            expected += 1
            reply = message.reply
            seq = int(words[first])
            if seq > handed:
                handed = seq
                room -= 1
                add(Delivery(seq, int(words[first + 2]) // 1000, message.subject, message.header, message.payload))
        self._next_delivery, self._handed_seq = expected, handed
        if chunk:
            self._newest = (handed, chunk[-1].at_us)
        if reply:
            self._ack_subjects.append((handed, reply.decode()))
            self.acknowledge(self._acked_seq)  # says it again if the server forgot that these were acknowledged
        return chunk

    def _send_ack(self, subject: str) -> None:
        with suppress(LogUnavailable):
            self._connection.publish(subject, b"+ACK")

    # -- below: filling holes

    async def _repair(self) -> AsyncGenerator[list[Delivery]]:
        """Hand out what was delivered elsewhere, then go on with the deliveries after it. Raises LogUnavailable."""
        await self.ensure()
        info = await self._consumer()
        last_seq = await self._require_same_stream()
        if info["delivered"]["stream_seq"] > last_seq:  # it would pass over what gets these numbers now
            await self._remake(self._handed_seq + 1)
            info = await self._consumer()
        self.repairs += 1
        delivered, floor = info["delivered"], info["ack_floor"]
        until = delivered["stream_seq"]
        self._next_delivery = delivered["consumer_seq"] + 1
        self._must_repair = False
        end_subject = f"{self._ack_prefix}.{until}.{delivered['consumer_seq']}.0.0"
        self._handed_seq = max(self._handed_seq, floor["stream_seq"])
        while self._handed_seq < until:
            chunk = await self._read_stream(self._handed_seq + 1, until)
            if not chunk:
                break
            self._handed_seq, self._newest = chunk[-1].seq, (chunk[-1].seq, chunk[-1].at_us)
            if self._handed_seq == until:
                self._ack_subjects.append((until, end_subject))
            yield chunk
        if until > floor["stream_seq"]:
            self._ack_subjects.append((self._handed_seq, end_subject))
            self.acknowledge(self._acked_seq)

    async def _consumer(self) -> Answer:
        info = await jetstream.consumer_info(self._connection, self._stream, self._name)
        if info is None:
            raise LogUnavailable(f"the consumer {self._name} of {self._stream} does not stay")
        return info

    async def _require_same_stream(self) -> int:
        """The stream's last sequence, if it still has all numbers that were handed out. Raises LogUnavailable."""
        info = await jetstream.stream_info(self._connection, self._stream)
        if info is None:
            raise LogUnavailable(f"there is no stream {self._stream}")
        last_seq = int(info["state"]["last_seq"])
        if self._numbers_go_on:
            if last_seq < self._handed_seq:
                raise LogUnavailable(f"{self._stream} ends at {last_seq}, and has to go on above {self._handed_seq}")
            return last_seq
        created, (newest_seq, at_us) = self._created or info["created"], self._newest
        newest = await stored(self._connection, self._stream, newest_seq) if newest_seq else None
        if created != info["created"] or last_seq < newest_seq or (newest is not None and newest.at_us != at_us):
            raise NumbersBeginAnew(f"{self._stream} ends at {last_seq}; {newest_seq} was read of another one")
        self._created = created
        return last_seq

    async def _read_stream(self, from_seq: int, until: int) -> list[Delivery]:
        """The next messages of the stream itself, at most REPAIR_REQUESTS of them."""
        wanted = range(from_seq, min(until + 1, from_seq + REPAIR_REQUESTS))
        found = await asyncio.gather(*(stored(self._connection, self._stream, seq) for seq in wanted))
        chunk = [delivery for delivery in found if delivery is not None]
        if chunk or wanted[-1] >= until:
            return chunk
        following = await stored(self._connection, self._stream, wanted[-1] + 1, self._subjects)
        return [following] if following is not None and following.seq <= until else []


async def stored(connection: Connection, stream: str, seq: int, subjects: str | None = None) -> Delivery | None:
    """The message stored under a sequence (with `subjects`: the first from there that matches), None if there is none.

    Raises LogUnavailable.
    """
    body: Answer = {"seq": seq, "next_by_subj": subjects} if subjects else {"seq": seq}
    try:
        answer = await jetstream.call(connection, f"STREAM.MSG.GET.{stream}", body)
    except LogRefused as error:
        if error.code == jetstream.MESSAGE_NOT_FOUND:
            return None
        raise
    return delivery_of(answer["message"])


def delivery_of(message: Answer) -> Delivery:
    """A message as STREAM.MSG.GET answers it."""
    return Delivery(
        int(message["seq"]),
        micros(message["time"]),
        message["subject"].encode(),
        b64decode(message.get("hdrs", "")),
        b64decode(message.get("data", "")),
    )


def micros(text: str) -> int:
    """µs of an RFC 3339 time with up to nine decimals, cut, not rounded, as with the times of deliveries."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
