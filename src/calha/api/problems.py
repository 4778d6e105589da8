"""Errors as RFC 9457 problem details: what, where, and how to mend it; nothing internal."""

import logging
import math
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from calha.domain.errors import (
    CalhaError,
    Conflict,
    ConnectionFailed,
    DiskFull,
    Forbidden,
    InvalidProfile,
    InvalidRule,
    InvalidTariff,
    LogFull,
    LogUnavailable,
    MailFull,
    Malformed,
    NotFound,
    NotSignedIn,
    RegistryUnavailable,
    StoreUnavailable,
    TooFast,
    TooLarge,
    TooManyTries,
    UnknownDevice,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5

_STATUS: tuple[tuple[type[CalhaError], int, str], ...] = (
    (UnknownDevice, 404, "Unknown device"),
    (TooLarge, 413, "Too large"),
    (TooFast, 429, "Too many messages"),
    (Malformed, 422, "Cannot be read"),
    (NotSignedIn, 401, "Not signed in"),
    (Forbidden, 403, "Not allowed"),
    (TooManyTries, 429, "Too many tries"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "Conflict"),
    (InvalidProfile, 422, "Invalid profile"),
    (ConnectionFailed, 502, "The other system refuses, or does not answer"),
    (InvalidTariff, 422, "Invalid tariff"),
    (InvalidRule, 422, "Invalid rule"),
    (LogFull, 503, "The log is full"),
    (LogUnavailable, 503, "The log does not answer"),
    (StoreUnavailable, 503, "The store does not answer"),
    (RegistryUnavailable, 503, "The registry does not answer"),
    (DiskFull, 507, "No room on the disk"),
    (MailFull, 503, "Too many messages wait"),
)

RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Problem details (RFC 9457)",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "instance": {"type": "string"},
                        "reason": {"type": "string", "description": "One word for programs."},
                        "about": {"type": "object", "description": "What it speaks of."},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                    "required": ["type", "title", "status", "detail"],
                }
            }
        },
    },
}


def problem(status: int, title: str, detail: str, request: Request, **more: Any) -> Response:  # noqa: ANN401 - JSON
    """One problem as a response. `more` may hold `errors` and whatever the reader can use."""
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(math.ceil(more.get("retry_after_s", RETRY_AFTER_S)))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Calha"'
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    return JSONResponse(content | more, status, headers, media_type="application/problem+json")


def add_to(app: Starlette) -> None:
    """Translate every error that leaves a route; with FastAPI see also `invalid_requests`."""

    async def of_ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, CalhaError)
        for kind, status, title in _STATUS:
            if isinstance(error, kind):
                told: dict[str, Any] = {"reason": error.reason, "about": error.about}
                if isinstance(error, TooManyTries):
                    told["retry_after_s"] = error.retry_after_s
                return problem(status, title, str(error), request, **told)
        return problem(400, "Refused", str(error), request, reason=error.reason)

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status, headers = HTTPStatus(error.status_code), error.headers or {}
        detail = str(error.detail)
        if status == HTTPStatus.METHOD_NOT_ALLOWED and "Allow" in headers:
            detail = f"{request.url.path} takes {headers['Allow']}, not {request.method}"
        response = problem(error.status_code, status.phrase, detail, request, reason=status.name.lower())
        response.headers.update(headers)
        return response

    async def of_nobody(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(
            500, "Internal error", "The error is in Calha's log, not in your request.", request, reason="internal"
        )

    app.add_exception_handler(CalhaError, of_ours)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_nobody)
