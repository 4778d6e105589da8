"""What can be said of the readings of a series in a time: extremes, mean, percentiles, and how good they are. Pure.

Bad readings and those without a value are only counted. Of a very long time only hours or days may be at hand: then the
extremes, the mean and the sum are as exact, and percentiles and shares of quality are not known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.quality import Quality
from calha.domain.readings import Micros

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PERCENTILES = (5, 50, 95)


@dataclass(frozen=True, slots=True)
class Extreme:
    """When a series was lowest or highest. Of buckets: when the bucket begins."""

    at: Micros
    value: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all readings, from 0 to 1. estimated: also substituted values; uncertain: all other doubt."""

    good: float
    estimated: float
    uncertain: float
    bad: float


@dataclass(frozen=True, slots=True)
class SeriesStatistics:
    """count: of readings with a value that may be used. percentiles: in the order of PERCENTILES."""

    count: int
    minimum: Extreme | None
    maximum: Extreme | None
    mean: float | None
    total: float | None
    first: float | None
    last: float | None
    percentiles: tuple[float, ...] | None = None
    shares: Shares | None = None


NOTHING = SeriesStatistics(0, None, None, None, None, None, None)


def of_readings(at: Ints, value: Floats, quality: NDArray[np.uint8]) -> SeriesStatistics:
    """Of all readings, by time."""
    is_usable = (quality < Quality.BAD) & np.isfinite(value)
    times, values = at[is_usable], value[is_usable]
    if not len(values):
        return (
            NOTHING if not len(at) else SeriesStatistics(0, None, None, None, None, None, None, None, _shares(quality))
        )
    low, high = int(values.argmin()), int(values.argmax())
    return SeriesStatistics(
        len(values),
        Extreme(int(times[low]), float(values[low])),
        Extreme(int(times[high]), float(values[high])),
        float(values.mean()),
        float(values.sum()),
        float(values[0]),
        float(values[-1]),
        tuple(float(one) for one in np.percentile(values, PERCENTILES)),
        _shares(quality),
    )


def of_buckets(
    at: Ints, count: Ints, total: Floats, minimum: Floats, maximum: Floats, first: Floats, last: Floats
) -> SeriesStatistics:
    """Of aggregates, by time."""
    has = count > 0
    if not has.any():
        return NOTHING
    low, high = int(np.nanargmin(minimum)), int(np.nanargmax(maximum))
    readings, whole = int(count.sum()), float(total[has].sum())
    return SeriesStatistics(
        readings,
        Extreme(int(at[low]), float(minimum[low])),
        Extreme(int(at[high]), float(maximum[high])),
        whole / readings,
        whole,
        float(first[has][0]),
        float(last[has][-1]),
    )


def _shares(quality: NDArray[np.uint8]) -> Shares:
    estimated = (quality == Quality.ESTIMATED) | (quality == Quality.SUBSTITUTED)
    bad, good = quality >= Quality.BAD, quality < Quality.UNCERTAIN
    uncertain = ~(estimated | bad | good)
    return Shares(*(float(one.mean()) for one in (good, estimated, uncertain, bad)))
