"""Validation: exceptions to be worked through, and edits of consumption with preview, reason and undo."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query

from calha.api.access import Caller, Operates, OperatesDevice, Views, ViewsDevice
from calha.api.period import To
from calha.api.routes.consumption import total_of
from calha.api.routing import api_router
from calha.api.schemas import ChannelKey, DeviceKey, Page, SiteId
from calha.api.schemas_metering import RowId
from calha.api.schemas_validation import (
    ChosenExceptions,
    EditAnswer,
    EstimateExceptions,
    EstimateOutcome,
    ExceptionAnswer,
    ExceptionStateName,
    NewEdit,
    OpenExceptions,
    ProposalAnswer,
    ProposedEdit,
    RuleName,
)
from calha.api.services import Here, Services
from calha.domain import units
from calha.domain.access import Permission
from calha.domain.errors import Malformed, NotFound
from calha.domain.times import from_text, to_datetime
from calha.metering.editing import Asked, Proposal, in_unit
from calha.metering.meters import Meter
from calha.store.metering import EditRow, ExceptionRow

router = api_router("validation")

OfSite = Annotated[SiteId | None, Query(description="Only devices in this site and below.")]
OfDevice = Annotated[DeviceKey | None, Query(description="Only this device.")]


@router.get("/exceptions")
def list_exceptions(
    services: Here,
    caller: Views,
    state: Annotated[ExceptionStateName, Query(description="`open` is what waits for somebody.")] = "open",
    rule: RuleName | None = None,
    site: OfSite = None,
    device: OfDevice = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Id after which to go on.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[ExceptionAnswer]:
    """What validation has found in the devices that the caller may see, oldest first."""
    page = services.metering.findings.page(
        state, rule, device, _keys(services, site), caller.selection(), after or None, limit
    )
    reach, directory = caller.reach(), services.ingest.directory
    seen = [row for row in page.items if reach.sees_at(row.device, directory.site_of(row.device) or 0, row.from_at)]
    return Page(items=[_described(services, row) for row in seen], next=page.next)


@router.get("/exceptions/summary")
def count_exceptions(services: Here, caller: Views, site: OfSite = None, device: OfDevice = None) -> OpenExceptions:
    """How many exceptions are open, by rule."""
    found = services.metering.findings.count(_keys(services, site), caller.selection(), device)
    return OpenExceptions(open=sum(found.values()), by_rule=found)


@router.post("/exceptions/accept")
async def accept_exceptions(chosen: ChosenExceptions, services: Here, caller: Operates) -> list[ExceptionAnswer]:
    """Say that what was found is right as it is."""
    rows = await _chosen(services, caller, chosen.ids)
    close = services.metering.findings.close
    await asyncio.to_thread(close, chosen.ids, "accepted", caller.principal.name, services.clock())
    await caller.note("exceptions.accepted", _targets(rows), after={"ids": chosen.ids})
    return await _now(services, chosen.ids)


@router.post("/exceptions/reopen")
async def reopen_exceptions(chosen: ChosenExceptions, services: Here, caller: Operates) -> list[ExceptionAnswer]:
    """Take back that exceptions were accepted; the edits of others are taken back by undoing the edit."""
    rows = await _chosen(services, caller, chosen.ids)
    if any(row.edit_id is not None for row in rows):
        raise Malformed("an exception that an edit settled is opened again by undoing the edit", "undo_the_edit")
    await asyncio.to_thread(services.metering.findings.reopen, chosen.ids)
    await caller.note("exceptions.reopened", _targets(rows), after={"ids": chosen.ids})
    return await _now(services, chosen.ids)


@router.post("/exceptions/estimate")
async def estimate_exceptions(asked: EstimateExceptions, services: Here, caller: Operates) -> list[EstimateOutcome]:
    """Estimate what each exception is about, by the first method that can be used."""
    rows = await _chosen(services, caller, asked.ids)
    outcomes = [await _estimate(services, caller, row, asked.reason) for row in rows]
    await caller.note("exceptions.estimated", _targets(rows), after=asked.model_dump())
    return outcomes


@router.post("/devices/{key}/edits/preview")
async def preview_edit(key: str, asked: ProposedEdit, services: Here, caller: OperatesDevice) -> ProposalAnswer:
    """What an edit would say, with nothing changed."""
    caller.noted = True
    meter = await asyncio.to_thread(services.metering.meters.meter, key, asked.channel)
    return _proposed(await proposal_of(services, meter, asked), asked.unit)


@router.post("/devices/{key}/edits", status_code=201)
async def edit(key: str, new: NewEdit, services: Here, caller: OperatesDevice) -> EditAnswer:
    """Let estimated or entered amounts stand instead of what was measured; the readings stay as they are."""
    meter = await asyncio.to_thread(services.metering.meters.meter, key, new.channel)
    _require_of(await asyncio.to_thread(services.metering.findings.named, new.exceptions), meter)
    proposal = await proposal_of(services, meter, new)
    author = caller.principal.name
    made = await asyncio.to_thread(services.metering.editing.apply, proposal, new.reason, author, new.exceptions)
    await caller.note("consumption.edited", f"device {key}", after=new.model_dump(mode="json") | {"id": made.id})
    return _edit(meter, made)


@router.get("/devices/{key}/edits")
def list_edits(
    key: str,
    channel: Annotated[ChannelKey, Query()],
    services: Here,
    caller: ViewsDevice,
    from_: Annotated[
        str | None, Query(alias="from", max_length=40, description="From the beginning when missing.")
    ] = None,
    to: To = None,
) -> list[EditAnswer]:
    """Edits of a time, also those taken back, newest first; at most 200."""
    meter = services.metering.meters.meter(key, channel)
    since = from_text(from_, meter.zone) if from_ else 0
    until = from_text(to, meter.zone) if to else services.clock()
    reach = caller.reach()
    found = services.metering.edits.history(meter.series, since, until)
    return [_edit(meter, row) for row in found if reach.sees_at(key, meter.site_id, row.from_at)]


@router.delete("/devices/{key}/edits/{edit_id}", status_code=204)
async def undo_edit(
    key: str, edit_id: RowId, channel: Annotated[ChannelKey, Query()], services: Here, caller: OperatesDevice
) -> None:
    """Take an edit back; what was measured counts again, and the exceptions that it settled are open again."""
    meter = await asyncio.to_thread(services.metering.meters.meter, key, channel)
    await asyncio.to_thread(services.metering.editing.undo, meter, edit_id, caller.principal.name)
    await caller.note("consumption.restored", f"device {key}", before={"channel": channel, "id": edit_id})


# -- below


async def _estimate(services: Services, caller: Caller, row: ExceptionRow, reason: str) -> EstimateOutcome:
    if row.state != "open" or row.rule == "register":
        why = "a register event is settled by its verdict" if row.rule == "register" else f"it is {row.state}"
        return EstimateOutcome(id=row.id, edit_id=None, method=None, detail=why)
    try:
        meter = await asyncio.to_thread(services.metering.meters.meter, row.device, row.channel)
        asked = Asked(row.from_at, row.until_at)
        proposal = await asyncio.to_thread(services.metering.editing.propose, meter, asked)
    except (Malformed, NotFound) as error:
        return EstimateOutcome(id=row.id, edit_id=None, method=None, detail=str(error))
    author = caller.principal.name
    made = await asyncio.to_thread(services.metering.editing.apply, proposal, reason, author, [row.id])
    return EstimateOutcome(id=row.id, edit_id=made.id, method=proposal.method, detail=None)


async def _chosen(services: Services, caller: Caller, ids: Sequence[int]) -> list[ExceptionRow]:
    """Exceptions that the caller may work on. Raises NotFound, also for those he may not see, and Forbidden."""
    rows = await asyncio.to_thread(services.metering.findings.named, ids)
    reach, directory = caller.reach(), services.ingest.directory
    for row in rows:
        site = directory.site_of(row.device)
        if site is None or not reach.sees_at(row.device, site, row.from_at):
            raise NotFound(f"there is no exception {row.id}")
        caller.require(Permission.OPERATE, site)
    return rows


def _keys(services: Services, site: int | None) -> set[int] | None:
    """The site and all below it; None for all sites."""
    if site is None:
        return None
    tree = services.ingest.directory.tree
    return set(tree.below([site])) or {site}


def _require_of(rows: Sequence[ExceptionRow], meter: Meter) -> None:
    for row in rows:
        if row.series != meter.series:
            raise NotFound(f"exception {row.id} is not of {meter.device} {meter.channel}")


async def proposal_of(services: Services, meter: Meter, asked: ProposedEdit) -> Proposal:
    factor = units.factor(asked.unit, meter.unit) if asked.unit not in (None, meter.unit) else Decimal(1)
    wanted = Asked(
        from_text(asked.from_, meter.zone),
        from_text(asked.to, meter.zone),
        asked.step,
        asked.method,
        asked.total * factor if asked.total is not None else None,
        [amount * factor for amount in asked.amounts] if asked.amounts is not None else None,
    )
    return await asyncio.to_thread(services.metering.editing.propose, meter, wanted)


def _proposed(proposal: Proposal, unit: str | None) -> ProposalAnswer:
    shown = in_unit(proposal, unit) if unit is not None else proposal
    before, after = shown.before.total(), shown.after.total()
    has_both = before.amount is not None and after.amount is not None
    return ProposalAnswer(
        channel=shown.meter.channel,
        method=shown.method,
        unit=shown.after.unit,
        t=(shown.after.bounds / 1000).tolist(),
        before=[None if amount != amount else round(amount, 9) for amount in shown.before.amounts().tolist()],  # NaN
        after=[round(amount, 9) for amount in shown.after.amounts().tolist()],
        total_before=total_of(before),
        total_after=total_of(after),
        difference=after.amount - before.amount if has_both else None,  # type: ignore[operator]
    )


def _edit(meter: Meter, row: EditRow) -> EditAnswer:
    return EditAnswer.model_validate(
        {
            "id": row.id,
            "channel": meter.channel,
            "from": to_datetime(row.from_at),
            "to": to_datetime(row.until_at),
            "method": row.method,
            "amount": sum(row.amounts, Decimal(0)),
            "unit": meter.unit,
            "reason": row.reason,
            "author": row.author,
            "made_at": to_datetime(row.made_at),
            "undone_at": to_datetime(row.undone_at) if row.undone_at is not None else None,
            "undone_by": row.undone_by,
        }
    )


async def _now(services: Services, ids: Sequence[int]) -> list[ExceptionAnswer]:
    rows = await asyncio.to_thread(services.metering.findings.named, ids)
    return [_described(services, row) for row in rows]


def _described(services: Services, row: ExceptionRow) -> ExceptionAnswer:
    fields: dict[str, Any] = {
        name: getattr(row, name) for name in ("id", "device", "channel", "rule", "state", "edit_id")
    }
    return ExceptionAnswer.model_validate(
        fields
        | {
            "from": to_datetime(row.from_at),
            "to": to_datetime(row.until_at),
            "zone": services.zone_of(row.device),
            "data": dict(row.data),
            "found_at": to_datetime(row.found_at),
            "closed_at": to_datetime(row.closed_at) if row.closed_at is not None else None,
            "closed_by": row.closed_by,
        }
    )


def _targets(rows: Sequence[ExceptionRow]) -> str:
    devices = sorted({row.device for row in rows})
    return f"device {devices[0]}" if len(devices) == 1 else f"{len(devices)} devices"
