"""Estimation: what was probably consumed where nothing was measured. In this order, the first that can be done:

1. register: both ends of the gap are known registers; their difference is spread as usual, or evenly. The sum is exact.
2. interpolation: up to two hours, a straight line between the neighbours.
3. like days: the mean of the newest valid days of the same kind (workday, Saturday, Sunday or holiday), interval by interval.
4. mean: the average daily use, spread evenly. 5. Else a person has to say.

Amounts are whole ticks; spreading keeps the sum to the last one.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from calha.domain.register_breaks import Floats, Ints
from calha.domain.times import HOUR_US

Method = Literal["register", "interpolation", "like_days", "mean", "manual"]

MAX_INTERPOLATED_US = 2 * HOUR_US
LIKE_DAYS = 4  # the newest ones
MIN_LIKE_DAYS = 1
MAX_LIKE_DAYS_BACK = 60


def spread(total: int, weights: Floats) -> Ints:
    """Whole ticks in proportion to weights (evenly where these are all 0) that add up to the total."""
    known = np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)
    if not known.sum() > 0:
        known = np.ones(len(weights))
    edges = np.rint(total * (np.cumsum(known) / known.sum())).astype(np.int64)
    edges[-1] = total
    parts: Ints = np.diff(edges, prepend=0)
    return parts


def interpolated(before: int, after: int, count: int) -> Ints:
    """Amounts of `count` intervals on a straight line between those before and after them."""
    return np.rint(np.linspace(before, after, count + 2)[1:-1]).astype(np.int64)


def like_days(days: Sequence[Ints]) -> Ints | None:
    """The mean of days, interval by interval; None without any."""
    if len(days) < MIN_LIKE_DAYS:
        return None
    mean: Ints = np.rint(np.mean(np.stack(days[:LIKE_DAYS]), axis=0)).astype(np.int64)
    return mean


def settled(estimated: int, measured: int) -> int:
    """What is still to be counted when a real reading shows the consumption of a time that had been estimated in part."""
    return measured - estimated
