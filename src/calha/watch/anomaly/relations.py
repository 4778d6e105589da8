"""How the channels of one device go together: each foretold from all of them a reading before and from what drives them now.

The coefficients are learnt by recursive least squares. What is left is measured by its own covariance (T²), and the mean
of that over some readings is compared with how it usually is: a broken relation, a new oscillation or a stuck valve shows
there while every channel by itself stays within its range.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.reckoning import Floats

MEMORY = 1_000.0
RATE = 0.12  # of the mean of T²
RIDGE = 10.0  # readings' worth of doubt with which coefficients begin
MOST = 50.0  # times its usual size that T² may count in its mean
FARTHEST = 25.0
OUTLIER = 25.0  # times the usual T² beyond which a residual is shortened before it enters the covariance
INVERT_EVERY = 5
ENOUGH = 60  # readings, or three for each channel, from which on the mean of T² tells something

_SMALLEST = 1e-12


@dataclass(slots=True)
class Relations:
    """Of a device whose first `judged` channels are foretold; the others drive them.

    mean, variance, counts: of every channel. inverse, weights: of the least squares. covariance, precision: of the
    residuals, of channels in units of their deviation. now: mean T² for each channel; usually, spread: its own mean and
    variance. readings, scored: how many were learnt, of coefficients and of `usually`. seen: readings of the device.
    latest: the channels as they are, in deviations. basis, residual,
    present: of the reading that was looked at last, none at the first.
    """

    judged: int
    mean: Floats
    variance: Floats
    counts: Floats
    inverse: Floats
    weights: Floats
    covariance: Floats
    precision: Floats
    latest: Floats
    basis: Floats
    residual: Floats
    present: NDArray[np.bool_]
    now: float = 1.0
    usually: float = 1.0
    spread: float = 1.0
    square: float = 0.0
    readings: int = 0
    scored: int = 0
    seen: int = 0

    @classmethod
    def begin(cls, judged: int, drivers: int) -> Self:
        terms, channels = 1 + judged + drivers, judged + drivers
        return cls(
            judged,
            mean=np.zeros(channels),
            variance=np.ones(channels),
            counts=np.zeros(channels),
            inverse=np.eye(terms) / RIDGE,
            weights=np.zeros((terms, judged)),
            covariance=np.eye(judged),
            precision=np.eye(judged),
            latest=np.zeros(channels),
            basis=np.zeros(terms),
            residual=np.zeros(judged),
            present=np.ones(judged, bool),
        )

    def look(self, values: Floats) -> float:
        """How much less than usual the channels go together, in deviations.

        values: NaN where missing, as a channel's first reading is. A judged one then counts as the others let expect, a
        driver as it was; what fewer channels tell moves the mean of T² less.
        """
        standard = np.where(self.counts > 0, (values - self.mean) / np.sqrt(self.variance), np.nan)
        is_missing = np.isnan(standard)
        drivers = np.where(is_missing, self.latest, standard)[self.judged :]
        self.basis = np.concatenate(([1.0], self.latest[: self.judged], drivers))
        told = self.basis @ self.weights
        self.present = ~is_missing[: self.judged]
        self.residual = self._whole(standard[: self.judged] - told)
        self.latest = np.concatenate((told + self.residual, drivers))
        self.seen += 1
        if self.seen == 1:
            return 0.0
        self.square = float(self.residual @ self.precision @ self.residual)
        known = float(self.present.sum())
        if known:
            self.now += RATE * known / self.judged * (min(self.square / known, MOST) - self.now)
        return min((self.now - self.usually) / math.sqrt(self.spread), FARTHEST)

    def _whole(self, residual: Floats) -> Floats:
        """What is left of every channel; of a missing one, what the others let expect, which leaves their T² as it is."""
        present, missing = np.flatnonzero(self.present), np.flatnonzero(~self.present)
        if not len(missing):
            return residual
        found = np.zeros(len(residual))
        found[present] = residual[present]
        if len(present):
            known = self._doubted()[np.ix_(present, present)]
            toward = np.linalg.solve(known, residual[present])
            found[missing] = self.covariance[np.ix_(missing, present)] @ toward
        return found

    def _doubted(self) -> Floats:
        """The covariance with a little doubt, so that it can be inverted."""
        return self.covariance + np.diag(1e-3 * np.diag(self.covariance) + 1e-9)

    def foretold(self, channel: int) -> tuple[float, float]:
        """What one channel was foretold to be, and how far off that usually is, in its unit."""
        deviation = float(self.variance[channel]) ** 0.5
        told = float(self.basis @ self.weights[:, channel]) * deviation + float(self.mean[channel])
        return told, deviation * float(self.covariance[channel, channel]) ** 0.5

    def least_as_foretold(self) -> int:
        """The channel that is farthest from what was foretold."""
        return int(np.argmax(np.abs(self.residual) / np.sqrt(np.diag(self.covariance) + _SMALLEST)))

    def learn(self, values: Floats, pace: float, *, is_usual: bool) -> None:
        """Take what was looked at as usual. is_usual: whether the relation was; else only the channels' means are learnt."""
        if self.seen > 1 and is_usual:
            self._learn_relation(pace)
        is_there = ~np.isnan(values)
        self.counts = self.counts + is_there
        rate = np.where(is_there, pace / np.clip(self.counts, 1.0, MEMORY), 0.0)
        off = np.where(is_there, values - self.mean, 0.0)
        self.mean = self.mean + np.where(self.counts > 1, rate, is_there) * off
        spread = np.maximum(self.variance + rate * (off * off - self.variance), _SMALLEST)
        self.variance = np.where(self.counts > 1, spread, self.variance)

    def _learn_relation(self, pace: float) -> None:
        self.readings += 1
        toward = self.inverse @ self.basis
        gain = toward / (1.0 / pace + float(self.basis @ toward))
        self.weights = self.weights + np.outer(gain, np.where(self.present, self.residual, 0.0))
        self.inverse = self.inverse - np.outer(gain, toward)
        shorter = self.residual * min(1.0, (OUTLIER * self.judged / max(self.square, _SMALLEST)) ** 0.5)
        rate = pace / min(MEMORY, self.readings + 10.0)
        rates = rate * np.outer(self.present, self.present)
        self.covariance = self.covariance + rates * (np.outer(shorter, shorter) - self.covariance)
        if self.readings % INVERT_EVERY == 0:
            self.precision = np.asarray(np.linalg.inv(self._doubted()), np.float64)
        if self.readings > max(ENOUGH, 3 * self.judged):
            self._learn_usual(pace)

    def _learn_usual(self, pace: float) -> None:
        self.scored += 1
        rate = pace / min(MEMORY, self.scored)
        off, limit = self.now - self.usually, 4.0 * self.spread**0.5
        if self.scored > ENOUGH / 2:
            off = min(max(off, -limit), limit)
        self.usually += rate * off
        self.spread += rate * (off * off - self.spread)
