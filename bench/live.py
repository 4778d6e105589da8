"""Publish→browser latency: a real SSE connection that compares each reading's time with the clock of this machine."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

_json = msgspec.json.Decoder()


class LiveProbe:
    """Listens to some devices from `start` to `stop`. latencies_ms: one for each reading of `channel`.

    The server sends an event stream without known length, so its body comes in chunks (RFC 9112 §7.1).
    """

    def __init__(self, host: str, port: int, key: str, devices: Sequence[str], channel: str) -> None:
        self._address = host, port
        self._key = key
        self._path = f"/api/v1/live?device={','.join(devices)}&channel={channel}"
        self._devices = frozenset(devices)
        self._task: asyncio.Task[None] | None = None
        self.latencies_ms: list[float] = []
        self.error: str | None = None

    async def start(self) -> None:
        reader, writer = await asyncio.open_connection(*self._address, limit=1 << 24)
        host, port = self._address
        request = f"GET {self._path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self._key}\r\n"
        request += "Accept: text/event-stream\r\n\r\n"
        writer.write(request.encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        if b" 200 " not in head.split(b"\r\n")[0]:
            writer.close()
            raise RuntimeError(f"GET {self._path}: {head[:200]!r}")
        self._task = asyncio.create_task(self._listen(reader, writer))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            rest = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                *lines, rest = (rest + await reader.readexactly(size)).split(b"\n")
                await reader.readexactly(2)
                for line in lines:
                    if line.startswith(b"data:"):
                        self._take(_json.decode(line[5:]))
            self.error = "the server ended the live stream"
        except (OSError, EOFError, ValueError) as error:
            self.error = repr(error)
        finally:
            writer.close()

    def _take(self, event: object) -> None:
        now_ms = time.time() * 1_000
        if isinstance(event, dict):
            for reading in event.get("readings", ()):
                if reading["device"] in self._devices:
                    self.latencies_ms.append(now_ms - reading["t"])
