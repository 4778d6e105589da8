"""The levels of the channels of one device, each against where it has been: a short mean against a long one.

How far a short mean usually lies from the long one is learnt, so a channel that wanders is given room, and one that holds
its level is not. A channel without a reading counts as unchanged.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.reckoning import Floats

SHORT = 9.0  # readings
LONG = 1_000.0


@dataclass(slots=True)
class Levels:
    """Arrays with a place for each channel.

    short, long: means. wander: mean square of their distance. noise: half the mean square of the step from one reading to
    the next. readings: how many were learnt; since: how many since the long mean began anew.
    """

    short: Floats
    long: Floats
    wander: Floats
    noise: Floats
    last: Floats
    readings: int = 0
    since: int = 0

    @classmethod
    def begin(cls, channels: int) -> Self:
        """No channel has been seen yet."""
        unseen, zeros = np.full(channels, np.nan), np.zeros(channels)
        return cls(unseen, unseen.copy(), zeros, zeros.copy(), unseen.copy())

    def look(self, values: Floats, count: int) -> Floats:
        """How far each level has moved, in deviations. values: NaN where missing. count: readings of the device so far."""
        is_first = np.isnan(self.short)
        for mine in (self.short, self.long, self.last):
            mine[is_first] = values[is_first]
        present = np.where(np.isnan(values), self.short, values)
        self.short = self.short + (present - self.short) / min(SHORT, count + 1.0)
        return np.nan_to_num(np.abs(self.short - self.long) / self.deviation())

    def deviation(self) -> Floats:
        """How far the short mean usually lies from the long one; infinite for a channel that has never moved."""
        square = self.wander + self.noise / (2.0 * SHORT - 1.0)
        return np.sqrt(np.where(square > 0.0, square, np.inf))

    def learn(self, values: Floats, pace: float, settling: int, held: NDArray[np.bool_]) -> None:
        """Take what was looked at as usual, but for channels that are held.

        pace: 1 at first, less later; the long mean follows quickly for `settling`.
        """
        present = ~np.isnan(values) & ~held
        self.readings, self.since = self.readings + 1, self.since + 1
        rate = 1.0 / min(LONG, self.readings)
        step = np.where(present, values - self.last, 0.0)
        if self.readings > 1:
            self.noise = self.noise + (step * step / 2.0 - self.noise) * np.where(present, rate, 0.0)
        distance = np.nan_to_num(self.short - self.long)
        self.wander = self.wander + np.where(present, pace * rate * (distance * distance - self.wander), 0.0)
        follow = (pace if self.since > settling else 1.0) / min(LONG, self.since)
        self.long = self.long + follow * np.where(present, values - self.long, 0.0)
        self.last = np.where(np.isnan(values), self.last, values)

    def begin_anew(self) -> None:
        """What is now is usual."""
        self.long, self.since = self.short.copy(), 1
