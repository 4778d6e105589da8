"""How a supply fares: voltage bands with DRP and DRC, lost phases, power factor, overload and phantom load of a week."""

import asyncio
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import ViewsDevice
from calha.api.routes.analyses import declared_for, seen
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey
from calha.api.schemas_supply import BandsAnswer, PhaseAnswer, SupplyAnswer
from calha.api.services import Here
from calha.domain.analyses import Supply
from calha.domain.supply_voltage import DRC_LIMIT, DRP_LIMIT, Level
from calha.domain.times import MINUTE_US, from_text, to_datetime
from calha.watch.supplies import WEEK_US, PhaseWeek, SupplyWeek, supply_week

router = api_router("analyses", "/devices/{key}/supply")

HOURS_A_MONTH = 720
MAX_DAYS = 8
TEN_MINUTES_US = 10 * MINUTE_US


@router.get("")
async def read_supply(
    key: DeviceKey,
    services: Here,
    caller: ViewsDevice,
    to: Annotated[str | None, Query(max_length=40, description="End of the week; now when missing.")] = None,
) -> SupplyAnswer:
    """A week of a supply, judged by PRODIST (Module 8)."""
    lacks = f"say that {key} measures a supply"
    device, entry, supply = await declared_for(services, key, lambda profile: profile.supply, lacks)
    until = from_text(to, ZoneInfo(device.zone)) if to else services.clock()
    # A customer sees nothing of whoever had the device before; a reading of ten minutes more makes whole tens of both ends.
    since, until = seen(caller, device, until - WEEK_US - TEN_MINUTES_US, until, MAX_DAYS)
    found = await asyncio.to_thread(supply_week, services.telemetry, entry, supply, since, until)
    return _answer(found, supply)


def _answer(found: SupplyWeek, declared: Supply) -> SupplyAnswer:
    same = ("lost", "imbalance", "power_factor", "low_factor", "highest_a", "overload", "mean_kw", "base_kw")
    base = found.base_kw
    return SupplyAnswer.model_validate(
        {
            "from": to_datetime(found.from_),
            "to": to_datetime(found.until),
            "nominal_v": found.nominal,
            "drp_limit_percent": float(DRP_LIMIT),
            "drc_limit_percent": float(DRC_LIMIT),
            "phases": [_phase(one, declared.level) for one in found.phases],
            "rated_a": declared.rated_a,
            "base_kwh_month": base * HOURS_A_MONTH if base is not None else None,
        }
        | {name: getattr(found, name) for name in same}
    )


def _phase(one: PhaseWeek, level: Level) -> PhaseAnswer:
    week = one.week
    return PhaseAnswer(
        channel=one.channel,
        bands=BandsAnswer.model_validate(one.bands),
        lowest_v=one.lowest,
        highest_v=one.highest,
        adequate=week.adequate,
        precarious=week.precarious,
        critical=week.critical,
        is_complete=week.is_complete,
        drp_percent=round(float(week.drp), 4),
        drc_percent=round(float(week.drc), 4),
        compensation_factor=round(float(week.compensation_factor(level)), 6),
    )
