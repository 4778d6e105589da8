"""The outbox of a gateway: messages of devices, on disk until the hub has them, and for a while after.

Stream OUTBOX, written by one lane: each of its messages is a pack of parcels and says how many parcels the outbox had taken
by then, so that what still waits can be told without reading it.

Rule 1: nothing is removed that the hub does not have. When the budget is used up, what is new is refused.
Rule 2: what the hub has stays for `keep_s` while there is room, so that a hub brought back from a backup gets it again.
Rule 3: a log server that was killed can come back with the outbox's tail lost, or without the outbox. Then its numbers begin
        anew: it has another `life`, and what was known of the last one, such as what the hub has, holds no more.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from calha.domain.errors import LogFull, LogUnavailable
from calha.log import direct, headers, jetstream, trimming
from calha.log.connection import Connection
from calha.log.height import Height, TailLost
from calha.log.jetstream import Answer
from calha.log.lane import HERE, TOTAL, Amount, Lane, Mark
from calha.log.publisher import SourceMark
from calha.log.reader import micros
from calha.log.settings import KIB, LogSettings
from calha.log.streams import Usage, ensure

OUTBOX = "OUTBOX"
SUBJECT = f"{OUTBOX}.parcels"
PACK_BYTES = 64 * KIB  # of a pack of several parcels; a single one may be larger
WRAPPING_BYTES = 64 * KIB  # around the largest parcel
READ_MESSAGES = 500
ROOMY = 0.5  # of the budget, from where on what the hub has is removed however young

Pack = Callable[[Sequence[bytes]], bytes]

logger = logging.getLogger("calha.log.outbox")


class Stored(NamedTuple):
    """A pack as it lies in the outbox. at_us: since when. before: parcels that the outbox had taken until then. here: in it."""

    seq: int
    at_us: int
    before: Amount
    here: Amount
    payload: bytes


class Waiting(NamedTuple):
    """What lies in a stretch of the outbox. oldest_at: since when, µs UTC; 0 when nothing does."""

    parcels: int = 0
    bytes: int = 0
    oldest_at: int = 0


class Outbox:
    """first_seq, last_seq: of its oldest and newest pack, as far as this process knows. life: see rule 3."""

    def __init__(self, connection: Connection, settings: LogSettings, pack: Pack, keep_s: float) -> None:
        """pack: makes one message of parcels."""
        self._connection = connection
        self._settings = settings
        self._keep_s = keep_s
        self.max_parcel_bytes = settings.max_payload_bytes - WRAPPING_BYTES
        self._height = Height()
        self._lane = Lane(connection, OUTBOX, SUBJECT, _Parcels(pack, self.max_parcel_bytes), self._height)
        self._grown = asyncio.Event()
        self.life = 1
        self.first_seq = 1
        self.had_seq = 0
        """Through which pack the hub has everything, as far as is known."""
        connection.on_connect(self._height.doubt)

    @property
    def last_seq(self) -> int:
        return self._height.seq

    async def ensure(self) -> None:
        """Make the stream, or bring it to the settings. Raises LogUnavailable."""
        await ensure(self._connection, OUTBOX, {"max_bytes": self._settings.readings_max_bytes})
        await self.look()

    async def look(self) -> Usage:
        """How full the outbox is, and from where to where it reaches. Raises LogUnavailable."""
        known = self.last_seq
        usage = await self._usage()
        if usage.last_seq < known:
            self._begin_anew(known, usage.last_seq)
        self.first_seq = max(1, usage.first_seq)
        self._height.rise(usage.last_seq)
        return usage

    async def until(self, seq: int) -> None:
        """Return when there is a pack with this sequence, or a later one. Raises LogUnavailable when another life begins."""
        life = self.life
        while self.last_seq < seq:
            self._grown.clear()
            await self._grown.wait()
            self.require(life)

    def require(self, life: int) -> None:
        """Raises LogUnavailable when this life has ended."""
        if life != self.life:
            raise LogUnavailable("the outbox has lost its tail, and its numbers begin anew")

    async def put(self, parcels: Sequence[bytes], marks: Mapping[str, Mark] | None = None) -> int:
        """Sequence under which the parcels are on disk. Raises LogFull, LogUnavailable, TooLarge."""
        if not self._height.is_sure:
            await self._make_sure()
        try:
            seq = await self._lane.put(parcels, marks or {})
        except LogFull:
            if not await self.trim():
                raise
            seq = await self._lane.put(parcels, marks or {})
        except TailLost:
            await self._make_sure()
            seq = await self._lane.put(parcels, marks or {})
        self._grown.set()
        return seq

    async def _make_sure(self) -> None:
        """Look whether the outbox is the one that it was before the connection was lost. Raises LogUnavailable."""
        await self.ensure()
        self._height.settle()

    def _begin_anew(self, known_seq: int, last_seq: int) -> None:
        logger.error("the outbox ends at %d, and had %d: what was between them is lost", last_seq, known_seq)
        self.life += 1
        self._height.seq, self.had_seq = last_seq, 0
        self._grown.set()

    async def last_source(self, source: str) -> SourceMark | None:
        """Through where the outbox has a source, None if it has nothing of it. Raises LogUnavailable."""
        reached = await self._lane.reached()
        mark = reached.marks.get(source)
        return SourceMark(mark.seq, mark.at_us, reached.seq, mark.note) if mark is not None else None

    async def read(self, first: int, last: int, max_bytes: int) -> list[Stored]:
        """The packs from `first` to `last`, as many as fit, one if there is any. Raises LogUnavailable."""
        count = min(READ_MESSAGES, last - first + 1)
        body: Answer = {"seq": first, "batch": count, "next_by_subj": SUBJECT, "max_bytes": max_bytes}
        found: list[Stored] = []
        size = 0
        for message in await direct.read(self._connection, OUTBOX, body):
            one = _stored(message.header, message.payload)
            size += len(one.payload)
            if one.seq > last or (found and size > max_bytes):
                break
            found.append(one)
        return found

    async def waiting(self, first: int, last: int) -> Waiting:
        """What lies from `first` to `last`. Raises LogUnavailable."""
        oldest, newest = await self.read(first, last, 1), await self.read(last, last, 1)
        if not oldest or not newest:
            return Waiting()
        before, until, last_ones = oldest[0].before, newest[0].before, newest[0].here
        parcels, size = until.number + last_ones.number - before.number, until.size + last_ones.size - before.size
        return Waiting(parcels, size, oldest[0].at_us)

    async def _usage(self) -> Usage:
        """Raises LogUnavailable."""
        info = await jetstream.call(self._connection, f"STREAM.INFO.{OUTBOX}")
        state, most = info["state"], max(info["config"]["max_bytes"], 0)
        return Usage(OUTBOX, state["bytes"], most, state["messages"], state["first_seq"], state["last_seq"])

    async def has_reader(self, name: str) -> bool:
        """Whether somebody reads the outbox under a durable name, so that what he has not read stays."""
        return await jetstream.consumer_info(self._connection, OUTBOX, name) is not None

    async def forget_reader(self, name: str) -> None:
        """Keep nothing for a reader who will not come again. Raises LogUnavailable."""
        if await self.has_reader(name):
            await jetstream.call(self._connection, f"CONSUMER.DELETE.{OUTBOX}.{name}")

    async def trim(self) -> int:
        """Remove what the hub has and what is old, or in the way; how many packs. Raises LogUnavailable."""
        usage = await self.look()
        if usage.first_seq > min(self.had_seq, usage.last_seq):
            return 0
        if usage.fill > ROOMY:
            until = self.had_seq - (self.had_seq - usage.first_seq) // 2
        else:
            until = min(self.had_seq, await self._first_since(time.time() - self._keep_s, usage) - 1)
        removed = await trimming.remove(self._connection, OUTBOX, until)
        await self.look()
        return removed

    async def _first_since(self, at_s: float, usage: Usage) -> int:
        """The first pack stored at a time or later; the one after the last if there is none."""
        body: Answer = {
            "start_time": datetime.fromtimestamp(at_s, UTC).isoformat(),
            "batch": 1,
            "next_by_subj": SUBJECT,
        }
        for message in await direct.read(self._connection, OUTBOX, body):
            return _stored(message.header, b"").seq
        return usage.last_seq + 1


class _Parcels:
    def __init__(self, pack: Pack, limit: int) -> None:
        self._pack = pack
        self.limit, self.full = limit, PACK_BYTES

    def size(self, parcels: Sequence[bytes]) -> int:
        return sum(map(len, parcels))

    def count(self, parcels: Sequence[bytes]) -> int:
        return len(parcels)

    def packed(self, loads: Sequence[Sequence[bytes]]) -> bytes:
        return self._pack([parcel for parcels in loads for parcel in parcels])


def _stored(header: bytes, payload: bytes) -> Stored:
    fields = headers.decode(header)
    total, here = Amount.read(fields.get(TOTAL, "")), Amount.read(fields.get(HERE, ""))
    before = Amount(total.number - here.number, total.size - here.size)
    return Stored(int(fields[direct.SEQUENCE]), micros(fields[direct.STORED_AT]), before, here, payload)
