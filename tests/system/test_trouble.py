"""Full disks, used-up budgets, busy ports, a lost tail of the log: what happens, and that it mends itself."""

import json
import os
import random
import socket
import subprocess
import time
import urllib.error
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from disks import small_disk
from running import Calha, running_calha

NOW_MS = int(time.time() * 1000)
BEFORE_MS = NOW_MS - 24 * 3_600_000


def filled(disk: Path) -> Path:
    """A file that takes all the room that a disk has left."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    return ballast


def post_many(calha: Calha, device: str, first: int, count: int) -> int:
    body = [{"ts": BEFORE_MS + number, "values": {"x": number * 1.37}} for number in range(first, first + count)]
    status, _ = calha.send("POST", f"/api/v1/telemetry/{device}", body)
    return status


@pytest.mark.slow
def test_while_the_stores_disk_is_full_input_goes_on_and_the_store_catches_up_by_itself(tmp_path):
    data = tmp_path / "data"
    with small_disk(data / "telemetry", "40m"), running_calha(data) as calha:
        calha.create_device("a")
        assert post_many(calha, "a", 0, 100) == 200
        calha.until_stored()
        ballast = filled(data / "telemetry")
        sent = 100
        for _ in range(10):
            assert post_many(calha, "a", sent, 5_000) == 200, "the log takes what the store cannot"
            sent += 5_000
        deadline = time.monotonic() + 60
        while calha.get("/api/v1/status")["store"]["error"] is None and time.monotonic() < deadline:
            time.sleep(0.2)
        status = calha.get("/api/v1/status")
        assert status["store"]["error"]
        assert "store_unavailable" in {warning["code"] for warning in status["warnings"]}
        ballast.unlink()
        calha.until_stored()
        assert len(calha.values("a", "x")) == sent
        assert calha.get("/api/v1/status")["warnings"] == []


@pytest.mark.slow
def test_when_the_logs_budget_is_used_up_input_is_refused_and_goes_on_afterwards(tmp_path):
    data = tmp_path / "data"
    budget = {
        "CALHA_LOG_MAX_BYTES": str(64 * 1024 * 1024),
        "CALHA_LOG_READINGS_MAX_BYTES": str(16 * 1024 * 1024),
        "CALHA_LOG_QUARANTINE_MAX_BYTES": str(2 * 1024 * 1024),
        "CALHA_INGEST_MESSAGES_PER_S": "100000",
        "CALHA_INGEST_BURST_MESSAGES": "100000",
    }
    with small_disk(data / "telemetry", "40m"), running_calha(data, budget) as calha:
        calha.create_device("a")
        assert post_many(calha, "a", 0, 100) == 200
        calha.until_stored()
        ballast = filled(data / "telemetry")
        acknowledged = 100
        for count in (20_000, 2_000, 200):
            while (status := post_many(calha, "a", acknowledged, count)) == 200:
                acknowledged += count
            assert status == 503
        more = [{"device": "a", "ts": BEFORE_MS + number, "x": 1} for number in range(acknowledged, acknowledged + 200)]
        more.append({"device": "nobody", "x": 1})
        status, problem = calha.send("POST", "/api/v1/telemetry", more)
        assert (status, problem["title"]) == (503, "The log is full"), problem
        with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as line:
            line.sendall(json.dumps(more).encode() + b"\n")
            assert json.loads(line.recv(1000))["reason"] == "log_full"
        assert calha.get("/api/v1/quarantine")["items"] == []  # it comes again with the rest of its message
        assert "stream_filling" in {one["code"] for one in calha.get("/api/v1/status")["warnings"]}
        ballast.unlink()
        calha.until_stored(120)
        assert len(calha.values("a", "x")) == acknowledged
        deadline = time.monotonic() + 90
        while post_many(calha, "a", acknowledged, 1) != 200:
            assert time.monotonic() < deadline, "input does not go on by itself"
            time.sleep(1)


def test_a_second_calha_on_the_same_folder_refuses_and_says_who_holds_it(tmp_path):
    with running_calha(tmp_path / "data") as calha:
        other = Calha(calha.folder)
        ended = subprocess.run(other.command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 3
        assert calha.address in ended.stderr
        assert str(calha.processes()["up"]) in ended.stderr


@pytest.mark.parametrize("name", ["http", "mqtt", "tcp"])
def test_a_busy_port_ends_the_start_with_the_key_to_change(tmp_path, name):
    calha = Calha(tmp_path / "data")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", getattr(calha, f"{name}_port")))
        busy.listen()
        ended = subprocess.run(calha.command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert str(getattr(calha, f"{name}_port")) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert calha.processes() == {}


def test_sigterm_ends_all_processes(tmp_path):
    calha = Calha(tmp_path / "data")
    calha.start()
    assert set(calha.processes()) == {"up", "core", "log server"}
    assert calha.get("/api/v1/events")["items"] == [], "an ordinary start is no event"
    assert calha.stop() == 0
    assert calha.processes() == {}


@pytest.mark.slow
def test_a_power_cut_that_tears_the_logs_tail_is_told_and_got_over(tmp_path):
    random.seed(7)
    with running_calha(tmp_path / "data") as calha:
        calha.create_device("a")
        for number in range(50):
            assert post_many(calha, "a", number * 10, 10) == 200
        calha.until_stored()
        for name in ("up",):
            pid = calha.processes()[name]
            os.kill(pid, 9)
        calha._process.wait()
        while calha.processes():
            time.sleep(0.05)
        blocks = [path for path in (calha.folder / "log").rglob("*.blk") if "READINGS" in str(path)]
        assert blocks
        for block in blocks:
            with block.open("r+b") as file:
                file.truncate(random.randrange(block.stat().st_size // 2))
        calha.start()
        assert {"log_tail_lost"} <= {event["kind"] for event in calha.get("/api/v1/events")["items"]}
        assert post_many(calha, "a", 500, 10) == 200
        calha.until_stored()
        assert len(calha.values("a", "x")) == 510


def test_a_qos_1_message_that_came_while_the_core_was_down_is_stored(tmp_path):
    with running_calha(tmp_path / "data") as calha:
        calha.create_device("a")
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", calha.mqtt_port)
        client.loop_start()
        client.publish("calha/v1/a/telemetry", json.dumps({"ts": NOW_MS - 1, "x": 4}), 1).wait_for_publish(60)
        os.kill(calha.processes()["core"], 9)
        client.publish("calha/v1/a/telemetry", json.dumps({"ts": NOW_MS, "x": 5}), 1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()
        calha.until_ready()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(urllib.error.HTTPError):  # while the channel is not known yet
                if calha.values("a", "x") == [4, 5]:
                    break
            time.sleep(0.1)
        assert calha.values("a", "x") == [4, 5]
        restarted = {task["name"]: task["restarts"] for task in calha.get("/api/v1/status")["tasks"]}
        assert restarted["process core"] == 1
