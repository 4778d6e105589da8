"""Slows guessing down: after a few failures each further try has to wait, twice as long each time.

Counted per account and per address, so that neither one account can be tried from many addresses nor many accounts from
one. Tries that come at once are no more than those that come one after another: a try is judged only while there is room
for its failure, and waits until those before it are decided. What is remembered is bounded; the oldest is forgotten first.
A restart forgets all, which costs a guesser's machine more than it gives: the hash alone allows some tens of tries a second.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from calha.domain.errors import TooManyTries

FREE_TRIES = 5
FREE_TRIES_OF_ADDRESS = 50  # behind one address may sit a whole office
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 900.0
FORGET_AFTER_S = 3_600.0
MAX_REMEMBERED = 100_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: float


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic, free_tries: int = FREE_TRIES) -> None:
        self._clock = clock
        self._free_tries = free_tries
        self._failures: OrderedDict[Hashable, _Failures] = OrderedDict()

    def wait_s(self, *keys: Hashable) -> float:
        """Seconds that have to pass before the next try; 0 if it may be now."""
        return max((self._wait_of(key) for key in keys), default=0.0)

    def failed(self, *keys: Hashable) -> None:
        now = self._clock()
        for key in keys:
            known = self._failures.pop(key, None)
            is_old = known is None or now - known.last_at > FORGET_AFTER_S
            self._failures[key] = _Failures(1 if is_old or known is None else known.count + 1, now)
        while len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: Hashable) -> None:
        for key in keys:
            self._failures.pop(key, None)

    def has_room(self, key: Hashable, undecided: int) -> bool:
        """Whether a further try may be judged while so many are; one at a time once the free ones are used up."""
        known = self._failures.get(key)
        return not undecided or (known.count if known is not None else 0) + undecided < self._free_tries

    def _wait_of(self, key: Hashable) -> float:
        known = self._failures.get(key)
        if known is None or known.count < self._free_tries:
            return 0.0
        wait_s: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(known.count - self._free_tries, 20))
        return max(0.0, known.last_at + wait_s - self._clock())


@dataclass(slots=True)
class Attempt:
    """A try, which is wrong unless it is said to be right, for which older failures are forgotten, or open: neither."""

    outcome: Literal["wrong", "right", "open"] = "wrong"


class Patience:
    """What guessing costs: counted for who is tried (an account, a person, a serial) and for the address that tries."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_name = Throttle(clock)
        self._by_address = Throttle(clock, FREE_TRIES_OF_ADDRESS)
        self._undecided: Counter[Hashable] = Counter()
        self._decided = threading.Condition()

    @contextmanager
    def attempt(self, name: Hashable, address: str) -> Iterator[Attempt]:
        """A try that is judged in this block. Waits in its thread for those before it. Raises TooManyTries."""
        attempt, keys = Attempt(), (("name", name), ("address", address))
        with self._decided:
            self.require(name, address)
            while not self._has_room(name, address):
                self._decided.wait()
                self.require(name, address)
            self._undecided.update(keys)
        try:
            yield attempt
        finally:
            with self._decided:
                self._undecided -= Counter(keys)
                self._count(attempt, name, address)
                self._decided.notify_all()

    def require(self, name: Hashable, address: str) -> None:
        """Raises TooManyTries."""
        wait_s = max(self._by_name.wait_s(name), self._by_address.wait_s(address))
        if wait_s > 0:
            raise TooManyTries(wait_s)

    def failed(self, name: Hashable, address: str | None) -> None:
        """address: None for a failure that is not held against it."""
        self._by_name.failed(name)
        if address is not None:
            self._by_address.failed(address)

    def _has_room(self, name: Hashable, address: str) -> bool:
        of_name, of_address = self._undecided["name", name], self._undecided["address", address]
        return self._by_name.has_room(name, of_name) and self._by_address.has_room(address, of_address)

    def _count(self, attempt: Attempt, name: Hashable, address: str) -> None:
        if attempt.outcome == "wrong":
            self.failed(name, address)
        elif attempt.outcome == "right":
            self._by_name.succeeded(name)
