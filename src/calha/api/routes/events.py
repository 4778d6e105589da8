"""Events: what happened in Calha, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query

from calha.api.access import Views
from calha.api.schemas import Event, Page
from calha.api.services import Here

router = APIRouter(prefix="/events", tags=["events"])


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
    """What happened; on the devices that the caller may see."""
    page = services.registry.events(after=after, limit=limit, device=device, within=caller.selection())
    return Page(items=[Event.model_validate(event) for event in page.items], next=page.next)
