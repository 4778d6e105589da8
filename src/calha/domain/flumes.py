"""Parshall flumes: flow from the level at the gauge, Q = K · Haⁿ (free flow, m³/s, m); Ha is measured at 2/3 A.

K and n are those of Parshall's law for 1 to 8 ft, Q(cfs) = 4·W·Ha^(1.522·W^0.026), and of ISO 9826 tables for the other widths.
Tables that keep n = 1.522 for every width are wrong beyond 1 ft. Where the level behind the throat (Hb) is known, a ratio Hb/Ha
above the limit of the width means a submerged flume: the formula then says too much.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Throat:
    """A standard width. k, n: of Q = K · Haⁿ in m and m³/s. most_submerged: highest Hb/Ha of free flow.

    usual_l_s: the range in which it is usually built in.
    """

    width_m: float
    k: float
    n: float
    most_submerged: float
    usual_l_s: tuple[float, float]


THROATS: Mapping[str, Throat] = {
    '1"': Throat(0.0254, 0.0604, 1.550, 0.50, (0.3, 5.6)),
    '2"': Throat(0.0508, 0.1207, 1.550, 0.50, (0.6, 13)),
    '3"': Throat(0.0762, 0.1765, 1.547, 0.50, (0.85, 53.8)),
    '6"': Throat(0.1524, 0.3812, 1.580, 0.60, (1.4, 110)),
    '9"': Throat(0.2286, 0.5354, 1.530, 0.60, (2.5, 252)),
    "1'": Throat(0.3048, 0.6909, 1.522, 0.70, (3.1, 456)),
    "1½'": Throat(0.4572, 1.0564, 1.5381, 0.70, (4.2, 696)),
    "2'": Throat(0.6096, 1.4281, 1.5497, 0.70, (12, 937)),
    "3'": Throat(0.9144, 2.1843, 1.5661, 0.70, (17, 1_426)),
    "4'": Throat(1.2192, 2.9534, 1.5779, 0.70, (37, 1_921)),
    "5'": Throat(1.5240, 3.7322, 1.5870, 0.70, (63, 2_422)),
    "6'": Throat(1.8288, 4.5189, 1.5946, 0.70, (74, 2_929)),
    "7'": Throat(2.1336, 5.3124, 1.6010, 0.70, (115, 3_440)),
    "8'": Throat(2.4384, 6.1116, 1.6066, 0.70, (131, 3_950)),
    "10'": Throat(3.0480, 7.462, 1.6, 0.80, (200, 5_660)),
}
MAX_LEVEL_M = 10.0  # no flume is so deep: the level is wrong, and so would be a flow made of it


@dataclass(frozen=True, slots=True)
class Flume:
    """A flume as it was built. k, n: its own calibration instead of the table's. zero_m: what the gauge shows at no flow.

    cut_off_m: level below which nothing flows. Raises Malformed.
    """

    throat: str
    k: float | None = None
    n: float | None = None
    zero_m: float = 0.0
    cut_off_m: float = 0.0

    def __post_init__(self) -> None:
        if self.throat not in THROATS:
            raise Malformed(f"{self.throat!r} is no standard width; there are {', '.join(THROATS)}", "unknown_throat")
        if (self.k is not None and not self.k > 0) or (self.n is not None and not 1 < self.n < 3):
            raise Malformed("a calibration has K above 0 and n between 1 and 3", "bad_calibration")

    def flow_m3_s(self, level_m: Floats) -> Floats:
        """Flow at each level; 0 at and below the cut-off, NaN where there is no level or one that cannot be."""
        standard = THROATS[self.throat]
        k = self.k if self.k is not None else standard.k
        n = self.n if self.n is not None else standard.n
        head = np.asarray(level_m, np.float64) - self.zero_m
        with np.errstate(invalid="ignore"):
            flow = k * np.maximum(head, 0.0) ** n
            flow[head <= self.cut_off_m] = 0.0
            flow[~(np.abs(head) <= MAX_LEVEL_M)] = np.nan
        return flow

    def is_submerged(self, level_m: Floats, behind_m: Floats) -> NDArray[np.bool_]:
        """Where the level behind the throat is so high that the formula says too much."""
        head, behind = np.asarray(level_m) - self.zero_m, np.asarray(behind_m) - self.zero_m
        return (head > 0) & (behind > THROATS[self.throat].most_submerged * head)
