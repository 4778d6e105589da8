"""Registers: what their plates say and from when, what operators decide about their events, readings made by people."""

import asyncio
import math
from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import Header, Query, Request
from starlette.responses import Response

from calha.api.access import Caller, ConfiguresDevice, OperatesDevice, ViewsDevice
from calha.api.bodies import read_body
from calha.api.routes.consumption import plate_fields, total_of
from calha.api.routing import api_router
from calha.api.schemas import ChannelKey
from calha.api.schemas_metering import (
    EffectAnswer,
    ManualReadingAnswer,
    NewDecision,
    NewManualReading,
    NewRegisterPlate,
    ReadingPosition,
    RegisterPlateAnswer,
    RegisterPlateBody,
    RowId,
)
from calha.api.services import Here, Services
from calha.domain.errors import Conflict, Malformed, NotFound
from calha.domain.quality import Quality
from calha.domain.readings import Batch, Micros
from calha.domain.registers import Plate, Verdict
from calha.domain.times import from_text, require_plausible, to_datetime, to_text
from calha.metering.meters import Meter
from calha.store.metering import DecisionRow, EvidenceRow, ManualReadingRow, PlateRow

router = api_router("metering", "/devices/{key}")

JPEG = "image/jpeg"
JPEG_BEGIN = b"\xff\xd8\xff"
MAX_PHOTO_BYTES = 2_000_000
TOO_LARGE = "a photo has at most 2 MB; make it smaller before it is sent"
_PHOTO: dict[str, Any] = {"content": {JPEG: {"schema": {"type": "string", "format": "binary"}}}}

OfChannel = Annotated[str, Query(max_length=64, description="Channel key.", examples=["total"])]


@router.put("/meters/{channel}")
async def set_register(
    key: str, channel: ChannelKey, new: NewRegisterPlate, services: Here, caller: ConfiguresDevice
) -> RegisterPlateAnswer:
    """Say what holds of a register from a time on; what was said for the very time is replaced.

    The past follows: days since are judged again, and `POST …/meters/{channel}/invoices` names beforehand the issued invoices
    that would be another amount.
    """
    meter = await register_of(services, key, channel)
    row = await _save_plate(services, caller, meter, new, _begin_of(meter, new), new.serial)
    return RegisterPlateAnswer(
        **plate_fields(row.plate),
        id=row.id,
        valid_from=to_datetime(row.valid_from) if row.valid_from else None,
        serial=row.serial,
        author=row.author,
    )


@router.delete("/meters/{channel}/{plate_id}", status_code=204)
async def delete_register(
    key: str, channel: ChannelKey, plate_id: RowId, services: Here, caller: ConfiguresDevice
) -> None:
    """Take back what was said of a register from a time on."""
    meter = await register_of(services, key, channel)
    plates = await _plates(services, meter)
    await asyncio.to_thread(services.metering.registers.delete_plate, meter.series, plate_id)
    gone = next((row for row in plates if row.id == plate_id), None)
    services.metering.validator.mark_from(meter, gone.valid_from if gone is not None else 0)
    await caller.note("register.deleted", f"device {key}", _told(meter, gone) if gone is not None else None)


@router.post("/register-decisions/preview")
async def preview_decision(key: str, new: NewDecision, services: Here, caller: OperatesDevice) -> EffectAnswer:
    """What a decision would change, with nothing changed."""
    caller.noted = True
    meter = await register_of(services, key, new.channel)
    row = decision_of(meter, new, caller, services.clock())
    then = await meter_then(services, caller, meter, new, row.at)
    effect = await asyncio.to_thread(services.metering.review.effect, meter, row, then)
    return EffectAnswer(before=total_of(effect.before), after=total_of(effect.after), difference=effect.difference)


@router.post("/register-decisions", status_code=201)
async def decide(key: str, new: NewDecision, services: Here, caller: OperatesDevice) -> EffectAnswer:
    """Confirm or change the verdict on a step of a register, or enter an exchange; consumption follows at once."""
    meter = await register_of(services, key, new.channel)
    row = decision_of(meter, new, caller, services.clock())
    then = await meter_then(services, caller, meter, new, row.at)
    effect = await asyncio.to_thread(services.metering.review.effect, meter, row, then)
    made = await asyncio.to_thread(services.metering.review.decide, meter, row)
    services.metering.validator.mark(meter, row.at)
    if new.register_ is not None:
        await _save_plate(services, caller, meter, new.register_, row.at, new.new_serial)
    await caller.note("register.decided", f"device {key}", after=new.model_dump(mode="json") | {"id": made.id})
    return EffectAnswer(before=total_of(effect.before), after=total_of(effect.after), difference=effect.difference)


