"""Events: what happened in Calha, newest first."""

from typing import Annotated

from fastapi import Query

from calha.api.access import Views
from calha.api.routing import api_router
from calha.api.schemas import Event, Page
from calha.api.services import Here
from calha.domain.times import to_micros
from calha.store.registry import EventRow

router = api_router("events", "/events")


@router.get("")
def list_events(
    services: Here,
    caller: Views,
    device: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="Event id after which to go on.", examples=[9])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[Event]:
    """What happened to the devices that the caller may see. A page may be shorter than `limit` where `next` goes on."""
    page = services.registry.events(after=after, limit=limit, device=device, within=caller.selection())
    reach, devices = caller.reach(), services.ingest.directory.devices

    def is_shown(event: EventRow) -> bool:
        entry = devices.get(event.device or "")
        return reach.is_everything or (entry is not None and reach.sees_at(entry.key, entry.site, to_micros(event.at)))

    return Page(items=[Event.model_validate(event) for event in page.items if is_shown(event)], next=page.next)
