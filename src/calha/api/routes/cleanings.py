"""Cleanings of a CIP station: their phases, verdicts with evidence, and the golden cycle beside them."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import Caller, ViewsDevice
from calha.api.cleaning_answers import answers
from calha.api.period import To
from calha.api.routes.analyses import declared_for, seen
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey
from calha.api.schemas_cleaning import CleaningsAnswer, SealAnswer
from calha.api.services import Here, Services
from calha.domain.analyses import Cleaning
from calha.domain.cip_seal import checked
from calha.domain.directory import DeviceEntry
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, MINUTE_US, from_text, to_datetime
from calha.store.registry import DeviceRow
from calha.watch.cleaning import LONGEST_US, Cleaned, cleanings, judged_now_or_before

router = api_router("analyses", "/devices/{key}/cleanings")

DEFAULT_DAYS, MAX_DAYS = 7, 14
"""A station may send each second; two weeks of four channels are some millions of readings."""


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
    named = await _around(services, key, caller, from_text(golden, zone), found) if golden else None
    return CleaningsAnswer.model_validate(
        {
            "from": to_datetime(since),
            "to": to_datetime(until),
            "channels": {name: getattr(declared, name) for name in ("temperature", "conductivity", "flow")},
            "items": answers(found, named),
        }
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
    found = await asyncio.to_thread(judged_now_or_before, services.telemetry, entry, declared, since, until)
    near = [one for one in found if abs(one.from_ - from_) <= MINUTE_US]
    if not near:
        raise NotFound(f"the readings of {key} tell of no cleaning that began at {at}", "no_cleaning")
    evidence_key = services.reports.ground.evidence_key
    verdicts = [(checked(seal, by, evidence_key, key, one.from_, one.until, one.judgement), one) for one in near]
    verdict, one = next((told for told in verdicts if told[0] == "holds"), verdicts[0])
    return SealAnswer.model_validate({"verdict": verdict, "from": to_datetime(one.from_), "to": to_datetime(one.until)})


async def _station(services: Services, key: str) -> tuple[DeviceRow, DeviceEntry, Cleaning]:
    return await declared_for(services, key, lambda profile: profile.cleaning, f"say how {key} cleans")


async def _around(services: Services, key: str, caller: Caller, at: Micros, found: Sequence[Cleaned]) -> Cleaned | None:
    """The cleaning at a time, also where it lies outside the time that is looked at; None without one."""

    def of(some: Sequence[Cleaned]) -> Cleaned | None:
        return next((one for one in some if one.from_ <= at < one.until), None)

    if (one := of(found)) is not None:
        return one
    device, entry, declared = await _station(services, key)
    since, until = seen(caller, device, at - LONGEST_US, at + LONGEST_US, MAX_DAYS)
    return of(await asyncio.to_thread(cleanings, services.telemetry, entry, declared, since, until))
