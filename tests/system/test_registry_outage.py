"""The registry's database hangs: readings go on, everything that needs it says so, and all goes on by itself afterwards."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from databases import postgresql
from running import Calha, running_calha

pytestmark = [pytest.mark.databases, pytest.mark.slow]
WITHIN_S = 120


def test_readings_go_on_while_the_registrys_database_hangs(tmp_path):
    (tmp_path / "server").mkdir()
    with (
        postgresql(tmp_path / "server") as url,
        running_calha(tmp_path / "data", {"CALHA_REGISTRY_URL": url, "CALHA_DEVICES_ANONYMOUS": "false"}) as calha,
    ):
        _, made = calha.send("POST", "/api/v1/devices", {"key": "pump", "profile": "generic"})
        secret = made["secret"]
        assert send(calha, secret, {"flow": 1})[0] == 200
        with hanging(tmp_path / "server"):
            until(lambda: "registry_unavailable" in warnings(calha))
            assert calha.get("/readyz")["ready"] is True
            assert 'calha_warnings{code="registry_unavailable"} 1\n' in calha.get("/metrics").decode()
            assert send(calha, secret, {"flow": 2})[0] == 200
            assert publish(calha, secret, {"flow": 3}) == 0, "a device that connects only now"
            status, receipt = send(calha, secret, {"pressure": 4})
            assert status == 200
            assert [fault["reason"] for fault in receipt["errors"]] == ["registry_unavailable"]
            status, told = calha.send("POST", "/api/v1/sites", {"name": "Norte", "zone": "America/Sao_Paulo"})
            assert (status, told["reason"]) == (503, "registry_unavailable")
            calha.until_stored()
        until(lambda: calha.get("/api/v1/status")["registry"]["error"] is None)
        until(lambda: calha.get("/api/v1/quarantine")["items"] == [])
        calha.until_stored()
        assert calha.values("pump", "flow") == [1, 2, 3]
        assert calha.values("pump", "pressure") == [4], "what had to wait for a new channel is replayed"
        until(lambda: warnings(calha) == set())
        body = {"name": "Norte", "zone": "America/Sao_Paulo"}
        assert calha.send("POST", "/api/v1/sites", body)[0] == 201


def send(calha: Calha, secret: str, values: dict[str, float]) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = calha.request("/api/v1/telemetry/pump", json.dumps({"values": values}).encode(), headers)
    with calha.open(request) as answer:
        return answer.status, json.loads(answer.read())


def publish(calha: Calha, secret: str, values: dict[str, float]) -> int:
    line = ["mosquitto_pub", "-p", calha.mqtt_port, "-q", 1, "-u", "pump", "-P", secret]
    line += ["-t", "calha/v1/pump/telemetry", "-m", json.dumps({"values": values})]
    return subprocess.run(list(map(str, line)), check=False).returncode


def warnings(calha: Calha) -> set[str]:
    return {warning["code"] for warning in calha.get("/api/v1/status")["warnings"]}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.3)


@contextmanager
def hanging(folder: Path) -> Iterator[None]:
    """All processes of a server stand still."""
    family = {int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder) in _read(path)}
    while more := {child for child, parent in _parents().items() if parent in family} - family:
        family |= more
    for process in family:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            os.kill(process, signal.SIGCONT)


def _parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        if line := _read(path):
            found[int(path.parent.name)] = int(line.rpartition(")")[2].split()[1])
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended
        return ""
