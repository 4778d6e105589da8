"""Flows of a water meter by its size (ISO 4064-1, OIML R 49): Q3 permanent, R = Q3/Q1, Q2 = 1.6 Q1, Q4 = 1.25 Q3."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class WaterMeterSize:
    """q3_m3_h: permanent flow. r: ratio of Q3 to Q1. q4_m3_h is the maximum flow of its `Register`."""

    q3_m3_h: Decimal
    r: Decimal

    @property
    def q1_m3_h(self) -> Decimal:
        return self.q3_m3_h / self.r

    @property
    def q2_m3_h(self) -> Decimal:
        return self.q1_m3_h * Decimal("1.6")

    @property
    def q4_m3_h(self) -> Decimal:
        return self.q3_m3_h * Decimal("1.25")
