"""What a question is answered with: points of a series, and the grid of buckets that they stand for."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.store.telemetry.rollup import LEVELS, Floats, Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """Points of one series, by time. resolution "raw": single readings, and the aggregates are None.

    Otherwise at is the begin of each bucket, value the mean, total the sum; NaN where a bucket has no good reading.
    bucket_us: length of a bucket, 0 for raw.
    """

    at: Ints
    value: Floats
    quality: NDArray[np.uint8]
    resolution: str = "raw"
    bucket_us: int = 0
    minimum: Floats | None = None
    maximum: Floats | None = None
    first: Floats | None = None
    last: Floats | None = None
    total: Floats | None = None
    count: Ints | None = None
    first_at: Ints | None = None
    last_at: Ints | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets to answer with: a multiple of a level, or days of a zone. `level` None: single readings."""

    level: str | None
    bucket_us: int = 0
    zone: ZoneInfo | None = None

    @property
    def label(self) -> str:
        if self.level is None:
            return "raw"
        for unit, length in (("d", DAY_US), ("h", HOUR_US)):
            if self.bucket_us % length == 0:
                return f"{self.bucket_us // length}{unit}"
        return f"{self.bucket_us // MINUTE_US}m"

    @property
    def rollup(self) -> str | None:
        """The level from which the buckets can be made."""
        if self.level != "1d":
            return self.level
        if self.zone is None:
            return "1h"
        return "15m"  # offsets of zones are multiples of 15 min


def grid_for(from_: Micros, until: Micros, points: int | None, resolution: str | None, zone: ZoneInfo | None) -> Grid:
    """The asked resolution, or the coarsest buckets of which about `points` cover the span."""
    if resolution is not None:
        return Grid(None) if resolution == "raw" else Grid(resolution, LEVELS[resolution], zone)
    if points is None:
        return Grid(None)
    wanted_us = (until - from_) / points
    if wanted_us < MINUTE_US:
        return Grid(None)
    level = max((name for name, length in LEVELS.items() if length <= wanted_us), key=LEVELS.__getitem__)
    return Grid(level, int(-(-wanted_us // LEVELS[level])) * LEVELS[level], zone)


def of_whole_hours(grid: Grid) -> Grid:
    """The same buckets, or the next longer ones that hours can fill."""
    if grid.level in ("1h", "1d"):
        return grid
    return Grid("1h", max(1, -(-grid.bucket_us // HOUR_US)) * HOUR_US, grid.zone)
