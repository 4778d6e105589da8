"""A leak behind one meter: water that never rests. Nobody uses water in every interval of a day and a night.

Rule 1: one measured interval below the limit says that nothing leaks, whatever is not known of the others.
Rule 2: what was estimated, or is missing, neither says that there is a leak nor that there is none: the state stays as it was.
Rule 3: what leaks is the lowest interval of all; the rest is use.

Source: Badger AquaCUE (continuous flow: one US gallon in each of the last 24 hours; estimated reads neither raise nor clear).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.register_breaks import Floats

HOURS_A_MONTH = 24 * 30
US_GALLON_L = 3.785411784


@dataclass(frozen=True, slots=True)
class Rest:
    """Whether water rested. lowest_per_hour: what flowed all the time; None where that is not known."""

    state: Literal["leak", "rested", "unknown"]
    lowest_per_hour: float | None = None

    @property
    def per_month(self) -> float | None:
        return self.lowest_per_hour * HOURS_A_MONTH if self.lowest_per_hour is not None else None

    def is_leaking(self, before: bool) -> bool:
        """Whether there is a leak now, if there was one before or not."""
        return before if self.state == "unknown" else self.state == "leak"


def rest(per_hour: Floats, is_measured: NDArray[np.bool_], least_per_hour: float) -> Rest:
    """Of the intervals of 24 hours. per_hour: the rate in each; is_measured: whether it was seen, not estimated."""
    if (is_measured & (per_hour < least_per_hour)).any():
        return Rest("rested", 0.0)
    if not len(per_hour) or not is_measured.all():
        return Rest("unknown")
    return Rest("leak", float(per_hour.min()))
