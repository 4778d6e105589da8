"""An HTTP listener of its own for a replaced system whose clients know its port."""

import asyncio
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calha.serving import bound, http_server

BEAT_S = 5.0
MAX_BODY_BYTES = 8 * 1024 * 1024


async def serve(app: ASGIApp, host: str, port: int, key: str, beat: Callable[[], None]) -> None:
    """Serve until cancelled. Raises InvalidConfiguration naming the setting `key` when the port is taken."""
    server = http_server(BoundedBodies(app))
    serving = asyncio.create_task(server.serve(sockets=[bound(host, port, key)]))
    try:
        while not serving.done():
            beat()
            await asyncio.wait([serving], timeout=BEAT_S)
        serving.result()
    finally:
        server.should_exit = True
        await serving


class BoundedBodies:
    """Answers 413 to a body of more than MAX_BODY_BYTES, without reading further."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def counting() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                raise HTTPException(413, f"A body has at most {MAX_BODY_BYTES} bytes.")
            return message

        await self._app(scope, counting if scope["type"] == "http" else receive, send)
