"""DataButcher's HTTP: JSON with sorted keys in ASCII, errors under `error` (those of the token under `message`), and paths
that may begin with two slashes, as the login page asks for them.

The original answered 500 with the text of whatever went wrong. Here a fault has a status of its own (400, 404, 409, 413,
415, 429, 503) and one of the original's messages, and nothing internal is told.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from calha.domain.errors import Conflict, LogUnavailable, NotFound, TooManyTries

MAX_BODY_BYTES = 64 * 1024
_SLASHES = re.compile("/{2,}")


class Fault(Exception):
    """What a client is told. key: error or message."""

    def __init__(self, status: int, text: str, key: str = "error", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.body = {key: text}
        self.headers = dict(headers or {})


class OneSlash:
    """`//api/auth/login` is `/api/auth/login`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": _SLASHES.sub("/", scope["path"])}
        await self._app(scope, receive, send)


def answer(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


async def fields_of(request: Request) -> dict[str, Any]:
    """The object in a request's body. Raises Fault."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Fault(415, "415 Unsupported Media Type: envie JSON (Content-Type: application/json)")
    try:
        found = json.loads(await _body(request))
    except (ValueError, RecursionError):
        raise Fault(400, "400 Bad Request: o corpo não é JSON") from None
    if not isinstance(found, dict):
        raise Fault(400, "400 Bad Request: um objeto JSON é esperado")
    return found


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise Fault(413, f"O corpo tem mais de {MAX_BODY_BYTES} bytes")
    return body


async def on_error(_: Request, error: Exception) -> Response:
    if isinstance(error, Fault):
        return answer(error.body, error.status, error.headers)
    if isinstance(error, TooManyTries):
        wait_s = str(max(1, round(error.retry_after_s)))
        return answer({"error": f"Muitas tentativas. Tente de novo em {wait_s} s."}, 429, {"Retry-After": wait_s})
    if isinstance(error, LogUnavailable):
        return answer({"error": "Serviço indisponível. Tente de novo."}, 503, {"Retry-After": "5"})
    if isinstance(error, NotFound):
        return answer({"error": "Máquina não encontrada"}, 404)
    if isinstance(error, Conflict):
        return answer({"error": "Não é possível agora. Tente de novo."}, 409)
    return answer({"error": "Erro interno"}, 500)


ERRORS = (Fault, TooManyTries, LogUnavailable, NotFound, Conflict, Exception)
