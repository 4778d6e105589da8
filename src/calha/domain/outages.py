"""Power failures, as a meter or the plant tells them: a channel that is not 0 for as long as there is no power.

What stands still without power is no fault: a day of nothing, or without readings, that a failure explains is valid.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Floats, Ints

Outage = tuple[Micros, Micros]


def outages(at: Ints, value: Floats, quality: NDArray[np.uint8], until: Micros) -> list[Outage]:
    """From each reading that tells a failure to the one that tells its end; the last may go on until the end of the time."""
    known = quality < Quality.BAD
    times, has_failed = at[known], value[known] != 0
    changes = np.flatnonzero(np.diff(has_failed, prepend=False))
    edges = [*times[changes].tolist(), until]
    return [(edges[place], edges[place + 1]) for place in range(0, len(changes), 2)]


def touches(spans: Sequence[Outage], begins: Ints, ends: Ints) -> NDArray[np.bool_]:
    """Which of the intervals overlap one of the spans."""
    found = np.zeros(len(begins), np.bool_)
    for from_at, until in spans:
        found |= (begins < until) & (ends > from_at)
    return found
