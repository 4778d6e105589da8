"""What a customer's water meter shows: flow that never stops, water that runs backwards, a burst, a register that stands.

Rule 1: an hour that is estimated or not known neither raises nor clears anything.
Rule 2: every limit is an argument; the usual ones are defaults. Volumes in litres, of hours that follow each other.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Backflow = Literal["none", "minor", "major"]
Movement = Literal["none", "intermittent", "continuous"]

LEAK_L_H = 3.785  # one US gallon
DAY_HOURS = LEAK_HOURS = 24
QUARTERS, FEWEST_MOVING = 96, 50
MEMORY_DAYS = 35  # for which a meter remembers its flags (Neptune E-CODER)
MAJOR_BACKFLOW = 100  # times the register's lowest digit
BURST_TIMES, BURST_PERCENTILE = 3.0, 99.0
FEWEST_HOURS = 72  # of history from which there is a usual hour
STOPPED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Leak:
    """lowest_l_h: the lowest of the last LEAK_HOURS known hours: so much runs all the time. hours: since it began."""

    lowest_l_h: float
    hours: int


def leak_of(volumes_l: Floats, limit_l_h: float = LEAK_L_H) -> Leak | None:
    """The leak that lasts at the end. volumes_l: NaN for an hour that is estimated or not known.

    It begins when each of LEAK_HOURS known hours in a row reached the limit, and ends with an hour of no flow. Hours that are
    not known keep what was, and a day with one does not begin a leak.
    """
    run = since = 0
    is_leaking = False
    for volume in volumes_l.tolist():
        is_known = volume == volume
        run = run + 1 if is_known and volume >= limit_l_h else 0
        if is_known and volume <= 0.0:
            is_leaking = False
        elif run >= LEAK_HOURS and not is_leaking:
            is_leaking, since = True, run
        elif is_leaking:
            since += 1
    if not is_leaking:
        return None
    return Leak(float(volumes_l[np.isfinite(volumes_l)][-LEAK_HOURS:].min()), since)


def movement_of(quarters_l: Floats) -> Movement | None:
    """The finer view of a day of quarter hours; None where they are not all known."""
    if len(quarters_l) != QUARTERS or not np.isfinite(quarters_l).all():
        return None
    moving = int((quarters_l > 0).sum())
    return "continuous" if moving == QUARTERS else "intermittent" if moving >= FEWEST_MOVING else "none"


def remembered_movement(quarters_l: Floats) -> tuple[Movement, int] | None:
    """The worst day among the last MEMORY_DAYS, and how many days ago the newest such one ended; None where none is known.

    quarters_l: of whole days of 96 up to now; NaN for a quarter hour that is estimated or not known, whose day says nothing.
    """
    order: tuple[Movement, ...] = ("none", "intermittent", "continuous")
    days = quarters_l[len(quarters_l) % QUARTERS :].reshape(-1, QUARTERS)[::-1][:MEMORY_DAYS]
    known = [(found, ago) for ago, day in enumerate(days) if (found := movement_of(day)) is not None]
    return max(known, key=lambda one: (order.index(one[0]), -one[1]), default=None)


def backflow_of(reversed_l: float, lowest_digit_l: float) -> Backflow:
    """reversed_l: what ran backwards, not below 0."""
    digits = reversed_l / lowest_digit_l
    return "none" if digits <= 1 else "minor" if digits <= MAJOR_BACKFLOW else "major"


def burst_hours(volumes_l: Floats, history_l: Floats, times: float = BURST_TIMES) -> NDArray[np.bool_]:
    """Hours beyond anything usual: more than `times` the 99th percentile of the known hours of a month."""
    known = history_l[np.isfinite(history_l)]
    if len(known) < FEWEST_HOURS or not (known > 0).any():
        return np.zeros(len(volumes_l), bool)
    found: NDArray[np.bool_] = np.nan_to_num(volumes_l) > times * np.percentile(known, BURST_PERCENTILE)
    return found


def stopped_days(volumes_l: Floats, is_known: NDArray[np.bool_]) -> int:
    """For how many days of known hours the register has stood where it moved before; else 0.

    volumes_l: also of hours that are only estimated, as what was used in a hole moved the register; NaN where nothing is known.
    """
    moved = np.flatnonzero(np.nan_to_num(volumes_l) != 0.0)
    return int(is_known[moved[-1] + 1 :].sum()) // DAY_HOURS if len(moved) else 0
