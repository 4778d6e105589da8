"""Answers that take seconds: one at a time, and each for everybody who asked for the same before it was begun.

A thread cannot be stopped when the one who asked has gone. Without this, somebody who opens a page again and again would fill
all threads with the same work, and everything else would wait for it. Nobody gets what was begun before they asked: it may
not know yet what they have just corrected.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class SharedWork:
    def __init__(self) -> None:
        self._place = asyncio.Semaphore(1)
        self._waiting: dict[Hashable, asyncio.Task[Any]] = {}

    async def of(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        """What `work` returns or raises, done in a thread; `key`: equal for questions with the same answer."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.create_task(self._done(key, work))
        answer: Answer = await asyncio.shield(self._waiting[key])
        return answer

    async def _done(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        async with self._place:
            del self._waiting[key]
            return await asyncio.to_thread(work)
