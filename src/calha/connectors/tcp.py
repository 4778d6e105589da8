"""TCP listener: JSON objects, one a line, each answered `{"ok":n}` once its n readings are on disk.

The first line proves who speaks: `{"token": "…"}`, the secret of a device, or a key that may send for several; it is
answered `{"ok":0}`. A further one changes the speaker. Every other line is `{"device": "…", "ts": …, "values": {…}}`, in
which a device may leave itself out. Lines that arrive together are logged together, answered in order.
A line that cannot be taken is answered `{"ok":0,"error":"…","reason":"…"}`, kept in quarantine, and does not end the
connection; only a line longer than the limit does. While the log refuses, the answer has the reason `log_full` or
`log_unavailable` with `retry_after_s`, and nothing is kept.
A device that has proved itself gets its commands on the same connection, `{"command": {"id": "…", "command": "…", …}}`, and
says what became of them with `{"reply": "<id>", "state": "delivered" | "executed" | "rejected", "detail": "…"}`.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from calha.commands.messages import order_json
from calha.domain import device_json
from calha.domain.access import Permission, Principal
from calha.domain.errors import LogFull, LogUnavailable, Malformed, NotSignedIn, RegistryUnavailable
from calha.domain.readings import Micros
from calha.ingest.intake import Intake, Orders
from calha.ingest.limits import IngestLimits
from calha.ingest.service import Message

log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
IDLE_TIMEOUT_S = 3_600.0
RETRY_AFTER_S = 5
BEAT_S = 5.0
PROVED_FOR_S = 5.0  # after which a token is looked at again: it may have been revoked
WRONG_TOKEN_S = 0.5  # before the answer, so that guessing is slow
LOOKED_INTO_AT_ONCE_BYTES = 16 * 1024  # half a millisecond; the devices of a longer line are looked for in a thread
MAX_TOKEN_LINE = MAX_REPLY_LINE = 4_096

Admit = Callable[[str], Awaitable[Principal]]
AdmitCertificate = Callable[[bytes], Awaitable[Principal | None]]
ANONYMOUS = Principal("device", 0, "anonymous")


@dataclass(frozen=True, slots=True)
class TcpOptions:
    host: str
    port: int
    max_connections: int = 10_000
    anonymous: bool = False
    tls: ssl.SSLContext | None = None


class _Proof(NamedTuple):
    """at: when it was shown or looked at last, monotonic."""

    token: str
    at: float


class TcpListener:
    def __init__(
        self,
        options: TcpOptions,
        ingest: Intake,
        limits: IngestLimits,
        clock: Callable[[], Micros],
        admit: Admit,
        admit_certificate: AdmitCertificate,
        commands: Orders,
    ) -> None:
        """admit: tells who a token stands for, or raises NotSignedIn. admit_certificate: whose a certificate (DER) is."""
        self._options = options
        self._ingest = ingest
        self._limits = limits
        self._clock = clock
        self._admit = admit
        self._admit_certificate = admit_certificate
        self._commands = commands
        self._open: dict[asyncio.StreamWriter, Principal | None] = {}
        self._proofs: dict[asyncio.StreamWriter, _Proof] = {}

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen until cancelled. Raises OSError when the port is taken."""
        server = await asyncio.start_server(
            self._converse,
            self._options.host,
            self._options.port,
            limit=self._limits.message_bytes,
            ssl=self._options.tls,
        )
        log.info("TCP listens on %s:%d", self._options.host, self._options.port)
        try:
            while server.is_serving():
                beat()
                self._close_ended()
                await asyncio.sleep(BEAT_S)
        finally:
            server.close()
            for writer in list(self._open):
                writer.close()

    @property
    def connections(self) -> int:
        return len(self._open)

    def speakers(self) -> set[str]:
        """The devices that speak on open connections."""
        return {speaker.device for speaker in self._open.values() if speaker is not None and speaker.device is not None}

    async def disconnect(self, device: str) -> int:
        """Close the connections on which a device speaks; how many there were."""
        own = self._of(device)
        for writer in own:
            writer.close()
        return len(own)

    def is_connected(self, device: str) -> bool:
        return bool(self._of(device))

    def call(self, device: str, order: bytes) -> bool:
        """Write a command to the connections of its device; False without any."""
        own = [writer for writer in self._of(device) if not writer.is_closing()]
        for writer in own:
            writer.write(_command(order))
        return bool(own)

    def _of(self, device: str) -> list[asyncio.StreamWriter]:
        """The connections on which a device speaks for itself."""
        return [writer for writer, speaker in self._open.items() if speaker is not None and speaker.device == device]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._options.max_connections:
            writer.write(_refusal("too many connections", "too_many_connections"))
            writer.close()
            return
        self._open[writer] = ANONYMOUS if self._options.anonymous else await self._certified(writer)
        try:
            writer.write(await self._waiting_for(self._open[writer]))
            await self._answer_lines(reader, writer)
        except (ConnectionError, TimeoutError) as error:
            log.debug("TCP connection ended: %s", error)
        finally:
            self._open.pop(writer, None)
            self._proofs.pop(writer, None)
            writer.close()

    async def _certified(self, writer: asyncio.StreamWriter) -> Principal | None:
        """Who has shown a client certificate at the TLS handshake."""
        connection = writer.get_extra_info("ssl_object")
        shown = connection.getpeercert(binary_form=True) if connection is not None else None
        return await self._admit_certificate(shown) if shown else None

    async def _answer_lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        while chunk := await _read(reader):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                writer.write(b"".join(await self._take(lines, writer)))
                await writer.drain()
            if len(rest) > self._limits.message_bytes:
                writer.write(self._too_large())
                await writer.drain()
                return
        if rest.strip():  # a last line without its newline
            writer.write(b"".join(await self._take([rest], writer)))
            await writer.drain()

    async def _take(self, lines: Sequence[bytes], writer: asyncio.StreamWriter) -> list[bytes]:
        """The answers to lines that came together; a change of the speaker counts for those after it."""
        await self._prove_anew(writer)
        answers: list[bytes] = []
        waiting: list[bytes] = []
        for line in lines:
            token, reply = _token(line), _reply(line)
            if token is not None or reply is not None:
                answers += await asyncio.gather(*(self._take_line(one, self._open.get(writer)) for one in waiting))
                waiting = []
            if token is not None:
                answers.append(await self._hear(token, writer))
            elif reply is not None:
                answers.append(await self._take_reply(reply, self._open.get(writer)))
            elif line.strip():
                waiting.append(line)
        return answers + await asyncio.gather(*(self._take_line(one, self._open.get(writer)) for one in waiting))

    async def _hear(self, token: str, writer: asyncio.StreamWriter) -> bytes:
        try:
            speaker = await self._admit(token)
        except NotSignedIn as error:
            self._ingest.refuse("", "not_signed_in")
            await asyncio.sleep(WRONG_TOKEN_S)
            return _refusal(str(error), "not_signed_in")
        if writer in self._open:
            self._open[writer] = speaker
            self._proofs[writer] = _Proof(token, time.monotonic())
        return b'{"ok":0}\n' + await self._waiting_for(speaker)

    def _close_ended(self) -> None:
        """Who says nothing, and so is not looked at again, gets no commands either once his proof has ended."""
        now = time.time()
        for writer, speaker in list(self._open.items()):
            if speaker is not None and speaker.until_s is not None and speaker.until_s <= now:
                writer.close()

    async def _prove_anew(self, writer: asyncio.StreamWriter) -> None:
        """Who spoke has to say again who he is when his token holds no longer; and what it allows may have changed."""
        proof = self._proofs.get(writer)
        if proof is None or time.monotonic() - proof.at < PROVED_FOR_S:
            return
        try:
            speaker = await self._admit(proof.token)
        except NotSignedIn:
            if writer in self._open:
                self._open[writer] = None
            self._proofs.pop(writer, None)
            return
        except RegistryUnavailable:  # readings go on with what is known
            return
        if writer in self._open:
            self._open[writer] = speaker
            self._proofs[writer] = _Proof(proof.token, time.monotonic())

    async def _waiting_for(self, speaker: Principal | None) -> bytes:
        """The commands that a device has still to get."""
        if speaker is None or speaker.device is None:
            return b""
        return b"".join(_command(order_json(row)) for row in await self._commands.fetch(speaker.device, "tcp"))

    async def _take_reply(self, reply: dict[str, Any], speaker: Principal | None) -> bytes:
        if speaker is None or speaker.device is None:
            return _refusal("only a device that has said who it is answers commands", "not_signed_in")
        command = str(reply.pop("reply"))
        try:
            await self._commands.take_reply(speaker.device, command, msgspec.json.encode(reply))
        except Malformed as error:
            self._ingest.refuse(speaker.device, error.reason)
            return _refusal(str(error), error.reason)
        return b'{"ok":0}\n'

    async def _take_line(self, line: bytes, speaker: Principal | None) -> bytes:
        if len(line) > self._limits.message_bytes:
            return self._too_large()
        stranger = await self._stranger(line, speaker)
        if stranger is not None:
            self._ingest.refuse("", "not_allowed" if speaker else "not_signed_in")
            return stranger
        device = speaker.device if speaker is not None else None
        message = Message(device, line.strip(), self._clock(), "tcp", "tcp", "json")
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

    async def _stranger(self, line: bytes, speaker: Principal | None) -> bytes | None:
        """The refusal of a line whose device the speaker may not speak for."""
        if speaker is None:
            return _refusal('say who you are first: {"token": "…"}', "not_signed_in")
        directory = self._ingest.directory
        if speaker is ANONYMOUS or speaker.may(Permission.SEND, None, directory.tree):
            return None
        for device in await self._devices_named(line):
            if not speaker.may_send(device, directory.site_of(device), directory.tree):
                return _refusal(f"{speaker.name} may not send readings of {device!r}", "not_allowed")
        return None

    async def _devices_named(self, line: bytes) -> set[str]:
        if len(line) > LOOKED_INTO_AT_ONCE_BYTES:
            return await asyncio.to_thread(self._ingest.devices_named, line, "application/json", "")
        return self._ingest.devices_named(line, "application/json", "")

    def _too_large(self) -> bytes:
        self._ingest.refuse("", "too_large")
        return _refusal(f"a line has at most {self._limits.message_bytes} bytes", "too_large")


