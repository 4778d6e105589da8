"""Routers under /api/v1 whose routes are worked out when they are first needed.

FastAPI works a route out when it is defined (what it takes, what it answers, the models of both), and anew at every level that
includes its router. Of hundreds of routes that took a third of a core's start. So a router knows its whole path from the
beginning, the application takes its routes as they are, and a route knows no more than what finds it until somebody asks for it
or for the OpenAPI document.
"""

import warnings
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import compile_path

from calha.api import problems

API_PREFIX = "/api/v1"

# FastAPI hushes it where it makes a parameter of a model, but of a model that is itself built late it comes only afterwards.
warnings.filterwarnings("ignore", "The 'alias' attribute", UnsupportedFieldAttributeWarning)


class LateRoute(APIRoute):
    """A route that is worked out at the first request, or whoever else reads what is not known yet."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:  # noqa: ANN401 - FastAPI's
        self._declared = declared
        self.path, self.endpoint, self.name = path, endpoint, declared["name"] or endpoint.__name__
        self.methods = set(declared["methods"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever FastAPI keeps of a route
        declared = self.__dict__.pop("_declared", None)
        if declared is None:
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **declared)
        return getattr(self, name)


def api_router(tag: str, prefix: str = "") -> APIRouter:
    """A router below /api/v1. Its routes may answer with problem details, besides what they declare."""
    return APIRouter(prefix=API_PREFIX + prefix, tags=[tag], responses=problems.RESPONSES, route_class=LateRoute)


def take_over(app: FastAPI, router: APIRouter) -> None:
    """Serve the routes of a router as they are."""
    app.router.routes.extend(router.routes)
