"""Steady-state voltage of the supply by PRODIST, Module 8 (ANEEL): adequate, precarious, critical; DRP, DRC, compensation.

A reading is the mean of 10 min; a week of 1,008 valid ones is judged. DRP is the share of precarious readings, DRC that of
critical ones, in %. A customer is compensated for what goes beyond 3 % and 0.5 %. Bounds belong to the better band.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.times import MINUTE_US

Band = Literal["adequate", "precarious", "critical"]
Level = Literal["low", "medium"]
Measure = Literal["drp", "drc"]

READINGS = 1_008
DRP_LIMIT, DRC_LIMIT = Decimal(3), Decimal("0.5")
IMBALANCE_LIMIT = 0.03
POWER_FACTOR = 0.92
FEWEST_MINUTES = 5  # of ten, for a reading to count
_K1 = 3
_K2: dict[Level, int] = {"low": 7, "medium": 5}


@dataclass(frozen=True, slots=True)
class Bands:
    """Bounds in V: adequate from `low` to `high`, precarious from `lowest` to `highest`."""

    lowest: float
    low: float
    high: float
    highest: float

    def edges(self, measure: Measure) -> tuple[float, float, float, float]:
        """What a measure counts: outside the first two, and within the last two."""
        if measure == "drc":
            return self.lowest, self.highest, -math.inf, math.inf
        return self.low, self.high, self.lowest, self.highest

    def band(self, voltage: float) -> Band:
        if self.low <= voltage <= self.high:
            return "adequate"
        return "precarious" if self.lowest <= voltage <= self.highest else "critical"


BY_NOMINAL: dict[int, Bands] = {
    110: Bands(96, 101, 116, 117),
    120: Bands(104, 110, 126, 127),
    127: Bands(110, 117, 133, 135),
    208: Bands(181, 191, 218, 220),
    220: Bands(191, 202, 231, 233),
    230: Bands(200, 212, 242, 244),
    240: Bands(209, 221, 252, 254),
    254: Bands(221, 234, 267, 269),
    380: Bands(331, 350, 399, 403),
}


def nominal_of(voltages: NDArray[np.float64]) -> int:
    """The nominal voltage of the table that is nearest the median."""
    middle = float(np.median(voltages))
    return min(BY_NOMINAL, key=lambda one: abs(one - middle))


def minutes_of(at: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many minutes each reading stands for, by time: its own, or the time since the one before it where they are further
    apart, as far as the one before stood for as long: a meter that reports every ten minutes is measured, an outage is not.
    """
    gap = np.diff(at, prepend=at[:1])
    is_other = np.diff(at // MINUTE_US, prepend=-1) != 0
    return stands_for(gap, np.append(np.int64(0), gap)[: len(gap)], is_other)


def stands_for(
    gap_us: NDArray[np.int64], before_us: NDArray[np.int64], is_other: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The same of gaps before readings, and the gaps before those. is_other: whether no reading of its minute was before it."""
    stands = np.minimum(gap_us, before_us) / MINUTE_US
    found: NDArray[np.float64] = np.where(stands > 1, np.minimum(stands, 10.0), is_other)
    return found


def tens_of(at: NDArray[np.int64], minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of ten minutes from those of minutes (`at` their begins), of which at least FEWEST_MINUTES are measured."""
    ten, place = np.unique(at // (10 * MINUTE_US), return_inverse=True)
    count, measured = np.bincount(place, minlength=len(ten)), np.bincount(place, minutes_of(at), len(ten))
    square = np.bincount(place, minutes * minutes, len(ten))
    found: NDArray[np.float64] = np.sqrt(square / np.maximum(count, 1))[measured >= FEWEST_MINUTES]
    return found


def bands_of(nominal: float, level: Level = "low") -> Bands:
    """Of a nominal voltage; of one that is not in the table, and of medium voltage, by its shares."""
    if level == "low" and nominal in BY_NOMINAL:
        return BY_NOMINAL[int(nominal)]
    shares = (0.87, 0.92, 1.05, 1.06) if level == "low" else (0.90, 0.95, 1.05, 1.05)
    return Bands(*(nominal * share for share in shares))


@dataclass(frozen=True, slots=True)
class VoltageWeek:
    """Counts of valid readings. Fewer than READINGS are no full week: `is_complete` says so, the shares are of READINGS."""

    adequate: int
    precarious: int
    critical: int

    @classmethod
    def of(cls, voltages: Iterable[float], bands: Bands) -> "VoltageWeek":
        found: dict[Band, int] = {"adequate": 0, "precarious": 0, "critical": 0}
        for voltage in voltages:
            found[bands.band(voltage)] += 1
        return cls(found["adequate"], found["precarious"], found["critical"])

    @property
    def is_complete(self) -> bool:
        return self.adequate + self.precarious + self.critical >= READINGS

    @property
    def drp(self) -> Decimal:
        """Share of precarious readings, %."""
        return Decimal(self.precarious) * 100 / READINGS

    @property
    def drc(self) -> Decimal:
        """Share of critical readings, %."""
        return Decimal(self.critical) * 100 / READINGS

    def compensation_factor(self, level: Level = "low") -> Decimal:
        """What the charge for the use of the network is multiplied with."""
        precarious = (self.drp - DRP_LIMIT) / 100 * _K1 if self.drp > DRP_LIMIT else Decimal(0)
        critical = (self.drc - DRC_LIMIT) / 100 * _K2[level] if self.drc > DRC_LIMIT else Decimal(0)
        return precarious + critical

    def compensation(self, network_charge: Decimal, level: Level = "low") -> Decimal:
        """Money for the customer, unrounded."""
        return self.compensation_factor(level) * network_charge
