"""The writer: from the log into the store, one commit at a time, exactly once.

The store keeps the log sequence that it has reached in the same transaction as the rows; the log is acknowledged after
the commit. What the store cannot take (disk full, say) stays in the log and is tried again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch
from calha.domain.written import Written
from calha.log.readings import LoggedBatch, ReadingsSource
from calha.store.telemetry import Telemetry

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.1
MAX_ROWS_A_COMMIT = 60_000
RETRY_AFTER_S = 1.0

Committed = Callable[[Batch, Written, int], None]
"""Called after each commit with its readings, what became of them, and the log sequence reached."""


class Writer:
    def __init__(
        self, source: ReadingsSource, telemetry: Telemetry, committed: Committed, beat: Callable[[], None]
    ) -> None:
        self._source = source
        self._telemetry = telemetry
        self._committed = committed
        self._beat = beat
        self._waiting: asyncio.Queue[list[LoggedBatch]] = asyncio.Queue(maxsize=4)

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch())
            group.create_task(self._commit_for_ever())

    async def _fetch(self) -> None:
        async for logged in self._source.batches():
            await self._waiting.put(logged)

    async def _commit_for_ever(self) -> None:
        earliest_next = 0.0
        while True:
            logged = await self._waiting.get()
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

    async def _commit(self, logged: list[LoggedBatch]) -> None:
        reached = self._telemetry.committed_seq
        new = [one for one in logged if one.seq > reached]
        last_seq = logged[-1].seq
        if new:
            batch = Batch.concatenate([one.batch for one in new])
            written = await self._write(batch, last_seq)
            self._committed(batch, written, last_seq)
        await self._source.acknowledge(last_seq)

    async def _write(self, batch: Batch, through_seq: int) -> Written:
        while True:
            try:
                return await asyncio.to_thread(self._telemetry.write, batch, through_seq)
            except StoreUnavailable as error:
                log.error("the store does not take readings, the log keeps them: %s", error)
                self._beat()
                await asyncio.sleep(RETRY_AFTER_S)