def _token(line: bytes) -> str | None:
    """The token of a line that holds nothing else."""
    if b'"token"' not in line[:MAX_TOKEN_LINE] or len(line) > MAX_TOKEN_LINE:
        return None
    try:
        found = device_json.decoded(line)
    except Malformed:
        return None
    return found["token"] if type(found) is dict and len(found) == 1 and type(found.get("token")) is str else None


def _reply(line: bytes) -> dict[str, Any] | None:
    """A line that answers a command."""
    if b'"reply"' not in line[:MAX_REPLY_LINE] or len(line) > MAX_REPLY_LINE:
        return None
    try:
        found = device_json.decoded(line)
    except Malformed:
        return None
    return found if type(found) is dict and type(found.get("reply")) is str and "state" in found else None


def _command(order: bytes) -> bytes:
    return b'{"command":%s}\n' % order


async def _read(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(IDLE_TIMEOUT_S):
        return await reader.read(READ_BYTES)


def _refusal(error: str, reason: str, retry_after_s: int | None = None, accepted: int = 0) -> bytes:
    answer: dict[str, object] = {"ok": accepted, "error": error, "reason": reason}
    if retry_after_s is not None:
        answer["retry_after_s"] = retry_after_s
    return msgspec.json.encode(answer) + b"\n"
