"""Watches a water district for leaks: whether its pressures and branch flows still fit its inflow.

Demand moves inflow, flows and pressures together, along a curve that is learnt (a cubic in the inflow, by recursive least
squares). A leak takes water at one place, so that some sensors leave the curve and stay off it. What each is off, in its
usual deviations, is averaged over a day; the distance of these means from nought, measured by how they usually vary
together, is the district's score.

Rule 1: time counts, not readings. Nothing is judged in the first LEARNING_S.
Rule 2: learning is cautious: only while the distance is below DOUBT, or a slow leak would teach itself to be usual.
Rule 3: a leak begins at LIMIT and ends when the distance has stayed below BACK of it for a day. One that lasts LONGEST_S
(somebody has opened a valve for good) has become usual.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.watch.anomaly.events import Event, Grouping, Kind, Sight
from calha.watch.anomaly.joint import JointFindings
from calha.watch.anomaly.keeping import Columns, Unreadable
from calha.watch.anomaly.reckoning import Floats

DAY_S = 86_400.0
SCALE_S = 7 * DAY_S  # in which the range of the inflow is learnt
LEARNING_S = 30 * DAY_S
MEMORY_S = 200 * DAY_S
LONGEST_S = 70 * DAY_S
LIMIT = 3.5
DOUBT = 1.9
BACK = 0.5
DEGREE = 3
LOUDEST = 8.0  # deviations that a reading may count in the day's mean
OUTLIER = 5.0  # deviations beyond which a reading teaches nothing more
ALONE = 0.2  # share of the sensors' own variance, against taking what few days show for how sensors vary together
SETTLED_S = DAY_S  # until the coefficients are good enough for what is left to tell something
VARY_AFTER_S = 3 * DAY_S
ENOUGH_S = 2 * DAY_S  # of the day's means
INVERT_EVERY_S = DAY_S / 4
DOUBTFUL = 100.0  # with which the coefficients begin
SMALLEST = 1e-9


@dataclass(slots=True)
class _Learnt:
    """Times in seconds: learnt_s, of learning; varied_s, of learning how the day's means vary; since_inverse_s.

    inflow_mean, inflow_square: of the first week. inverse, weights: of the least squares. variance: of each sensor's
    residual. off: the day's mean of each, in deviations. together, precision: how these vary.
    """

    inverse: Floats
    weights: Floats
    variance: Floats
    off: Floats
    together: Floats
    precision: Floats
    began_at: int = 0
    last_at: int = np.iinfo(np.int64).min
    inflow_mean: float = 0.0
    inflow_square: float = 0.0
    scaled: int = 0
    learnt_s: float = 0.0
    varied_s: float = 0.0
    since_inverse_s: float = 0.0
    below_s: float = 0.0
    may: float = 1.0
    unusual_at: int = 0

    @classmethod
    def begin(cls, sensors: int) -> Self:
        terms, zeros = DEGREE + 1, np.zeros(sensors)
        square = np.zeros((sensors, sensors))
        return cls(np.eye(terms) * DOUBTFUL, np.zeros((terms, sensors)), np.ones(sensors), zeros, square, square.copy())


class DistrictWatch:
    """sensors: series of pressures and branch flows, in the order in which their values come."""

    def __init__(self, sensors: Sequence[int]) -> None:
        self.sensors = tuple(sensors)
        self._learnt = _Learnt.begin(len(self.sensors))
        self._event: Event | None = None

    def update(self, at: NDArray[np.int64], inflow: Floats, values: Floats) -> JointFindings:
        """Take readings in the order of their times: inflow, and a row of the sensors, NaN where one is missing.

        A row that is not newer than the one before, or without inflow, is left out.
        """
        found = JointFindings(np.zeros(len(at)), np.zeros(len(at), bool))
        for place, (moment, into, row) in enumerate(zip(at.tolist(), inflow.tolist(), values, strict=True)):
            if moment > self._learnt.last_at and np.isfinite(into):
                found.score[place] = self._take(moment, into, row, found)
            found.is_unusual[place] = self._event is not None
        return found

    @property
    def may(self) -> float:
        """How much may be shown without an anomaly, in limits; `answers` tells how much."""
        return self._learnt.may

    @may.setter
    def may(self, limits: float) -> None:
        self._learnt.may = limits

    @property
    def lasting(self) -> Event | None:
        return self._event

    def to_columns(self) -> Columns:
        """All that was learnt, and the leak that lasts."""
        columns = {one.name: np.array(getattr(self._learnt, one.name)) for one in fields(_Learnt)}
        lasting = Grouping.of_events([self._event] if self._event is not None else [])
        return columns | lasting.columns() | {"sensors": np.array(self.sensors)}

    @classmethod
    def of_columns(cls, columns: Columns) -> Self:
        """Goes on exactly where `to_columns` was. Raises Unreadable."""
        found = cls(columns["sensors"].tolist())
        for one in fields(_Learnt):
            kept = columns[one.name]
            if kept.shape != np.shape(getattr(found._learnt, one.name)):
                raise Unreadable(f"{one.name} is of another shape")
            setattr(found._learnt, one.name, kept if kept.ndim else kept.item())
        found._event = next(Grouping.of_columns(columns).opened(), None)
        return found

    def _take(self, at: Micros, inflow: float, row: Floats, found: JointFindings) -> float:
        learnt = self._learnt
        is_first, passed_s = learnt.scaled == 0, (at - learnt.last_at) / SECOND_US
        if is_first:
            learnt.began_at, passed_s = at, 0.0
        learnt.last_at = at
        age_s = (at - learnt.began_at) / SECOND_US
        if age_s < SCALE_S:
            self._learn_scale(inflow)
            return 0.0
        basis = self._basis(inflow)
        residual = np.nan_to_num(row - basis @ learnt.weights)
        self._average(residual, min(passed_s, DAY_S))
        distance = self._distance()
        if age_s >= LEARNING_S:
            self._follow(at, distance, passed_s, row, basis, found)
        if self._event is None and (age_s < LEARNING_S or distance < DOUBT):
            self._learn(basis, residual, np.isfinite(row), min(passed_s, DAY_S))
        return self._score(distance) if age_s >= LEARNING_S else 0.0

    def _learn_scale(self, inflow: float) -> None:
        learnt = self._learnt
        learnt.scaled += 1
        learnt.inflow_mean += (inflow - learnt.inflow_mean) / learnt.scaled
        learnt.inflow_square += (inflow * inflow - learnt.inflow_square) / learnt.scaled

    def _basis(self, inflow: float) -> Floats:
        learnt = self._learnt
        deviation = max(learnt.inflow_square - learnt.inflow_mean**2, 1e-12) ** 0.5
        powers: Floats = ((inflow - learnt.inflow_mean) / deviation) ** np.arange(DEGREE + 1.0)
        return powers

    def _average(self, residual: Floats, passed_s: float) -> None:
        """Let what the sensors are off into the day's means."""
        learnt = self._learnt
        off = np.clip(residual / np.sqrt(learnt.variance), -LOUDEST, LOUDEST)
        since_s = learnt.learnt_s + passed_s
        learnt.off = learnt.off + passed_s / max(min(DAY_S, since_s), 1.0) * (off - learnt.off)

    def _distance(self) -> float:
        learnt = self._learnt
        square = float(learnt.off @ learnt.precision @ learnt.off)
        return math.sqrt(max(square, 0.0) / len(self.sensors))

    def _learn(self, basis: Floats, residual: Floats, is_there: NDArray[np.bool_], passed_s: float) -> None:
        learnt = self._learnt
        learnt.learnt_s += passed_s
        toward = learnt.inverse @ basis
        gain = toward / (1.0 + float(basis @ toward))
        learnt.weights = learnt.weights + np.outer(gain, residual)
        learnt.inverse = learnt.inverse - np.outer(gain, toward)
        if learnt.learnt_s > SETTLED_S:
            rate = passed_s / min(MEMORY_S, learnt.learnt_s - SETTLED_S)
            most = OUTLIER * np.sqrt(learnt.variance) if learnt.learnt_s > VARY_AFTER_S else np.inf
            square = np.clip(residual, -most, most) ** 2
            more = np.where(is_there, rate * (square - learnt.variance), 0.0)
            learnt.variance = np.maximum(learnt.variance + more, SMALLEST)
        if learnt.learnt_s > VARY_AFTER_S:
            self._learn_variation(passed_s)

    def _learn_variation(self, passed_s: float) -> None:
        learnt = self._learnt
        learnt.varied_s += passed_s
        learnt.since_inverse_s += passed_s
        rate = passed_s / max(min(MEMORY_S, learnt.varied_s), 1.0)
        learnt.together = learnt.together + rate * (np.outer(learnt.off, learnt.off) - learnt.together)
        if learnt.since_inverse_s >= INVERT_EVERY_S and learnt.varied_s > ENOUGH_S:
            own = np.diag(np.diag(learnt.together))
            mixed = (1.0 - ALONE) * learnt.together + ALONE * own
            learnt.precision = np.asarray(np.linalg.inv(mixed + SMALLEST * np.eye(len(mixed))), np.float64)
            learnt.since_inverse_s = 0.0

    def _follow(
        self, at: Micros, distance: float, passed_s: float, row: Floats, basis: Floats, found: JointFindings
    ) -> None:
        """Begin a leak, go on with it, or end it."""
        learnt, limit = self._learnt, LIMIT * self._learnt.may
        if self._event is None:
            if distance > limit:
                seen = self._sight(at, distance, row, basis)
                self._event, learnt.below_s = Event(seen[0], at, None, 1, seen[1]), 0.0
                found.began.append(self._event)
            return
        if distance > limit:
            self._grow(at, distance, row, basis)
        learnt.below_s = learnt.below_s + passed_s if distance < BACK * limit else 0.0
        lasts_s = (at - self._event.started_at) / SECOND_US
        if learnt.below_s > DAY_S or lasts_s > LONGEST_S:
            found.ended.append(replace(self._event, ended_at=max(learnt.unusual_at, self._event.started_at)))
            self._event = None

    def _grow(self, at: Micros, distance: float, row: Floats, basis: Floats) -> None:
        assert self._event is not None
        self._learnt.unusual_at = at
        event = replace(self._event, readings=self._event.readings + 1)
        if self._score(distance) > event.peak.score:
            series, peak = self._sight(at, distance, row, basis)
            event = replace(event, series=series, peak=peak)
        self._event = event

    def _sight(self, at: Micros, distance: float, row: Floats, basis: Floats) -> tuple[int, Sight]:
        """The sensor that is off most, and what it shows: the day's mean against what the inflow lets expect."""
        learnt = self._learnt
        usual = np.sqrt(np.maximum(np.diag(learnt.together), SMALLEST))
        sensor = int(np.argmax(np.abs(learnt.off) / usual))
        unit = float(learnt.variance[sensor]) ** 0.5
        expected, limit = float(basis @ learnt.weights[:, sensor]), LIMIT * learnt.may * float(usual[sensor])
        return self.sensors[sensor], Sight(
            Kind.LEAK,
            at,
            value=float(row[sensor]),
            score=self._score(distance),
            confidence=min(1.0, learnt.learnt_s / MEMORY_S),
            seen=expected + unit * float(learnt.off[sensor]),
            low=expected - unit * limit,
            high=expected + unit * limit,
            expected=expected,
            over=0,
        )

    def _score(self, distance: float) -> float:
        return distance / (distance + LIMIT * self._learnt.may)
