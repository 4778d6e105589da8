"""Channels of one device on a common grid of time: a row for each step in which any of them was read.

A value is the mean of a channel's readings in the step; NaN where there is none, or none that is good enough.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.store.telemetry import Columns
from calha.watch.anomaly.reckoning import Floats


def rows(
    series: Sequence[int], found: Mapping[int, Columns], from_at: Micros, step_us: Micros
) -> tuple[NDArray[np.int64], Floats]:
    """(ends of the steps, a row of values each) of raw readings from `from_at` on, the series in the order that is given."""
    places, means = [], []
    for one in series:
        place, mean = _means(found[one], from_at, step_us)
        places.append(place)
        means.append(mean)
    steps = np.unique(np.concatenate(places)) if places else np.zeros(0, np.int64)
    values = np.full((len(steps), len(series)), np.nan)
    for column, (place, mean) in enumerate(zip(places, means, strict=True)):
        values[np.searchsorted(steps, place), column] = mean
    return from_at + (steps + 1) * step_us, values


def _means(found: Columns, from_at: Micros, step_us: Micros) -> tuple[NDArray[np.int64], Floats]:
    good = (found.quality < Quality.BAD) & np.isfinite(found.value)
    steps, place = np.unique((found.at[good] - from_at) // step_us, return_inverse=True)
    total = np.bincount(place, found.value[good], len(steps))
    return steps, total / np.bincount(place, minlength=len(steps))
