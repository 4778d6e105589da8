"""The log server as a supervised child: started, watched, restarted with back-off, ended with us.

States: starting → running → (exit, or no answer) restarting → running …; stopped after `stop`.

At the very first start the server runs for a moment with MQTT on a private port: its stream for MQTT and our consumer
must exist in each shard before the first device can connect, else the server would acknowledge messages that nobody keeps.

What an MQTT device publishes without permission, the server drops, and acknowledges all the same (nats-server 2.15). So
that this does not stay hidden from the device, its connection is closed at once; `violations` counts by user.
"""

import asyncio
import fcntl
import logging
import os
import re
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal

from calha.domain.errors import FolderInUse, InvalidConfiguration, LogUnavailable
from calha.log import child, jetstream, mqtt_source, ports, shards, streams
from calha.log.connection import Connection
from calha.log.doorman import Doorman
from calha.log.server_config import ServerFolder
from calha.log.settings import LogSettings
from calha.log.tasks import end

ServerState = Literal["starting", "running", "restarting", "stopped"]

READY_TIMEOUT_S = 120.0  # a large store is read at start
STOP_TIMEOUT_S = 15.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.1, 5.0  # while it is away, nothing can be acknowledged
CALM_AFTER_S = 10.0  # a server that ran this long is restarted with the first back-off
PROBE_INTERVAL_S = 5.0
PROBE_TIMEOUT_S = 10.0
PROBES_MISSED = 3  # without an answer, and the server is taken for hung
MAX_LINES_PER_S = 50  # of the server's log; what is beyond is counted
MAX_OFFENDERS = 1_000  # who are counted one by one, and connections that wait for being closed

_LINE = re.compile(rb"\[\d+\] \S+ \S+ \[(INF|WRN|ERR|FTL|DBG|TRC)\] (.*)")
_LEVELS = {b"WRN": logging.WARNING, b"ERR": logging.ERROR, b"FTL": logging.CRITICAL}
_EXPECTED = (b"Plaintext passwords detected",)
_GATE_TALK = re.compile(rb"authentication error|Auth callout service returned an error|Readloop processing time")
_LINK_ERROR = re.compile(rb"Leafnode Error '(.*)'|Error trying to connect as leafnode to remote server .*?: (.*)")
_VIOLATION = re.compile(rb"\S+ - mid:(\d+) - .* - Publish Violation - ")

# 5,000 connections that were admitted at the gate need 350 MB; with a limit near that the server collects garbage all the
# time. Each fsync holds a processor of Go's for a while, so with only the machine's two of them devices wait for each
# other: 5,000 msg/s with fsync were acknowledged in 1.4 s (median) with 2, in 11 ms with 8. Each collection would halve the
# stacks of 15,000 waiting goroutines, which grow again at the next message: kept, p99 is half of what it was.
RUNTIME = {
    "GOMEMLIMIT": "640MiB",
    "GOMAXPROCS": str(max(8, 4 * (os.cpu_count() or 2))),
    "GODEBUG": "gcshrinkstackoff=1",
}

