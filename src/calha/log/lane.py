"""A lane: loads on their way into one subject of a stream, in order, few messages at a time when it is busy.

One message is under way at a time; what comes meanwhile is collected and leaves as the next one.

Each message says through which number of its own every source is in the lane by then (Mark), and through which message of
the lane it expects the lane to end. When that expectation fails (an answer was lost, another process wrote), the lane
reads the truth from the log and leaves out what is there already. So a numbered load is in the log exactly once.
"""

import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from calha.domain.errors import LogUnavailable, TooLarge
from calha.log import headers, jetstream
from calha.log.connection import Connection
from calha.log.height import Height, TailLost
from calha.log.jetstream import LogRefused
from calha.log.reader import delivery_of

MAX_LOADS = 1_000  # in one message
WAITING_MESSAGES = 50  # so many messages' worth of loads wait at most; a caller beyond waits
TIMEOUT_S = 30.0
TRIES = 3

MARKS, TOTAL, HERE = "Calha-Marks", "Calha-Total", "Calha-Here"  # header fields
_EXPECTED = "Nats-Expected-Last-Subject-Sequence"

T = TypeVar("T")
C = TypeVar("C", contravariant=True)


class Mark(NamedTuple):
    """Through which number a source is in a lane. at_us: when that source's own log stored it; 0 = not told.

    note: whatever else the source wants to find again.
    """

    seq: int
    at_us: int = 0
    note: str = ""


class Amount(NamedTuple):
    """Of what a lane carries: `Cargo.count` and `Cargo.size`."""

    number: int = 0
    size: int = 0

    def __str__(self) -> str:
        return f"{self.number} {self.size}"

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(*map(int, text.split()))


@dataclass(frozen=True, slots=True)
class Reached:
    """What the last message of a lane says: marks by source, how much the lane had taken by then, its log sequence."""

    marks: Mapping[str, Mark] = field(default_factory=dict)
    total: Amount = field(default_factory=Amount)
    seq: int = 0


