"""What a customer's water meter shows: a leak, a burst, backflow, a register that stands, signs of tampering."""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import Query

from calha.api.access import ViewsDevice
from calha.api.routes.analyses import declared_for, seen
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey
from calha.api.schemas_water import LeakAnswer, SignAnswer, WaterAnswer
from calha.api.services import Here
from calha.domain.analyses import Water
from calha.domain.meter_events import MEMORY_DAYS, STOPPED_DAYS
from calha.domain.times import DAY_US, from_text, to_datetime
from calha.metering.meter_events import HISTORY_US, MeterReport, meter_report

router = api_router("analyses", "/devices/{key}/water")

MAX_DAYS = MEMORY_DAYS
HOURS_A_MONTH, L_IN_M3 = 720, 1_000


@router.get("")
async def read_water(
    key: DeviceKey,
    services: Here,
    caller: ViewsDevice,
    to: Annotated[str | None, Query(max_length=40, description="End of the 35 days; now when missing.")] = None,
) -> WaterAnswer:
    """The last 35 days of a water meter, hour by hour: for so long meters remember their flags."""
    lacks = f"say that {key} is a customer's water meter"
    device, entry, water = await declared_for(services, key, lambda profile: profile.water, lacks)
    meter = await asyncio.to_thread(services.metering.meters.of_device, device, water.register)
    until = from_text(to, meter.zone) if to else services.clock()
    window = seen(caller, device, until - HISTORY_US, until, MAX_DAYS)
    counting, telemetry = services.metering.counting, services.telemetry
    found = await asyncio.to_thread(meter_report, counting, telemetry, entry, meter, water, window)
    return _answer(found, water)


def _answer(found: MeterReport, declared: Water) -> WaterAnswer:
    worst, days_ago = found.remembered or (None, None)
    same = ("known_hours", "movement", "reversed_l", "backflow", "stopped_days")
    return WaterAnswer.model_validate(
        {
            "from": to_datetime(found.from_),
            "to": to_datetime(found.until),
            "leak": _leak(found),
            "flows_always": declared.flows_always,
            "worst_movement": worst,
            "worst_movement_at": to_datetime(found.until - days_ago * DAY_US) if days_ago is not None else None,
            "bursts": [to_datetime(one) for one in found.bursts],
            "sizing": asdict(found.sizing) if found.sizing is not None else None,
            "is_stopped": found.stopped_days >= STOPPED_DAYS,
            "tamper": [SignAnswer(sign=one.name, at=to_datetime(one.at), channel=one.channel) for one in found.tamper],
        }
        | {name: getattr(found, name) for name in same}
    )


def _leak(found: MeterReport) -> LeakAnswer | None:
    if found.leak is None:
        return None
    lowest = found.leak.lowest_l_h
    return LeakAnswer(lowest_l_h=lowest, hours=found.leak.hours, m3_month=lowest * HOURS_A_MONTH / L_IN_M3)
