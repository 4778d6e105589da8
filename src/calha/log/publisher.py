"""Batches into the log. A batch is on disk when `publish` returns.

Each source has a lane: one message is under way at a time, what comes meanwhile is collected and leaves as the next
message (up to MAX_READINGS and MAX_BATCHES). So a busy log gets few large messages, an idle one is quick, and the order
of a source is kept. The lanes of different sources are independent.

A source that numbers what it sends (`source_seq`) gets it into the log exactly once: each message says through which
number of the source the log has it, and through which message of its own the lane expects the log to end. When that
expectation fails (an answer was lost, another process wrote), the lane reads the truth from the log and leaves out what
is there already.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from calha.domain.errors import LogUnavailable, TooLarge
from calha.domain.readings import MAX_READINGS, Batch
from calha.log import headers, jetstream
from calha.log.connection import Connection
from calha.log.jetstream import LogRefused
from calha.log.reader import delivery_of
from calha.log.streams import READINGS

MAX_BATCHES = 1_000  # in one message
MAX_WAITING_READINGS = 50 * MAX_READINGS  # of a lane; a caller beyond waits
TIMEOUT_S = 30.0

_SOURCE, _SOURCE_SEQ, _SOURCE_AT = "Calha-Source", "Calha-Source-Seq", "Calha-Source-At"
_EXPECTED = "Nats-Expected-Last-Subject-Sequence"


class SourceMark(NamedTuple):
    """Through which number the log has a source. at_us: when that source's own log stored it; 0 = not told.
    log_seq: sequence of the last message of this source in READINGS."""

    seq: int
    at_us: int
    log_seq: int


class _Waiting(NamedTuple):
    batch: Batch
    source_seq: int | None
    source_at: int
    done: "asyncio.Future[int]"


@dataclass(slots=True)
class _Lane:
    """mark: None until read from the log, and again when in doubt. `sending` is the task that empties `waiting`.
    first_log_seq: of the mark that was there before our first message."""

    source: str
    mark: SourceMark | None = None
    first_log_seq: int | None = None
    waiting: deque[_Waiting] = field(default_factory=deque)
    readings: int = 0
    room: asyncio.Event = field(default_factory=asyncio.Event)
    sending: "asyncio.Task[None] | None" = None


class Publisher:
    """Writes to READINGS. `messages` and `readings` count what the log has taken."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lanes: dict[str, _Lane] = {}
        self.messages = 0
        self.readings = 0

    async def publish(self, batch: Batch, source: str, source_seq: int | None = None, source_at: int = 0) -> int:
        """Log sequence under which the batch is on disk. Concurrent calls are coalesced into one log message.

        source: a word without dots or blanks. source_seq: ascending number by which the source knows the last of these
        readings, and source_at (µs UTC) its time there. Raises LogFull and LogUnavailable with nothing acknowledged
        (then later calls of the same source that wait fail too, so that no hole can arise), and TooLarge.
        """
        if len(batch) > MAX_READINGS:
            raise TooLarge(f"a batch of {len(batch)} readings; at most {MAX_READINGS} go into one")
        lane = self._lane(source)
        while lane.readings and lane.readings + len(batch) > MAX_WAITING_READINGS:
            lane.room.clear()
            await lane.room.wait()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        lane.waiting.append(_Waiting(batch, source_seq, source_at, done))
        lane.readings += len(batch)
        if lane.sending is None:
            lane.sending = asyncio.create_task(self._send_all(lane), name=f"publish {source}")
        return await done

    async def last_source(self, source: str) -> SourceMark | None:
        """Through where the log has a source, None if it has nothing of it. Raises LogUnavailable."""
        try:
            answer = await jetstream.call(
                self._connection, f"STREAM.MSG.GET.{READINGS}", {"last_by_subj": _subject(source)}
            )
        except LogRefused as error:
            if error.code == jetstream.MESSAGE_NOT_FOUND:
                return None
            raise
        last = delivery_of(answer["message"])
        fields = headers.decode(last.header)
        return SourceMark(int(fields.get(_SOURCE_SEQ, 0)), int(fields.get(_SOURCE_AT, 0)), last.seq)

    async def last_source_seq(self, source: str) -> int | None:
        """The source's own number through which the log has it, None if there is none. Raises LogUnavailable."""
        mark = await self.last_source(source)
        return mark.seq or None if mark else None

    # -- below: the lanes

    def _lane(self, source: str) -> _Lane:
        if source not in self._lanes:
            if not source or not source.isprintable() or set(source) & set(" .*>"):
                raise ValueError(f"source {source!r} is not one word")
            self._lanes[source] = _Lane(source)
        return self._lanes[source]

    async def _send_all(self, lane: _Lane) -> None:
        group: list[_Waiting] = []
        try:
            while lane.waiting:
                group = _next_group(lane)
                seq = await self._send(lane, group)
                for one in group:
                    if not one.done.done():
                        one.done.set_result(seq)
        except LogUnavailable as error:
            lane.mark = None
            _fail(lane, group, error)
        except asyncio.CancelledError:
            lane.mark = None
            _fail(lane, group, LogUnavailable("the publisher was stopped"))
            raise
        finally:
            lane.sending = None

    async def _send(self, lane: _Lane, group: list[_Waiting]) -> int:
        for _ in range(3):
            mark = lane.mark or await self.last_source(lane.source) or SourceMark(0, 0, 0)
            lane.mark = mark
            if lane.first_log_seq is None:
                lane.first_log_seq = mark.log_seq
            missing = [one for one in group if not _is_logged(one, lane, mark)]
            if not missing:
                return mark.log_seq
            try:
                return await self._send_once(lane, mark, missing)
            except LogRefused as error:
                if error.code not in jetstream.WRONG_LAST_SEQUENCE:
                    raise
                lane.mark = None
        raise LogUnavailable(f"another process writes readings of the source {lane.source!r} into the log")

    async def _send_once(self, lane: _Lane, mark: SourceMark, group: list[_Waiting]) -> int:
        seq, at = mark.seq, mark.at_us
        for one in group:
            if one.source_seq is not None:
                seq, at = one.source_seq, one.source_at
        batch = Batch.concatenate([one.batch for one in group])
        fields = {_SOURCE: lane.source}
        if seq:
            fields |= {_SOURCE_SEQ: str(seq), _SOURCE_AT: str(at), _EXPECTED: str(mark.log_seq)}
        message = await self._connection.request(
            _subject(lane.source), batch.encode(), headers.encode(fields), timeout_s=TIMEOUT_S
        )
        log_seq = int(jetstream.answer_of(message, "publishing readings")["seq"])
        lane.mark = SourceMark(seq, at, log_seq)
        self.messages += 1
        self.readings += len(batch)
        return log_seq


def _is_logged(one: _Waiting, lane: _Lane, mark: SourceMark) -> bool:
    """Whether the log has these readings from an attempt of this process whose answer was lost.

    What was logged before this process began is the caller's to leave out (`last_source`): only it can tell whether
    the source still counts as it did then.
    """
    return one.source_seq is not None and mark.log_seq != lane.first_log_seq and one.source_seq <= mark.seq


def _next_group(lane: _Lane) -> list[_Waiting]:
    """The next calls that fit into one message; at least one."""
    group: list[_Waiting] = []
    readings = 0
    while lane.waiting and len(group) < MAX_BATCHES and readings + len(lane.waiting[0].batch) <= MAX_READINGS:
        one = lane.waiting.popleft()
        readings += len(one.batch)
        group.append(one)
    lane.readings -= readings
    lane.room.set()
    return group


def _fail(lane: _Lane, group: list[_Waiting], error: LogUnavailable) -> None:
    waiting, lane.waiting, lane.readings = list(lane.waiting), deque(), 0
    for one in [*group, *waiting]:
        if not one.done.done():
            one.done.set_exception(type(error)(*error.args) if type(error) is not LogRefused else error)
    lane.room.set()


def _subject(source: str) -> str:
    return f"{READINGS}.{source}"
