"""Readings come in over HTTP. The answer is sent after the log has them on disk."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Header, Path, Request
from starlette.responses import Response

from calha.api.access import Caller, Sends, SendsOfDevice
from calha.api.bodies import read_body
from calha.api.receipts import answer
from calha.api.routing import api_router
from calha.api.schemas import Accepted
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import Forbidden, LogFull, LogUnavailable, TooLarge

router = api_router("telemetry", "/telemetry")

_ONE = {"ts": 1769860800000, "values": {"flow": 12.5, "total": 48211.3}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
                "example": [_ONE],
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}, "example": "ts,flow\n2026-01-31T09:00:00,12.5\n"},
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "The device is not registered; the message is kept in quarantine until it is."},
    413: {"description": "Too large"},
    422: {"description": "Nothing in the message could be read; it is kept in quarantine."},
    429: {"description": "The device sends too much; try again after Retry-After seconds."},
    503: {"description": "The log cannot take more; nothing was acknowledged. Try again after Retry-After seconds."},
}
Encoding = Annotated[str, Header(description="gzip, or nothing")]
ContentType = Annotated[str, Header()]


@router.post("/{device}", openapi_extra=_BODY, responses=_ANSWERS, response_model=Accepted)
async def send_of_one(
    request: Request,
    device: Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")],
    services: Here,
    _: SendsOfDevice,
    content_type: ContentType = "application/json",
    content_encoding: Encoding = "",
) -> Response:
    """Readings of one device: an object, an array, NDJSON or CSV."""
    return await _send(device, request, services, content_type, content_encoding)


@router.post("", openapi_extra=_BODY, responses=_ANSWERS, response_model=Accepted)
async def send_of_many(
    request: Request,
    services: Here,
    caller: Sends,
    content_type: ContentType = "application/json",
    content_encoding: Encoding = "",
) -> Response:
    """Readings of many devices; each object, line or row names its own in `device`."""
    return await _send(None, request, services, content_type, content_encoding, caller)


async def _send(
    device: str | None,
    request: Request,
    services: Services,
    content_type: str,
    encoding: str,
    of_many: Caller | None = None,
) -> Response:
    limit_bytes = services.settings.ingest.payload_bytes
    try:
        body = await read_body(request, limit_bytes, f"the body has more than {limit_bytes} bytes; send it in parts")
    except TooLarge:
        services.ingest.refuse(device or "", "too_large")
        raise
    encoding = encoding.strip().lower()
    if of_many is not None:
        await _require_own(of_many, partial(services.ingest.devices_named, body, content_type, encoding))
    try:
        receipt = await services.ingest.submit(device, body, content_type, encoding)
    except LogUnavailable as error:
        services.ingest.refuse(device or "", "log_full" if isinstance(error, LogFull) else "log_unavailable")
        raise
    return answer(receipt, request)


async def _require_own(caller: Caller, devices: Callable[[], set[str]]) -> None:
    """devices: called in a thread. Raises Forbidden for readings of a device for which the caller may not send."""
    if caller.may(Permission.SEND, None):
        return
    directory = caller.services.ingest.directory
    for key in sorted(await asyncio.to_thread(devices)):
        if not caller.principal.may_send(key, directory.site_of(key), directory.tree):
            raise Forbidden(
                f"{caller.principal.name} may not send readings of {key!r}; nothing was taken", "not_its_own"
            )
