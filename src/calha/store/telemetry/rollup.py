"""Aggregates of readings over time buckets. Pure array work; partial aggregates merge into coarser ones exactly.

Readings of bad quality and NaN are in no sum, minimum, maximum, first or last; they only lower the bucket's quality.
A bucket is named by its beginning and holds [begin, next begin).
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, to_datetime, to_micros

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEVELS: dict[str, int] = {"1m": MINUTE_US, "15m": 15 * MINUTE_US, "1h": HOUR_US, "1d": DAY_US}
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Partials:
    """Aggregates of one series, by time. at: begin of each bucket (or of the reading). total: sum of the values."""

    at: Ints
    count: Ints
    total: Floats
    minimum: Floats
    maximum: Floats
    first: Floats
    first_at: Ints
    last: Floats
    last_at: Ints
    quality: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of_readings(cls, at: Ints, value: Floats, quality: NDArray[np.uint8]) -> Self:
        """Each reading as an aggregate of one."""
        good = (quality < Quality.BAD) & ~np.isnan(value)
        counted = np.where(good, value, np.nan)
        total = np.where(good, value, 0.0)
        when = np.where(good, at, NO_TIME)
        return cls(at, good.astype(np.int64), total, counted, counted, counted, when, counted, when, quality)

    @classmethod
    def concatenate(cls, parts: "list[Partials]") -> "Partials":
        """Parts one after another, which must follow each other in time."""
        columns = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)}
        return cls(**columns)

    @classmethod
    def none(cls) -> "Partials":
        return cls.of_readings(np.array([], np.int64), np.array([]), np.array([], np.uint8))

    def beside(self, other: "Partials") -> "Partials":
        """Both together by time."""
        both = Partials.concatenate([self, other])
        order = np.argsort(both.at, kind="stable")
        return Partials(**{one.name: getattr(both, one.name)[order] for one in fields(self)})

    def merged(self, begins: Ints) -> "Partials":
        """Merged into the buckets that begin at `begins` (ascending; the first not after the first part)."""
        if not len(self):
            return self
        place = np.searchsorted(begins, self.at, side="right") - 1
        return self._reduced(begins[place])

    def merged_by(self, bucket_us: int) -> "Partials":
        """Merged into buckets of one length, aligned to UTC."""
        return self._reduced(self.at - self.at % bucket_us) if len(self) else self

    def _reduced(self, bucket: Ints) -> "Partials":
        starts = np.flatnonzero(np.concatenate([[True], bucket[1:] != bucket[:-1]]))
        ends = np.append(starts[1:], len(bucket)) - 1
        has = self.count > 0
        index = np.arange(len(bucket))
        first = np.minimum.reduceat(np.where(has, index, len(bucket)), starts)
        last = np.maximum.reduceat(np.where(has, index, -1), starts)
        empty = last < 0
        first, last = np.where(empty, starts, first), np.where(empty, ends, last)
        return Partials(
            bucket[starts],
            np.add.reduceat(self.count, starts),
            np.add.reduceat(self.total, starts),
            np.fmin.reduceat(self.minimum, starts),
            np.fmax.reduceat(self.maximum, starts),
            self.first[first],
            self.first_at[first],
            self.last[last],
            self.last_at[last],
            np.maximum.reduceat(self.quality, starts),
        )

    @property
    def mean(self) -> Floats:
        with np.errstate(invalid="ignore"):
            mean: Floats = np.where(self.count > 0, self.total / np.maximum(self.count, 1), np.nan)
        return mean


def days(from_: Micros, until: Micros, zone: ZoneInfo, each: int = 1) -> Ints:
    """Begins of the local days (every `each` days) that cover [from_, until), in µs UTC; days of 23 and 25 hours are real.

    A midnight that does not exist begins at the first instant after it.
    """
    day = to_datetime(from_).astimezone(zone).date()
    day -= timedelta(days=day.toordinal() % each)
    begins: list[int] = []
    while True:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        begin = to_micros(midnight.astimezone(UTC))
        if begin >= until:
            return np.array(begins or [begin], np.int64)
        begins.append(begin)
        day += timedelta(days=each)
