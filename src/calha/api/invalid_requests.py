"""Requests that FastAPI refuses before a route has seen them, as problem details."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from calha.api.problems import problem


def add_to(app: FastAPI) -> None:
    """Translate them."""
    app.add_exception_handler(RequestValidationError, _told)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "detail": fault["msg"]} for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['where']}: {fault['detail']}" for fault in faults)
    about = {"where": ", ".join(fault["where"].rpartition(".")[2] for fault in faults)}
    more = {"reason": "invalid_request", "about": about, "errors": faults}
    return problem(422, "Invalid request", detail, request, **more)
