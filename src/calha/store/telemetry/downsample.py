"""Fewer points with the same extremes, so that a spike never disappears from a chart."""

import numpy as np
from numpy.typing import NDArray


def extremes(at: NDArray[np.int64], value: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Indices of about `points` of the points: of each equal span of time the lowest and the highest, first and last.

    Points without a value are kept where nothing else is in their span, so that a failed sensor stays visible.
    """
    if len(at) <= points:
        return np.arange(len(at))
    spans = max(1, points // 2 - 1)
    place = ((at - at[0]) * spans // (at[-1] - at[0] + 1)).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(at))))
    missing = np.isnan(value)
    lowest = _first_where(np.where(missing, np.inf, value), np.fmin, starts, group)
    highest = _first_where(np.where(missing, -np.inf, value), np.fmax, starts, group)
    return np.unique(np.concatenate([[0], lowest, highest, [len(at) - 1]]))


def _first_where(
    value: NDArray[np.float64], extreme: np.ufunc, starts: NDArray[np.intp], group: NDArray[np.intp]
) -> NDArray[np.intp]:
    wanted = extreme.reduceat(value, starts)
    hits = np.flatnonzero(value == wanted[group])
    _, first = np.unique(group[hits], return_index=True)
    return hits[first]
