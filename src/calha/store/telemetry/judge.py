"""What becomes of readings that reach the store: stored, late, corrected or duplicate. Pure array work.

Rule 1: a reading is known by series and event time. The same value and quality again is a duplicate; another replaces it.
Rule 2: of several in one batch the last to arrive wins, as if each had come alone.
Rule 3: late is a new reading older than the newest that its series had when it arrived.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Batch
from calha.domain.written import CORRECTED, DUPLICATE, LATE, STORED
from calha.store.telemetry.latest import Latest

Rows = NDArray[np.intp]


@dataclass(slots=True)
class Grouped:
    """A batch seen as groups of the same series and time.

    order: row numbers sorted by series, time, arrival. first, last: positions in `order` where each group begins and ends.
    """

    batch: Batch
    order: Rows
    first: Rows
    last: Rows

    @property
    def first_rows(self) -> Rows:
        return self.order[self.first]

    @property
    def last_rows(self) -> Rows:
        return self.order[self.last]


@dataclass(slots=True)
class Stored:
    """What the store has for some groups: `group` numbers, and the value and quality there."""

    group: Rows
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]


@dataclass(slots=True)
class Judgement:
    """outcome: by row of the batch. insert: rows to write. replace: those of them that replace a stored reading."""

    outcome: NDArray[np.uint8]
    insert: Rows
    replace: Rows


def group(batch: Batch) -> Grouped:
    order = np.lexsort((batch.at, batch.series))  # stable: equal keys stay in the order of arrival
    series, at = batch.series[order], batch.at[order]
    starts = np.ones(len(order), bool)
    starts[1:] = (series[1:] != series[:-1]) | (at[1:] != at[:-1])
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(order)) - 1 if len(order) else first
    return Grouped(batch, order, first, last)


def doubtful(grouped: Grouped, latest: Latest) -> Rows:
    """Numbers of the groups that the store may already have: not newer than the newest of their series."""
    rows = grouped.first_rows
    return np.flatnonzero(grouped.batch.at[rows] <= latest.at[grouped.batch.series[rows]])


def judge(grouped: Grouped, stored: Stored, latest: Latest) -> Judgement:
    batch = grouped.batch
    outcome = np.where(_is_newest_on_arrival(batch, latest), STORED, LATE).astype(np.uint8)
    rows = grouped.first_rows[stored.group]
    same = _same(batch.value[rows], batch.quality[rows], stored.value, stored.quality)
    outcome[rows] = np.where(same, DUPLICATE, CORRECTED)
    repeated = np.ones(len(grouped.order), bool)
    repeated[grouped.first] = False
    later = np.flatnonzero(repeated)
    now, before = grouped.order[later], grouped.order[later - 1]
    same = _same(batch.value[now], batch.quality[now], batch.value[before], batch.quality[before])
    outcome[now] = np.where(same, DUPLICATE, CORRECTED)
    is_changed = np.logical_or.reduceat(outcome[grouped.order] != DUPLICATE, grouped.first) if len(batch) else repeated
    is_known = np.zeros(len(grouped.first), bool)
    is_known[stored.group] = True
    return Judgement(outcome, grouped.last_rows[is_changed], grouped.last_rows[is_changed & is_known])


def _same(
    value: NDArray[np.float64], quality: NDArray[np.uint8], other: NDArray[np.float64], other_quality: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = ((value == other) | (np.isnan(value) & np.isnan(other))) & (quality == other_quality)
    return equal


def _is_newest_on_arrival(batch: Batch, latest: Latest) -> NDArray[np.bool_]:
    newer: NDArray[np.bool_] = batch.at > latest.at[batch.series]
    by_arrival = np.argsort(batch.series, kind="stable")
    series, at = batch.series[by_arrival], batch.at[by_arrival]
    if not ((series[1:] == series[:-1]) & (at[1:] < at[:-1])).any():
        return newer
    _, rank = np.unique(at, return_inverse=True)
    _, place = np.unique(series, return_inverse=True)
    key = place.astype(np.int64) * (len(at) + 1) + rank  # a running maximum that starts over with each series
    highest_before = np.empty_like(key)
    highest_before[0] = -1
    highest_before[1:] = np.maximum.accumulate(key)[:-1]
    newest = np.empty(len(at), bool)
    newest[by_arrival] = key > highest_before
    return newer & newest
