"""Which invoices a change would touch, asked before it is made: edits, verdicts, registers, readings by people, tariffs."""

import asyncio
from functools import partial

import numpy as np

from calha.api.access import BillsAll, ConfiguresDevice, OperatesDevice
from calha.api.routes.customers import billed_sites
from calha.api.routes.registers import (
    OfChannel,
    decision_of,
    meter_said,
    meter_then,
    meter_unsaid,
    meter_without,
    register_of,
)
from calha.api.routes.tariffs import Key
from calha.api.routes.validation import proposal_of
from calha.api.routing import api_router
from calha.api.schemas import ChannelKey
from calha.api.schemas_billing import TariffText, TouchedInvoice, TouchedInvoices
from calha.api.schemas_metering import NewDecision, NewManualReading, NewRegisterPlate, RowId
from calha.api.schemas_validation import ProposedEdit
from calha.api.services import Here, Services
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Readings
from calha.domain.registers import Decision, Verdict
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import from_text, require_plausible
from calha.metering.counting import Supposed, edit_of
from calha.metering.meters import Meter
from calha.metering.touched_invoices import Reach, touched_by_meter, touched_by_tariff

router = api_router("billing")


@router.post("/devices/{key}/edits/invoices")
async def invoices_of_edit(key: str, asked: ProposedEdit, services: Here, caller: OperatesDevice) -> TouchedInvoices:
    """Invoices in force that an edit would touch, with nothing changed."""
    caller.noted = True
    meter = await asyncio.to_thread(services.metering.meters.meter, key, asked.channel)
    row = (await proposal_of(services, meter, asked)).row("", "", services.clock())
    return await _touched(services, meter, Supposed(meter.series, edits=[edit_of(row)]), row.from_at)


@router.get("/devices/{key}/edits/{edit_id}/invoices")
async def invoices_of_undone_edit(
    key: str, edit_id: RowId, channel: OfChannel, services: Here, _: OperatesDevice
) -> TouchedInvoices:
    """Invoices in force that taking an edit back would touch."""
    meter = await asyncio.to_thread(services.metering.meters.meter, key, channel)
    row = await asyncio.to_thread(services.metering.edits.get, meter.series, edit_id)
    return await _touched(services, meter, Supposed(meter.series, without=frozenset([row.id])), row.from_at)


@router.post("/devices/{key}/register-decisions/invoices")
async def invoices_of_decision(key: str, new: NewDecision, services: Here, caller: OperatesDevice) -> TouchedInvoices:
    """Invoices in force that a verdict or an exchange would touch, with nothing changed."""
    caller.noted = True
    meter = await register_of(services, key, new.channel)
    row = decision_of(meter, new, caller, services.clock())
    then = await meter_then(services, caller, meter, new, row.at)
    effect = await asyncio.to_thread(services.metering.review.effect, meter, row, then)
    return await _touched(services, meter, Supposed(meter.series, [row.decision()], meter=then), effect.before.from_at)


@router.get("/devices/{key}/register-decisions/{decision_id}/invoices")
async def invoices_of_undone_decision(
    key: str, decision_id: RowId, channel: OfChannel, services: Here, _: OperatesDevice
) -> TouchedInvoices:
    """Invoices in force that taking a decision about a register back would touch."""
    meter = await register_of(services, key, channel)
    row = await asyncio.to_thread(services.metering.registers.decision, meter.series, decision_id)
    effect = await asyncio.to_thread(services.metering.review.effect, meter, row)
    without = await meter_without(services, meter, row)
    undone = Supposed(meter.series, undecided=frozenset([row.id]), meter=without)
    return await _touched(services, meter, undone, effect.before.from_at)


@router.post("/devices/{key}/meters/{channel}/invoices")
async def invoices_of_register(
    key: str, channel: ChannelKey, new: NewRegisterPlate, services: Here, caller: ConfiguresDevice
) -> TouchedInvoices:
    """Invoices in force that another multiplier, unit or number of digits would touch, with nothing changed."""
    caller.noted = True
    meter = await register_of(services, key, channel)
    said, valid_from = await meter_said(services, caller, meter, new)
    return await _touched(services, meter, Supposed(meter.series, meter=said), valid_from)


@router.get("/devices/{key}/meters/{channel}/{plate_id}/invoices")
async def invoices_of_removed_register(
    key: str, channel: ChannelKey, plate_id: RowId, services: Here, _: ConfiguresDevice
) -> TouchedInvoices:
    """Invoices in force that taking back what was said of a register would touch."""
    meter = await register_of(services, key, channel)
    left, valid_from = await meter_unsaid(services, meter, plate_id)
    return await _touched(services, meter, Supposed(meter.series, meter=left), valid_from)


@router.get("/devices/{key}/manual-readings/{reading_id}/invoices")
async def invoices_of_withdrawn_reading(
    key: str, reading_id: RowId, channel: OfChannel, services: Here, _: OperatesDevice
) -> TouchedInvoices:
    """Invoices in force that taking a reading by a person back would touch."""
    meter = await register_of(services, key, channel)
    row = await asyncio.to_thread(services.metering.registers.manual_reading, meter.series, reading_id)
    withdrawn = Supposed(meter.series, [Decision(row.at, Verdict.GLITCH)])
    return await _touched(services, meter, withdrawn, await _read_before(services, meter, row.at))


@router.post("/devices/{key}/manual-readings/invoices")
async def invoices_of_reading(
    key: str, new: NewManualReading, services: Here, caller: OperatesDevice
) -> TouchedInvoices:
    """Invoices in force that a reading by a person would touch, with nothing changed."""
    caller.noted = True
    meter = await register_of(services, key, new.channel)
    at = require_plausible(from_text(new.at, meter.zone), services.clock())
    read = Readings.of(
        np.array([at], np.int64), np.array([float(new.value)]), np.array([Quality.MANUAL]).astype(np.uint8)
    )
    return await _touched(
        services, meter, Supposed(meter.series, readings=read), await _read_before(services, meter, at)
    )


@router.post("/tariffs/{key}/invoices")
async def invoices_of_tariff(key: Key, body: TariffText, services: Here, caller: BillsAll) -> TouchedInvoices:
    """Invoices in force that a new revision of a tariff would touch, with nothing written. The oldest 500 are compared."""
    caller.noted = True
    tariff = await asyncio.to_thread(read_tariff, body.text, key)
    return _answer(await asyncio.to_thread(touched_by_tariff, services.billing, tariff, billed_sites(caller)))


async def _read_before(services: Services, meter: Meter, at: Micros) -> Micros:
    """When the register was read last before a time; a reading there changes what was consumed since."""
    (before, _) = (await asyncio.to_thread(services.metering.counting.of, meter, np.array([at - 1, at]))).ends
    return min(at, before.at) if before is not None else at


async def _touched(services: Services, meter: Meter, supposed: Supposed, from_at: Micros) -> TouchedInvoices:
    counting = services.metering.counting
    compare = partial(touched_by_meter, services.billing, counting, meter, supposed, from_at)
    return _answer(await asyncio.to_thread(compare))


def _answer(reach: Reach) -> TouchedInvoices:
    found = [
        TouchedInvoice(
            number=one.invoice.number,
            contract=one.contract.number,
            from_day=one.invoice.from_day,
            until_day=one.invoice.until_day,
            issued=str(one.invoice.total),
            then=None if one.then is None else str(one.then),
            difference=None if one.difference is None else str(one.difference),
            problem=one.problem,
        )
        for one in reach.touched
    ]
    return TouchedInvoices(invoices=found, is_whole=reach.is_whole)
