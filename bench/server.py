"""A Calha of one's own: on free ports, in a temporary folder, ended with the bench."""

import asyncio
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bench.processes import Usage, usage
from bench.proofs import secret_of
from calha.accounts.keyring import Keyring, digest
from calha.simulate import KINDS, NewDevice, register_over_http
from calha.simulate.http_client import HttpConnection

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
PROFILE = KINDS["water-flow"].profile
CHANNELS = ("flow_1", "flow_2", "level")  # the three keys of the published workload
OPEN_FILES = 20_000
_given: set[int] = set()  # ports of this process that may not be taken yet


class Server:
    """`calha up` with a data folder that survives `stop` and is deleted at the end of the `async with`."""

    def __init__(self, durability: str, settings: Mapping[str, str] | None = None) -> None:
        """settings: environment variables CALHA_… for the server."""
        self.durability = durability
        self.folder = Path(tempfile.mkdtemp(prefix="calha-bench-"))
        self.http_port, self.mqtt_port, self.tcp_port = free_ports(3)
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._keyring = Keyring.open(self.folder)
        self._http = HttpConnection(HOST, self.http_port, self._keyring.local_key)

    @property
    def key(self) -> str:
        """The key of this machine, which may do everything."""
        return self._keyring.local_key

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server has not been started"
        return self._process.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is not None:
            sys.stderr.write(self.log_tail())
        shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self) -> float:
        """Start and wait until healthy; seconds from start to healthy."""
        allow_open_files()
        started = time.monotonic()
        with (self.folder / "server.log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond, before anything is measured
                self._command(), stdout=output, stderr=output, env=os.environ | self._settings, cwd=self.folder
            )
        while not await self._is_ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"calha ended with exit code {self._process.returncode}\n{self.log_tail()}")
            if time.monotonic() - started > READY_TIMEOUT_S:
                raise TimeoutError(f"calha is not healthy after {READY_TIMEOUT_S:.0f} s\n{self.log_tail()}")
            await asyncio.sleep(0.01)
        return time.monotonic() - started

    async def stop(self) -> None:
        """Ask to stop; after STOP_TIMEOUT_S kill."""
        self._http.close()
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def usage(self) -> list[Usage]:
        """Of all processes of the server."""
        return usage(self.pid)

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON holds anything
        """The JSON answer of the API. Raises RuntimeError for any status but 200."""
        answer = await self._http.request("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {answer.body[:500]!r}")
        return msgspec.json.decode(answer.body)

    async def status(self) -> dict[str, Any]:
        return dict(await self.get("/api/v1/status"))

    async def readings_stored(self) -> int:
        """Readings in the store, committed."""
        return int((await self.status())["store"]["readings"])

    async def readings_of(self, device: str, channel: str, from_ms: int, until_ms: int) -> int:
        """How many raw readings of one channel the API gives back."""
        window = f"from={_iso(from_ms)}&to={_iso(until_ms)}"
        found = await self.get(f"/api/v1/devices/{device}/readings?channel={channel}&{window}&resolution=raw")
        return sum(len(series["value"]) for series in found["series"])

    async def register(self, keys: Sequence[str]) -> None:
        """Register devices, all at once in the data folder of a server that is not running, else one by one."""
        devices = [NewDevice(key, key, PROFILE) for key in keys]
        if self.is_running:
            await register_over_http(HOST, self.http_port, self._keyring.local_key)(devices)
        else:
            await asyncio.to_thread(register_in_folder, self.folder, devices)

    def log_tail(self, lines: int = 30) -> str:
        path = self.folder / "server.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) + "\n" if path.exists() else ""

    def _command(self) -> list[str]:
        flags: dict[str, object] = {
            "--data": self.folder,
            "--http-port": self.http_port,
            "--mqtt-port": self.mqtt_port,
            "--tcp-port": self.tcp_port,
            "--durability": self.durability,
        }
        return [sys.executable, "-m", "calha", "up", *(str(part) for pair in flags.items() for part in pair)]

    async def _is_ready(self) -> bool:
        try:
            return (await self._http.request("GET", "/readyz")).status == 200
        except (OSError, TimeoutError):
            return False


def register_in_folder(folder: Path, devices: Sequence[NewDevice]) -> None:
    """Register devices straight in the registry of a data folder, in one transaction."""
    from calha.store.accounts.credentials import Credentials
    from calha.store.registry import Registry
    from calha.store.registry.rows import NewDevice as Row

    registry = Registry.open(f"sqlite:///{folder / 'registry.sqlite'}")
    try:
        sites = registry.sites()
        site_id = sites[0].id if sites else registry.create_site("Bench", None, "America/Sao_Paulo").id
        registry.create_devices([Row(device.key, device.profile, device.name) for device in devices], site_id)
        Credentials(registry.engine).add_first({device.key: digest(secret_of(device.key)) for device in devices})
    finally:
        registry.close()


def free_ports(count: int) -> list[int]:
    """Ports below those of outgoing connections, so that thousands of clients do not take them; each is given once."""
    found: list[int] = []
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found.append(port)
        if len(found) == count:
            _given.update(found)
            return found
    raise OSError(f"there are no {count} free ports")


def allow_open_files(count: int = OPEN_FILES) -> None:
    """Raise the soft limit of open files, also for the processes started from here, up to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _iso(ms: int) -> str:
    whole, rest = divmod(ms, 1_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"
