"""How long the channels of one device repeat the very same value, each against the longest that it has done so.

A valve that sticks, a sensor that died and a register that nobody refreshes say the same to the last digit, while what
is measured flutters. A channel that often repeats itself, being coarse or at rest, is given as much room as it has needed.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.reckoning import Floats

SHORTEST = 12.0  # repetitions; the longest run of a channel that hardly repeats itself counts as so many
MEMORY = 10_000.0


@dataclass(slots=True)
class Repeats:
    """Arrays with a place for each channel.

    last: its newest value. run: how often that has been repeated. longest: the longest run that is usual. has_changed:
    whether it ever was another; of a channel that never was, nothing is known.
    """

    last: Floats
    run: Floats
    longest: Floats
    has_changed: NDArray[np.bool_]

    @classmethod
    def begin(cls, channels: int) -> Self:
        """No channel has been seen yet."""
        return cls(np.full(channels, np.nan), np.zeros(channels), np.zeros(channels), np.zeros(channels, bool))

    def look(self, values: Floats) -> Floats:
        """How many times as long as the longest before each channel has stayed the same. values: NaN where missing."""
        is_there = ~np.isnan(values)
        stays = values == self.last
        changes = is_there & ~stays & ~np.isnan(self.last)
        self.longest = np.where(changes, np.maximum(self.longest, self.run), self.longest * (1.0 - 1.0 / MEMORY))
        self.has_changed = self.has_changed | changes
        self.run = np.where(stays, self.run + 1.0, np.where(is_there, 0.0, self.run))
        self.last = np.where(is_there, values, self.last)
        return np.where(self.has_changed, self.run / np.maximum(self.longest, SHORTEST), 0.0)

    def accept(self) -> None:
        """The runs that last are usual."""
        self.longest = np.maximum(self.longest, self.run)
