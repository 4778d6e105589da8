"""Whether a water meter has the right size for what runs through it, by the quarter hours of some weeks.

| Verdict   | When                                                                                    |
|-----------|-----------------------------------------------------------------------------------------|
| too_small | a quarter hour above Q4: the meter wears out                                              |
| too_large | more than half of the volume below Q2: there it may err by 5 %, and mostly counts too little |
| fits      | neither                                                                                  |

Rule 1: a flow is the mean of a quarter hour; what was higher for less than that is not seen.
Rule 2: what is not known says nothing; with less than FEWEST_DAYS of it there is no verdict.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.meter_sizes import WaterMeterSize

MOST_BELOW_Q2 = 0.5
FEWEST_DAYS = 7
QUARTERS_AN_HOUR, QUARTERS_A_DAY = 4, 96
L_IN_M3 = 1_000.0

Verdict = Literal["fits", "too_small", "too_large"]


@dataclass(frozen=True, slots=True)
class Sizing:
    """below_q2: share of the volume. above_q3: quarter hours in which more than Q3 ran, as in a burst behind the meter."""

    verdict: Verdict
    highest_m3_h: float
    below_q2: float
    above_q3: int


def sizing_of(quarters_l: NDArray[np.float64], size: WaterMeterSize) -> Sizing | None:
    """quarters_l: of quarter hours, NaN where one is not known. None where nothing ran or too little is known."""
    known = quarters_l[np.isfinite(quarters_l)]
    volume = float(known.sum())
    if len(known) < FEWEST_DAYS * QUARTERS_A_DAY or volume <= 0:
        return None
    flow_m3_h = known * (QUARTERS_AN_HOUR / L_IN_M3)
    highest = float(flow_m3_h.max())
    below = float(known[flow_m3_h < float(size.q2_m3_h)].sum()) / volume
    is_small = highest > float(size.q4_m3_h)
    verdict: Verdict = "too_small" if is_small else "too_large" if below > MOST_BELOW_Q2 else "fits"
    return Sizing(verdict, highest, below, int((flow_m3_h > float(size.q3_m3_h)).sum()))
