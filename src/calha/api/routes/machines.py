"""How a machine did: running, OEE, vibration zone and temperature class in a time."""

import asyncio
from dataclasses import asdict
from zoneinfo import ZoneInfo

from calha.api.access import ViewsDevice
from calha.api.period import From, To
from calha.api.routes.analyses import declared_for, seen
from calha.api.routes.readings import visible
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey
from calha.api.schemas_machine import HeatAnswer, MachineAnswer, OeeAnswer, RunningAnswer, VibrationAnswer
from calha.api.services import Here
from calha.domain.times import DAY_US, SECOND_US, from_text, to_datetime
from calha.watch.machines import BASELINE_US, Heat, MachineReport, Shaking, report

router = api_router("analyses", "/devices/{key}/machine")

MAX_DAYS = 31


@router.get("")
async def read_machine(
    key: DeviceKey,
    services: Here,
    caller: ViewsDevice,
    from_: From = None,
    to: To = None,
) -> MachineAnswer:
    """What a machine did in the time that is asked for, a shift or at most a month, and how it fares by the norms."""
    lacks = f"describe {key} as a machine"
    device, entry, machine = await declared_for(services, key, lambda profile: profile.machine, lacks)
    zone = ZoneInfo(device.zone)
    until = from_text(to, zone) if to else services.clock()
    since = from_text(from_, zone) if from_ else until - DAY_US
    since, until = seen(caller, device, since, until, MAX_DAYS)
    earliest, _ = visible(caller.reach().periods(key, device.site_id), since - BASELINE_US, until)
    found = await asyncio.to_thread(report, services.telemetry, entry, machine, (since, until), earliest)
    counts_good = machine.good is not None
    return MachineAnswer.model_validate(
        {
            "from": to_datetime(since),
            "to": to_datetime(until),
            "running": _running(found, (until - since) / SECOND_US),
            "oee": _oee(found, counts_good=counts_good),
            "vibration": _vibration(found.shaking) if found.shaking is not None else None,
            "heat": _heat(found.heat) if found.heat is not None else None,
        }
    )


def _running(found: MachineReport, planned_s: float) -> RunningAnswer | None:
    if found.running is None:
        return None
    share = found.running.running_s / planned_s if planned_s > 0 else None
    return RunningAnswer.model_validate(asdict(found.running) | {"availability": share})


def _oee(found: MachineReport, *, counts_good: bool) -> OeeAnswer | None:
    one = found.production
    if one is None or found.pieces is None:
        return None
    quality = one.quality if counts_good else None
    return OeeAnswer(pieces=found.pieces, performance=one.performance, quality=quality, oee=one.oee)


def _vibration(one: Shaking) -> VibrationAnswer:
    limits = one.boundaries
    own = {
        name: getattr(one, name)
        for name in ("velocity_mm_s", "highest_mm_s", "zone", "shares", "baseline_mm_s", "trend")
    }
    return VibrationAnswer.model_validate(own | {"boundaries_mm_s": [limits.a, limits.b, limits.c]})


def _heat(one: Heat) -> HeatAnswer:
    own = {name: getattr(one, name) for name in ("mean_c", "verdict", "over_rise", "over_limit", "life")}
    limits = {"rise_limit_c": 40.0 + one.insulation.rise_k, "limit_c": one.insulation.hot_spot_c}
    return HeatAnswer.model_validate(own | limits | {"highest_c": one.winding_c})
