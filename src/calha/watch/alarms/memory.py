"""What checks remember from reading to reading, as columns; and what they are told of what is usual."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from calha.watch.alarms.checks import NEVER, Floats, Ints

Expecting = Callable[[Ints, Ints], Floats]
"""(series, times): what is expected of each at that time, NaN where nobody knows."""


def nothing(_: Ints, at: Ints) -> Floats:
    """Where no detector learns."""
    return np.full(len(at), np.nan)


@dataclass
class Memory:
    """A row for each check. held: newest value of each input, NaN where it proves nothing. spell: number of the newest.

    anchor_at, anchor: first reading of the newest spell. total, count: of its values. expected: mean of the spell before.
    week: of voltages, what was counted on each day of a week. `voltage` and `least_hour` say what the others are to them.
    """

    held: Floats
    spell: Ints
    anchor_at: Ints
    anchor: Floats
    total: Floats
    count: Floats
    expected: Floats
    week: Floats

    @classmethod
    def of(cls, size: int, width: int) -> Self:
        nan = np.full(size, np.nan)
        never = np.full(size, NEVER, np.int64)
        return cls(
            np.full((size, width), np.nan),
            never,
            never.copy(),
            nan,
            np.zeros(size),
            np.zeros(size),
            nan.copy(),
            np.zeros((size, 7)),
        )
