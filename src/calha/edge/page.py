"""A gateway's own status page, served without the hub: read-only, nothing secret, for this machine alone by default."""

import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from calha.api.hosts import OwnNames
from calha.edge.page_html import Shown, page
from calha.edge.page_text import chosen

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def status_page(shown: Callable[[], Shown], names: list[str]) -> Starlette:
    """`/` for people, `/status.json` for programs. names: further ones under which the machine is known."""

    async def as_page(request: Request) -> Response:
        language = chosen(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        nonce = secrets.token_urlsafe(16)
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        text = page(shown(), language, zone, nonce)
        return HTMLResponse(text, headers=_HEADERS | {"Content-Security-Policy": policy, "Content-Language": language})

    async def as_json(_: Request) -> Response:
        return Response(msgspec.json.encode(shown()), media_type="application/json", headers=_HEADERS)

    routes = [Route("/", as_page), Route("/status.json", as_json)]
    return Starlette(routes=routes, middleware=[Middleware(OwnNames, names=names)])
