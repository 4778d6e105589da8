"""What is told of cleanings: each beside the golden one, its steps with their limits, and where those did not hold."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from calha.api.schemas_cleaning import CleaningAnswer
from calha.domain.cip import Evidence, Finding, Judgement, Spread, StepLimits, slowest_flow_m3_h
from calha.domain.cip_golden import Comparison, compare, golden_of
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.watch.cleaning import Cleaned

_LIMITS = ("min_temperature_c", "min_conductivity_ms_cm", "max_conductivity_ms_cm", "min_flow_m3_h", "residue_ms_cm")


def answers(found: Sequence[Cleaned], named: Cleaned | None) -> list[CleaningAnswer]:
    """The last first, each beside the golden one of its recipe: `named`, or the most usual that passed."""
    over = [one.judgement for one in found if not one.is_running]
    recipes = {one.judgement.recipe.name for one in found}
    golden = {name: golden_of(over, name) for name in recipes}
    if named is not None:
        golden[named.judgement.recipe.name] = named.judgement
    return [_answer(one, golden[one.judgement.recipe.name]) for one in reversed(found)]


def _answer(one: Cleaned, golden: Judgement | None) -> CleaningAnswer:
    judgement = one.judgement
    beside = {}
    if golden is not None:
        compared = iter(compare(judgement, golden))
        kinds = [step.kind for step in golden.evidence]
        beside = {id(step): next(compared) for step in judgement.evidence if _taken(kinds, step.kind)}
    limits = list(judgement.recipe.steps)
    return CleaningAnswer.model_validate(
        {
            "from": to_datetime(one.from_),
            "to": to_datetime(one.until),
            "recipe": judgement.recipe.name,
            "verdict": None if one.is_running else judgement.verdict,
            "is_golden": judgement is golden,
            "min_mean_flow_m3_h": slowest_flow_m3_h(judgement.recipe),
            "findings": [] if one.is_running else [_finding(finding) for finding in judgement.findings],
            "steps": [
                _step(step, _limits_of(limits, step.kind), judgement.recipe.water_ms_cm, beside.get(id(step)))
                | _places(one, step.from_)
                for step in judgement.evidence
            ],
        }
    )


def _taken(kinds: list[Any], kind: str) -> bool:
    """Whether the golden cycle has one more step of that kind."""
    if kind not in kinds:
        return False
    kinds.remove(kind)
    return True


def _limits_of(limits: list[StepLimits], kind: str) -> StepLimits:
    """Those of the next step of that kind in the recipe."""
    found = next(one for one in limits if one.kind == kind)
    limits.remove(found)
    return found


def _finding(one: Finding) -> dict[str, object]:
    return {
        "step": one.step,
        "reason": one.reason,
        "reached": one.reached,
        "demanded": one.demanded,
        "step_from": to_datetime(one.step_from) if one.step_from is not None else None,
    }


def _places(one: Cleaned, step_from: Micros) -> dict[str, object]:
    """Where in a step its demands did not hold, and where they were not measured."""
    names = ("signal", "bound", "limit", "worst", "total_s")
    return {
        "shortfalls": [
            {name: getattr(found, name) for name in names} | {"spans": [_span(*span) for span in found.spans]}
            for found in one.shortfalls
            if found.step_from == step_from
        ],
        "gaps": [_span(gap.from_, gap.until) for gap in one.gaps if gap.step_from == step_from],
    }


def _span(from_: Micros, until: Micros) -> dict[str, object]:
    return {"from": to_datetime(from_), "to": to_datetime(until)}


def _step(shown: Evidence, limits: StepLimits, water_ms_cm: float, beside: Comparison | None) -> dict[str, object]:
    told: dict[str, object] = {
        "kind": shown.kind,
        "from": to_datetime(shown.from_),
        "to": to_datetime(shown.until),
        "duration_s": shown.duration_s,
        "max_s": _finite(limits.max_s),
        "effective_s": round(shown.effective_s, 1),
        "min_s": limits.min_s,
        "max_end_conductivity_ms_cm": _finite(water_ms_cm + limits.residue_ms_cm),
        "longest_gap_s": round(shown.longest_gap_s, 1),
        "temperature_c": _spread(shown.temperature_c),
        "conductivity_ms_cm": _spread(shown.conductivity_ms_cm),
        "flow_m3_h": _spread(shown.flow_m3_h),
        "volume_m3": shown.volume_m3,
        "golden": _beside(beside),
    }
    return told | {name: _finite(getattr(limits, name)) for name in _LIMITS}


def _beside(one: Comparison | None) -> Mapping[str, object] | None:
    if one is None:
        return None
    names = ("duration", "is_alike", "temperature_k", "conductivity_ms_cm", "flow_m3_h", "volume_m3")
    return _span(one.from_, one.until) | {name: getattr(one, name) for name in names}


def _spread(spread: Spread | None) -> Mapping[str, float] | None:
    return dict(zip(("low", "mean", "high"), spread, strict=True)) if spread is not None else None


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None
