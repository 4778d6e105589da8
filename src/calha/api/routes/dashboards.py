"""Dashboards: kept ones with their export and import, ready-made ones, and the public links to a dashboard."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Header, Query, Request
from starlette.responses import Response

from calha.accounts.keyring import digest, new_secret
from calha.api.access import Caller, Configures, Views, ViewsDevice, ViewsSite
from calha.api.addresses import public_url
from calha.api.dashboards import LINK_PREFIX, carried, kept_document, laid_down, require_public
from calha.api.routing import api_router
from calha.api.schemas import Page, SiteId
from calha.api.schemas_billing import Number
from calha.api.schemas_dashboards import (
    CarriedDashboard,
    DashboardAnswer,
    DashboardBody,
    DashboardFileAnswer,
    DashboardImport,
    DashboardLinkAnswer,
    DashboardLinkMade,
    DashboardSummary,
    NewDashboardLink,
    ReadyDashboard,
)
from calha.api.services import Here, Services
from calha.dashboards import ready
from calha.dashboards.scope import scope_of
from calha.domain.access import Permission
from calha.domain.errors import Malformed, NotFound
from calha.domain.profiles import Command
from calha.store.dashboards import DashboardRow

router = api_router("dashboards")

FEWEST_ON_MAP = 2  # one place alone says nothing

IfMatch = Annotated[
    str | None, Header(description="ETag of the version that the change is based on.", examples=['"3"'])
]


@router.get("/dashboards")
async def list_dashboards(
    services: Here,
    caller: Views,
    search: Annotated[str, Query(max_length=100, description="In the name.", examples=["pump"])] = "",
    after: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.", examples=[9])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[DashboardSummary]:
    """The dashboards of the caller's sites."""
    rows = await asyncio.to_thread(services.dashboards.boards.list, caller.sites(), search, after or 0, limit)
    return Page(items=[_summary(row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else None)


@router.post("/dashboards", status_code=201)
async def create_dashboard(body: DashboardBody, services: Here, caller: Configures) -> DashboardAnswer:
    """Keep a dashboard on a site."""
    caller.require(Permission.CONFIGURE, body.site_id)
    document = body.document.model_dump(mode="json")
    by = caller.principal.name
    row = await asyncio.to_thread(services.dashboards.boards.add, body.site_id, body.name, document, by)
    await caller.note("dashboard.created", f"dashboard {row.id}", after={"name": row.name, "site_id": row.site_id})
    return await _whole(services, row)


@router.post("/dashboards/import", status_code=201)
async def import_dashboard(body: DashboardImport, services: Here, caller: Configures) -> DashboardAnswer:
    """Keep a dashboard that was exported, here or elsewhere, with its files."""
    caller.require(Permission.CONFIGURE, body.site_id)
    row = await asyncio.to_thread(laid_down, services.dashboards, body.site_id, body.dashboard, caller.principal.name)
    await caller.note("dashboard.created", f"dashboard {row.id}", after={"name": row.name, "site_id": row.site_id})
    return await _whole(services, row)


@router.get("/dashboards/{dashboard_id}")
async def read_dashboard(dashboard_id: Number, services: Here, caller: Views, response: Response) -> DashboardAnswer:
    """One dashboard; its ETag serves `If-Match` of a change."""
    answer = await _whole(services, await board_of(caller, services, dashboard_id))
    response.headers["ETag"] = f'"{answer.version}-{max((one.id for one in answer.files), default=0)}"'
    return answer


@router.put("/dashboards/{dashboard_id}")
async def change_dashboard(
    dashboard_id: Number, body: DashboardBody, services: Here, caller: Configures, if_match: IfMatch = None
) -> DashboardAnswer:
    """Put another in its place; with `If-Match`, only if nobody else has meanwhile (409)."""
    before = await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    caller.require(Permission.CONFIGURE, body.site_id)
    row = await asyncio.to_thread(
        services.dashboards.boards.change,
        dashboard_id,
        _version(if_match),
        body.site_id,
        body.name,
        body.document.model_dump(mode="json"),
        caller.principal.name,
    )
    told = [{"name": one.name, "site_id": one.site_id, "document": dict(one.document)} for one in (before, row)]
    await caller.note("dashboard.changed", f"dashboard {row.id}", *told)
    return await _whole(services, row)


@router.delete("/dashboards/{dashboard_id}", status_code=204)
async def delete_dashboard(dashboard_id: Number, services: Here, caller: Configures) -> None:
    """Delete it with its files; its public links show nothing any more."""
    before = await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    await asyncio.to_thread(services.dashboards.boards.delete, dashboard_id)
    told = {"name": before.name, "site_id": before.site_id, "document": dict(before.document)}
    await caller.note("dashboard.deleted", f"dashboard {dashboard_id}", before=told)


@router.get("/dashboards/{dashboard_id}/export")
async def export_dashboard(dashboard_id: Number, services: Here, caller: Views) -> CarriedDashboard:
    """The dashboard as a file, with the pictures and drawings that it shows."""
    row = await board_of(caller, services, dashboard_id)
    return await asyncio.to_thread(carried, services.dashboards, row)


@router.get("/devices/{key}/dashboard")
async def ready_device_dashboard(key: str, services: Here, caller: ViewsDevice) -> ReadyDashboard:
    """A device's ready-made dashboard, by the channels that it has and the commands of its profile."""
    device = await asyncio.to_thread(services.registry.device, key)
    commands: Sequence[Command] = ()
    if caller.may(Permission.OPERATE, device.site_id):
        profile = await asyncio.to_thread(services.registry.profile, device.profile)
        commands = profile.commands
    return ReadyDashboard(
        name=device.name, site_id=device.site_id, document=ready.of_device(key, device.channels, commands)
    )


@router.get("/sites/{site_id}/dashboard")
async def ready_site_dashboard(site_id: SiteId, services: Here, _: ViewsSite) -> ReadyDashboard:
    """A site's ready-made overview: the plant with its values, its alarms, and a map where positions are known."""
    site = await asyncio.to_thread(services.registry.site, site_id)
    has_map = await asyncio.to_thread(_has_map, services, site_id)
    return ReadyDashboard(name=site.name, site_id=site.id, document=ready.of_site(site_id, has_map=has_map))


@router.get("/dashboards/{dashboard_id}/links")
async def list_dashboard_links(dashboard_id: Number, services: Here, caller: Configures) -> Page[DashboardLinkAnswer]:
    """The public links to a dashboard, also those that have expired."""
    await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    rows = await asyncio.to_thread(services.dashboards.links.list, dashboard_id)
    return Page(items=[DashboardLinkAnswer.model_validate(row) for row in rows], next=None)


@router.post("/dashboards/{dashboard_id}/links", status_code=201)
async def share_dashboard(
    dashboard_id: Number, body: NewDashboardLink, services: Here, caller: Configures, request: Request
) -> DashboardLinkMade:
    """Make a link by which anybody who holds it sees this dashboard, and nothing else, until it expires or is revoked."""
    row = await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    scope = scope_of(kept_document(row), body.variables, row.site_id)
    require_public(services, row.site_id, scope.devices)
    secret = new_secret(LINK_PREFIX)
    expires_at = datetime.now(UTC) + timedelta(days=body.days)
    made = await asyncio.to_thread(
        services.dashboards.links.add,
        dashboard_id,
        body.name,
        digest(secret),
        body.variables,
        caller.principal.name,
        expires_at,
    )
    told = {"link": made.id, "name": body.name, "expires_at": expires_at.isoformat(), "devices": sorted(scope.devices)}
    await caller.note("dashboard.shared", f"dashboard {dashboard_id}", after=told)
    shown = DashboardLinkAnswer.model_validate(made).model_dump()
    return DashboardLinkMade(**shown, link=f"{public_url(services.settings, request)}/shared#{secret}")


@router.delete("/dashboards/{dashboard_id}/links/{link_id}", status_code=204)
async def revoke_dashboard_link(dashboard_id: Number, link_id: Number, services: Here, caller: Configures) -> None:
    """From now on the link shows nothing."""
    await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    link = await asyncio.to_thread(services.dashboards.links.revoke, dashboard_id, link_id)
    await caller.note("dashboard.unshared", f"dashboard {dashboard_id}", before={"link": link.id, "name": link.name})


def _has_map(services: Services, site_id: int) -> bool:
    """Whether there is enough to show on a map."""
    below = services.ingest.directory.tree.below([site_id])
    sites = sum(one.position is not None for one in services.registry.sites() if one.id in below)
    return sites + len(services.registry.devices(limit=FEWEST_ON_MAP, site=site_id, placed=True).items) >= FEWEST_ON_MAP


async def board_of(
    caller: Caller, services: Services, dashboard_id: int, permission: Permission = Permission.VIEW
) -> DashboardRow:
    """Raises NotFound, Forbidden."""
    row = await asyncio.to_thread(services.dashboards.boards.get, dashboard_id)
    if not caller.may(Permission.VIEW, row.site_id):
        raise NotFound(f"there is no dashboard {dashboard_id}", "unknown_dashboard")
    caller.require(permission, row.site_id)
    return row


def _version(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not text.isdigit():
        raise Malformed(f"If-Match {if_match!r} is no ETag of a dashboard", "bad_etag")
    return int(text)


def _summary(row: DashboardRow) -> DashboardSummary:
    return DashboardSummary(widgets=len(row.document["widgets"]), **_facts(row))


async def _whole(services: Services, row: DashboardRow) -> DashboardAnswer:
    files = await asyncio.to_thread(services.dashboards.files.list, row.id)
    return DashboardAnswer(
        widgets=len(row.document["widgets"]),
        document=kept_document(row),
        files=[DashboardFileAnswer.model_validate(one) for one in files],
        **_facts(row),
    )


def _facts(row: DashboardRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "name", "site_id", "version", "changed_by", "changed_at")}
