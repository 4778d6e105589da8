"""Routers under /api/v1 whose routes are complete when they are defined.

FastAPI works a route out anew at every level that includes its router, which took a seventh of a core's start. So a router
knows its whole path and its answers from the beginning, and the application takes its routes as they are.
"""

from fastapi import APIRouter, FastAPI

from calha.api import problems

API_PREFIX = "/api/v1"


def api_router(tag: str, prefix: str = "") -> APIRouter:
    """A router below /api/v1. Its routes may answer with problem details, besides what they declare."""
    return APIRouter(prefix=API_PREFIX + prefix, tags=[tag], responses=problems.RESPONSES)


def take_over(app: FastAPI, router: APIRouter) -> None:
    """Serve the routes of a router as they are."""
    app.router.routes.extend(router.routes)
