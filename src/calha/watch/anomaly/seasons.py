"""What the hour of the day and the hour of the week add to the level of a series, learnt hour by hour.

When an hour has ended, the mean of its departures enters the day's hour, and what the day's hour had not foretold enters
the hour of the week. Each is used only as far as it has foretold so far: its trust is the regression of what came on what
it had said, so a series without a season gets none. A holiday counts as a Sunday, and clocks that change move the hours
with them: the caller says which slot of the week an hour is (`hours.local_hours`).
"""

import numpy as np
from numpy.typing import NDArray

from calha.watch.anomaly.reckoning import Floats, widened

HOURS_A_DAY, HOURS_A_WEEK = 24, 168
VISITS = 7  # days, or weeks, over which an hour is a mean
VISITS_TO_USE_A_WEEK = 3
HABIT = 200.0  # hours over which trust is learnt
NO_HOUR = np.iinfo(np.int64).min

Rows = NDArray[np.intp]


class Hours:
    """The slots of a day or of a week: mean departure in each, how often it was visited, and how far it is to be trusted."""

    def __init__(self, slots: int, size: int) -> None:
        self.mean = np.zeros((slots, size), np.float32)
        self.visits = np.zeros((slots, size), np.uint8)
        self.together = np.zeros(size)  # mean of what came times what was foretold
        self.own = np.zeros(size)  # mean square of what was foretold
        self.told = np.zeros(size)  # hours of which something was foretold

    def close(self, slot: Rows, rows: Rows, came: Floats) -> Floats:
        """Learn what came in an hour; gives what had not been foretold of it."""
        mean, visits = self.mean[slot, rows].astype(np.float64), self.visits[slot, rows]
        told = self.told[rows] + (visits > 0)
        rate = np.where(visits > 0, np.maximum(1.0 / np.maximum(told, 1.0), 1.0 / HABIT), 0.0)
        self.together[rows] += rate * (came * mean - self.together[rows])
        self.own[rows] += rate * (mean * mean - self.own[rows])
        self.told[rows] = told
        rest = came - self.trust(rows) * mean
        self.visits[slot, rows] = np.minimum(visits + 1, VISITS)
        self.mean[slot, rows] = mean + (came - mean) / self.visits[slot, rows]
        return rest

    def trust(self, rows: Rows) -> Floats:
        """0 where nothing was foretold, or not rightly; at most 1."""
        own = self.own[rows]
        share = self.together[rows] / np.where(own > 0.0, own, np.inf)
        return np.clip(share, 0.0, 1.0)

    def foretell(self, slot: Rows, rows: Rows, from_visits: int) -> Floats:
        is_known = self.visits[slot, rows] >= from_visits
        return np.where(is_known, self.trust(rows) * self.mean[slot, rows], 0.0)

    def resize(self, size: int) -> None:
        self.mean, self.visits = widened(self.mean, size), widened(self.visits, size)
        self.together, self.own, self.told = (widened(one, size) for one in (self.together, self.own, self.told))


class Seasons:
    """Of many series, a row each. hour: the local hour in which each was last seen. slot: which one of the week that is."""

    def __init__(self, size: int) -> None:
        self.day = Hours(HOURS_A_DAY, size)
        self.week = Hours(HOURS_A_WEEK, size)
        self.hour = np.full(size, NO_HOUR)
        self.slot = np.zeros(size, np.int16)

    def turn(self, rows: Rows, hour: NDArray[np.int64], slot: NDArray[np.int16], came: Floats) -> Floats:
        """End the hour that each row was in, with its mean departure `came`, and begin another: what that adds to the level."""
        has_ended = self.hour[rows] != NO_HOUR
        ended, of_week = rows[has_ended], self.slot[rows[has_ended]].astype(np.intp)
        rest = self.day.close(of_week % HOURS_A_DAY, ended, came[has_ended])
        self.week.close(of_week, ended, rest)
        self.hour[rows], self.slot[rows] = hour, slot
        return self.foretell(slot.astype(np.intp), rows)

    def foretell(self, slot: Rows, rows: Rows) -> Floats:
        """What an hour of the week adds to the level of each."""
        return self.day.foretell(slot % HOURS_A_DAY, rows, 1) + self.week.foretell(slot, rows, VISITS_TO_USE_A_WEEK)

    def resize(self, size: int) -> None:
        self.day.resize(size)
        self.week.resize(size)
        self.hour = widened(self.hour, size, NO_HOUR)
        self.slot = widened(self.slot, size)
