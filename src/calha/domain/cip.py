"""Cleaning in place: recipes, what a step has to prove, and the verdict of a cycle with its evidence.

Rule 1: time counts only while everything that a step demands holds at once (return temperature, conductivity, flow): the
effective time.
Rule 2: where what a step demands was not measured for more than MAX_GAP_S, nobody knows whether it held: the verdict is
inconclusive, never passed, unless the step fails anyway.
Rule 3: limits are the site's; each is part of a recipe.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

StepKind = Literal["pre_rinse", "caustic", "rinse", "acid", "final_rinse", "sanitise"]
Verdict = Literal["passed", "failed", "inconclusive"]
Reason = Literal["missing_step", "order", "effective_time", "too_long", "residue", "gap", "too_slow"]
Spread = tuple[float, float, float]  # lowest, mean, highest

MAX_GAP_S = 30.0
MIN_VELOCITY_M_S = 1.5
ROUNDING_M_S = 0.005  # 10.6 m³/h in DN 50 counts as 1.5 m/s


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What a step demands. min_s: effective time. max_s: whole duration. residue_ms_cm: conductivity over that of the water
    at which a rinse may end. critical: whether it needs data without a gap.
    """

    kind: StepKind
    min_s: float = 0.0
    max_s: float = math.inf
    min_temperature_c: float = -math.inf
    min_conductivity_ms_cm: float = -math.inf
    max_conductivity_ms_cm: float = math.inf
    min_flow_m3_h: float = -math.inf
    residue_ms_cm: float = math.inf
    critical: bool = True


@dataclass(frozen=True, slots=True)
class Recipe:
    """Steps in their order. water_ms_cm: conductivity of the rinse water. bore_mm: of the pipe, for the velocity in it."""

    name: str
    steps: tuple[StepLimits, ...]
    water_ms_cm: float = 0.2
    bore_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """Readings of the return, by time: NaN where a channel has none."""

    at: NDArray[np.int64]
    temperature_c: NDArray[np.float64]
    conductivity_ms_cm: NDArray[np.float64]
    flow_m3_h: NDArray[np.float64]

    def part(self, chosen: slice) -> "Samples":
        columns = (self.at, self.temperature_c, self.conductivity_ms_cm, self.flow_m3_h)
        return Samples(*(column[chosen] for column in columns))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Phase:
    kind: StepKind
    from_: Micros
    until: Micros
    samples: Samples

    @property
    def duration_s(self) -> float:
        return (self.until - self.from_) / SECOND_US


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a step is not as it should be: what was reached, and what was demanded. step_from: when it began, if it did."""

    step: StepKind
    reason: Reason
    reached: float | None = None
    demanded: float | None = None
    step_from: Micros | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a step shows. effective_s: while all that it demands held. longest_gap_s: without all that it demands measured."""

    kind: StepKind
    from_: Micros
    until: Micros
    effective_s: float
    longest_gap_s: float
    unknown_s: float
    temperature_c: Spread | None
    conductivity_ms_cm: Spread | None
    flow_m3_h: Spread | None
    volume_m3: float | None

    @property
    def duration_s(self) -> float:
        return (self.until - self.from_) / SECOND_US


@dataclass(frozen=True, slots=True)
class Judgement:
    recipe: Recipe
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...] = ()


def judge(phases: Sequence[Phase], recipe: Recipe) -> Judgement:
    """The verdict of a cycle: failed for a reason that counts, else inconclusive for a gap, else passed."""
    findings = _order(phases, recipe)
    evidence = []
    for limits, phase in zip(recipe.steps, matched(phases, recipe.steps), strict=True):
        if phase is None:
            findings.append(Finding(limits.kind, "missing_step"))
            continue
        shown = evidence_of(phase, limits)
        evidence.append(shown)
        findings.extend(_against(shown, phase, limits, recipe))
    has_failed = any(finding.reason != "gap" for finding in findings)
    verdict: Verdict = "failed" if has_failed else "inconclusive" if findings else "passed"
    return Judgement(recipe, verdict, tuple(evidence), tuple(findings))


def recipe_of(phases: Sequence[Phase], recipes: Sequence[Recipe]) -> Recipe:
    """The recipe that a cycle followed: that with the fewest steps missing or too many; of several the first."""

    def apart(recipe: Recipe) -> int:
        left = [phase.kind for phase in phases]
        missing = 0
        for step in recipe.steps:
            if step.kind in left:
                left.remove(step.kind)
            else:
                missing += 1
        return missing + len(left)

    return min(recipes, key=apart)


def evidence_of(phase: Phase, limits: StepLimits) -> Evidence:
    samples = phase.samples
    known = is_known(samples, limits)
    step_s = np.diff(np.append(samples.at, phase.until)) / SECOND_US
    counted_s = np.minimum(step_s, MAX_GAP_S)
    gaps_s = np.diff(np.concatenate(([phase.from_], samples.at[known], [phase.until]))) / SECOND_US
    return Evidence(
        phase.kind,
        phase.from_,
        phase.until,
        effective_s=float(counted_s[_holds(samples, limits)].sum()),
        longest_gap_s=float(gaps_s.max()),
        unknown_s=float(gaps_s[gaps_s > MAX_GAP_S].sum()),
        temperature_c=_spread(samples.temperature_c),
        conductivity_ms_cm=_spread(samples.conductivity_ms_cm),
        flow_m3_h=_spread(samples.flow_m3_h),
        volume_m3=_volume_m3(samples, counted_s),
    )


