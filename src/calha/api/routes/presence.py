"""How many devices report as they should, and which do not."""

import asyncio
from collections import Counter
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from calha.api.access import Views
from calha.api.routing import api_router
from calha.api.schemas import Answer, SiteId
from calha.api.services import Here

router = api_router("devices", "/presence")

MAX_LISTED = 1_000


class PresenceSummary(Answer):
    never: int = Field(description="Devices that have not reported yet.", examples=[4])
    online: int = Field(examples=[196])
    late: int = Field(examples=[2])
    silent: int = Field(examples=[1])
    devices: list[str] = Field(
        description="Keys of those in the state that was asked for, at most 1,000.", examples=[["pump-1"]]
    )


@router.get("")
async def summarize(
    services: Here,
    caller: Views,
    site: Annotated[SiteId | None, Query(description="Only devices in this site and below.")] = None,
    state: Annotated[
        Literal["never", "online", "late", "silent"] | None, Query(description="List the devices in this state.")
    ] = None,
) -> PresenceSummary:
    """Devices by presence, of those whose present the caller may see."""
    seen, states = caller.seen_now(), services.presence.states()
    in_site = await asyncio.to_thread(services.registry.device_keys, site) if site is not None else None
    shown = {
        key: found
        for key, found in states.items()
        if (seen is None or key in seen) and (in_site is None or key in in_site)
    }
    counts = Counter(shown.values())
    listed = sorted(key for key, found in shown.items() if found == state)[:MAX_LISTED]
    return PresenceSummary(
        never=counts["never"],
        online=counts["online"],
        late=counts["late"],
        silent=counts["silent"],
        devices=listed,
    )
