"""Sites: the tree in which devices stand."""

import asyncio
from dataclasses import asdict

from calha.api.access import Caller, Configures, ConfiguresSite, Views, ViewsSite
from calha.api.routing import api_router
from calha.api.schemas import NewSite, Page, Site, SiteChange, SiteId, as_position
from calha.api.services import Here
from calha.domain.access import Permission

router = api_router("sites", "/sites")


@router.get("")
def list_sites(services: Here, caller: Views) -> Page[Site]:
    """The sites that the caller may see, parents before children."""
    reach = caller.reach()
    seen = [Site.model_validate(site) for site in services.registry.sites() if site.id in reach.sites]
    return Page(items=seen, next=None)


@router.post("", status_code=201)
async def create_site(new: NewSite, services: Here, caller: Configures) -> Site:
    """Add a site below another, or a new root."""
    caller.require(Permission.CONFIGURE, new.parent_id)
    zone = new.zone or services.settings.registry.zone
    create = services.registry.create_site
    site = await asyncio.to_thread(create, new.name, new.parent_id, zone, as_position(new.position))
    await services.ingest.refresh()
    await caller.note("site.created", f"site {site.id}", after=asdict(site))
    return Site.model_validate(site)


@router.get("/{site_id}")
def read_site(site_id: SiteId, services: Here, _: ViewsSite) -> Site:
    """One site."""
    return Site.model_validate(services.registry.site(site_id))


@router.patch("/{site_id}")
async def change_site(site_id: SiteId, change: SiteChange, services: Here, caller: ConfiguresSite) -> Site:
    """Rename, move, set the zone or the position; a site cannot move below itself."""
    changes = change.model_dump(exclude_unset=True)
    if "parent_id" in changes:
        caller.require(Permission.CONFIGURE, change.parent_id)
    if "position" in changes:
        changes["position"] = as_position(change.position)
    before = await asyncio.to_thread(services.registry.site, site_id)
    site = await asyncio.to_thread(services.registry.update_site, site_id, **changes)
    await services.ingest.refresh()
    await caller.note("site.changed", f"site {site_id}", asdict(before), asdict(site))
    return Site.model_validate(site)


@router.delete("/{site_id}", status_code=204)
async def delete_site(site_id: SiteId, services: Here, caller: ConfiguresSite) -> None:
    """Delete a site without devices and without sites below it; otherwise 409."""
    before = await asyncio.to_thread(services.registry.site, site_id)
    _require_above(caller, before.parent_id)
    await asyncio.to_thread(services.registry.delete_site, site_id)
    await services.ingest.refresh()
    await caller.note("site.deleted", f"site {site_id}", asdict(before))


def _require_above(caller: Caller, parent_id: int | None) -> None:
    """Who takes a site out of the tree changes what stands above it."""
    caller.require(Permission.CONFIGURE, parent_id)
