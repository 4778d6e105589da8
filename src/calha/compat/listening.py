"""An HTTP listener of its own for a replaced system whose clients know its port."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp

from calha.serving import bound, http_server

BEAT_S = 5.0


async def serve(app: ASGIApp, host: str, port: int, key: str, beat: Callable[[], None]) -> None:
    """Serve until cancelled. Raises InvalidConfiguration naming the setting `key` when the port is taken."""
    server = http_server(app)
    serving = asyncio.create_task(server.serve(sockets=[bound(host, port, key)]))
    try:
        while not serving.done():
            beat()
            await asyncio.wait([serving], timeout=BEAT_S)
        serving.result()
    finally:
        server.should_exit = True
        await serving
