"""Only requests for one of our own names are answered.

Another site's page can make a browser ask us under a name of its own (DNS rebinding), and a forged Host would stand in the
links that we make. Names are: addresses, localhost, this machine's name, and what `http.public_url` and `http.names` say.
"""

import ipaddress
import json
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

MISDIRECTED = 421  # RFC 9110 §15.5.20


class OwnNames:
    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        machine = socket.gethostname().lower()
        self._app = app
        self._names = {"localhost", machine, f"{machine}.local", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = _name_of(Headers(scope=scope).get("host", ""))
        if host in self._names or _is_address(host):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(host, send)


def _name_of(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "") if _is_plain(host) else ""


def _is_plain(host: str) -> bool:
    return all(letter.isalnum() or letter in "-._:[]" for letter in host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _refuse(host: str, send: Send) -> None:
    problem = {
        "type": "about:blank",
        "title": "Misdirected request",
        "status": MISDIRECTED,
        "detail": f"this Calha does not go by the name {host[:100]!r}; add it to http.names if it should",
    }
    body = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": MISDIRECTED, "headers": headers})
    await send({"type": "http.response.body", "body": body})
