"""Reports: saved ones with their schedules, making one, how far it is, its files, and the history of what was made and sent."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import Query
from starlette.responses import FileResponse, Response

from calha.api.access import Caller, Configures, Views
from calha.api.based import Based
from calha.api.curve_reads import note_curve_reads
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_billing import Number
from calha.api.schemas_reports import (
    DefinitionBody,
    ReportAnswer,
    ReportBody,
    ReportRunAnswer,
    ReportRunRequest,
    definition_fields,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.report_definitions import Definition, ReportFormat
from calha.domain.times import to_datetime
from calha.reports.kinds import Task
from calha.reports.kinds.ground import zone_of
from calha.reports.making import MEDIA_TYPES
from calha.reports.runs import Order
from calha.reports.schedules import next_of
from calha.store.reports import NewReport, ReportRunRow, ReportState, SavedRow

router = api_router("reports")

After = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.", examples=[9])]
Limit = Annotated[int, Query(ge=1, le=500)]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}, "description": "The file."}
}


@router.get("/reports")
async def list_reports(
    services: Here,
    caller: Views,
    search: Annotated[str, Query(max_length=100, description="In the name.", examples=["flow"])] = "",
    after: After = None,
    limit: Limit = 100,
) -> Page[ReportAnswer]:
    """The saved reports of the caller's sites."""
    rows = await asyncio.to_thread(services.reports.saved.list, caller.sites(), search, after or 0, limit)
    return Page(items=[_report(row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else None)


@router.post("/reports", status_code=201)
async def save_report(body: ReportBody, services: Here, caller: Configures) -> ReportAnswer:
    """Save a report under a name, with when and to whom it goes."""
    new = await _checked(caller, services, body)
    next_at = next_of(new, services.clock())
    row = await asyncio.to_thread(services.reports.saved.add, new, next_at, caller.principal.name)
    await caller.note("report.saved", f"report {row.id}", after=body.model_dump(by_alias=True))
    return _report(row)


@router.get("/reports/{report_id}")
async def read_report(report_id: Number, services: Here, caller: Views) -> ReportAnswer:
    """One saved report."""
    return _report(await _saved_of(caller, services, report_id))


@router.put("/reports/{report_id}")
async def change_report(
    report_id: Number, body: ReportBody, services: Here, caller: Configures, base: Based
) -> ReportAnswer:
    """Put another in its place, whose history stays; with `If-Match`, only if nobody else has meanwhile (409)."""
    before = await _saved_of(caller, services, report_id, Permission.CONFIGURE)
    await base.require(_report(before), "report.changed", f"report {report_id}")
    new = await _checked(caller, services, body)
    next_at = next_of(new, services.clock())
    row = await asyncio.to_thread(services.reports.saved.change, report_id, new, next_at, caller.principal.name)
    await caller.note("report.changed", f"report {report_id}", _report(before).noted(), body.model_dump(by_alias=True))
    return _report(row)


@router.delete("/reports/{report_id}", status_code=204)
async def delete_report(report_id: Number, services: Here, caller: Configures) -> None:
    """Forget a report and its schedule. What was made of it stays in the history."""
    before = await _saved_of(caller, services, report_id, Permission.CONFIGURE)
    await asyncio.to_thread(services.reports.saved.delete, report_id)
    await caller.note("report.deleted", f"report {report_id}", before=_report(before).noted())


@router.post("/reports/{report_id}/runs", status_code=202)
async def run_report(
    report_id: Number,
    services: Here,
    caller: Views,
    send: Annotated[bool, Query(description="Also send it to its recipients and folder.")] = False,
) -> ReportRunAnswer:
    """Make a saved report now. Ask for its progress by the run's id."""
    saved = await _saved_of(caller, services, report_id, Permission.CONFIGURE if send else Permission.VIEW)
    return await _begin(caller, services, Order.of(saved, caller.principal.name, send=send))


@router.get("/report-runs")
async def list_report_runs(
    services: Here,
    caller: Views,
    report: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only of this report.", examples=[1])] = None,
    state: Annotated[ReportState | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ReportRunAnswer]:
    """What was made and sent, newest first."""
    rows = await asyncio.to_thread(
        lambda: services.reports.history.list(
            caller.sites(), report_id=report, state=state, before_id=after, limit=limit
        )
    )
    return Page(items=[_run(row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else None)


@router.post("/report-runs", status_code=202)
async def make_report(body: ReportRunRequest, services: Here, caller: Views) -> ReportRunAnswer:
    """Make a report that is not saved. Ask for its progress by the run's id."""
    caller.require(Permission.VIEW, body.definition.site_id)
    order = Order(body.name, _definition(body.definition), body.formats, caller.principal.name)
    return await _begin(caller, services, order)


@router.get("/report-runs/{report_run_id}")
async def read_report_run(report_run_id: Number, services: Here, caller: Views) -> ReportRunAnswer:
    """How far a report is, what its files are, and where it went."""
    return _run(await _run_of(caller, services, report_run_id))


@router.post("/report-runs/{report_run_id}/stop", status_code=202)
async def stop_report_run(report_run_id: Number, services: Here, caller: Views) -> ReportRunAnswer:
    """Let a report end after the part that it is at; no file stays."""
    run = await _run_of(caller, services, report_run_id)
    if run.made_by != caller.principal.name:
        caller.require(Permission.CONFIGURE, run.site_id)
    await asyncio.to_thread(services.reports.stop, report_run_id)
    await caller.note("report_run.stopped", f"report run {report_run_id}")
    return _run(await asyncio.to_thread(services.reports.history.get, report_run_id))


@router.get("/report-runs/{report_run_id}/files/{format}", response_class=Response, responses=_FILES)
async def download_report(report_run_id: Number, format: ReportFormat, services: Here, caller: Views) -> Response:  # noqa: A002
    """A file of a report."""
    run = await _run_of(caller, services, report_run_id)
    facts, path = await asyncio.to_thread(services.reports.path, report_run_id, format)
    await _note_download(caller, services, run)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(path, media_type=MEDIA_TYPES[format], filename=facts["name"], headers=headers)


async def _begin(caller: Caller, services: Services, order: Order) -> ReportRunAnswer:
    task = await asyncio.to_thread(Task.of, services.reports.ground, order.definition, order.now)
    devices = [one.key for one in await asyncio.to_thread(task.devices)]
    await note_curve_reads(caller, devices, task.from_at, task.until_at)
    run = await asyncio.to_thread(services.reports.begin, order)
    await caller.note(
        "report_run.begun", f"report run {run.id}", after={"name": order.name, "to": list(order.recipients)}
    )
    services.work(f"report run {run.id}", lambda: services.reports.work(run, order))
    return _run(run)


async def _checked(caller: Caller, services: Services, body: ReportBody) -> NewReport:
    """A report as it is kept. Raises Forbidden, NotFound, Malformed."""
    caller.require(Permission.CONFIGURE, body.definition.site_id)
    definition = _definition(body.definition)
    task = await asyncio.to_thread(Task.of, services.reports.ground, definition)
    await asyncio.to_thread(task.devices)
    zone = zone_of(body.zone or task.site.zone).key
    recipients = tuple(dict.fromkeys(body.recipients))
    formats = tuple(dict.fromkeys(body.formats))
    return NewReport(body.name, definition, formats, body.cron.strip(), zone, recipients, body.folder)


async def _note_download(caller: Caller, services: Services, run: ReportRunRow) -> None:
    """What a report shows is what the devices measured; also those that are no longer there."""
    task = await asyncio.to_thread(Task.of, services.reports.ground, run.definition)
    devices = run.definition.devices or [one.key for one in await asyncio.to_thread(task.devices)]
    since, until = run.from_at, run.until_at
    await note_curve_reads(caller, devices, task.from_at if since is None else since, until or task.until_at)


async def _saved_of(
    caller: Caller, services: Services, report_id: int, permission: Permission = Permission.VIEW
) -> SavedRow:
    row = await asyncio.to_thread(services.reports.saved.get, report_id)
    if not caller.may(Permission.VIEW, row.site_id):
        raise NotFound(f"there is no report {report_id}", "unknown_report")
    caller.require(permission, row.site_id)
    return row


async def _run_of(caller: Caller, services: Services, run_id: int) -> ReportRunRow:
    run = await asyncio.to_thread(services.reports.history.get, run_id)
    if not caller.may(Permission.VIEW, run.site_id):
        raise NotFound(f"there is no report run {run_id}", "unknown_report")
    return run


def _definition(body: DefinitionBody) -> Definition:
    return msgspec.convert(definition_fields(body), Definition)


def _report(row: SavedRow) -> ReportAnswer:
    report = row.report
    return ReportAnswer(
        id=row.id,
        name=report.name,
        definition=_body(report.definition),
        formats=list(report.formats),
        cron=report.cron,
        zone=report.zone,
        recipients=list(report.recipients),
        folder=report.folder,
        next_at=to_datetime(row.next_at) if row.next_at is not None else None,
        made_by=row.made_by,
        changed_at=row.changed_at,
    )


def _run(row: ReportRunRow) -> ReportRunAnswer:
    names = ("id", "report_id", "name", "formats", "is_scheduled", "state", "share", "files", "sent", "problem")
    told = {name: getattr(row, name) for name in (*names, "made_by", "started_at", "ended_at")}
    period = {name: None if at is None else to_datetime(at) for name, at in _period(row)}
    return ReportRunAnswer.model_validate(told | period | {"definition": _body(row.definition)})


def _period(row: ReportRunRow) -> tuple[tuple[str, int | None], ...]:
    return ("from_at", row.from_at), ("until_at", row.until_at)


def _body(definition: Definition) -> DefinitionBody:
    told = msgspec.to_builtins(definition)
    period = {name: value for name, value in told["period"].items() if value}
    return DefinitionBody.model_validate(told | {"period": period})