def matched(phases: Sequence[Phase], steps: Sequence[StepLimits]) -> list[Phase | None]:
    """The phase of each step: of one kind, the first for the first step and so on."""
    left = list(phases)
    found: list[Phase | None] = []
    for step in steps:
        phase = next((one for one in left if one.kind == step.kind), None)
        if phase is not None:
            left.remove(phase)
        found.append(phase)
    return found


def is_known(samples: Samples, limits: StepLimits) -> NDArray[np.bool_]:
    """Where all that a step demands was measured."""
    found = np.ones(len(samples.at), bool)
    for values, _, _ in _demands(samples, limits):
        found &= np.isfinite(values)
    return found


def slowest_flow_m3_h(recipe: Recipe) -> float | None:
    """The mean flow below which a cleaning is too slow; None without a bore to tell it from."""
    if recipe.bore_mm is None:
        return None
    return MIN_VELOCITY_M_S / velocity_m_s(1.0, recipe.bore_mm)


def velocity_m_s(flow_m3_h: float, bore_mm: float) -> float:
    """How fast a flow is in a pipe."""
    return flow_m3_h / 3_600.0 / (math.pi * (bore_mm / 1_000.0) ** 2 / 4.0)


def _order(phases: Sequence[Phase], recipe: Recipe) -> list[Finding]:
    """Kinds that first come before one that the recipe puts ahead of them."""
    place: dict[StepKind, int] = {}
    for number, step in enumerate(recipe.steps):
        place.setdefault(step.kind, number)
    seen = list(dict.fromkeys(phase.kind for phase in phases if phase.kind in place))
    begun = {phase.kind: phase.from_ for phase in reversed(phases)}
    return [
        Finding(one, "order", step_from=begun[one])
        for one, following in pairwise(seen)
        if place[one] > place[following]
    ]


def _against(shown: Evidence, phase: Phase, limits: StepLimits, recipe: Recipe) -> list[Finding]:
    findings = []
    if limits.critical and shown.longest_gap_s > MAX_GAP_S:
        findings.append(Finding(limits.kind, "gap", shown.longest_gap_s, MAX_GAP_S, phase.from_))
    at_best_s = shown.effective_s + (shown.unknown_s if limits.critical else 0.0)
    if at_best_s < limits.min_s:
        findings.append(Finding(limits.kind, "effective_time", shown.effective_s, limits.min_s, phase.from_))
    if shown.duration_s > limits.max_s:
        findings.append(Finding(limits.kind, "too_long", shown.duration_s, limits.max_s, phase.from_))
    allowed = recipe.water_ms_cm + limits.residue_ms_cm
    ended = phase.samples.conductivity_ms_cm[np.isfinite(phase.samples.conductivity_ms_cm)][-1:]
    if len(ended) and float(ended[0]) > allowed:
        findings.append(Finding(limits.kind, "residue", float(ended[0]), allowed, phase.from_))
    if recipe.bore_mm is not None and shown.flow_m3_h is not None:
        velocity = velocity_m_s(shown.flow_m3_h[1], recipe.bore_mm)
        if velocity < MIN_VELOCITY_M_S - ROUNDING_M_S:
            findings.append(Finding(limits.kind, "too_slow", velocity, MIN_VELOCITY_M_S, phase.from_))
    return findings


def _demands(samples: Samples, limits: StepLimits) -> list[tuple[NDArray[np.float64], float, float]]:
    """(values, lowest, highest) of all that a step demands."""
    demands = [
        (samples.temperature_c, limits.min_temperature_c, math.inf),
        (samples.conductivity_ms_cm, limits.min_conductivity_ms_cm, limits.max_conductivity_ms_cm),
        (samples.flow_m3_h, limits.min_flow_m3_h, math.inf),
    ]
    if math.isfinite(limits.residue_ms_cm):
        demands.append((samples.conductivity_ms_cm, -math.inf, math.inf))
    is_asked = [math.isfinite(low) or math.isfinite(high) for _, low, high in demands]
    return [one for place, one in enumerate(demands) if place == 3 or is_asked[place]]


def _holds(samples: Samples, limits: StepLimits) -> NDArray[np.bool_]:
    """Without a reading a demand is not met."""
    found = np.ones(len(samples.at), bool)
    for values, low, high in _demands(samples, limits):
        found &= (values >= low) & (values <= high)
    return found


def _volume_m3(samples: Samples, counted_s: NDArray[np.float64]) -> float | None:
    if not np.isfinite(samples.flow_m3_h).any():
        return None
    return float(np.nansum(samples.flow_m3_h * counted_s) / 3_600.0)


def _spread(values: NDArray[np.float64]) -> Spread | None:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.mean()), float(known.max())) if len(known) else None