logger = logging.getLogger("calha.log.server")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the log is: for Calha itself (with its password), and for MQTT devices.

    gate_seed: secret key for answering at the gate, None without one.
    """

    url: str
    mqtt_host: str
    mqtt_port: int
    shard_urls: tuple[str, ...]
    gate_seed: str | None = field(default=None, repr=False)


class LogServer:
    """One nats-server on one folder. `start`, then `run` for ever beside the rest, then `stop`."""

    def __init__(self, settings: LogSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = ServerFolder(folder)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self._mqtt_port = settings.device_port
        self._client_port = 0
        self.state: ServerState = "stopped"
        self.restarts = 0
        self.last_error: str | None = None
        self.link_error = ""
        """Why the hub does not let us in, on a gateway; empty while it does."""
        self.violations: Counter[str] = Counter()
        self._offenders: Counter[int] = Counter()  # connections and how often they have offended
        self._offence = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def endpoint(self) -> Endpoint:
        settings = self._settings
        url = f"nats://{shards.USER}:{self._folder.password()}@127.0.0.1:{self._client_port}"
        seed = self._folder.issuer_seed if settings.gated else None
        return Endpoint(url, settings.mqtt_host, self._mqtt_port, shards.source_urls(url, settings), seed)

    async def start(self) -> Endpoint:
        """Start, and return when the log answers.

        Raises InvalidConfiguration (a port is taken, no program), FolderInUse, LogUnavailable (it does not start).
        """
        self.state = "starting"
        self._folder.make()
        self._take_lock()
        try:
            await asyncio.to_thread(self._end_stale)
            self._folder.move_old_account()
            self._require_shards()
            self._choose_ports()
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self.state = "running"
        return self.endpoint

    async def run(self) -> None:
        """Restart the server whenever it ends or hangs; for ever."""
        back_off_s = FIRST_BACK_OFF_S
        while True:
            started_at = time.monotonic()
            reason = await self._until_it_fails()
            if time.monotonic() - started_at > CALM_AFTER_S:
                back_off_s = FIRST_BACK_OFF_S
            self.state, self.last_error = "restarting", reason
            self.restarts += 1
            logger.error("the log server failed (%s); it is started again in %.1f s", reason, back_off_s)
            await self._end_process()
            await asyncio.sleep(back_off_s)
            back_off_s = min(2 * back_off_s, LONGEST_BACK_OFF_S)
            try:
                await self._launch()
            except (LogUnavailable, InvalidConfiguration, OSError) as error:
                self.last_error = str(error)
            else:
                self.state = "running"

    async def stop(self) -> None:
        """End the server, gently first, and release the folder."""
        await self._end_process()
        self.state = "stopped"
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # -- below: before the server runs

    def _take_lock(self) -> None:
        file = self._folder.lock.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            who = file.read().strip() or "unknown"
            file.close()
            raise FolderInUse(f"the log folder {self._folder.path} is in use by process {who}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock = file

    def _end_stale(self) -> None:
        pid = child.end_stale(self._folder.pid, self._folder.configuration)
        if pid is not None:
            logger.warning("ended a log server that was left behind (process %d)", pid)

    def _require_shards(self) -> None:
        asked, there = self._settings.shards, self._folder.shards()
        if asked < there:
            raise InvalidConfiguration(
                f"log.shards is {asked}, but {there} shards may hold messages that were not read; choose {there} or more"
            )

    def _choose_ports(self) -> None:
        settings = self._settings
        self._client_port = settings.client_port or self._folder.remembered_port()
        if settings.client_port:
            self._require_free("127.0.0.1", settings.client_port, "log.client_port")
        elif not self._client_port or ports.why_not("127.0.0.1", self._client_port):
            self._client_port = ports.free_port()
        self._folder.remember_port(self._client_port)
        self._mqtt_port = settings.device_port or ports.free_port()
        self._require_free(settings.mqtt_host, self._mqtt_port, "mqtt.port")
        if settings.leaf is not None:
            self._require_free(settings.leaf.host, settings.leaf.port, "gateways.port")

    def _require_free(self, host: str, port: int, key: str) -> None:
        reason = ports.why_not(host, port)
        if reason is not None:
            raise InvalidConfiguration(f"{key} = {port}: cannot listen on {host}:{port}: {reason}")

    # -- below: one life of the server

    async def _launch(self) -> None:
        """Start the server for devices and return when it is ready. Raises LogUnavailable with its last error."""
        if not self._folder.knows_mqtt(self._settings.shards):
            await self._launch_at("127.0.0.1", ports.free_port(), replace(self._settings, mqtt_tls=None))
            await self._end_process()
        await self._launch_at(self._settings.mqtt_host, self._mqtt_port, self._settings)

    async def _launch_at(self, mqtt_host: str, mqtt_port: int, settings: LogSettings) -> None:
        program = child.find_program(settings.nats_binary)
        self._folder.write_configuration(settings, self._client_port, mqtt_host, mqtt_port)
        self._process = await asyncio.create_subprocess_exec(
            program,
            "-c",
            str(self._folder.configuration),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C in the terminal ends us first, and we end it
            preexec_fn=child.dies_with_parent(),
            env=RUNTIME | os.environ,
        )
        self._folder.pid.write_text(str(self._process.pid))
        self._reading = asyncio.create_task(self._read_lines(self._process), name="log server's log")
        preparing = asyncio.create_task(self._prepare(mqtt_host, mqtt_port))
        ending = asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait((preparing, ending), return_when=asyncio.FIRST_COMPLETED)
            if not preparing.done():
                await self._reading
                raise LogUnavailable(f"the log server does not start: {self.last_error or 'it ended at once'}")
            preparing.result()
        finally:
            await end(preparing, ending)

    async def _prepare(self, mqtt_host: str, mqtt_port: int) -> None:
        """Return when the server answers, with all that must exist before devices connect."""
        connections = [await self._open(url) for url in self.endpoint.shard_urls]
        try:
            for shard, connection in enumerate(connections):
                await jetstream.call(connection, "INFO")
                login = mqtt_source.Login(mqtt_host, mqtt_port, shards.shard_user(shard), self._folder.password())
                await mqtt_source.ensure_stream(connection, login)
                await mqtt_source.ensure_consumer(connection)
            await streams.limit_mqtt(connections, self._settings)
        finally:
            for connection in connections:
                await connection.close()

    async def _open(self, url: str) -> Connection:
        return await Connection.open(url, "calha supervisor", READY_TIMEOUT_S, quiet=True)

    async def _until_it_fails(self) -> str:
        """Why the server has to be started again."""
        if self._process is None:
            return self.last_error or "it does not start"
        ending = asyncio.create_task(self._process.wait())
        probing = asyncio.create_task(self._probe())
        closing = asyncio.create_task(self._close_offenders(), name="log server's doorman")
        try:
            await asyncio.wait((ending, probing), return_when=asyncio.FIRST_COMPLETED)
            if probing.done():
                return probing.result()
            code = ending.result()
            return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        finally:
            await end(ending, probing, closing)

    async def _probe(self) -> str:
        """Ask regularly; return what is wrong when nothing answers any more (hung, or JetStream out of disk)."""
        connection = await Connection.open(self.endpoint.url, "calha supervisor", None, quiet=True)
        missed, problem = 0, ""
        try:
            while missed < PROBES_MISSED:
                await asyncio.sleep(PROBE_INTERVAL_S)
                try:
                    await jetstream.call(connection, "INFO", timeout_s=PROBE_TIMEOUT_S)
                    missed = 0
                except LogUnavailable as error:
                    missed, problem = missed + 1, str(error)
            return problem
        finally:
            await connection.close()

    async def _close_offenders(self) -> None:
        """Close the connections that have published without permission."""
        self._offenders.clear()
        connection = await Connection.open(shards.system_url(self.endpoint.url), "calha supervisor", None, quiet=True)
        doorman = Doorman(connection)
        try:
            while True:
                await self._offence.wait()
                self._offence.clear()
                while self._offenders:
                    number, offences = self._offenders.popitem()
                    with suppress(LogUnavailable):
                        user = await doorman.throw_out(number) or "unknown"
                        known = user in self.violations or len(self.violations) < MAX_OFFENDERS
                        self.violations[user if known else "others"] += offences
        finally:
            await connection.close()

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        self._folder.pid.unlink(missing_ok=True)
        if self._reading is not None:
            await self._reading

    async def _read_lines(self, process: asyncio.subprocess.Process) -> None:
        """The server's lines into our log. Never stops reading before the end, for a full pipe would halt the server."""
        assert process.stdout is not None
        budget = _LineBudget()
        rest = b""
        while data := await process.stdout.read(65536):
            *lines, rest = (rest + data)[-1_000_000:].split(b"\n")
            for line in lines:
                self._log_line(line, budget)

    def _log_line(self, line: bytes, budget: "_LineBudget") -> None:
        found = _LINE.match(line)
        kind, said = found.groups() if found else (b"WRN", line)
        self._note_link(said)
        violation = _VIOLATION.match(said)
        is_known = violation is not None and self._is_known_offence(int(violation[1]))
        is_gate_talk = self._settings.gated and _GATE_TALK.search(said)  # the gate counts its refusals
        if kind not in _LEVELS or said.startswith(_EXPECTED) or is_gate_talk or is_known:
            logger.debug("%s", said.decode(errors="replace"))
            return
        text = said.decode(errors="replace")
        if kind == b"FTL" or not found:
            self.last_error = text
        if budget.allows():
            logger.log(_LEVELS[kind], "%s", text)

    def _note_link(self, said: bytes) -> None:
        if (refusal := _LINK_ERROR.search(said)) is not None:
            self.link_error = (refusal[1] or refusal[2]).decode(errors="replace")
        elif self.link_error and b"Leafnode connection created" in said:
            self.link_error = ""

    def _is_known_offence(self, connection: int) -> bool:
        """Count it, and have the connection closed."""
        is_known = connection in self._offenders
        if is_known or len(self._offenders) < MAX_OFFENDERS:
            self._offenders[connection] += 1
            self._offence.set()
        return is_known


class _LineBudget:
    """At most MAX_LINES_PER_S; says how many it kept back."""

    def __init__(self) -> None:
        self._second, self._lines = 0, 0

    def allows(self) -> bool:
        now = int(time.monotonic())
        if now != self._second:
            if self._lines > MAX_LINES_PER_S:
                logger.warning("%d further lines of the log server are not shown", self._lines - MAX_LINES_PER_S)
            self._second, self._lines = now, 0
        self._lines += 1
        return self._lines <= MAX_LINES_PER_S
