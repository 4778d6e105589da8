"""A real Calha for tests: its own folder and ports, its processes to be found and killed, all ended afterwards."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ports import free_ports
from registries import lay_empty_registry

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 90.0


class Calha:
    """`calha up` on a folder. `env`: CALHA_… settings. Devices may be anonymous, unless told otherwise."""

    verb, core, has_registry = "up", b"calha.app", True

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.env = {"CALHA_DEVICES_ANONYMOUS": "true"} | dict(env or {})
        self.http_port, self.mqtt_port, self.tcp_port = free_ports(3)
        self.log = folder.parent / f"{folder.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{'https' if self._speaks_tls else 'http'}://127.0.0.1:{self.http_port}"

    @property
    def _speaks_tls(self) -> bool:
        return self.env.get("CALHA_HTTP_TLS") == "true"

    def open(self, request: urllib.request.Request | str, timeout: float = 120) -> Any:
        """The answer to a request, believing the local authority."""
        authority = self.folder / "tls" / "ca.pem"
        trusted = ssl.create_default_context(cafile=authority) if self._speaks_tls and authority.exists() else None
        return urllib.request.urlopen(request, timeout=timeout, context=trusted)

    @property
    def command(self) -> list[str]:
        ports = ["--http-port", self.http_port, "--mqtt-port", self.mqtt_port, "--tcp-port", self.tcp_port]
        return [sys.executable, "-m", "calha", self.verb, "--data", str(self.folder), *map(str, ports)]

    def start(self) -> None:
        """Start, and return when it is ready. A folder that is not there yet gets a registry that needs no migration."""
        if self.has_registry and not self.folder.exists():
            lay_empty_registry(self.folder)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, env=os.environ | self.env)
        self.until_ready()

    def until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            with suppress(OSError, urllib.error.URLError), self.open(f"{self.address}/readyz", timeout=2):
                return
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log.read_text()[-3000:]}")

    def stop(self) -> int:
        """End it as systemd would; the exit code."""
        if self._process is None:
            return 0
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def processes(self) -> dict[str, int]:
        """Process ids of `up`, `core` and `log server`, as far as they run."""
        found = {}
        marks = {
            "up": b"-m\0calha.up",
            "core": b"-m\0calha.core\0" + self.core + b"\0",
            "log server": b"nats-server.conf",
        }
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                line = path.read_bytes()
                if str(self.folder).encode() in line:
                    found.update({name: int(path.parent.name) for name, mark in marks.items() if mark in line})
        return found

    def kill(self, name: str) -> None:
        """kill -9 one of the processes; `up` is started again, as systemd would."""
        pid = self.processes().get(name)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if name == "up":
            assert self._process is not None
            self._process.wait()
            deadline = time.monotonic() + STOP_WITHIN_S
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not self.processes(), "the children outlive their parent"
            self.start()

    @property
    def key(self) -> str:
        """The key of this machine, which may do everything."""
        return str(json.loads((self.folder / "keys.json").read_text())["local_key"])

    def request(
        self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> urllib.request.Request:
        known = {"Authorization": f"Bearer {self.key}"} | dict(headers or {})
        return urllib.request.Request(self.address + path, data, known, method=method)

    def get(self, path: str, accept: str = "application/json") -> Any:
        request = self.request(path, headers={"Accept": accept})
        with self.open(request) as answer:
            body = answer.read()
            return json.loads(body) if "json" in answer.headers["Content-Type"] else body

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """(status, answer) of a request; a JSON body unless bytes are given."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = self.request(path, data, {"Content-Type": content_type}, method)
        try:
            with self.open(request) as answer:
                content = answer.read()
                return answer.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            content = error.read()
            return error.code, json.loads(content) if content else None

    def first_site(self) -> dict[str, Any]:
        """The oldest one, to which a device belongs that names none; others of a shared Calha may come before it by name."""
        return dict(min(self.get("/api/v1/sites")["items"], key=lambda site: site["id"]))

    def create_device(self, key: str, profile: str = "generic") -> None:
        status, answer = self.send("POST", "/api/v1/devices", {"key": key, "profile": profile})
        assert status == 201, answer

    def until_stored(self, within_s: float = 60.0) -> dict[str, Any]:
        """Wait until nothing is on the way any more; the counters."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            status = self.get("/api/v1/status")
            if status["ingest"]["on_the_way"] == 0 and status["store"]["lag_messages"] == 0:
                return status["ingest"]
            time.sleep(0.1)
        raise AssertionError(f"readings are still on the way: {status}")

    def values(self, device: str, channel: str) -> list[float]:
        """All stored values of a channel, by time."""
        path = f"/api/v1/devices/{device}/readings?channel={channel}&resolution=raw&from=0946684800&to=4102444800"
        return self.get(path)["series"][0]["value"]


@contextmanager
def running_calha(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Calha]:
    calha = Calha(folder, env)
    with ended_afterwards(calha):
        calha.start()
        yield calha


@contextmanager
def ended_afterwards(calha: Calha) -> Iterator[None]:
    try:
        yield
    finally:
        calha.stop()
        for pid in calha.processes().values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
