"""Watches many series, each by itself: what `usual` sees of a reading becomes a score, and scores become events.

The score of a reading is its excess against what the series may show: 0 for as usual, 0.5 where an anomaly begins, towards
1 beyond. How much a series may show of each kind adapts to what people say of its anomalies (`answer`).

Rule 1: the readings of a series are taken in the order of their times; one that is not newer than the last is left out.
Rule 2: nothing is scored before WARM_UP readings.
Rule 3: the outcome depends neither on how readings are cut into batches nor on the other series in them.
"""

from dataclasses import dataclass, field
from functools import reduce
from math import isfinite
from operator import add
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.events import ALARMING, KINDS, Event, Grouping, Kind, sight
from calha.watch.anomaly.hours import LocalHours
from calha.watch.anomaly.keeping import Columns, Unreadable
from calha.watch.anomaly.learnt import Learnt
from calha.watch.anomaly.reckoning import Floats, Many, One
from calha.watch.anomaly.seasons import Rows
from calha.watch.anomaly.usual import SLOW, WARM_UP, Look, Usual, folded, look, unfolded

LIMIT = 0.28  # widths beyond all ranges together at which an anomaly begins
FEW = 8  # up to so many series, one after the other is quicker than side by side

_ONLY = np.zeros(1, np.intp)
_KIND_OF = [list(Kind).index(kind) for kind in KINDS]
_KINDS_OF = np.array(_KIND_OF)


@dataclass(slots=True)
class Findings:
    """score: of each reading, in the order in which they came; 0 for one left out. began, ended: events."""

    score: Floats
    taken: NDArray[np.bool_]
    began: list[Event] = field(default_factory=list)
    ended: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Readings:
    at: NDArray[np.int64]
    value: Floats
    hours: LocalHours


