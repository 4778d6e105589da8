"""Readings on their way to the log, in a bounded queue: what happens while the log does not take them.

They wait, and are tried again for as long as it takes. When the queue is full the oldest are dropped, since a chart
with a hole in the past is better than one without a present; what is dropped is counted in `lost` under its cause.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from calha.domain.errors import LogFull, LogUnavailable
from calha.domain.readings import MAX_READINGS, Batch

log = logging.getLogger(__name__)

MAX_WAITING = 25 * MAX_READINGS  # readings: at 5,000 a second nearly two minutes, of a hundred nodes hours
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
LAST_TRY_S = 5.0  # for what is still here when Calha stops

Publish = Callable[[Batch], Awaitable[None]]
Dropped = Callable[[Batch, str], None]


class Outbox:
    def __init__(self, publish: Publish, dropped: Dropped, max_waiting: int = MAX_WAITING) -> None:
        """publish: raises LogUnavailable. dropped: told of what is lost, and the cause."""
        self._publish = publish
        self._dropped = dropped
        self._max_waiting = max_waiting
        self._queue: deque[Batch] = deque()
        self._some = asyncio.Event()
        self._trouble = "log_slow"
        self.waiting = 0
        self.published = 0
        self.lost: Counter[str] = Counter()

    def put(self, batch: Batch) -> None:
        """Have readings sent. Never waits."""
        if not len(batch):
            return
        self._queue.append(batch)
        self.waiting += len(batch)
        while self.waiting > self._max_waiting:
            self._drop_oldest()
        self._some.set()

    async def run(self) -> None:
        """Send until cancelled; then once more what is left."""
        try:
            while True:
                await self._some.wait()
                await self._send_patiently()
        finally:
            await self._send_the_rest()

    async def _send_patiently(self) -> None:
        pause_s = FIRST_PAUSE_S
        while self._queue:
            if await self._send_one():
                pause_s = FIRST_PAUSE_S
                continue
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        self._some.clear()

    async def _send_one(self) -> bool:
        """Send the next batch; False if the log did not take it, which then is the next again."""
        batch = self._next()
        try:
            await self._publish(batch)
        except BaseException as error:
            self._queue.appendleft(batch)
            self.waiting += len(batch)
            if not isinstance(error, LogUnavailable):
                raise
            self._note_trouble("log_full" if isinstance(error, LogFull) else "log_unavailable", error)
            while self.waiting > self._max_waiting:
                self._drop_oldest()
            return False
        self.published += len(batch)
        self._trouble = "log_slow"
        return True

    async def _send_the_rest(self) -> None:
        try:
            async with asyncio.timeout(LAST_TRY_S):
                while self._queue and await self._send_one():
                    pass
        except TimeoutError:
            pass
        if self.waiting:
            log.error("%d readings are lost: the log does not take them and Calha stops", self.waiting)

    def _next(self) -> Batch:
        """As many of the oldest as one message of the log holds."""
        together = [self._queue.popleft()]
        size = len(together[0])
        while self._queue and size + len(self._queue[0]) <= MAX_READINGS:
            size += len(self._queue[0])
            together.append(self._queue.popleft())
        self.waiting -= size
        return Batch.concatenate(together)

    def _drop_oldest(self) -> None:
        batch = self._queue.popleft()
        self.waiting -= len(batch)
        self.lost[self._trouble] += len(batch)
        self._dropped(batch, self._trouble)

    def _note_trouble(self, cause: str, error: LogUnavailable) -> None:
        if self._trouble != cause:
            log.warning("%d readings wait for the log: %s", self.waiting, error)
        self._trouble = cause
