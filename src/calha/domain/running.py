"""How long a machine ran, stood and failed, and how often it started, from the states that it reports.

A state holds until the next one is reported, at most for the time that is given; what lies beyond is unknown, and no start.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US


@dataclass(frozen=True, slots=True)
class Running:
    """Times in s. faults: how often one began. longest_run_s: without a stop."""

    running_s: float
    stopped_s: float
    fault_s: float
    unknown_s: float
    starts: int
    stops: int
    faults: int
    longest_run_s: float

    @property
    def known_s(self) -> float:
        return self.running_s + self.stopped_s + self.fault_s


def running_of(
    at: NDArray[np.int64],
    codes: NDArray[np.float64],
    window: tuple[Micros, Micros],
    running: Collection[int],
    faults: Collection[int],
    hold_us: Micros,
) -> Running:
    """at, codes: by time, also from before the window, in which the state at its begin was reported."""
    from_, until = window
    begins = np.clip(at, from_, until)
    ends = np.clip(np.minimum(np.append(at[1:], until), at + hold_us), from_, until)
    length_s = np.maximum(ends - begins, 0) / SECOND_US
    runs, fails = np.isin(codes, list(running)), np.isin(codes, list(faults))
    known = np.append(False, at[1:] - at[:-1] <= hold_us) if len(at) else np.zeros(0, bool)
    inside = known & (at >= from_) & (at < until)
    before_runs, before_fails = np.append(False, runs[:-1])[: len(at)], np.append(False, fails[:-1])[: len(at)]
    return Running(
        running_s=float(length_s[runs].sum()),
        stopped_s=float(length_s[~runs & ~fails].sum()),
        fault_s=float(length_s[fails].sum()),
        unknown_s=float((until - from_) / SECOND_US - length_s.sum()),
        starts=int((inside & runs & ~before_runs).sum()),
        stops=int((inside & ~runs & before_runs).sum()),
        faults=int((inside & fails & ~before_fails).sum()),
        longest_run_s=_longest(runs, known, length_s),
    )


def made(values: NDArray[np.float64]) -> float:
    """What a counter counted: its steps upwards; after a reset, what it counted since."""
    steps = np.diff(values)
    return float(np.where(steps >= 0, steps, values[1:]).sum())


def _longest(runs: NDArray[np.bool_], known: NDArray[np.bool_], length_s: NDArray[np.float64]) -> float:
    longest = current = 0.0
    for one_runs, is_known, seconds in zip(runs.tolist(), known.tolist(), length_s.tolist(), strict=True):
        current = (current if is_known else 0.0) + seconds if one_runs else 0.0
        longest = max(longest, current)
    return longest
