"""The writer: from the log into the store, one commit at a time, exactly once.

The store keeps the log sequence that it has reached in the same transaction as the rows; the log is acknowledged after
the commit. What the store cannot take (disk full, say) stays in the log and is tried again. Commits have a thread of their
own: however many questions take their time elsewhere, none of them keeps readings from being stored and shown.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch
from calha.domain.written import OUTCOMES, Written
from calha.log.readings import LoggedBatch, ReadingsSource
from calha.store.telemetry import Telemetry

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.1
MAX_ROWS_A_COMMIT = 60_000
RETRY_AFTER_S = 1.0
IDLE_BEAT_S = 5.0


@dataclass(frozen=True, slots=True)
class Commit:
    """What one commit stored. `messages`: (log sequence, number of readings), in the order of the batch."""

    batch: Batch
    written: Written
    seq: int
    messages: Sequence[tuple[int, int]]

    def outcomes(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """(log sequence, readings by outcome) of each message."""
        start = 0
        for seq, length in self.messages:
            part = self.written.outcome[start : start + length]
            yield seq, np.bincount(part, minlength=len(OUTCOMES)).astype(np.int64)
            start += length


Committed = Callable[[Commit], None]


class Writer:
    def __init__(self, source: ReadingsSource, telemetry: Telemetry, committed: Committed) -> None:
        self._source = source
        self._telemetry = telemetry
        self._committed = committed
        self._thread = ThreadPoolExecutor(1, "writer")
        self._beat: Callable[[], None] = lambda: None
        self._waiting: asyncio.Queue[list[LoggedBatch]] = asyncio.Queue(maxsize=4)
        self.error: str | None = None
        """Why the store does not take readings at the moment."""

    async def run(self, beat: Callable[[], None]) -> None:
        """Write until cancelled."""
        self._beat = beat
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch())
            group.create_task(self._commit_for_ever())

    async def _fetch(self) -> None:
        async for logged in self._source.batches():
            await self._waiting.put(logged)

    async def _commit_for_ever(self) -> None:
        earliest_next = 0.0
        while True:
            logged = await self._next()
            await asyncio.sleep(max(0.0, earliest_next - time.monotonic()))
            rows = sum(len(one.batch) for one in logged)
            with suppress(asyncio.QueueEmpty):
                while rows < MAX_ROWS_A_COMMIT:
                    more = self._waiting.get_nowait()
                    rows += sum(len(one.batch) for one in more)
                    logged = [*logged, *more]
            earliest_next = time.monotonic() + COMMIT_EVERY_S
            await self._commit(logged)
            self._beat()

    async def _next(self) -> list[LoggedBatch]:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_BEAT_S):
                    return await self._waiting.get()
            self._beat()

    async def _commit(self, logged: list[LoggedBatch]) -> None:
        reached = self._telemetry.committed_seq
        new = [one for one in logged if one.seq > reached]
        last_seq = logged[-1].seq
        if new:
            batch = Batch.concatenate([one.batch for one in new])
            written = await self._write(batch, last_seq)
            self._committed(Commit(batch, written, last_seq, [(one.seq, len(one.batch)) for one in new]))
        await self._source.acknowledge(last_seq)

    async def _write(self, batch: Batch, through_seq: int) -> Written:
        while True:
            try:
                loop = asyncio.get_running_loop()
                written = await loop.run_in_executor(self._thread, self._telemetry.write, batch, through_seq)
                self.error = None
                return written
            except StoreUnavailable as error:
                self.error = str(error)
                log.error("the store does not take readings, the log keeps them: %s", error)
                self._beat()
                await asyncio.sleep(RETRY_AFTER_S)
