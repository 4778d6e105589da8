"""What happened to a device: alarms, anomalies, commands, connections, validation, its meter, and records, in one list."""

import asyncio
from collections.abc import Collection
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import ViewsDevice
from calha.api.period import To
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_timeline import TimelineEntry
from calha.api.services import Here
from calha.domain.errors import Malformed
from calha.domain.times import DAY_US, from_text, to_datetime
from calha.store.timeline import KINDS, Entry, Kind, Place, Timeline

router = api_router("devices")

SHOWN_DAYS = 30


@router.get("/devices/{key}/timeline")
async def read_timeline(
    key: str,
    services: Here,
    caller: ViewsDevice,
    kind: Annotated[
        str | None,
        Query(max_length=200, description="Kinds, separated by commas; all when missing.", examples=["alarm,anomaly"]),
    ] = None,
    from_: Annotated[
        str | None, Query(alias="from", max_length=40, description="30 days before the end when missing.")
    ] = None,
    to: To = None,
    after: Annotated[
        str | None,
        Query(max_length=60, description="`next` of the page before.", examples=["1769860800000000.0.17"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[TimelineEntry]:
    """What happened to a device, newest first. A page may be shorter than `limit` where `next` goes on."""
    device = await asyncio.to_thread(services.registry.device, key)
    zone = ZoneInfo(device.zone)
    until = from_text(to, zone) if to else services.clock() + 1
    since = max(0, from_text(from_, zone) if from_ else until - SHOWN_DAYS * DAY_US)
    if since >= until:
        raise Malformed("`from` must lie before `to`", "bad_time")
    place = Place.read(after) if after else None
    timeline = Timeline(services.registry.engine)
    page = await asyncio.to_thread(timeline.page, key, since, until, _kinds(kind), place, limit)
    reach = caller.reach()
    seen = [_answer(one) for one in page.items if reach.sees_at(key, device.site_id, one.at)]
    return Page(items=seen, next=page.next)


def _kinds(given: str | None) -> Collection[Kind]:
    if given is None:
        return KINDS
    asked = given.split(",")
    unknown = set(asked) - set(KINDS)
    if unknown:
        raise Malformed(f"{min(unknown)!r} is no kind; there are {', '.join(KINDS)}", "unknown_kind")
    return [one for one in KINDS if one in asked]


def _answer(entry: Entry) -> TimelineEntry:
    return TimelineEntry(
        id=str(entry.place),
        kind=entry.kind,
        at=to_datetime(entry.at),
        until=to_datetime(entry.until) if entry.until is not None else None,
        what=entry.what,
        text=entry.text,
        channels=list(entry.channels),
        severity=entry.severity,
        about=entry.about,
        author=entry.author,
        note=entry.note,
    )
