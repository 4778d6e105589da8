"""How hard a machine shakes: zones of ISO 10816-1 (Annex B) by vibration velocity, in mm/s RMS from 10 to 1,000 Hz.

A: as new. B: fit for long-term running. C: for a limited time, plan the repair. D: damage. A boundary belongs to the milder
zone. Boundaries of later parts (10816-3, 20816-3) come with the standard that the customer owns and are given as they are.
The zone of a machine is that of the worst of its directions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Zone = Literal["A", "B", "C", "D"]
MachineClass = Literal["I", "II", "III", "IV"]
Trend = Literal["steady", "look", "alarm"]

LOOK_OVER, ALARM_OVER = 0.25, 0.50  # over the baseline
STANDARD_GRAVITY = 9.80665
MM_AN_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Upper limits of zones A, B and C in mm/s."""

    a: float
    b: float
    c: float

    def zone(self, velocity_mm_s: float) -> Zone:
        if velocity_mm_s <= self.a:
            return "A"
        if velocity_mm_s <= self.b:
            return "B"
        return "C" if velocity_mm_s <= self.c else "D"


BY_CLASS: dict[MachineClass, Boundaries] = {
    "I": Boundaries(0.71, 1.8, 4.5),  # small, up to 15 kW
    "II": Boundaries(1.12, 2.8, 7.1),  # medium, up to 75 kW
    "III": Boundaries(1.8, 4.5, 11.2),  # large, rigid foundation
    "IV": Boundaries(2.8, 7.1, 18.0),  # large, soft foundation
}


def worst_zone(directions_mm_s: Sequence[float], boundaries: Boundaries) -> Zone:
    """Zone of a machine measured in several directions."""
    return boundaries.zone(max(directions_mm_s))


def trend(velocity_mm_s: float, baseline_mm_s: float) -> Trend:
    """How far a machine has moved from its own baseline."""
    over = velocity_mm_s / baseline_mm_s - 1.0
    return "alarm" if over > ALARM_OVER else "look" if over > LOOK_OVER else "steady"


def velocity_mm_s(acceleration_rms_m_s2: float, frequency_hz: float) -> float:
    """Of a vibration at one frequency."""
    return acceleration_rms_m_s2 * 1_000.0 / (2.0 * math.pi * frequency_hz)


def rms_of_peak(peak: float) -> float:
    """Of a sine."""
    return peak / math.sqrt(2.0)


def acceleration_of_g(g: float) -> float:
    return g * STANDARD_GRAVITY