class SeriesWatch:
    """learnt, events: to go on from."""

    def __init__(self, learnt: Learnt | None = None, events: Grouping | None = None) -> None:
        self.learnt = learnt if learnt is not None else Learnt()
        self.events = events if events is not None else Grouping()

    def update(self, at: NDArray[np.int64], value: Floats, series: NDArray[np.integer], hours: LocalHours) -> Findings:
        """Take readings in any order; a value that is no number is left out. Raises TooManySeries."""
        found = Findings(np.zeros(len(at)), np.zeros(len(at), bool))
        readings = _Readings(at, value, hours)
        if len(at) == 1:
            self._single(int(series[0]), readings, found)
            return found
        rows = self.learnt.rows_of(series)
        order = self._in_order(rows, at, value)
        found.taken[order] = True
        distinct, begins, counts = np.unique(rows[order], return_index=True, return_counts=True)
        turn = 0
        while len(going := np.flatnonzero(counts > turn)) > FEW:
            self._side_by_side(distinct[going], order[begins[going] + turn], readings, found)
            turn += 1
        for place in np.flatnonzero(counts > turn).tolist():
            rest = order[begins[place] + turn : begins[place] + counts[place]]
            self._one_after_the_other(int(distinct[place]), rest, readings, found)
        return found

    def may(self, series: int, kind: Kind) -> float:
        """How much of a kind a series may show without an anomaly, in limits; `answers` tells how much."""
        row = self.learnt.row_of(series)
        return float(self.learnt.may[list(Kind).index(kind), row]) if row is not None else 1.0

    def allow(self, series: int, kind: Kind, may: float) -> None:
        """Let a series show that much of a kind. Raises TooManySeries."""
        row = self.learnt.row_for(series)
        self.learnt.may[list(Kind).index(kind), row] = may

    def to_columns(self) -> Columns:
        """All that was learnt, and the events that last."""
        return self.learnt.columns() | self.events.columns()

    @classmethod
    def of_columns(cls, columns: Columns) -> Self:
        """Goes on exactly where `to_columns` was. Raises Unreadable."""
        try:
            return cls(Learnt.of_columns(columns), Grouping.of_columns(columns))
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise Unreadable(f"what was learnt does not fit together: {error}") from error

    def _single(self, series: int, readings: _Readings, found: Findings) -> None:
        """One reading of one series, without what sorting costs."""
        row = self.learnt.row_for(series)
        if isfinite(readings.value[0]) and readings.at[0] > self.learnt.at[row]:
            found.taken[0] = True
            self._one_after_the_other(row, _ONLY, readings, found)

    def _in_order(self, rows: Rows, at: NDArray[np.int64], value: Floats) -> Rows:
        """Places of the readings to take, by series and time."""
        order = np.lexsort((at, rows))
        order = order[np.isfinite(value[order]) & (at[order] > self.learnt.at[rows[order]])]
        is_newer = np.ones(len(order), bool)
        is_newer[1:] = (np.diff(rows[order]) != 0) | (np.diff(at[order]) > 0)
        return order[is_newer]

    def _side_by_side(self, rows: Rows, places: Rows, readings: _Readings, found: Findings) -> None:
        """A reading of each of many series."""
        learnt, hour = self.learnt, readings.hours.hour[places]
        turned = np.flatnonzero(hour != learnt.seasons.hour[rows])
        if len(turned):
            learnt.turn(rows[turned], hour[turned], readings.hours.slot[places[turned]])
        usual = learnt.of(rows)
        seen, after = look(readings.value[places], usual, Many())
        learnt.at[rows] = readings.at[places]
        learnt.keep(rows, after)
        score = self._scores(rows, seen, usual.readings)
        found.score[places] = score
        for place in np.flatnonzero(score >= ALARMING).tolist():
            at, value = int(readings.at[places[place]]), float(score[place])
            self._add(int(rows[place]), at, value, _one(seen, usual, place), found)
        for row in rows[(score < ALARMING) & learnt.is_in_event[rows]].tolist():
            self._pass_by(row, found)

    def _one_after_the_other(self, row: int, places: Rows, readings: _Readings, found: Findings) -> None:
        """Some readings of one series."""
        learnt, only = self.learnt, np.array([row])
        usual, current = learnt.of_one(row), int(learnt.seasons.hour[row])
        may, score = learnt.may[:, row].tolist(), []
        taken = (readings.at[places], readings.value[places], *(one[places] for one in readings.hours))
        for at, value, hour, slot in zip(*(column.tolist() for column in taken), strict=True):
            if hour != current:
                learnt.keep_one(row, usual)
                learnt.turn(only, np.array([hour]), np.array([slot], np.int16))
                usual, current = learnt.of_one(row), hour
            seen, after = look(value, usual, One())
            score.append(_score(seen.excess, may) if usual.readings >= WARM_UP else 0.0)
            if score[-1] >= ALARMING:
                self._add(row, at, score[-1], (seen, usual), found)
            elif learnt.is_in_event[row]:
                self._pass_by(row, found)
            usual = after
        learnt.at[row] = readings.at[places[-1]]
        learnt.keep_one(row, usual)
        found.score[places] = score

    def _scores(self, rows: Rows, seen: Look[Floats], readings: Floats) -> Floats:
        total = reduce(add, seen.excess)
        unusual = np.flatnonzero((total > 0.0) & (readings >= WARM_UP))
        score = np.zeros(len(rows))
        leading = np.argmax(np.stack([excess[unusual] for excess in seen.excess]), axis=0)
        may = self.learnt.may[_KINDS_OF[leading], rows[unusual]]
        score[unusual] = total[unusual] / (total[unusual] + LIMIT * may)
        return score

    def _add(self, row: int, at: int, score: float, seen: tuple[Look[float], Usual[float]], found: Findings) -> None:
        confidence = min(1.0, seen[1].readings / SLOW)
        began = self.events.add(int(self.learnt.ids[row]), sight(at, score, *seen, confidence))
        if began is not None:
            found.began.append(began)
            self.learnt.is_in_event[row] = True

    def _pass_by(self, row: int, found: Findings) -> None:
        ended = self.events.pass_by(int(self.learnt.ids[row]))
        if ended is not None:
            found.ended.append(ended)
            self.learnt.is_in_event[row] = False


def _score(excess: list[float], may: list[float]) -> float:
    total: float = reduce(add, excess)
    if total <= 0.0:
        return 0.0
    leading = max(range(len(excess)), key=excess.__getitem__)
    return total / (total + LIMIT * may[_KIND_OF[leading]])


def _one(seen: Look[Floats], usual: Usual[Floats], place: int) -> tuple[Look[float], Usual[float]]:
    """One of many."""
    views, excess = ([float(one[place]) for one in part] for part in seen)
    return Look(views, excess), unfolded([float(one[place]) for one in folded(usual)])
