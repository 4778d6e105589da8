"""The little HTTP/1.1 that a device speaks: one request after the other on a connection that is kept alive."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * 1024 * 1024
ANSWER_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after_s(self, otherwise: float) -> float:
        value = self.headers.get("retry-after", "")
        return float(value) if value.isdigit() else otherwise


class HttpConnection:
    """One connection, opened when first used and again after it was lost."""

    def __init__(self, host: str, port: int, token: str = "") -> None:
        self._host, self._port = host, port
        self._proof = f"Authorization: Bearer {token}\r\n" if token else ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self, method: str, path: str, body: bytes = b"", content_type: str = "application/json"
    ) -> Answer:
        """Raises OSError (also when the connection ends within the answer), TimeoutError."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                reader, writer = await self._connected()
                writer.write(self._head(method, path, len(body), content_type) + body)
                await writer.drain()
                answer = await _read_answer(reader)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ConnectionResetError(f"{self._host}:{self._port}: the answer broke off") from error
        except BaseException:  # also a cancellation leaves half an answer in the connection
            self.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # servers end connections that were quiet for some seconds
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=MAX_HEAD_BYTES)
        return self._streams

    def _head(self, method: str, path: str, length: int, content_type: str) -> bytes:
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"{self._proof}Accept: application/json\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        ).encode("latin-1")


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    status = int(status_line.split(" ", 2)[1])
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, headers, await _read_chunks(reader))
    return Answer(status, headers, await reader.readexactly(_bounded(int(headers.get("content-length", "0")))))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        total = _bounded(total + size)
        chunks.append(await reader.readexactly(size))
        await reader.readuntil(b"\r\n")
    await reader.readuntil(b"\r\n")
    return b"".join(chunks)


def _bounded(size: int) -> int:
    if size > MAX_BODY_BYTES:
        raise ConnectionError(f"an answer of more than {MAX_BODY_BYTES} bytes")
    return size
