"""Water balance of a district or plant: what goes in, what comes out, what is lost, and how much of that cannot be avoided.

losses = supply − exported − consumption. Night flow: between 0 and 4 h almost nobody uses water, so what still flows then is
leakage but for legitimate night use and the background of small leaks. Sources: IWA Water Loss Task Force (UARL, ILI,
exponents), SANFLOW (night use).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed

Floats = NDArray[np.float64]
IliClass = Literal["A", "B", "C", "D"]

NIGHT_HOURS = range(4)  # local; begins of the hours
NIGHTS = 7  # of which the median is taken
ACTIVE_AT_NIGHT = 0.06  # of the people
CISTERN_L = 10.0  # an hour, of each who is active
BACKGROUND_L_KM_H = 40.0  # of mains, at the pressure below
BACKGROUND_AT_M = 50.0
BACKGROUND_EXPONENT = 1.5
LOWEST_PRESSURE_M, HIGHEST_PRESSURE_M = 25.0, 100.0  # of UARL
_CLASS_LIMITS = (2.0, 4.0, 8.0)  # high-income countries; twice as much elsewhere


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of the pipes behind an inlet. Raises Malformed.

    private_km: between the property's edge and its meter. hours_a_day: how many hours of the night's leakage a day has,
    because pressure is highest by night (20 to 24).
    """

    mains_km: float
    connections: int
    pressure_m: float
    private_km: float = 0.0
    people: int = 0
    hours_a_day: float = 24.0

    def __post_init__(self) -> None:
        if min(self.mains_km, self.connections, self.private_km, self.people) < 0 or not self.pressure_m > 0:
            raise Malformed("lengths and numbers are at least 0, the pressure is above 0", "bad_network")
        if not 15 <= self.hours_a_day <= 24:
            raise Malformed("the hour-day factor lies between 15 and 24 h", "bad_network")

    @property
    def unavoidable_l_day(self) -> float:
        """UARL = (18 Lm + 0.8 Nc + 25 Lp) × P, litres a day."""
        return (18 * self.mains_km + 0.8 * self.connections + 25 * self.private_km) * self.pressure_m

    @property
    def is_uarl_proven(self) -> bool:
        """Whether the formula was made for such a pressure."""
        return LOWEST_PRESSURE_M <= self.pressure_m <= HIGHEST_PRESSURE_M

    @property
    def night_use_l_h(self) -> float:
        """What people legitimately use in an hour of the night."""
        return ACTIVE_AT_NIGHT * self.people * CISTERN_L

    @property
    def background_l_h(self) -> float:
        """Leaks of mains that are too small to be found, at the network's pressure."""
        at_pressure: float = (self.pressure_m / BACKGROUND_AT_M) ** BACKGROUND_EXPONENT
        return BACKGROUND_L_KM_H * self.mains_km * at_pressure

    def leakage_l_day(self, night_flow_l_h: float) -> float:
        """What leaks in a day, from the minimum night flow."""
        return max(0.0, night_flow_l_h - self.night_use_l_h) * self.hours_a_day


def leakage_index(lost_l_day: float, unavoidable_l_day: float) -> float | None:
    """ILI = CARL / UARL; None where nothing is unavoidable."""
    return lost_l_day / unavoidable_l_day if unavoidable_l_day > 0 else None


def index_class(index: float, *, is_high_income: bool) -> IliClass:
    """The performance class of an ILI."""
    limits = _CLASS_LIMITS if is_high_income else tuple(2 * limit for limit in _CLASS_LIMITS)
    classes: tuple[IliClass, ...] = ("A", "B", "C", "D")
    return classes[int(np.searchsorted(limits, index, side="right"))]


def minimum_night_flow(local_hours: NDArray[np.int64], nights: NDArray[np.int64], per_hour: Floats) -> float | None:
    """The median over the last NIGHTS of each night's lowest hour; None without a whole night.

    local_hours: the hour of the day at which each value's hour begins; nights: the day that it belongs to; NaN: not observed.
    """
    is_night = np.isin(local_hours, list(NIGHT_HOURS))
    lowest = []
    for night in np.unique(nights[is_night])[::-1]:
        values = per_hour[is_night & (nights == night)]
        if len(values) >= len(NIGHT_HOURS) and not np.isnan(values).any():
            lowest.append(float(values.min()))
        if len(lowest) == NIGHTS:
            break
    return float(np.median(lowest)) if lowest else None


def losses_percent(raw: float, treated: float) -> float | None:
    """What is lost between what goes in and what comes out; None where nothing went in."""
    return (raw - treated) / raw * 100 if raw > 0 else None
