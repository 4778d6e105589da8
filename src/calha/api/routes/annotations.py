"""Notes at a time of a device or site: read by whoever sees the place, written by whoever works there."""

import asyncio
from typing import Annotated

from fastapi import Query

from calha.api.access import Caller, Operates, Views
from calha.api.based import Based
from calha.api.routing import api_router
from calha.api.schemas import Page, SiteId
from calha.api.schemas_annotations import AnnotationAnswer, AnnotationBody, NewAnnotationBody
from calha.api.schemas_metering import RowId
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import to_datetime, to_micros
from calha.store.explore import AnnotationRow, NewAnnotation, Place

router = api_router("explore", "/annotations")

MAX_DEVICES = 50
EVER: Micros = 2**62

At = Annotated[int | None, Query(ge=0, le=2**53, description="ms since 1970 UTC.", examples=[1_769_860_800_000])]


@router.get("")
async def list_annotations(
    services: Here,
    caller: Views,
    device: Annotated[
        list[str] | None,
        Query(
            max_length=MAX_DEVICES,
            description="Of these devices, and of the sites in which they stand.",
            examples=[["pump-1"]],
        ),
    ] = None,
    site: Annotated[SiteId | None, Query(description="Of this site and those that it stands in.")] = None,
    from_ms: At = None,
    to_ms: At = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.", examples=[7])] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Page[AnnotationAnswer]:
    """The notes that touch a time, as far as the caller may see their place at that time."""
    devices, directory = set(device or ()), services.ingest.directory
    sites = {found for key in devices if (found := directory.site_of(key)) is not None} | ({site} if site else set())
    window = (from_ms or 0) * 1000, EVER if to_ms is None else to_ms * 1000
    places = {above for one in sites for above in directory.tree.above(one)}
    rows = await asyncio.to_thread(services.annotations.of, devices, places, *window, after, limit)
    items = [_answer(caller, row) for row in rows if _is_seen(caller, row)]
    return Page(items=items, next=str(rows[-1].id) if len(rows) == limit else None)


@router.post("", status_code=201)
async def add_annotation(body: NewAnnotationBody, services: Here, caller: Operates) -> AnnotationAnswer:
    """Write a note."""
    place = Place(body.device, body.site_id)
    _require(caller, place, Permission.OPERATE)
    row = await asyncio.to_thread(services.annotations.add, _said(place, body), caller.principal.name, caller.person)
    await caller.note("annotation.added", _target(row), after=body.model_dump(mode="json", by_alias=True))
    return _answer(caller, row)


@router.put("/{annotation_id}")
async def change_annotation(
    annotation_id: RowId, body: AnnotationBody, services: Here, caller: Operates, base: Based
) -> AnnotationAnswer:
    """Change one's own note, anybody's by who configures the place; with `If-Match`, only if nobody has meanwhile (409)."""
    before = await _own(services, caller, annotation_id)
    await base.require(_answer(caller, before), "annotation.changed", _target(before))
    row = await asyncio.to_thread(services.annotations.change, annotation_id, _said(before.note.place, body))
    told = [
        {"text": one.note.text, "from_at": one.note.from_at, "until_at": one.note.until_at} for one in (before, row)
    ]
    await caller.note("annotation.changed", _target(row), *told)
    return _answer(caller, row)


@router.delete("/{annotation_id}", status_code=204)
async def delete_annotation(annotation_id: RowId, services: Here, caller: Operates) -> None:
    """Delete one's own note; anybody's by who configures the place."""
    before = await _own(services, caller, annotation_id)
    await asyncio.to_thread(services.annotations.delete, annotation_id)
    await caller.note("annotation.deleted", _target(before), before={"text": before.note.text})


def _site_of(caller: Caller, place: Place) -> int | None:
    return place.site if place.device is None else caller.services.ingest.directory.site_of(place.device)


def _is_seen(caller: Caller, row: AnnotationRow) -> bool:
    site = _site_of(caller, row.note.place)
    if site is None:
        return False
    if row.note.place.device is None:
        return caller.may(Permission.VIEW, site)
    return caller.reach().sees_at(row.note.place.device, site, row.note.from_at)


def _require(caller: Caller, place: Place, permission: Permission) -> None:
    """Raises NotFound for what the caller may not see, Forbidden for what he may not do."""
    site = _site_of(caller, place)
    is_known = site is not None and (
        caller.may(Permission.VIEW, site) if place.device is None else bool(caller.reach().periods(place.device, site))
    )
    if not is_known:
        if place.device is not None:
            raise NotFound(f"there is no device {place.device!r}", "unknown_device", device=place.device)
        raise NotFound(f"there is no site {place.site}", "unknown_site", site=place.site)
    caller.require(permission, site)


async def _own(services: Services, caller: Caller, annotation_id: int) -> AnnotationRow:
    row = await asyncio.to_thread(services.annotations.get, annotation_id)
    if not _is_seen(caller, row):
        raise NotFound(f"there is no note {annotation_id}", "unknown_annotation")
    is_author = caller.principal.kind == "person" and row.person_id == caller.principal.id
    _require(caller, row.note.place, Permission.OPERATE if is_author else Permission.CONFIGURE)
    return row


def _said(place: Place, body: AnnotationBody) -> NewAnnotation:
    return NewAnnotation(
        place, to_micros(body.from_), to_micros(body.to) if body.to is not None else None, body.text.strip()
    )


def _target(row: AnnotationRow) -> str:
    place = row.note.place
    return f"device {place.device}" if place.device is not None else f"site {place.site}"


def _answer(caller: Caller, row: AnnotationRow) -> AnnotationAnswer:
    note = row.note
    return AnnotationAnswer.model_validate(
        {
            "id": row.id,
            "device": note.place.device,
            "site_id": note.place.site,
            "from": to_datetime(note.from_at),
            "to": to_datetime(note.until_at) if note.until_at is not None else None,
            "text": note.text,
            "made_by": row.made_by,
            "made_at": row.made_at,
            "changed_at": row.changed_at,
            "is_own": caller.principal.kind == "person" and row.person_id == caller.principal.id,
        }
    )
