"""Wakes the live streams after each commit, and keeps the last news of other kinds for them.

A stream is a cursor, so that a slow reader costs no memory: of readings it gets the newest, of news the last MAX_NEWS.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

MAX_NEWS = 1_000


class News(NamedTuple):
    """Something about one device that is no reading. kind: name of the event in the stream."""

    number: int
    kind: str
    device: str
    content: Mapping[str, Any]


class LiveSignal:
    def __init__(self) -> None:
        self.seq = 0
        self.told = 0  # number of the last news
        self._news: deque[News] = deque(maxlen=MAX_NEWS)
        self._next = asyncio.Event()

    def committed(self, seq: int) -> None:
        """Wake everybody who waits for something newer; called in the event loop."""
        self.seq = seq
        self._wake()

    def tell(self, kind: str, device: str, content: Mapping[str, Any]) -> None:
        """Tell everybody who sees the device; called in the event loop."""
        self.told += 1
        self._news.append(News(self.told, kind, device, content))
        self._wake()

    def news_since(self, number: int) -> Sequence[News]:
        return [one for one in self._news if one.number > number]

    async def beyond(self, seq: int, timeout_s: float, told: int | None = None) -> bool:
        """Whether something newer than `seq`, or than the news `told`, came within `timeout_s`."""
        if not self._is_beyond(seq, told):
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._next.wait()
        return self._is_beyond(seq, told)

    def _is_beyond(self, seq: int, told: int | None) -> bool:
        return self.seq > seq or (told is not None and self.told > told)

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()