@router.delete("/register-decisions/{decision_id}", status_code=204)
async def undo_decision(
    key: str, decision_id: RowId, channel: OfChannel, services: Here, caller: OperatesDevice
) -> None:
    """Take a decision back; the rule speaks again. What was said with it of the new register is taken back as well."""
    meter = await register_of(services, key, channel)
    taken_back = await asyncio.to_thread(services.metering.review.undo, meter, decision_id, caller.principal.name)
    for one in await asyncio.to_thread(_said_with, services, taken_back):
        await asyncio.to_thread(services.metering.registers.delete_plate, meter.series, one.id)
        services.metering.validator.mark_from(meter, one.valid_from)
        await caller.note("register.deleted", f"device {key}", _told(meter, one))
    services.metering.validator.mark(meter, taken_back.at)
    await caller.note("register.undone", f"device {key}", before={"channel": channel, "id": decision_id})


@router.get("/manual-readings")
def list_manual_readings(
    key: str, channel: OfChannel, services: Here, caller: ViewsDevice
) -> list[ManualReadingAnswer]:
    """Readings that people made of a register and that hold, oldest first."""
    meter = services.metering.meters.meter(key, channel)
    found = services.metering.registers.manual_readings([meter.series], 0, services.clock() + 1)
    reach = caller.reach()
    seen = [row for row in found if reach.sees_at(key, meter.site_id, row.at)]
    evidence = services.metering.registers.evidence([row.id for row in seen])
    return [_manual(meter, row, evidence.get(row.id)) for row in seen]


@router.post("/manual-readings", status_code=201)
async def add_manual_reading(
    key: str,
    new: NewManualReading,
    services: Here,
    caller: OperatesDevice,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=8, max_length=64, description="What is sent twice is entered once.", examples=["7f1c40aa"]),
    ] = None,
) -> ManualReadingAnswer:
    """Enter what a person has read on a register. It is stored beside the readings of the device, marked as manual.

    With the `Idempotency-Key` of an earlier request, that one's reading. A reading that came with one takes a photo.
    """
    meter = await register_of(services, key, new.channel)
    at = require_plausible(from_text(new.at, meter.zone), services.clock())
    if idempotency_key is not None:
        asked = ManualReadingRow(meter.series, at, new.value, new.note, caller.principal.name, services.clock())
        if (again := await _entered_before(services, meter, asked, idempotency_key)) is not None:
            caller.noted = True
            return again
    found = await asyncio.to_thread(services.telemetry.readings, [meter.series], at, at + 1, resolution="raw")
    if any(code < Quality.BAD for code in found[meter.series].quality.tolist()):
        raise Conflict("the device itself has a reading of this very time, which is never changed; choose another time")
    author, now = caller.principal.name, services.clock()
    row = ManualReadingRow(meter.series, at, new.value, new.note, author, now)
    evidence = _evidence(idempotency_key, new.position) if idempotency_key is not None else None
    kept = await asyncio.to_thread(services.metering.registers.add_manual_reading, row, evidence)
    await _store(services, meter, at, float(new.value), Quality.MANUAL)
    await caller.note("reading.entered", f"device {key}", after=new.model_dump(mode="json"))
    return _manual(meter, kept, evidence)


@router.put(
    "/manual-readings/{reading_id}/photo", status_code=204, openapi_extra={"requestBody": {"required": True} | _PHOTO}
)
async def save_reading_photo(
    key: str, reading_id: RowId, channel: OfChannel, services: Here, caller: OperatesDevice, request: Request
) -> None:
    """Lay the photo of the register (JPEG, at most 2 MB) beside a reading; one that was there is replaced."""
    meter = await register_of(services, key, channel)
    photo = await read_body(request, MAX_PHOTO_BYTES, TOO_LARGE)
    if not photo.startswith(JPEG_BEGIN):
        raise Malformed("a photo is a JPEG", "not_a_photo")
    await asyncio.to_thread(services.metering.registers.manual_reading, meter.series, reading_id)
    await asyncio.to_thread(services.metering.registers.save_photo, reading_id, photo)
    await caller.note("reading.photographed", f"device {key}", after={"id": reading_id, "bytes": len(photo)})


