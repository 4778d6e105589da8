"""Local days, weekdays and hours of many instants at once.

Simulated sites keep the time of São Paulo, UTC−3; Brazil has had no summer time since 2019.
"""

from typing import Final

import numpy as np

from calha.domain.times import DAY_US, HOUR_US
from calha.simulate.noise import Floats, Times

OFFSET_US: Final = -3 * HOUR_US
ORIGIN_DAY: Final = 19_723  # 2024-01-01, a Monday: where simulated registers start

_MONDAY: Final = 4  # 1970-01-01 was a Thursday, so day 4 was a Monday


def local(at: Times) -> Times:
    """µs of the local wall clock."""
    return at + OFFSET_US


def local_day(at: Times) -> Times:
    """Days since 1970-01-01, local."""
    return local(at) // DAY_US


def weekday(day: Times) -> Times:
    """0 Monday … 6 Sunday."""
    return (day - _MONDAY) % 7


def hour(at: Times) -> Floats:
    """Hours since local midnight, with fraction."""
    return local(at) % DAY_US / HOUR_US


def by_hour(curve: Floats, hours: Floats) -> Floats:
    """The value of a curve given for 24 full hours, in straight lines between them."""
    value: Floats = np.interp(hours, np.arange(25), np.append(curve, curve[0]))
    return value
