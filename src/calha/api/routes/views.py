"""Saved views: what a person wants to see again of a page; his own, or shared with whoever sees a site.

Who works on a site shares with it, as he writes notes there. The owner changes and deletes what he shares, and so does
who configures the site.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query

from calha.api.access import Caller, Self, Views
from calha.api.based import Based
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_annotations import MAX_SEARCH_CHARS, SavedViewAnswer, SavedViewBody, SavedViewChange
from calha.api.schemas_metering import RowId
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import Forbidden, NotFound, TooLarge
from calha.store.explore import ViewRow, unknown_view

router = api_router("explore", "/views")

OfPage = Annotated[str | None, Query(max_length=64, description="Only of this page.", examples=["/explore"])]


@router.get("")
async def list_views(services: Here, caller: Self, page: OfPage = None) -> Page[SavedViewAnswer]:
    """One's own saved views, by name."""
    rows = await asyncio.to_thread(services.views.of, caller.person_id(), page)
    return Page(items=[_answer(caller, row) for row in rows], next=None)


@router.get("/shared")
async def list_shared_views(
    services: Here,
    caller: Views,
    page: OfPage = None,
    search: Annotated[str, Query(max_length=100, description="In the name.", examples=["pump"])] = "",
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.", examples=[7])] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[SavedViewAnswer]:
    """Those that others share with the caller's sites."""
    rows = await asyncio.to_thread(services.views.shared, caller.sites(), page, search, after, limit, caller.person)
    return Page(items=[_answer(caller, row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else None)


@router.put("")
async def keep_view(body: SavedViewBody, services: Here, caller: Self) -> SavedViewAnswer:
    """Keep a view under a name, in place of what was under it; for oneself, or shared with a site."""
    _require_fitting(caller, body)
    person, name = caller.person_id(), body.name.strip()
    row = await asyncio.to_thread(services.views.keep, person, body.page, name, body.search, body.site_id)
    await caller.note("view.saved", f"view {row.id}", after=_told(row))
    return _answer(caller, row)


@router.get("/{view_id}")
async def read_view(view_id: RowId, services: Here, caller: Self) -> SavedViewAnswer:
    """One that is one's own, or shared with a site that one sees."""
    return _answer(caller, await _seen(services, caller, view_id))


@router.put("/{view_id}")
async def change_view(
    view_id: RowId, body: SavedViewChange, services: Here, caller: Self, base: Based
) -> SavedViewAnswer:
    """Name it otherwise, put another state in its place, share it, or stop sharing it, which only its owner does.

    With `If-Match`, only if nobody else has changed it meanwhile (409).
    """
    before = await _changeable(services, caller, view_id)
    await base.require(_answer(caller, before), "view.saved", f"view {view_id}")
    _require_fitting(caller, body)
    if body.site_id is None and not _is_own(caller, before):
        raise Forbidden("only its owner takes a view back for himself; delete it, if nobody needs it", "not_its_owner")
    row = await asyncio.to_thread(services.views.change, view_id, body.name.strip(), body.search, body.site_id)
    await caller.note("view.saved", f"view {view_id}", _told(before), _told(row))
    return _answer(caller, row)


@router.delete("/{view_id}", status_code=204)
async def delete_view(view_id: RowId, services: Here, caller: Self) -> None:
    """Delete one's own, or one that is shared with a site that one configures."""
    before = await _changeable(services, caller, view_id)
    await asyncio.to_thread(services.views.delete, view_id)
    await caller.note("view.deleted", f"view {view_id}", before=_told(before))


async def _seen(services: Services, caller: Caller, view_id: int) -> ViewRow:
    row = await asyncio.to_thread(services.views.get, view_id)
    if not _is_own(caller, row) and (row.site_id is None or not caller.may(Permission.VIEW, row.site_id)):
        raise unknown_view(view_id)
    return row


async def _changeable(services: Services, caller: Caller, view_id: int) -> ViewRow:
    row = await _seen(services, caller, view_id)
    if not _is_own(caller, row):
        caller.require(Permission.CONFIGURE, row.site_id)
    return row


def _require_fitting(caller: Caller, body: SavedViewChange) -> None:
    """Raises TooLarge; NotFound for a site that the caller does not see, Forbidden for one on which he only looks."""
    if len(json.dumps(body.search)) > MAX_SEARCH_CHARS:
        raise TooLarge(f"a view has at most {MAX_SEARCH_CHARS} characters")
    if body.site_id is not None:
        if not caller.may(Permission.VIEW, body.site_id):
            raise NotFound(f"there is no site {body.site_id}", "unknown_site", site=body.site_id)
        caller.require(Permission.OPERATE, body.site_id)


def _is_own(caller: Caller, row: ViewRow) -> bool:
    return row.person_id == caller.person


def _told(row: ViewRow) -> Mapping[str, Any]:
    return {"page": row.page, "name": row.name, "site_id": row.site_id}


def _answer(caller: Caller, row: ViewRow) -> SavedViewAnswer:
    is_own = _is_own(caller, row)
    may_change = is_own or caller.may(Permission.CONFIGURE, row.site_id)
    return SavedViewAnswer(
        id=row.id,
        page=row.page,
        name=row.name,
        search=dict(row.search),
        site_id=row.site_id,
        owner=row.owner,
        is_own=is_own,
        may_change=may_change,
        changed_at=row.changed_at,
    )
