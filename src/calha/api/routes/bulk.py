"""Many devices from a spreadsheet."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from calha.accounts import registration
from calha.accounts.registration import Plan
from calha.api.access import Caller, Configures
from calha.api.bodies import read_body
from calha.api.routes.devices import first_site
from calha.api.routes.readings import csv_cell
from calha.api.routing import api_router
from calha.api.schemas import SiteId
from calha.api.schemas_onboarding import ImportedLine, ImportReport, NewSecret
from calha.api.services import Here
from calha.domain.access import Permission
from calha.domain.claim_codes import grouped
from calha.domain.errors import Malformed
from calha.ingest.spreadsheet import MAX_BYTES, lines_of

router = api_router("devices", "/devices")

TOO_LARGE = f"a table has at most {MAX_BYTES // 1024 // 1024} MB; send it in parts"

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TABLE = "key,name,serial,profile,site,gateway,note\r\npump-1,Bomba de saída,A17-0042,generic,Calha,,\r\n"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _TABLE},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.post("/import", openapi_extra=_BODY, responses=_ANSWERS, response_model=ImportReport)
async def import_devices(
    services: Here,
    caller: Configures,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only say what would become of each line.")] = False,
    partial: Annotated[bool, Query(description="Create the devices of the good lines in spite of others.")] = False,
    secrets: Annotated[bool, Query(description="Make secrets; without, for devices that provision themselves.")] = True,
    site_id: Annotated[SiteId | None, Query(description="Of lines that name no site; the first when missing.")] = None,
) -> ImportReport | Response:
    """Register the devices of a CSV or XLSX: key, name, serial, profile, site (path or id), gateway (a key) and note.

    All or none, unless `partial`. The secrets are in this answer and nowhere else; with `Accept: text/csv` it is a CSV of
    the new devices with their secrets and claim codes.
    """
    found = await asyncio.to_thread(lines_of, await read_body(request, MAX_BYTES, TOO_LARGE))
    default_site = site_id if site_id is not None else await asyncio.to_thread(first_site, caller)
    directory = services.ingest.directory
    planned = await asyncio.to_thread(
        registration.plan,
        found,
        services.registry,
        lambda site: caller.may(Permission.CONFIGURE, site),
        lambda gateway: caller.may(Permission.VIEW, directory.site_of(gateway)),
        default_site,
        set(directory.devices),
    )
    if dry_run or (planned.faults and not partial):
        caller.noted = True  # nothing has changed
        if "text/csv" in request.headers.get("accept", "") and not dry_run:
            raise Malformed(_first_fault(planned), "bad_line")
        return _report(planned, [], applied=False)
    new = await _carry_out(caller, planned, secrets)
    if "text/csv" in request.headers.get("accept", ""):
        headers = {"Content-Disposition": 'attachment; filename="calha-devices.csv"', "Cache-Control": "no-store"}
        return Response(_csv(new), media_type="text/csv; charset=utf-8", headers=headers)
    return _report(planned, new, applied=True)


async def _carry_out(caller: Caller, planned: Plan, secrets: bool) -> list[NewSecret]:
    services = caller.services
    made = await asyncio.to_thread(
        registration.carry_out, planned, services.registry, services.accounts, secrets=secrets
    )
    keys = [device.key for device in planned.devices]
    codes = await asyncio.to_thread(services.accounts.ownerships.codes, keys)
    await services.ingest.refresh()
    await caller.note("devices.imported", f"{len(keys)} devices", after={"devices": keys[:1_000]})
    if keys:
        count = len(keys)
        await asyncio.to_thread(
            services.registry.add_event,
            "devices_imported",
            text={"pt": f"{count} dispositivos criados de uma planilha", "en": f"{count} devices created from a table"},
            data={"devices": count},
        )
        await services.ingest.replay_all(reason="unknown_device")
    return [
        NewSecret(
            device=device.key,
            name=device.name or device.key,
            serial=device.serial,
            secret=made.get(device.key),
            claim_code=grouped(codes[device.key]),
        )
        for device in planned.devices
    ]


def _report(planned: Plan, new: list[NewSecret], *, applied: bool) -> ImportReport:
    results = [line.result for line in planned.lines]
    return ImportReport(
        applied=applied,
        created=results.count("created"),
        existing=results.count("exists"),
        errors=planned.faults,
        ignored_columns=list(planned.ignored_columns),
        lines=[
            ImportedLine(
                line=line.line,
                key=line.key,
                result=line.result,
                reason=line.fault.reason if line.fault else None,
                detail=line.fault.detail if line.fault else None,
            )
            for line in planned.lines
        ],
        secrets=new,
    )


def _first_fault(planned: Plan) -> str:
    first = next(line for line in planned.lines if line.fault is not None)
    assert first.fault is not None
    return f"{planned.faults} lines cannot be taken; the first is line {first.line}: {first.fault.detail}"


def _csv(new: Iterable[NewSecret]) -> bytes:
    lines = ["key,name,serial,secret,claim_code"]
    lines += [
        ",".join(csv_cell(text or "") for text in (one.device, one.name, one.serial, one.secret, one.claim_code))
        for one in new
    ]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
