"""What is expected of a series along its past: the level and the season that `usual` would have learnt before each reading.

Nothing is looked ahead, and nothing is said before WARM_UP readings. That it is what the detector learns is a test.
"""

from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.hours import local_hours
from calha.watch.anomaly.reckoning import Floats, One
from calha.watch.anomaly.seasons import Seasons
from calha.watch.anomaly.usual import SLOW, WARM_UP, departed

_ONLY = np.zeros(1, np.intp)


def expected(at: NDArray[np.int64], value: Floats, zone: tzinfo) -> Floats:
    """Before each reading, in the order of their times; a value that is no number teaches nothing."""
    seasons, by, found = Seasons(1), One(), np.full(len(at), np.nan)
    hours, known = local_hours(at, zone), np.flatnonzero(np.isfinite(value))
    current = readings = level = spread = season = hour_sum = hour_count = 0.0
    columns = (known, value[known], hours.hour[known], hours.slot[known])
    for place, one, hour, slot in zip(*(column.tolist() for column in columns), strict=True):
        if hour != current or not readings:
            came = np.array([hour_sum / max(hour_count, 1.0)])
            season = float(seasons.turn(_ONLY, np.array([hour]), np.array([slot], np.int16), came)[0])
            current, hour_sum, hour_count = hour, 0.0, 0.0
        if readings >= WARM_UP:
            found[place] = level + season
        readings += 1.0
        level, departure = departed(one, readings, level, spread, by)
        rate = max(1.0 / readings, 1.0 / SLOW)
        level, spread = level + rate * departure, spread + rate * (abs(departure) - spread)
        hour_sum, hour_count = hour_sum + departure, hour_count + 1.0
    return found
