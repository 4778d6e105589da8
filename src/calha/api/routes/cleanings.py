"""Cleanings of a CIP station: their phases, verdicts with evidence, and the golden cycle beside them."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import ViewsDevice
from calha.api.routes.analyses import declared_for, seen
from calha.api.routes.consumption import To
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey
from calha.api.schemas_cleaning import CleaningAnswer, CleaningsAnswer, CleaningStep, SealAnswer
from calha.api.services import Here, Services
from calha.domain.analyses import Cleaning
from calha.domain.cip import Evidence, Judgement, Spread, StepLimits
from calha.domain.cip_golden import Comparison, compare, golden_of
from calha.domain.cip_seal import checked
from calha.domain.directory import DeviceEntry
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, MINUTE_US, from_text, to_datetime
from calha.store.registry import DeviceRow
from calha.watch.cleaning import LONGEST_US, Cleaned, cleanings

router = api_router("analyses", "/devices/{key}/cleanings")

DEFAULT_DAYS, MAX_DAYS = 7, 14
"""A station may send each second; two weeks of four channels are some millions of readings."""

_LIMITS = ("min_temperature_c", "min_conductivity_ms_cm", "max_conductivity_ms_cm", "min_flow_m3_h", "residue_ms_cm")


@router.get("")
async def list_cleanings(
    key: DeviceKey,
    services: Here,
    caller: ViewsDevice,
    from_: Annotated[str | None, Query(alias="from", max_length=40, description="A week ago when missing.")] = None,
    to: To = None,
    golden: Annotated[
        str | None,
        Query(
            max_length=40,
            description="A time within the cleaning to compare with; otherwise the most usual passed.",
            examples=["2026-01-31T09:00"],
        ),
    ] = None,
) -> CleaningsAnswer:
    """The cleanings of a station in at most two weeks, judged by the recipes of its profile."""
    device, entry, declared = await _station(services, key)
    zone = ZoneInfo(device.zone)
    until = from_text(to, zone) if to else services.clock() + 1
    since = from_text(from_, zone) if from_ else until - DEFAULT_DAYS * DAY_US
    since, until = seen(caller, device, since, until, MAX_DAYS)
    found = await asyncio.to_thread(cleanings, services.telemetry, entry, declared, since, until)
    named = from_text(golden, zone) if golden else None
    return CleaningsAnswer.model_validate(
        {"from": to_datetime(since), "to": to_datetime(until), "items": _answers(found, named)}
    )


@router.get("/verification")
async def verify_cleaning(
    key: DeviceKey,
    services: Here,
    caller: ViewsDevice,
    at: Annotated[str, Query(max_length=40, description="When it began.", examples=["2026-01-31T09:00"])],
    seal: Annotated[str, Query(max_length=200, description="As its report prints it.", examples=["0f3a91c2 …"])],
    by: Annotated[str, Query(max_length=120, description="Who made the report.", examples=["maria"])],
) -> SealAnswer:
    """Whether the seal of a cleaning's report is ours and that person's, and the cleaning still what it was."""
    device, entry, declared = await _station(services, key)
    from_ = from_text(at, ZoneInfo(device.zone))
    since, until = seen(caller, device, from_ - MINUTE_US, from_ + LONGEST_US, MAX_DAYS)
    found = await asyncio.to_thread(cleanings, services.telemetry, entry, declared, since, until)
    near = (cleaned for cleaned in found if abs(cleaned.from_ - from_) <= MINUTE_US)
    one = min(near, key=lambda cleaned: abs(cleaned.from_ - from_), default=None)
    if one is None:
        raise NotFound(f"the readings of {key} tell of no cleaning that began at {at}", "no_cleaning")
    ground = services.reports.ground
    verdict = checked(seal, by, ground.evidence_key, key, one.from_, one.until, one.judgement)
    return SealAnswer.model_validate({"verdict": verdict, "from": to_datetime(one.from_), "to": to_datetime(one.until)})


async def _station(services: Services, key: str) -> tuple[DeviceRow, DeviceEntry, Cleaning]:
    return await declared_for(services, key, lambda profile: profile.cleaning, f"say how {key} cleans")


def _answers(found: Sequence[Cleaned], named: Micros | None) -> list[CleaningAnswer]:
    """The last first, each beside the golden one of its recipe."""
    over = [one.judgement for one in found if not one.is_running]
    recipes = {one.judgement.recipe.name for one in found}
    golden = {name: golden_of(over, name) for name in recipes}
    for one in found:
        if named is not None and one.from_ <= named < one.until:
            golden[one.judgement.recipe.name] = one.judgement
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
            "findings": [] if one.is_running else list(judgement.findings),
            "steps": [_step(step, _limits_of(limits, step.kind), beside.get(id(step))) for step in judgement.evidence],
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


def _step(shown: Evidence, limits: StepLimits, beside: Comparison | None) -> CleaningStep:
    return CleaningStep.model_validate(
        {
            "kind": shown.kind,
            "from": to_datetime(shown.from_),
            "to": to_datetime(shown.until),
            "duration_s": shown.duration_s,
            "max_s": _finite(limits.max_s),
            "effective_s": round(shown.effective_s, 1),
            "min_s": limits.min_s,
            "longest_gap_s": round(shown.longest_gap_s, 1),
            "temperature_c": _spread(shown.temperature_c),
            "conductivity_ms_cm": _spread(shown.conductivity_ms_cm),
            "flow_m3_h": _spread(shown.flow_m3_h),
            "volume_m3": shown.volume_m3,
            "golden": _beside(beside),
        }
        | {name: _finite(getattr(limits, name)) for name in _LIMITS}
    )


def _beside(one: Comparison | None) -> Mapping[str, object] | None:
    if one is None:
        return None
    names = ("duration", "is_alike", "temperature_k", "conductivity_ms_cm", "flow_m3_h", "volume_m3")
    return {name: getattr(one, name) for name in names}


def _spread(spread: Spread | None) -> Mapping[str, float] | None:
    return dict(zip(("low", "mean", "high"), spread, strict=True)) if spread is not None else None


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None
