"""A dashboard on paper: what its widgets show now, as a PDF with charts as vectors."""

import asyncio
from typing import Any

from starlette.responses import Response

from calha.api.access import Views
from calha.api.board_pages import BoardPages
from calha.api.routing import api_router
from calha.api.schemas_dashboards import DashboardPrint
from calha.api.services import Here
from calha.domain.access import Permission
from calha.reports.board_pdf import board_pdf
from calha.reports.board_words import WORDS

router = api_router("dashboards", "/dashboards/pdf")

PDF = "application/pdf"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}, "description": "The dashboard."}
}


@router.post("", response_class=Response, responses=_ANSWERS)
async def print_dashboard(body: DashboardPrint, services: Here, caller: Views) -> Response:
    """The dashboard at this moment. Of devices that the caller may not see, it says so."""
    caller.require(Permission.VIEW, body.site_id)
    pages = BoardPages(services, caller, body.site_id, body.variables, body.language, services.clock())
    made = await asyncio.to_thread(_made, pages, body)
    headers = {"Content-Disposition": 'attachment; filename="dashboard.pdf"', "Cache-Control": "no-store"}
    return Response(made, media_type=PDF, headers=headers)


def _made(pages: BoardPages, body: DashboardPrint) -> bytes:
    panels = pages.panels(body.document)
    return board_pdf(body.name, pages.as_of, WORDS[body.language]["page"], body.language, panels)