@router.get("/manual-readings/{reading_id}/photo", response_class=Response, responses={200: _PHOTO})
async def show_reading_photo(
    key: str, reading_id: RowId, channel: OfChannel, services: Here, caller: ViewsDevice
) -> Response:
    """The photo of the register that came with a reading."""
    meter = await register_of(services, key, channel)
    row = await asyncio.to_thread(services.metering.registers.manual_reading, meter.series, reading_id)
    if not caller.reach().sees_at(key, meter.site_id, row.at):
        raise NotFound(f"there is no manual reading {reading_id} of this channel")
    photo = await asyncio.to_thread(services.metering.registers.photo, reading_id)
    return Response(photo, media_type=JPEG, headers={"Cache-Control": "private, max-age=86400"})


@router.delete("/manual-readings/{reading_id}", status_code=204)
async def undo_manual_reading(
    key: str, reading_id: RowId, channel: OfChannel, services: Here, caller: OperatesDevice
) -> None:
    """Take back a reading that a person made; it stays in the history as bad and counts nothing."""
    meter = await register_of(services, key, channel)
    row = await asyncio.to_thread(services.metering.registers.manual_reading, meter.series, reading_id)
    await _store(services, meter, row.at, math.nan, Quality.BAD)
    await asyncio.to_thread(
        services.metering.registers.undo_manual_reading,
        meter.series,
        reading_id,
        caller.principal.name,
        services.clock(),
    )
    await caller.note(
        "reading.withdrawn", f"device {key}", before={"channel": channel, "at": to_datetime(row.at).isoformat()}
    )


async def _entered_before(
    services: Services, meter: Meter, asked: ManualReadingRow, request_id: str
) -> ManualReadingAnswer | None:
    """The reading of the same request. Stored anew, as the first time may have ended before that. Raises Conflict."""
    found = await asyncio.to_thread(services.metering.registers.requested, request_id)
    if found is None:
        return None
    row, holds = found
    if (row.series, row.at, row.value) != (asked.series, asked.at, asked.value):
        raise Conflict(f"the idempotency key {request_id!r} was used for another reading", "key_used_twice")
    if holds:
        await _store(services, meter, row.at, float(row.value), Quality.MANUAL)
    evidence = await asyncio.to_thread(services.metering.registers.evidence, [row.id])
    return _manual(meter, row, evidence.get(row.id))


def _evidence(request_id: str, position: ReadingPosition | None) -> EvidenceRow:
    if position is None:
        return EvidenceRow(request_id)
    return EvidenceRow(request_id, position.latitude, position.longitude, position.accuracy_m)


async def _store(services: Services, meter: Meter, at: Micros, value: float, code: Quality) -> None:
    """Through the log like every reading; returns when it is stored."""
    batch = Batch.of([meter.series], [at], [value], [code], [services.clock()])
    services.ingest.counters.received(batch)
    await services.transfer.load(batch)


async def register_of(services: Services, key: str, channel: str) -> Meter:
    meter = await asyncio.to_thread(services.metering.meters.meter, key, channel)
    if meter.source != "register":
        raise Malformed(f"{key} {channel} is a flow; only a counter has a register", "not_a_register")
    return meter


async def meter_then(services: Services, caller: Caller, meter: Meter, new: NewDecision, at: Micros) -> Meter | None:
    """The meter with the register that comes with a decision, None where none does. Raises Malformed."""
    if new.register_ is None:
        return None
    return await _meter_with(services, meter, _plate(services, caller, meter, new.register_, at, new.new_serial))


async def meter_said(services: Services, caller: Caller, meter: Meter, new: NewRegisterPlate) -> tuple[Meter, Micros]:
    """The meter with what would be said of its register, and from when. Raises Malformed."""
    valid_from = _begin_of(meter, new)
    return await _meter_with(services, meter, _plate(services, caller, meter, new, valid_from, new.serial)), valid_from


