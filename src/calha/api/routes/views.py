"""Saved views: what a person wants to see again of a page, each his own."""

import asyncio
import json
from typing import Annotated

from fastapi import Query

from calha.api.access import Self
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_annotations import MAX_SEARCH_CHARS, SavedViewAnswer, SavedViewBody
from calha.api.schemas_metering import RowId
from calha.api.services import Here
from calha.domain.errors import TooLarge

router = api_router("explore", "/views")


@router.get("")
async def list_views(
    services: Here,
    caller: Self,
    page: Annotated[str | None, Query(max_length=64, description="Only of this page.", examples=["/explore"])] = None,
) -> Page[SavedViewAnswer]:
    """One's own saved views, by name."""
    rows = await asyncio.to_thread(services.views.of, caller.person_id(), page)
    return Page(items=[SavedViewAnswer.model_validate(row) for row in rows], next=None)


@router.put("")
async def keep_view(body: SavedViewBody, services: Here, caller: Self) -> SavedViewAnswer:
    """Keep a view under a name, in place of what was under it."""
    if len(json.dumps(body.search)) > MAX_SEARCH_CHARS:
        raise TooLarge(f"a view has at most {MAX_SEARCH_CHARS} characters")
    row = await asyncio.to_thread(services.views.keep, caller.person_id(), body.page, body.name.strip(), body.search)
    await caller.note("view.saved", f"view {row.id}", after={"page": row.page, "name": row.name})
    return SavedViewAnswer.model_validate(row)


@router.delete("/{view_id}", status_code=204)
async def delete_view(view_id: RowId, services: Here, caller: Self) -> None:
    """Delete one of one's own."""
    await asyncio.to_thread(services.views.delete, caller.person_id(), view_id)
    await caller.note("view.deleted", f"view {view_id}")
