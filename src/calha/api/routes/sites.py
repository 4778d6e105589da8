"""Sites: the tree in which devices stand."""

import asyncio

from fastapi import APIRouter

from calha.api.schemas import NewSite, Page, Site, SiteChange, SiteId
from calha.api.services import Here

router = APIRouter(prefix="/sites", tags=["sites"])


@router.get("")
def list_sites(services: Here) -> Page[Site]:
    """All sites, parents before children."""
    return Page(items=[Site.model_validate(site) for site in services.registry.sites()], next=None)


@router.post("", status_code=201)
async def create_site(new: NewSite, services: Here) -> Site:
    zone = new.zone or services.settings.registry.zone
    site = await asyncio.to_thread(services.registry.create_site, new.name, new.parent_id, zone)
    await services.ingest.refresh()
    return Site.model_validate(site)


@router.get("/{site_id}")
def read_site(site_id: SiteId, services: Here) -> Site:
    return Site.model_validate(services.registry.site(site_id))


@router.patch("/{site_id}")
async def change_site(site_id: SiteId, change: SiteChange, services: Here) -> Site:
    """Rename, move or set the zone; a site cannot move below itself."""
    site = await asyncio.to_thread(services.registry.update_site, site_id, **change.model_dump(exclude_unset=True))
    await services.ingest.refresh()
    return Site.model_validate(site)


@router.delete("/{site_id}", status_code=204)
def delete_site(site_id: SiteId, services: Here) -> None:
    """Delete a site without devices and without sites below it; otherwise 409."""
    services.registry.delete_site(site_id)
