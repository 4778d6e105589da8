"""A connection that comes back: what MQTT and TCP devices have in common.

A link keeps what is not acknowledged, at most `window` messages, and sends it again after each reconnection.
When the server accepts messages but acknowledges none for SILENCE_S, the link takes the connection for dead.
"""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from typing import cast

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 20.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
SILENCE_S = 30.0


class Link(asyncio.Protocol, ABC):
    """One device's connection. Subclasses know the protocol: greeting, messages, acknowledgements."""

    def __init__(self, host: str, port: int, window: int) -> None:
        self.acknowledged = 0  # readings
        self.refused = 0  # readings
        self.last_refusal = ""
        self.reconnects = 0
        self._host, self._port, self._window = host, port, window
        self._transport: asyncio.Transport | None = None
        self._ready: asyncio.Future[None] | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._progress_at = 0.0
        self._changed = asyncio.Event()
        self._closed = False

    async def open(self) -> None:
        """Connect for the first time. Raises OSError, TimeoutError."""
        await self._connect()
        self._watch_silence()

    @property
    @abstractmethod
    def unacknowledged(self) -> int:
        """Messages on their way."""

    @property
    def connected(self) -> bool:
        return self._transport is not None

    def offer(self, payload: bytes, readings: int) -> bool:
        """Send one message, or False when the window is full."""
        if self.unacknowledged >= self._window:
            return False
        if not self.unacknowledged:
            self._progress_at = asyncio.get_running_loop().time()
        self._send(payload, readings)
        return True

    async def send(self, payload: bytes, readings: int) -> None:
        """Send one message as soon as there is room in the window."""
        while not self.offer(payload, readings):
            await self._change()

    async def settle(self) -> None:
        """Wait until everything is acknowledged."""
        while self.unacknowledged:
            await self._change()

    async def close(self) -> None:
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        if self._transport is not None:
            self._farewell()
            self._transport.close()

    # What a protocol fills in

    @abstractmethod
    def _greet(self) -> None:
        """The connection is there: say hello, or call `_is_ready` at once."""

    @abstractmethod
    def _send(self, payload: bytes, readings: int) -> None:
        """Keep one message as unacknowledged, and write it if connected."""

    @abstractmethod
    def _send_again(self) -> None:
        """Write everything that is unacknowledged."""

    def _farewell(self) -> None:
        """Last words before the connection is closed on purpose."""

    # What a protocol uses

    def _write(self, data: bytes) -> None:
        if self._transport is not None and self._ready is not None and self._ready.done():
            self._transport.write(data)

    def _is_ready(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
            self._send_again()

    def _fail(self, reason: str) -> None:
        """The server said something that leaves no way on with this connection."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(ConnectionRefusedError(reason))
        if self._transport is not None:
            self._transport.abort()

    def _progress(self, acknowledged: int) -> None:
        self.acknowledged += acknowledged
        self._progress_at = asyncio.get_running_loop().time()
        self._changed.set()

    def _refuse(self, reason: str, readings: int) -> None:
        self.refused += readings
        self.last_refusal = reason[:500]
        self._progress(0)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._greet()

    def connection_lost(self, exc: Exception | None) -> None:
        log.debug("connection to %s:%s lost: %s", self._host, self._port, exc)
        self._transport = None
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(ConnectionResetError(f"{self._host}:{self._port} closed the connection"))
        elif not self._closed and (self._reconnecting is None or self._reconnecting.done()):
            self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        self._progress_at = loop.time()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await loop.create_connection(lambda: self, self._host, self._port)
            await self._ready

    async def _reconnect(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - spreads many devices, no secret
            try:
                await self._connect()
            except (OSError, TimeoutError) as error:
                log.debug("no connection to %s:%s: %s", self._host, self._port, error)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                self.reconnects += 1
                return

    def _watch_silence(self) -> None:
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(SILENCE_S, self._watch_silence)
        silent = loop.time() - self._progress_at > SILENCE_S
        if silent and self.unacknowledged and self._transport is not None:
            self._transport.abort()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
