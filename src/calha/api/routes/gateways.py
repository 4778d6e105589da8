"""Gateways: whether they are linked, and what they still keep."""

from typing import Annotated

from fastapi import Query

from calha.api.access import Views, ViewsDevice
from calha.api.gateways import NEVER, gateway_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_gateways import Gateway
from calha.api.services import Here, Services
from calha.domain import link
from calha.domain.errors import NotFound

router = api_router("gateways", "/gateways")


@router.get("")
def list_gateways(
    services: Here,
    caller: Views,
    after: Annotated[str, Query(description="The last device of the page before.", examples=["gateway-1"])] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Page[Gateway]:
    """The gateways that the caller sees, by key."""
    sites, devices = caller.reach().sites, services.ingest.directory.devices
    keys = sorted(
        key for key, entry in devices.items() if entry.profile == link.PROFILE and entry.site in sites and key > after
    )
    shown = [_shown(services, key) for key in keys[:limit]]
    return Page(items=shown, next=shown[-1].device if len(keys) > limit else None)


@router.get("/{key}")
def read_gateway(key: str, services: Here, _: ViewsDevice) -> Gateway:
    """One gateway; 404 for a device of another profile."""
    entry = services.ingest.directory.devices.get(key)
    if entry is None or entry.profile != link.PROFILE:
        raise NotFound(f"{key!r} is no gateway; that is a device with the profile {link.PROFILE}", "not_a_gateway")
    return _shown(services, key)


def _shown(services: Services, key: str) -> Gateway:
    state = services.gateways().get(key, NEVER)
    return gateway_of(key, services.ingest.directory, state, services.settings.gateways, services.clock())