async def meter_unsaid(services: Services, meter: Meter, plate_id: int) -> tuple[Meter, Micros]:
    """The meter without something that was said of its register, and from when that holds. Raises NotFound."""
    known = await _plates(services, meter)
    gone = next((one for one in known if one.id == plate_id), None)
    if gone is None:
        raise NotFound(f"there is no dated register {plate_id} of this channel")
    return await _meter_less(services, meter, known, {plate_id}), gone.valid_from


async def _meter_with(services: Services, meter: Meter, row: PlateRow) -> Meter:
    meters = services.metering.meters
    await asyncio.to_thread(meters.require_fitting, meter, row)
    known = await _plates(services, meter)
    said = [*(one for one in known if one.valid_from != row.valid_from), row]
    return await asyncio.to_thread(meters.supposing, meter, said)


def _begin_of(meter: Meter, new: NewRegisterPlate) -> Micros:
    return from_text(new.valid_from, meter.zone) if new.valid_from is not None else 0


async def meter_without(services: Services, meter: Meter, row: DecisionRow) -> Meter:
    """The meter without the register that came with a decision."""
    said = {one.id for one in await asyncio.to_thread(_said_with, services, row)}
    return await _meter_less(services, meter, await _plates(services, meter), said)


async def _meter_less(services: Services, meter: Meter, known: Sequence[PlateRow], gone: Collection[int]) -> Meter:
    left = [one for one in known if one.id not in gone]
    return await asyncio.to_thread(services.metering.meters.supposing, meter, left)


async def _plates(services: Services, meter: Meter) -> Sequence[PlateRow]:
    """What was said of the meter's register."""
    return (await asyncio.to_thread(services.metering.registers.plates, [meter.series]))[meter.series]


def _said_with(services: Services, row: DecisionRow) -> Sequence[PlateRow]:
    """What was said of the register that began with a decision."""
    known = services.metering.registers.plates([row.series])[row.series]
    return [one for one in known if one.valid_from == row.at and one.serial == row.new_serial]


def _plate(
    services: Services, caller: Caller, meter: Meter, body: RegisterPlateBody, valid_from: Micros, serial: str | None
) -> PlateRow:
    names = ("unit", "multiplier", "digits", "rolls_at", "max_flow", "resolution", "memory_s")
    plate = Plate(**{name: getattr(body, name) for name in names})
    return PlateRow(meter.series, valid_from, plate, serial, caller.principal.name, services.clock())


async def _save_plate(
    services: Services, caller: Caller, meter: Meter, body: RegisterPlateBody, valid_from: Micros, serial: str | None
) -> PlateRow:
    row = _plate(services, caller, meter, body, valid_from, serial)
    await asyncio.to_thread(services.metering.meters.require_fitting, meter, row)
    plates = await _plates(services, meter)
    before = next((_told(meter, one) for one in plates if one.valid_from == valid_from), None)
    kept = await asyncio.to_thread(services.metering.registers.save_plate, row)
    services.metering.validator.mark_from(meter, valid_from)
    await caller.note("register.set", f"device {meter.device}", before, _told(meter, kept))
    return kept


def _told(meter: Meter, row: PlateRow) -> dict[str, Any]:
    """A plate as the audit log keeps it."""
    since = to_text(row.valid_from) if row.valid_from else None
    return plate_fields(row.plate) | {"channel": meter.channel, "valid_from": since, "serial": row.serial}


def decision_of(meter: Meter, new: NewDecision, caller: Caller, now: Micros) -> DecisionRow:
    return DecisionRow(
        meter.series,
        from_text(new.at, meter.zone),
        Verdict(new.verdict),
        new.closing,
        new.opening,
        new.old_serial,
        new.new_serial,
        new.reason,
        caller.principal.name,
        now,
    )


def _manual(meter: Meter, row: ManualReadingRow, evidence: EvidenceRow | None) -> ManualReadingAnswer:
    position = None
    if evidence is not None and evidence.latitude is not None and evidence.longitude is not None:
        position = ReadingPosition(
            latitude=evidence.latitude, longitude=evidence.longitude, accuracy_m=evidence.accuracy_m
        )
    return ManualReadingAnswer(
        id=row.id,
        channel=meter.channel,
        at=to_datetime(row.at),
        value=row.value,
        note=row.note,
        author=row.author,
        made_at=to_datetime(row.made_at),
        position=position,
        has_photo=evidence is not None and evidence.has_photo,
    )
