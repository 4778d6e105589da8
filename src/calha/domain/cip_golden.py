"""How a cleaning compares with the golden one of its recipe, step by step.

A step is alike when its duration lies within 90 and 120 % of the golden one's; its means say how much hotter, stronger and
wetter it was. Without one that somebody names, the golden cycle is the passed one whose steps lie nearest the usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain.cip import Evidence, Judgement, Spread, StepKind
from calha.domain.readings import Micros

SHORTEST, LONGEST = 0.9, 1.2
FEWEST = 3  # passed cycles of which one can be the usual


@dataclass(frozen=True, slots=True)
class Comparison:
    """from_, until: the golden step's. duration: share of its. Differences are of means, None where one was not measured."""

    kind: StepKind
    from_: Micros
    until: Micros
    duration: float
    temperature_k: float | None
    conductivity_ms_cm: float | None
    flow_m3_h: float | None
    volume_m3: float | None

    @property
    def is_alike(self) -> bool:
        return SHORTEST <= self.duration <= LONGEST


def compare(cycle: Judgement, golden: Judgement) -> list[Comparison]:
    """Of the steps that both have, in their order."""
    left = list(golden.evidence)
    found = []
    for step in cycle.evidence:
        like = next((one for one in left if one.kind == step.kind), None)
        if like is not None:
            left.remove(like)
            found.append(_compared(step, like))
    return found


def golden_of(cycles: Sequence[Judgement], recipe: str) -> Judgement | None:
    """The passed cycle of a recipe whose steps are nearest the median in duration and temperature; None of too few."""
    passed = [one for one in cycles if one.verdict == "passed" and one.recipe.name == recipe]
    if len(passed) < FEWEST:
        return None
    shown = np.array([_figures(one) for one in passed])
    middle = np.median(shown, axis=0)
    scale = np.maximum(np.abs(middle), 1e-9)
    return passed[int(np.argmin((np.abs(shown - middle) / scale).sum(axis=1)))]


def _figures(cycle: Judgement) -> list[float]:
    return [
        figure
        for step in cycle.evidence
        for figure in (step.duration_s, step.temperature_c[1] if step.temperature_c is not None else 0.0)
    ]


def _compared(step: Evidence, like: Evidence) -> Comparison:
    return Comparison(
        step.kind,
        like.from_,
        like.until,
        step.duration_s / like.duration_s,
        _more(step.temperature_c, like.temperature_c),
        _more(step.conductivity_ms_cm, like.conductivity_ms_cm),
        _more(step.flow_m3_h, like.flow_m3_h),
        step.volume_m3 - like.volume_m3 if step.volume_m3 is not None and like.volume_m3 is not None else None,
    )


def _more(one: Spread | None, other: Spread | None) -> float | None:
    return one[1] - other[1] if one is not None and other is not None else None
