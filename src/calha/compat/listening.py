"""An HTTP listener of its own for a replaced system whose clients know its port."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

BEAT_S = 5.0
BACKLOG = 2_048


async def serve(app: ASGIApp, host: str, port: int, beat: Callable[[], None]) -> None:
    """Serve until cancelled. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        http="httptools",
        ws="websockets-sansio",
        lifespan="off",
        timeout_graceful_shutdown=2,
        backlog=BACKLOG,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not serving.done():
            beat()
            await asyncio.wait([serving], timeout=BEAT_S)
        serving.result()
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Leaves the signals to the main server of the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
