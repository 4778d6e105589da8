"""How much of a time is missing, so that what a meter counted in it is not the whole or does not say when.

Of a register the total is known wherever it was read at both ends. Where it matters when something was used, and of a flow
always, a hole is missing as well. What a person entered for a hole is not missing any more.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.metering.counting import Counted, Span


def missing_share(found: Counted, *, by_time: bool) -> float:
    """Of the time that was counted, 0 to 1. by_time: whether it matters when something was used."""
    bounds, is_known = found.consumption.bounds, found.consumption.is_known
    holes = found.holes if by_time or found.meter.source == "flow" else ()
    if not holes and is_known.all():
        return 0.0
    unknown = [(int(bounds[place]), int(bounds[place + 1])) for place in np.flatnonzero(~is_known).tolist()]
    from_, until = int(bounds[0]), int(bounds[-1])
    missing, edited = (_clipped(spans, from_, until) for spans in ([*unknown, *holes], found.edits))
    edges = np.unique([from_, until, *(edge for span in (*missing, *edited) for edge in span)])
    is_missing = _covered(missing, edges) & ~_covered(edited, edges)
    return float(np.diff(edges)[is_missing].sum()) / (until - from_)


def _clipped(spans: Sequence[Span], from_: Micros, until: Micros) -> list[Span]:
    return [(max(begin, from_), min(end, until)) for begin, end in spans if begin < until and end > from_]


def _covered(spans: Sequence[Span], edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the time from each edge to the next is within one of the spans, which begin and end at edges."""
    depth = np.zeros(len(edges), np.int64)
    for begin, end in spans:
        depth[np.searchsorted(edges, begin)] += 1
        depth[np.searchsorted(edges, end)] -= 1
    covered: NDArray[np.bool_] = np.cumsum(depth)[:-1] > 0
    return covered
