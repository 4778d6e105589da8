"""How often somebody may have a message sent at his own wish: a test must not become a way to pester others."""

import time
from collections import deque
from collections.abc import Callable

from calha.domain.errors import TooManyTries

MAX_TESTS = 10
WITHIN_S = 600.0
MAX_KNOWN = 1_000


class Patience:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def require(self, whose: str) -> None:
        """Raises TooManyTries after MAX_TESTS within WITHIN_S."""
        now = self._clock()
        if len(self._times) >= MAX_KNOWN:
            self._times = {one: times for one, times in self._times.items() if now - times[-1] < WITHIN_S}
        times = self._times.setdefault(whose, deque(maxlen=MAX_TESTS))
        if len(times) == MAX_TESTS and now - times[0] < WITHIN_S:
            raise TooManyTries(WITHIN_S - (now - times[0]))
        times.append(now)
