"""Overall equipment effectiveness: availability × performance × quality, from times and counts.

Rule 1: OEE of several machines or shifts is never averaged; their times and counts are added (`Production.__add__`).
Rule 2: a performance above 1 means that the ideal cycle time is wrong; it is told, not cut.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Production:
    """planned_s: the time in which the machine was meant to run. ideal_s: what `total` pieces would take at best."""

    planned_s: float
    running_s: float
    ideal_s: float
    total: float
    good: float

    @classmethod
    def of(cls, planned_s: float, running_s: float, ideal_cycle_s: float, total: float, good: float) -> "Production":
        return cls(planned_s, running_s, ideal_cycle_s * total, total, good)

    def __add__(self, other: "Production") -> "Production":
        return Production(
            self.planned_s + other.planned_s,
            self.running_s + other.running_s,
            self.ideal_s + other.ideal_s,
            self.total + other.total,
            self.good + other.good,
        )

    @property
    def availability(self) -> float | None:
        return _share(self.running_s, self.planned_s)

    @property
    def performance(self) -> float | None:
        return _share(self.ideal_s, self.running_s)

    @property
    def quality(self) -> float | None:
        return _share(self.good, self.total)

    @property
    def oee(self) -> float | None:
        """None where nothing was planned, run or made."""
        if self.availability is None or self.performance is None or self.quality is None:
            return None
        return self.availability * self.performance * self.quality

    @property
    def has_wrong_ideal(self) -> bool:
        """Whether more was made than the ideal cycle time allows."""
        return self.performance is not None and self.performance > 1.0


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0.0 else None