class Cargo(Protocol[C]):
    """What a lane carries. limit: of a load's size; full: size of a message that is not filled further."""

    limit: int
    full: int

    def size(self, load: C, /) -> int: ...
    def count(self, load: C, /) -> int: ...
    def packed(self, loads: Sequence[C], /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    load: T
    marks: Mapping[str, Mark]
    after: int | None
    done: "asyncio.Future[int]"


class Lane(Generic[T]):
    """`messages` and `taken` count what the log has taken of this lane."""

    def __init__(self, connection: Connection, stream: str, subject: str, cargo: Cargo[T], height: Height) -> None:
        """height: of the stream, for all its lanes."""
        self._connection = connection
        self._height = height
        self._stream = stream
        self._subject = subject
        self._cargo = cargo
        self._reached: Reached | None = None  # None until read from the log, and again when in doubt
        self._doubts = height.doubts
        self._first_seq: int | None = None  # of the lane's end before our first message
        self._waiting: deque[_Waiting[T]] = deque()
        self._waiting_size = 0
        self._room = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self.messages = self.taken = 0

    async def put(self, load: T, marks: Mapping[str, Mark], after: int | None = None) -> int:
        """Log sequence under which the load is on disk. Concurrent calls are coalesced into one message.

        after: where the lane must end for the load to be taken; else LogUnavailable. Raises LogFull and LogUnavailable with
        nothing acknowledged (then later calls that wait fail too, so that no hole can arise), and TooLarge.
        """
        size = self._cargo.size(load)
        if size > self._cargo.limit:
            raise TooLarge(f"a load of {size}; at most {self._cargo.limit} go into one message")
        while self._waiting_size and self._waiting_size + size > WAITING_MESSAGES * self._cargo.full:
            self._room.clear()
            await self._room.wait()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(load, marks, after, done))
        self._waiting_size += size
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all(), name=f"put into {self._subject}")
        return await done

    async def reached(self) -> Reached:
        """How far the lane is, as the log says. Raises LogUnavailable."""
        body = {"last_by_subj": self._subject}
        try:
            answer = await jetstream.call(self._connection, f"STREAM.MSG.GET.{self._stream}", body)
        except LogRefused as error:
            if error.code == jetstream.MESSAGE_NOT_FOUND:
                return Reached()
            raise
        last = delivery_of(answer["message"])
        fields = headers.decode(last.header)
        marks = {source: Mark(*mark) for source, mark in json.loads(fields.get(MARKS, "{}")).items()}
        return Reached(marks, Amount.read(fields.get(TOTAL, "")), last.seq)

    # -- below: sending

    async def _send_all(self) -> None:
        group: list[_Waiting[T]] = []
        try:
            while self._waiting:
                group = self._next_group()
                seq = await self._send(group)
                for one in group:
                    if not one.done.done():
                        one.done.set_result(seq)
        except LogUnavailable as error:
            self._fail(group, error)
        except asyncio.CancelledError:
            self._fail(group, LogUnavailable("the writing into the log was stopped"))
            raise
        finally:
            self._sending = None

    async def _send(self, group: list[_Waiting[T]]) -> int:
        for _ in range(TRIES):
            self._forget_in_doubt()
            self._height.require_sure()  # through each request it stays so, or the connection is lost and that fails
            reached = self._reached = self._reached or await self.reached()
            if self._first_seq is None:
                self._first_seq = reached.seq
            _require_unchanged(group, reached)
            missing = [one for one in group if not self._is_logged(one, reached)]
            if not missing:
                return reached.seq
            try:
                return await self._send_once(reached, missing)
            except LogRefused as error:
                if error.code not in jetstream.WRONG_LAST_SEQUENCE:
                    raise
                self._reached = None
        raise LogUnavailable(f"another process writes into {self._subject}")

    def _forget_in_doubt(self) -> None:
        if self._doubts != self._height.doubts:
            self._doubts, self._reached = self._height.doubts, None

    async def _send_once(self, reached: Reached, group: list[_Waiting[T]]) -> int:
        marks, here, is_noted = dict(reached.marks), Amount(), False
        for one in group:
            marks.update(one.marks)
            here = Amount(here.number + self._cargo.count(one.load), here.size + self._cargo.size(one.load))
            is_noted = is_noted or one.after is not None
        total = Amount(reached.total.number + here.number, reached.total.size + here.size)
        fields = {TOTAL: str(total), HERE: str(here)}
        if marks or is_noted:
            told = {source: (mark.seq, mark.at_us, mark.note) for source, mark in marks.items()}
            fields |= {MARKS: json.dumps(told), _EXPECTED: str(reached.seq)}
        payload = self._cargo.packed([one.load for one in group])
        known = self._height.seq
        message = await self._connection.request(self._subject, payload, headers.encode(fields), timeout_s=TIMEOUT_S)
        seq = int(jetstream.answer_of(message, f"writing into {self._subject}")["seq"])
        if seq <= known:
            self._height.doubt()
            raise TailLost(f"{self._stream} gives {seq} again, after {known}")
        self._height.rise(seq)
        self._reached = Reached(marks, total, seq)
        self.messages += 1
        self.taken += here.number
        return seq

    def _is_logged(self, one: _Waiting[T], reached: Reached) -> bool:
        """Whether the log has this load from an attempt of this process whose answer was lost.

        What was logged before this process began is the caller's to leave out (`reached`): only it can tell whether the
        source still counts as it did then.
        """
        if not one.marks or reached.seq == self._first_seq:
            return False
        return all(
            source in reached.marks and mark.seq <= reached.marks[source].seq for source, mark in one.marks.items()
        )

    def _next_group(self) -> list[_Waiting[T]]:
        """The next calls that fit into one message; at least one."""
        group: list[_Waiting[T]] = []
        size = 0
        while self._waiting and len(group) < MAX_LOADS:
            next_size = self._cargo.size(self._waiting[0].load)
            if group and size + next_size > self._cargo.full:
                break
            group.append(self._waiting.popleft())
            size += next_size
        self._waiting_size -= size
        self._room.set()
        return group

    def _fail(self, group: list[_Waiting[T]], error: LogUnavailable) -> None:
        self._reached = None
        waiting, self._waiting, self._waiting_size = list(self._waiting), deque(), 0
        for one in [*group, *waiting]:
            if not one.done.done():
                one.done.set_exception(type(error)(*error.args) if type(error) is not LogRefused else error)
        self._room.set()


def _require_unchanged(group: Sequence[_Waiting[T]], reached: Reached) -> None:
    """Raises LogUnavailable if a load builds on another end of the lane than this."""
    for one in group:
        if one.after is not None and one.after != reached.seq:
            raise LogUnavailable(f"the log has moved on from {one.after} to {reached.seq} meanwhile; look again")
