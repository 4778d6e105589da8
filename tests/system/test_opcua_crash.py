"""A PLC that counts, read while processes are killed: what the log was away for is not lost, and nothing is told twice."""

import os
import signal
import time

import pytest

from plcs import running_plc
from running import running_calha

pytestmark = [pytest.mark.crash, pytest.mark.serial]

COUNT = "ns=4;s=|var|Plc3 V3.5.19.61-77f4 192.168.119.204 .Application.CARGA001.v00001"
WITHIN_S = 60.0


@pytest.fixture
def plant(tmp_path):
    with running_plc(tmp_path, "--nodes", "1", "--interval", "3600") as plc, running_calha(tmp_path / "data") as calha:
        calha.create_device("contador")
        site = calha.first_site()["id"]
        body = {"name": "CLP", "site_id": site, "endpoint": plc.address, "publishing_ms": 200, "repeat_s": 0}
        status, made = calha.send("POST", "/api/v1/connections", body)
        assert status == 201, made
        node = {"node": COUNT, "device": "contador", "channel": "count", "new_channel": {"name": "Contagem"}}
        assert calha.send("POST", f"/api/v1/connections/{made['id']}/nodes", {"nodes": [node]})[0] == 201
        yield calha


def counts(calha) -> list[int]:
    return [round(value) for value in calha.values("contador", "count") if value is not None]


def until_counted(calha, more: int) -> list[int]:
    """Wait until so many further counts are stored; all of them."""
    before, deadline = len(counts(calha)), time.monotonic() + WITHIN_S
    while len(found := counts(calha)) < before + more:
        assert time.monotonic() < deadline, f"the counting stands still at {found[-3:]}"
        time.sleep(0.2)
    return found


def connection_of(calha):
    return calha.get("/api/v1/connections")["items"][0]


def test_what_comes_while_the_log_server_is_away_waits_for_it(plant):
    until_counted(plant, 2)
    server = plant.processes()["log server"]
    os.kill(server, signal.SIGSTOP)
    time.sleep(4)
    os.kill(server, signal.SIGCONT)
    until_counted(plant, 2)
    plant.kill("log server")
    until_counted(plant, 4)
    plant.until_stored()
    found = counts(plant)
    assert found == list(range(found[0], found[-1] + 1)), "counted without a hole, and nothing twice"
    assert connection_of(plant)["lost"] == {}


def test_a_killed_core_reads_on_and_tells_nothing_twice(plant):
    until_counted(plant, 3)
    before = counts(plant)
    plant.kill("core")
    plant.until_ready()
    until_counted(plant, 3)
    found = counts(plant)
    assert found == sorted(set(found)), "nothing twice, nothing out of order"
    assert found[: len(before)] == before
    assert connection_of(plant)["state"] == "connected"
    tally = plant.until_stored()
    assert tally["received"] == tally["stored"] + tally["duplicate"] + tally["corrected"] + tally["late"]
