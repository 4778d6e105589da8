"""Pictures and drawings of a dashboard: uploaded as they are, told by their own bytes, and never run."""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from calha.api.access import Configures, Views
from calha.api.bodies import read_body
from calha.api.dashboards import kept_document, type_of
from calha.api.routes.dashboards import board_of
from calha.api.routing import api_router
from calha.api.schemas_billing import Number
from calha.api.schemas_dashboards import MAX_FILE_BYTES, DashboardFileAnswer, DashboardName
from calha.api.services import Here
from calha.domain.access import Permission
from calha.store.dashboards import FileRow

router = api_router("dashboards")

_BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": _BINARY, "image/svg+xml": _BINARY}, "description": "The file."}
}


@router.post(
    "/dashboards/{dashboard_id}/files",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}}},
)
async def add_dashboard_file(
    dashboard_id: Number,
    services: Here,
    caller: Configures,
    request: Request,
    name: Annotated[DashboardName, Query(description="How people know it.", examples=["plant.svg"])] = "picture",
) -> DashboardFileAnswer:
    """Add a PNG, JPEG, WebP or SVG picture of at most 1 MiB."""
    row = await board_of(caller, services, dashboard_id, Permission.CONFIGURE)
    content = await read_body(request, MAX_FILE_BYTES, f"a file has at most {MAX_FILE_BYTES // 1024} KiB")
    media_type, shown = type_of(content), kept_document(row).files()
    made = await asyncio.to_thread(services.dashboards.files.add, dashboard_id, name, media_type, content, shown)
    await caller.note("dashboard.file_added", f"dashboard {dashboard_id}", after={"file": made.id, "name": name})
    return DashboardFileAnswer.model_validate(made)


@router.get("/dashboards/{dashboard_id}/files/{file_id}", response_class=Response, responses=FILE)
async def read_dashboard_file(dashboard_id: Number, file_id: Number, services: Here, caller: Views) -> Response:
    """A file as it was uploaded. A drawing may hold scripts: it is sent so that no browser runs them."""
    await board_of(caller, services, dashboard_id)
    return as_file(*await asyncio.to_thread(services.dashboards.files.read, dashboard_id, file_id))


def as_file(facts: FileRow, content: bytes) -> Response:
    """Opened by itself it is nobody's page: it may run and load nothing."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=facts.media_type, headers=headers)
