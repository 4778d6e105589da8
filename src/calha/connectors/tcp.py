"""TCP listener: JSON objects, one a line, each answered `{"ok":n}` once its n readings are on disk.

A line is `{"device": "…", "ts": …, "values": {…}}`. Lines that arrive together are logged together, answered in order.
A line that cannot be taken is answered `{"ok":0,"error":"…","reason":"…"}`, kept in quarantine, and does not end the
connection; only a line longer than the limit does. While the log refuses, the answer has the reason `log_full` or
`log_unavailable` with `retry_after_s`, and nothing is kept.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from calha.domain.errors import LogFull, LogUnavailable
from calha.domain.readings import Micros
from calha.ingest.limits import IngestLimits
from calha.ingest.service import Ingest, Message

log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
IDLE_TIMEOUT_S = 3_600.0
RETRY_AFTER_S = 5
BEAT_S = 5.0


@dataclass(frozen=True, slots=True)
class TcpOptions:
    host: str
    port: int
    max_connections: int = 10_000


class TcpListener:
    def __init__(self, options: TcpOptions, ingest: Ingest, limits: IngestLimits, clock: Callable[[], Micros]) -> None:
        self._options = options
        self._ingest = ingest
        self._limits = limits
        self._clock = clock
        self._open: set[asyncio.StreamWriter] = set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen until cancelled. Raises OSError when the port is taken."""
        server = await asyncio.start_server(
            self._converse, self._options.host, self._options.port, limit=self._limits.message_bytes
        )
        log.info("TCP listens on %s:%d", self._options.host, self._options.port)
        try:
            while server.is_serving():
                beat()
                await asyncio.sleep(BEAT_S)
        finally:
            server.close()
            for writer in list(self._open):
                writer.close()

    @property
    def connections(self) -> int:
        return len(self._open)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._options.max_connections:
            writer.write(_refusal("too many connections", "too_many_connections"))
            writer.close()
            return
        self._open.add(writer)
        try:
            await self._answer_lines(reader, writer)
        except (ConnectionError, TimeoutError) as error:
            log.debug("TCP connection ended: %s", error)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer_lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        while chunk := await _read(reader):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                writer.write(b"".join(await self._take(lines)))
                await writer.drain()
            if len(rest) > self._limits.message_bytes:
                writer.write(self._too_large())
                await writer.drain()
                return
        if rest.strip():  # a last line without its newline
            writer.write(b"".join(await self._take([rest])))
            await writer.drain()

    async def _take(self, lines: Sequence[bytes]) -> list[bytes]:
        return await asyncio.gather(*(self._take_line(line) for line in lines if line.strip()))

    async def _take_line(self, line: bytes) -> bytes:
        if len(line) > self._limits.message_bytes:
            return self._too_large()
        message = Message(None, line.strip(), self._clock(), "tcp", "tcp", "json")
        try:
            receipt = await self._ingest.take([message], "tcp")
        except LogUnavailable as error:
            reason = "log_full" if isinstance(error, LogFull) else "log_unavailable"
            self._ingest.refuse("", reason)
            return _refusal(str(error), reason, RETRY_AFTER_S)
        if receipt.problems:
            problem = receipt.problems[0]
            return _refusal(problem.detail, problem.reason, accepted=receipt.accepted)
        return b'{"ok":%d}\n' % receipt.accepted

    def _too_large(self) -> bytes:
        self._ingest.refuse("", "too_large")
        return _refusal(f"a line has at most {self._limits.message_bytes} bytes", "too_large")


async def _read(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(IDLE_TIMEOUT_S):
        return await reader.read(READ_BYTES)


def _refusal(error: str, reason: str, retry_after_s: int | None = None, accepted: int = 0) -> bytes:
    answer: dict[str, object] = {"ok": accepted, "error": error, "reason": reason}
    if retry_after_s is not None:
        answer["retry_after_s"] = retry_after_s
    return msgspec.json.encode(answer) + b"\n"
