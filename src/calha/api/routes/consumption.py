"""Consumption of a device: how much in each interval, how good, and what its register went through."""

import asyncio
import io
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import Query, Request
from starlette.responses import Response

from calha.api.access import ViewsDevice
from calha.api.curve_reads import note_curve_reads
from calha.api.period import To
from calha.api.routes.readings import csv_cell, visible
from calha.api.routing import api_router
from calha.api.schemas_metering import ConsumptionAnswer, MeterAnswer, RegisterPlateAnswer, RegisterStep, Total
from calha.api.services import Here
from calha.domain import quality
from calha.domain.calendars import Calendar, Step
from calha.domain.consumption import Consumption, Interval
from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.registers import Plate
from calha.domain.times import DAY_US, from_text, to_datetime, to_text
from calha.metering.meters import Meter
from calha.metering.review import Reviewed, with_decisions

router = api_router("metering", "/devices/{key}")

DEFAULT_DAYS = 31

ChannelName = Annotated[
    str | None, Query(max_length=64, description="The first that can be counted when missing.", examples=["total"])
]
From = Annotated[str | None, Query(alias="from", max_length=40, description="A month ago when missing.")]


@router.get(
    "/consumption",
    response_model=ConsumptionAnswer,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def read_consumption(
    key: str,
    services: Here,
    request: Request,
    caller: ViewsDevice,
    channel: ChannelName = None,
    step: Annotated[Step, Query(description="Length of the intervals; 1mo is a month or a billing cycle.")] = "1d",
    from_: From = None,
    to: To = None,
    unit: Annotated[str | None, Query(max_length=20, description="That of the channel when missing.")] = None,
    first_day: Annotated[int, Query(ge=1, le=31, description="Day of the month on which a cycle begins.")] = 1,
    day_start_h: Annotated[int, Query(ge=0, le=23, description="Hour at which a day begins.")] = 0,
    layer: Annotated[
        Literal["validated", "measured"], Query(description="measured: as the meter says, without estimates and edits.")
    ] = "validated",
) -> Response:
    """Consumption of a register or flow in the device's own zone, as JSON or CSV (`Accept`)."""
    device = await asyncio.to_thread(services.registry.device, key)
    meter = await asyncio.to_thread(services.metering.meters.of_device, device, channel)
    asked = window_of(from_, to, meter.zone, services.clock())
    since, until = visible(caller.reach().periods(key, device.site_id), *asked)
    await note_curve_reads(caller, [key], since, until)
    bounds = Calendar(step, meter.zone, first_day, day_start_h).bounds(since, until)
    if (since, until) != asked:
        bounds = np.clip(bounds, since, until)  # what was before it was his is not his to see
    if len(bounds) < 2 or bounds[0] == bounds[-1]:
        raise Malformed("there is nothing of that time that you may see", "bad_time")
    counting = partial(services.metering.counting.of, measured=layer == "measured")
    counted = await asyncio.to_thread(counting, meter, bounds)
    consumption = counted.consumption.given_in(unit) if unit is not None else counted.consumption
    if "text/csv" in request.headers.get("accept", ""):
        headers = {"Content-Disposition": f'attachment; filename="{key}-{meter.channel}.csv"'}
        return Response(_csv(meter, consumption), media_type="text/csv; charset=utf-8", headers=headers)
    decisions = await asyncio.to_thread(services.metering.registers.decisions, [meter.series])
    reviewed = with_decisions(counted.events, decisions[meter.series])
    edges = int(bounds[0]), int(bounds[-1])
    found = await asyncio.to_thread(services.metering.findings.overlapping, meter.series, *edges)
    suspect = [(one.from_at, one.until_at) for one in found]
    return Response(
        _answer(meter, step, consumption, reviewed, suspect).model_dump_json(by_alias=True),
        media_type="application/json",
    )


@router.get("/meters")
def list_meters(key: str, services: Here, _: ViewsDevice) -> list[MeterAnswer]:
    """The channels of a device that can be counted, with what is known of their registers."""
    device = services.registry.device(key)
    meters = services.metering.meters.of_devices([device])
    plates = services.metering.registers.plates([meter.series for meter in meters])
    return [
        MeterAnswer(
            channel=meter.channel,
            source=meter.source,
            unit=meter.unit,
            reading_unit=meter.reading_unit,
            registers=[
                *_declared(services.metering.meters.declared(device, meter.channel), meter),
                *(
                    RegisterPlateAnswer(
                        **plate_fields(row.plate),
                        id=row.id,
                        valid_from=to_datetime(row.valid_from) if row.valid_from else None,
                        serial=row.serial,
                        author=row.author,
                    )
                    for row in plates[meter.series]
                ),
            ],
        )
        for meter in meters
    ]


@router.get("/register-events")
async def list_register_events(
    key: str, services: Here, caller: ViewsDevice, channel: ChannelName = None, from_: From = None, to: To = None
) -> list[RegisterStep]:
    """What a register went through besides growth, oldest first; at most 400 days at once."""
    device = await asyncio.to_thread(services.registry.device, key)
    meter = await asyncio.to_thread(services.metering.meters.of_device, device, channel)
    asked = window_of(from_, to, meter.zone, services.clock())
    since, until = visible(caller.reach().periods(key, device.site_id), *asked)
    if since >= until:
        return []
    found = await asyncio.to_thread(services.metering.review.events, meter, since, until)
    return [step_of(meter, one) for one in found]


def step_of(meter: Meter, reviewed: Reviewed) -> RegisterStep:
    event, decision = reviewed.event, reviewed.decision
    return RegisterStep(
        channel=meter.channel,
        before_at=to_datetime(event.before_at),
        at=to_datetime(event.at),
        before=event.before,
        after=event.after,
        verdict=event.verdict.value,
        amount=event.volume,
        unit=meter.unit,
        needs_review=event.needs_review,
        decided_by=event.decided_by,
        decision_id=decision.id if decision is not None else None,
        decided_at=to_datetime(decision.made_at) if decision is not None else None,
        reason=decision.reason if decision is not None else None,
        old_serial=decision.old_serial if decision is not None else None,
        new_serial=decision.new_serial if decision is not None else None,
    )


def total_of(interval: Interval) -> Total:
    return Total.model_validate(
        {
            "from": to_datetime(interval.from_at),
            "to": to_datetime(interval.until_at),
            "amount": interval.amount,
            "unit": interval.unit,
            "quality": quality.label(interval.quality),
            "coverage": round(interval.coverage, 4),
        }
    )


def plate_fields(plate: Plate) -> dict[str, Any]:
    names = ("unit", "multiplier", "digits", "rolls_at", "max_flow", "resolution", "memory_s")
    return {name: getattr(plate, name) for name in names}


def window_of(from_: str | None, to: str | None, zone: ZoneInfo, now: Micros) -> tuple[Micros, Micros]:
    """The time that is asked for: the last month when nothing is said. Raises Malformed."""
    until = from_text(to, zone) if to else now
    since = from_text(from_, zone) if from_ else until - DEFAULT_DAYS * DAY_US
    if since >= until:
        raise Malformed("`from` must lie before `to`", "bad_time")
    return since, until


def _declared(plate: Plate | None, meter: Meter) -> list[RegisterPlateAnswer]:
    if meter.source != "register":
        return []
    fields = plate_fields(plate or Plate())
    return [RegisterPlateAnswer(**fields, id=None, valid_from=None, serial=None, author=None)]


def _answer(
    meter: Meter,
    step: Step,
    consumption: Consumption,
    events: Sequence[Reviewed],
    suspect: Sequence[tuple[Micros, Micros]],
) -> ConsumptionAnswer:
    amounts = consumption.amounts()
    return ConsumptionAnswer(
        device=meter.device,
        channel=meter.channel,
        unit=consumption.unit,
        step=step,
        zone=meter.zone.key,
        source=meter.source,
        t=(consumption.bounds / 1000).tolist(),
        amount=[None if amount != amount else round(amount, 9) for amount in amounts.tolist()],  # NaN
        quality=[quality.label(code) for code in consumption.quality.tolist()],
        coverage=np.round(consumption.coverage, 4).tolist(),
        suspect=_touched(consumption, suspect),
        total=total_of(consumption.total()),
        events=[step_of(meter, one) for one in events],
    )


def _touched(consumption: Consumption, spans: Sequence[tuple[Micros, Micros]]) -> list[bool]:
    """Which intervals overlap one of the spans."""
    begins, ends = consumption.bounds[:-1], consumption.bounds[1:]
    found = np.zeros(len(consumption), bool)
    for from_at, until_at in spans:
        found |= (begins < until_at) & (ends > from_at)
    return [bool(one) for one in found]


def _csv(meter: Meter, consumption: Consumption) -> bytes:
    """`from,to,amount,unit,quality,coverage` lines; times ISO 8601 UTC, amounts exact."""
    out = io.StringIO()
    out.write("device,channel,from,to,amount,unit,quality,coverage\r\n")
    name = f"{csv_cell(meter.device)},{csv_cell(meter.channel)}"
    unit = csv_cell(consumption.unit)
    for one in consumption:
        amount = "" if one.amount is None else format(one.amount, "f")
        times = f"{to_text(one.from_at)},{to_text(one.until_at)}"
        out.write(f"{name},{times},{amount},{unit},{quality.label(one.quality)},{one.coverage:.4f}\r\n")
    return out.getvalue().encode()
