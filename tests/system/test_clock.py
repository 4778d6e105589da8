"""This machine's clock steps, forwards and backwards, under the running processes: nothing is lost, nothing stops."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from running import Calha, running_calha

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@contextmanager
def calha_with_a_clock(folder: Path):
    """A running Calha and a function that steps its clock to so many seconds beside the true one."""
    if not LIBRARIES:
        if os.environ.get("CI"):
            pytest.fail("libfaketime is missing")
        pytest.skip("libfaketime is missing: apt install faketime")
    offset = folder.parent / "clock"

    def step_to(seconds: int) -> None:
        temporary = offset.with_suffix(".new")
        temporary.write_text(f"{seconds:+d}s\n")
        temporary.replace(offset)

    step_to(0)
    env = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # as a real step of the clock leaves it
    }
    with running_calha(folder, env) as calha:
        yield calha, step_to


def send_everywhere(calha: Calha, x: int) -> None:
    """One reading without a time over each door, as x, x + 1, x + 2; each acknowledged."""
    assert calha.send("POST", "/api/v1/telemetry/a", {"x": x})[1]["accepted"] == 1
    message = ["-p", str(calha.mqtt_port), "-q", "1", "-t", "calha/v1/a/telemetry", "-m", json.dumps({"x": x + 1})]
    subprocess.run(["mosquitto_pub", *message], check=True)
    line = json.dumps({"device": "a", "x": x + 2}).encode() + b"\n"
    told = subprocess.run(["nc", "-q1", "127.0.0.1", str(calha.tcp_port)], input=line, capture_output=True, check=True)
    assert json.loads(told.stdout) == {"ok": 1}


@pytest.mark.crash
def test_a_stepping_clock_loses_nothing_and_stops_nothing(tmp_path):
    with calha_with_a_clock(tmp_path / "data") as (calha, step_to):
        calha.create_device("a")
        sent = []
        for turn, seconds in enumerate((0, 7_200, -7_200, 86_400, 0)):
            step_to(seconds)
            said = calha.get("/api/v1/status")["now"]
            assert abs(_seconds(said) - time.time() - seconds) < 60, "the clock did not step"
            send_everywhere(calha, 10 * turn)
            sent += [10 * turn, 10 * turn + 1, 10 * turn + 2]
            counted = calha.until_stored()
            assert counted["stored"] + counted["late"] + counted["corrected"] == len(sent)
        assert sorted(calha.values("a", "x")) == sent
        assert counted["quarantined"] == counted["refused"] == {}
        assert [task["name"] for task in calha.get("/api/v1/status")["tasks"] if task["restarts"]] == []


@pytest.mark.crash
def test_a_device_with_the_right_time_waits_in_quarantine_while_our_clock_is_behind(tmp_path):
    with calha_with_a_clock(tmp_path / "data") as (calha, step_to):
        calha.create_device("a")
        step_to(-7_200)
        now_ms = int(time.time() * 1000)
        status, answer = calha.send("POST", "/api/v1/telemetry/a", {"ts": now_ms, "values": {"x": 1}})
        assert (status, answer["reason"]) == (422, "time_in_future"), answer
        step_to(0)
        assert calha.send("POST", "/api/v1/quarantine/replay", {"device": "a"})[1]["accepted"] == 1
        calha.until_stored()
        assert calha.values("a", "x") == [1]
        assert calha.get("/api/v1/quarantine")["items"] == []


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
