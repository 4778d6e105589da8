"""Polling: nodes are read again and again, for servers that serve no subscription.

What is read counts only when it has changed, as a subscription would have reported it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calha.connectors.opcua.session import Session
from calha.connectors.opcua.subscription import Item
from calha.connectors.opcua.wire import Changes
from calha.domain.readings import Micros

FASTEST_S: Final = 0.5  # however fast a node is asked for, as each read costs the server


class Polling:
    def __init__(self, session: Session, items: Sequence[Item]) -> None:
        self._session = session
        self._items = items
        self._handle = np.array([item.handle for item in items], np.int64)
        self._interval_s = np.array([max(item.sampling_ms / 1_000, FASTEST_S) for item in items])
        self._deadband = np.array([item.deadband for item in items])
        self._value = np.full(len(items), np.nan)
        self._status = np.full(len(items), -1, np.int64)  # none that there is
        self._odd: dict[int, object] = {}

    async def rounds(self) -> AsyncGenerator[tuple[Changes, Micros]]:
        """What has changed at each round, also when it is nothing, and the server's time. Raises ConnectionFailed."""
        due = np.full(len(self._items), time.monotonic())
        while True:
            now = time.monotonic()
            places = np.flatnonzero(due <= now)
            due[places] = np.maximum(due[places] + self._interval_s[places], now)
            for start in range(0, len(places), self._session.limits.read):
                part = places[start : start + self._session.limits.read]
                found = await self._session.values([self._items[place].node for place in part.tolist()])
                yield self._changed(part, found), int(found.server_at.max(initial=0))
            await asyncio.sleep(max(float(due.min(initial=now + 1.0)) - time.monotonic(), 0.0))

    def _changed(self, places: NDArray[np.int64], found: Changes) -> Changes:
        """Only what differs from the round before, with the handles of its items."""
        before = self._value[places]
        same = (found.value == before) | (np.isnan(found.value) & np.isnan(before))
        same |= np.abs(found.value - before) <= self._deadband[places]
        same &= found.status == self._status[places]
        for number, odd in found.odd.items():
            place = int(places[number])
            same[number] &= self._odd.get(place) == odd
            self._odd[place] = odd
        self._value[places[~same]] = found.value[~same]
        self._status[places] = found.status
        found.handle = self._handle[places]
        return found.only(~same)
