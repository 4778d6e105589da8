"""Which values of a curve are unusual: a robust rule in place of "the strangest tenth of any window". Pure.

Rule 1: a pump that is off is a state, not a strange flow. Values near zero are judged by how often they occur: usual where
        they are OFF_SHARE of the window and OFF_AT_LEAST, unusual where they are rarer. They do not count in what is expected.
Rule 2: what is expected is the median of the hour of day where the window has MIN_DAYS and the hour MIN_OF_HOUR values, else
        the median of the window. So a night is compared with nights.
Rule 3: unusual is what lies further from it than SPREADS times the usual distance (1.4826 × median absolute deviation, which is
        the standard deviation of a normal spread), and than FLOOR_SHARE of what is expected. So steady data has none.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.compat.eta.filters import offset_us
from calha.domain.times import DAY_US, HOUR_US

Flags = NDArray[np.bool_]
Judge = Callable[[NDArray[np.int64], NDArray[np.float64], ZoneInfo], Flags]

MIN_VALUES = 5
OFF_LEVEL = 0.02  # of what is usual while it runs
OFF_SHARE, OFF_AT_LEAST = 0.005, 3
MIN_DAYS, MIN_OF_HOUR = 3, 20
SPREADS = 6.0
NORMAL = 1.4826
FLOOR_SHARE = 0.05


def unusual(at: NDArray[np.int64], value: NDArray[np.float64], zone: ZoneInfo) -> Flags:
    """Of each value, by time; none of fewer than MIN_VALUES."""
    flags = np.zeros(len(value), bool)
    if len(value) < MIN_VALUES:
        return flags
    off = _is_off(value)
    running = np.flatnonzero(~off)
    if off.sum() < max(OFF_AT_LEAST, OFF_SHARE * len(value)):
        flags |= off
    if len(running) < MIN_VALUES:
        return flags
    expected = _expected(at[running], value[running], zone)
    distance = np.abs(value[running] - expected)
    spread = NORMAL * float(np.median(distance))
    flags[running] = distance > np.maximum(SPREADS * spread, FLOOR_SHARE * np.abs(expected))
    return flags


def _is_off(value: NDArray[np.float64]) -> Flags:
    usual = float(np.quantile(np.abs(value), 0.95))
    found: Flags = np.abs(value) <= OFF_LEVEL * usual
    return found if not found.all() else np.zeros(len(value), bool)


def _expected(at: NDArray[np.int64], value: NDArray[np.float64], zone: ZoneInfo) -> NDArray[np.float64]:
    expected = np.full(len(value), np.median(value))
    if at[-1] - at[0] < MIN_DAYS * DAY_US:
        return expected
    hours = (at + offset_us(int(at[0]), zone)) // HOUR_US % 24
    for hour in range(24):
        there = hours == hour
        if there.sum() >= MIN_OF_HOUR:
            expected[there] = np.median(value[there])
    return expected
