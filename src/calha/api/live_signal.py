"""Wakes the live streams after each commit. A stream is a cursor, so that a slow reader costs no memory."""

import asyncio
from contextlib import suppress


class LiveSignal:
    def __init__(self) -> None:
        self.seq = 0
        self._next = asyncio.Event()

    def committed(self, seq: int) -> None:
        """Wake everybody who waits for something newer; called in the event loop."""
        self.seq = seq
        self._next.set()
        self._next = asyncio.Event()

    async def beyond(self, seq: int, timeout_s: float) -> bool:
        """Whether something newer than `seq` was committed within `timeout_s`."""
        if self.seq <= seq:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._next.wait()
        return self.seq > seq
