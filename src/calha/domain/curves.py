"""Curves: what has been consumed up to each time, from a register or from a flow. Intervals are differences of a curve.

Between two readings a curve is straight for a register, and the integral of a straight flow for a flow. Because an interval is
the curve at its end less the curve at its begin, intervals add up to the whole however time is cut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.register_breaks import Flags, Floats, Ints, Qualities, Readings
from calha.domain.register_steps import Steps
from calha.domain.registers import TICKS
from calha.domain.times import HOUR_US


@dataclass(frozen=True, slots=True)
class Curve:
    """at: times, ascending. ticks: consumed up to each. quality: of the step that ends there. is_hole: whether that step is so
    long that nothing is known of its course. is_bridged: whether what a hole consumed is known even so.
    """

    at: Ints
    ticks: Ints
    quality: Qualities
    is_hole: Flags
    is_bridged: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is no step, so that nothing is known of any consumption."""
        return len(self.at) < 2

    def upto(self, times: Ints) -> Ints:
        """Ticks consumed up to each time; constant before the first reading and after the last."""
        clipped = np.clip(times, self.at[0], self.at[-1])
        after = self._step_at(clipped)
        begin, length = self.at[after - 1], self.at[after] - self.at[after - 1]
        share = (clipped - begin) / np.maximum(length, 1)
        grown = np.rint((self.ticks[after] - self.ticks[after - 1]) * share)
        upto: Ints = self.ticks[after - 1] + grown.astype(np.int64)
        return upto

    def observed(self, times: Ints) -> Floats:
        """µs up to each time of whose course something is known."""
        lengths = np.append(0, np.where(self.is_hole[1:], 0, np.diff(self.at)))
        known: Floats = np.interp(times, self.at, np.cumsum(lengths).astype(np.float64))
        return known

    def is_inside_hole(self, times: Ints) -> Flags:
        after = self._step_at(times)
        inside: Flags = self.is_hole[after] & (times > self.at[after - 1]) & (times < self.at[after])
        return inside

    def worst_quality(self, begins: Ints, ends: Ints) -> Qualities:
        """Of the steps that overlap each [begin, end); the times must lie within the curve."""
        first = self._step_at(begins)
        beyond = np.clip(np.searchsorted(self.at, ends, side="left"), first, len(self.at) - 1) + 1
        padded = np.append(self.quality, np.uint8(0))  # an end may stand behind the last step
        return np.maximum.reduceat(padded, np.column_stack([first, beyond]).ravel())[::2]

    def _step_at(self, times: Ints) -> NDArray[np.intp]:
        """Places of the steps in which times lie; the later one of two that meet there."""
        return np.clip(np.searchsorted(self.at, times, side="right"), 1, len(self.at) - 1)


def register_curve(judged: Steps, longest_step_us: Micros) -> Curve:
    """Of a register; a step longer than `longest_step_us` is a hole, of which the total is known."""
    return Curve(judged.at, np.cumsum(judged.volume), judged.quality, _holes(judged.at, longest_step_us), True)


def flow_curve(flow: Readings, longest_step_us: Micros, per_hour: float = 1.0, times: Ints | None = None) -> Curve:
    """The integral of a flow by trapezoids; nothing is integrated over a step longer than `longest_step_us`.

    per_hour: what one unit of the flow gives in an hour. times: where the curve is to be exact besides its readings.
    """
    is_hole = _holes(flow.at, longest_step_us)
    if times is not None and len(flow):
        with_times = _with_times(flow, times)
        is_hole = is_hole[np.searchsorted(flow.at, with_times.at)]
        flow = with_times
    volume = (flow.value[1:] + flow.value[:-1]) / 2 * (np.diff(flow.at) / HOUR_US) * per_hour
    counted = np.append(0.0, np.where(is_hole[1:], 0.0, volume))[: len(flow)]
    quality = flow.quality.copy()
    quality[1:] = np.maximum(flow.quality[1:], flow.quality[:-1])
    return Curve(flow.at, np.rint(np.cumsum(counted) * TICKS).astype(np.int64), quality, is_hole, False)


def _with_times(flow: Readings, times: Ints) -> Readings:
    """The same flow with readings at the times that lie between its own."""
    inner = np.setdiff1d(times[(times > flow.at[0]) & (times < flow.at[-1])], flow.at)
    after = np.searchsorted(flow.at, inner)
    value = np.interp(inner, flow.at, flow.value)
    quality = np.maximum(flow.quality[after], flow.quality[after - 1])
    return Readings(
        np.insert(flow.at, after, inner), np.insert(flow.value, after, value), np.insert(flow.quality, after, quality)
    )


def _holes(at: Ints, longest_step_us: Micros) -> Flags:
    return np.append(False, np.diff(at) > longest_step_us)[: len(at)]
