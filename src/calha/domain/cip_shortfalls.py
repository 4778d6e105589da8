"""Where in a cleaning what its recipe demands did not hold: which signal, beyond which limit, when, and how far at worst.

Rule 1: this only says where; what counts and what the verdict is stands in `cip` alone, and is what seals are made of.
Rule 2: a value counts until the next one, and no longer than MAX_GAP_S, as it does for the effective time.
Rule 3: of a signal that swings about its limit the MAX_SPANS longest times are told; the sum is of all.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.cip import MAX_GAP_S, Phase, Recipe, StepLimits, is_known, matched
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

MAX_SPANS = 40

Signal = Literal["temperature", "conductivity", "flow"]
Bound = Literal["low", "high"]
Span = tuple[Micros, Micros]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A signal of a step beyond a limit. step_from: when the step began. worst: in the longest of the times. total_s: of all.

    A step begins cold: what it was then says less than what it fell to once it was warm.
    """

    step_from: Micros
    signal: Signal
    bound: Bound
    limit: float
    worst: float
    total_s: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in a step in which what it demands was not measured."""

    step_from: Micros
    from_: Micros
    until: Micros


def shortfalls(phases: Sequence[Phase], recipe: Recipe) -> tuple[Shortfall, ...]:
    """By step and signal, in the recipe's order."""
    return tuple(
        found
        for limits, phase in zip(recipe.steps, matched(phases, recipe.steps), strict=True)
        if phase is not None
        for found in _of_step(phase, limits)
    )


def gaps(phases: Sequence[Phase], recipe: Recipe) -> tuple[Gap, ...]:
    """Those longer than MAX_GAP_S, of steps that need data without one."""
    return tuple(
        Gap(phase.from_, from_, until)
        for limits, phase in zip(recipe.steps, matched(phases, recipe.steps), strict=True)
        if phase is not None and limits.critical
        for from_, until in _unmeasured(phase, limits)
    )


def _of_step(phase: Phase, limits: StepLimits) -> Iterator[Shortfall]:
    samples = phase.samples
    asked: tuple[tuple[Signal, Bound, NDArray[np.float64], float], ...] = (
        ("temperature", "low", samples.temperature_c, limits.min_temperature_c),
        ("conductivity", "low", samples.conductivity_ms_cm, limits.min_conductivity_ms_cm),
        ("conductivity", "high", samples.conductivity_ms_cm, limits.max_conductivity_ms_cm),
        ("flow", "low", samples.flow_m3_h, limits.min_flow_m3_h),
    )
    for signal, bound, values, limit in asked:
        beyond = values < limit if bound == "low" else values > limit
        if not math.isfinite(limit) or not beyond.any():
            continue
        spans = _spans(phase, beyond)
        total_s = sum(until - from_ for from_, until in spans) / SECOND_US
        longest = sorted(spans, key=lambda span: span[0] - span[1])[:MAX_SPANS]
        within = values[beyond & (samples.at >= longest[0][0]) & (samples.at < longest[0][1])]
        worst = float(within.min() if bound == "low" else within.max())
        yield Shortfall(phase.from_, signal, bound, limit, worst, total_s, tuple(sorted(longest)))


def _spans(phase: Phase, chosen: NDArray[np.bool_]) -> list[Span]:
    """The times of chosen samples, joined where one follows the other."""
    at = phase.samples.at
    ends = np.minimum(np.append(at[1:], phase.until), at + round(MAX_GAP_S * SECOND_US))
    found: list[Span] = []
    for from_, until in zip(at[chosen].tolist(), ends[chosen].tolist(), strict=True):
        if found and found[-1][1] == from_:
            found[-1] = (found[-1][0], until)
        else:
            found.append((from_, until))
    return found


def _unmeasured(phase: Phase, limits: StepLimits) -> list[Span]:
    known = phase.samples.at[is_known(phase.samples, limits)]
    edges = np.concatenate(([phase.from_], known, [phase.until])).tolist()
    return [(from_, until) for from_, until in pairwise(edges) if until - from_ > MAX_GAP_S * SECOND_US]
