"""Consumption: how much in each interval of a calendar, with its quality. What tariffs, reports and charts are made of.

Rule 1: the amount of an interval is the difference of a curve (`curves`), in whole ticks: any cut adds up to the same.
Rule 2: an interval is as good as the worst step that it overlaps. It is estimated where it begins or ends in a hole, of
        which only the total is known, and uncertain where a part of it is not known at all.
Rule 3: an interval of which nothing is known has no amount; none is not zero.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from calha.domain import units
from calha.domain.curves import Curve
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Flags, Floats, Ints, Qualities
from calha.domain.registers import A_TICK


@dataclass(frozen=True, slots=True)
class Interval:
    """Consumption in [from_at, until_at). amount: None where nothing is known. coverage: share of the time observed."""

    from_at: Micros
    until_at: Micros
    amount: Decimal | None
    unit: str
    quality: Quality
    coverage: float


@dataclass(frozen=True, slots=True)
class Consumption:
    """Intervals that follow each other, as columns. bounds: begins, and the last end. per_tick: how much one tick is.

    is_sure: whether good readings tell the amount, be it by dividing what was consumed between two of them far apart.
    """

    bounds: Ints
    ticks: Ints
    quality: Qualities
    coverage: Floats
    is_known: Flags
    is_sure: Flags
    unit: str
    per_tick: Decimal = A_TICK

    def __len__(self) -> int:
        return len(self.ticks)

    @classmethod
    def following(cls, parts: Sequence["Consumption"]) -> "Consumption":
        """Parts of one meter, each of which begins where the one before ends."""
        return replace(
            parts[0],
            bounds=np.concatenate([parts[0].bounds[:1], *(part.bounds[1:] for part in parts)]),
            ticks=np.concatenate([part.ticks for part in parts]),
            quality=np.concatenate([part.quality for part in parts]),
            coverage=np.concatenate([part.coverage for part in parts]),
            is_known=np.concatenate([part.is_known for part in parts]),
            is_sure=np.concatenate([part.is_sure for part in parts]),
        )

    def __iter__(self) -> Iterator[Interval]:
        for place in range(len(self)):
            yield self.interval(place)

    def interval(self, place: int) -> Interval:
        amount = self.per_tick * int(self.ticks[place]) if self.is_known[place] else None
        return Interval(
            int(self.bounds[place]),
            int(self.bounds[place + 1]),
            amount,
            self.unit,
            Quality(int(self.quality[place])),
            float(self.coverage[place]),
        )

    def amounts(self) -> Floats:
        """For charts and checks; NaN where nothing is known."""
        return np.where(self.is_known, self.ticks * float(self.per_tick), np.nan)

    def total(self) -> Interval:
        """All of it as one interval."""
        lengths = np.diff(self.bounds)
        whole = int(lengths.sum())
        worst = int(self.quality[self.is_known].max()) if self.is_known.any() else Quality.BAD
        return Interval(
            int(self.bounds[0]),
            int(self.bounds[-1]),
            self.per_tick * int(self.ticks[self.is_known].sum()) if self.is_known.any() else None,
            self.unit,
            Quality(worst),
            float((self.coverage * lengths).sum() / whole) if whole else 0.0,
        )

    def given_in(self, unit: str) -> "Consumption":
        """The same in another unit. Raises UnknownUnit, IncompatibleUnits."""
        if unit == self.unit:
            return self
        return replace(self, unit=unit, per_tick=self.per_tick * units.factor(self.unit, unit))


def consumption(curve: Curve, bounds: Ints, unit: str) -> Consumption:
    """What a curve says of the intervals between `bounds`."""
    begins, ends = bounds[:-1], bounds[1:]
    if curve.is_empty:
        return _unknown(bounds, unit)
    is_known = (ends > curve.at[0]) & (begins < curve.at[-1])
    inner_begins, inner_ends = (np.clip(edges, curve.at[0], curve.at[-1]) for edges in (begins, ends))
    quality = curve.worst_quality(inner_begins, inner_ends)
    coverage = np.diff(curve.observed(bounds)) / np.maximum(np.diff(bounds), 1)
    is_sure = is_known & (quality < Quality.UNCERTAIN) & (ends <= curve.at[-1])
    if curve.is_bridged:
        floor = np.where(curve.is_inside_hole(begins) | curve.is_inside_hole(ends), Quality.ESTIMATED, Quality.GOOD)
    else:
        missing = np.diff(curve.observed(bounds)) < inner_ends - inner_begins
        floor = np.where(missing, Quality.UNCERTAIN, Quality.GOOD)
        is_sure &= ~missing
    return Consumption(
        bounds,
        np.diff(curve.upto(bounds)),
        np.where(is_known, np.maximum(quality, floor), Quality.BAD).astype(np.uint8),
        coverage,
        is_known,
        is_sure,
        unit,
    )


def _unknown(bounds: Ints, unit: str) -> Consumption:
    count = len(bounds) - 1
    quality = np.full(count, Quality.BAD, np.uint8)
    none = np.zeros(count, bool)
    return Consumption(bounds, np.zeros(count, np.int64), quality, np.zeros(count), none, none, unit)
