"""What happens to alarms, for whoever has to know of it: live streams, notifications, lines of events.

Rule 1: a transition is in the registry before anybody is told of it, and `since` reads it from there. Who keeps the number of
        the last one that it took misses none, whatever was killed meanwhile.
Rule 2: numbers grow in the order in which transitions are committed (`AlarmStore` writes one after another).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from calha.store.alarms import AlarmStore, ToldTransition

MAX_AT_ONCE = 500


class Transitions:
    """Every transition of every alarm, once each, in order."""

    def __init__(self, alarms: AlarmStore) -> None:
        self._alarms = alarms
        self._next = asyncio.Event()

    def newest(self) -> int:
        """Number of the last transition; 0 before the first."""
        return self._alarms.newest_transition()

    def since(self, number: int, limit: int = MAX_AT_ONCE) -> Sequence[ToldTransition]:
        """Those after a number, oldest first, each with its alarm as it stands now."""
        return self._alarms.transitions_since(number, limit)

    async def following(self, number: int, timeout_s: float) -> Sequence[ToldTransition]:
        """Those after a number; without any it waits for the first, at most for `timeout_s`."""
        coming = self._next  # first, so that none comes unseen meanwhile
        found = await asyncio.to_thread(self.since, number)
        if not found:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await coming.wait()
            found = await asyncio.to_thread(self.since, number)
        return found

    def wake(self) -> None:
        """There are more; called in the event loop."""
        self._next.set()
        self._next = asyncio.Event()
