"""Batches into the log. A batch is on disk when `publish` returns.

Each source has a lane of its own (see `lane`): its order is kept, and a source that numbers what it sends gets it into the
log exactly once. The lanes of different sources are independent.
"""

from collections.abc import Sequence
from typing import NamedTuple

from calha.domain.errors import TooLarge
from calha.domain.readings import MAX_READINGS, Batch
from calha.log.connection import Connection
from calha.log.height import Height
from calha.log.lane import Lane, Mark
from calha.log.streams import READINGS


class SourceMark(NamedTuple):
    """Through which number the log has a source. at_us: when that source's own log stored it; 0 = not told.
    log_seq: sequence of the last message of this source in READINGS. note: what the source wanted to find again."""

    seq: int
    at_us: int
    log_seq: int
    note: str = ""


class Publisher:
    """Writes to READINGS. `messages` and `readings` count what the log has taken."""

    def __init__(self, connection: Connection, height: Height | None = None) -> None:
        """height: of READINGS, for all that write and read it."""
        self._connection = connection
        self._height = height or Height()
        self._lanes: dict[str, Lane[Batch]] = {}

    @property
    def messages(self) -> int:
        return sum(lane.messages for lane in self._lanes.values())

    @property
    def readings(self) -> int:
        return sum(lane.taken for lane in self._lanes.values())

    async def publish(self, batch: Batch, source: str, mark: Mark | None = None, after: int | None = None) -> int:
        """Log sequence under which the batch is on disk. Concurrent calls are coalesced into one log message.

        source: a word without dots or blanks. mark: ascending number by which the source knows the last of these readings.
        after: log sequence of the source's last message on which this one builds; with another one it is refused.
        Raises LogFull and LogUnavailable with nothing acknowledged (then later calls of the same source that wait fail
        too, so that no hole can arise), and TooLarge.
        """
        if len(batch) > MAX_READINGS:
            raise TooLarge(f"a batch of {len(batch)} readings; at most {MAX_READINGS} go into one")
        return await self._lane(source).put(batch, {source: mark} if mark is not None else {}, after)

    async def last_source(self, source: str) -> SourceMark | None:
        """Through where the log has a source, None if it has nothing of it. Raises LogUnavailable."""
        reached = await self._lane(source).reached()
        mark = reached.marks.get(source, Mark(0))
        return SourceMark(mark.seq, mark.at_us, reached.seq, mark.note) if reached.seq else None

    def _lane(self, source: str) -> Lane[Batch]:
        if source not in self._lanes:
            if not source or not source.isprintable() or set(source) & set(" .*>"):
                raise ValueError(f"source {source!r} is not one word")
            self._lanes[source] = Lane(self._connection, READINGS, f"{READINGS}.{source}", _Batches(), self._height)
        return self._lanes[source]


class _Batches:
    limit = full = MAX_READINGS

    def size(self, batch: Batch) -> int:
        return len(batch)

    def count(self, batch: Batch) -> int:
        return len(batch)

    def packed(self, batches: Sequence[Batch]) -> bytes:
        return Batch.concatenate(batches).encode()
