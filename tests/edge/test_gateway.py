"""A gateway and its hub as devices and operators see them: real processes, a line between them that can be cut."""

import asyncio
import json
import queue
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.reasoncodes import ReasonCode

from calha.simulate.plc_names import node_id
from edge_parts import (
    ALL_TIMES,
    Edge,
    Hub,
    Line,
    http_post,
    line_to,
    parcels_of,
    reading,
    running_edge,
    running_hub,
    tcp_talk,
    until,
)
from plcs import PlcProcess
from running import Calha

pytestmark = pytest.mark.slow

NOT_ANONYMOUS = {"CALHA_DEVICES_ANONYMOUS": "false"}
NOW_MS = int(time.time() * 1000)


@dataclass
class Plant:
    hub: Hub
    line: Line
    edge: Edge
    plc: PlcProcess


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    plc = PlcProcess(folder, "--interval", "0.2", "--no-stops", "--security", "encrypt", "--user", "calha:plc-secret")
    channels = {"flow_1": node_id("vazao_saida1"), "flow_2": node_id("vazao_saida2"), "inflow": node_id("nada")}
    read = {"name": "CLP", "endpoint": plc.address, "device": "eta-clp", "interval_ms": 200, "channels": channels}
    read |= {"security": "encrypt", "trust_first": True, "user": "calha", "password": "plc-secret"}
    with running_hub(folder / "hub", NOT_ANONYMOUS) as hub:
        secret = hub.create_gateway()
        with line_to(hub.leaf_port) as line:
            settings = NOT_ANONYMOUS | {"CALHA_EDGE_PLCS": json.dumps([read])}
            with running_edge(folder / "edge", line.port, secret, settings) as edge:
                yield Plant(hub, line, edge, plc)
    plc.kill()


def mqtt_publish(edge: Calha, device: str, secret: str, *numbers: int) -> None:
    """Publish readings with QoS 1, and return when all are acknowledged. Raises ConnectionRefusedError."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=device)
    client.username_pw_set(device, secret)
    answers: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
    client.on_connect = lambda _c, _u, _f, code, _p: answers.put(code)
    client.connect("127.0.0.1", edge.mqtt_port)
    client.loop_start()
    try:
        answer = answers.get(timeout=60)
        if answer.is_failure:
            raise ConnectionRefusedError(f"{device}: {answer}")
        for info in [client.publish(f"calha/v1/{device}/telemetry", reading(one, NOW_MS + one), 1) for one in numbers]:
            info.wait_for_publish(60)
            assert info.is_published(), "no acknowledgement"
    finally:
        client.disconnect()
        client.loop_stop()


def record(number: int, **more: object) -> dict:
    return {"ts": NOW_MS + number, "values": {"n": number}} | more


def until_admitted(edge: Calha, device: str, secret: str) -> None:
    """Until the gateway has heard of a device."""
    until(lambda: http_post(edge, f"/api/v1/telemetry/{device}", secret, record(0))[0] == 200, f"{device} is admitted")


def until_let_in(edge: Calha, device: str, secret: str) -> None:
    """Until a gateway that has just started lets a device in that comes again and again, as devices do."""

    def is_let_in() -> bool:
        with suppress(ConnectionRefusedError):
            mqtt_publish(edge, device, secret)
            return True
        return False

    until(is_let_in, f"{device} is let in")


def test_devices_send_to_a_gateway_as_they_would_to_the_hub(plant: Plant):
    secret = plant.hub.create_behind("m1")
    until_admitted(plant.edge, "m1", secret)
    mqtt_publish(plant.edge, "m1", secret, 1, 2, 3)
    status, answer = http_post(plant.edge, "/api/v1/telemetry/m1", secret, [record(4), record(5)])
    assert (status, answer["accepted"]) == (200, 2)
    assert http_post(plant.edge, "/api/v1/telemetry", secret, [record(6, device="m1")])[1]["accepted"] == 1
    assert tcp_talk(plant.edge.tcp_port, {"token": secret}, record(7), {}) == [{"ok": 0}, {"ok": 1}, {"ok": 0}]
    until(lambda: plant.hub.numbers("m1") == list(range(8)), "the hub has them")


def test_whoever_is_not_on_the_roster_is_refused_at_each_door(plant: Plant):
    secret = plant.hub.create_behind("m2")
    plant.hub.create_device("elsewhere")
    foreign = plant.hub.new_secret("elsewhere")
    until_admitted(plant.edge, "m2", secret)
    for device, wrong in (("m2", "calha_dev_wrong"), ("elsewhere", foreign), ("m1", secret)):
        with pytest.raises(ConnectionRefusedError):
            mqtt_publish(plant.edge, device, wrong, 1)
    assert http_post(plant.edge, "/api/v1/telemetry/elsewhere", foreign, record(1))[0] == 401
    assert http_post(plant.edge, "/api/v1/telemetry/m1", secret, record(1))[0] == 403
    assert http_post(plant.edge, "/api/v1/telemetry", secret, [record(1, device="m1")])[0] == 403
    answers = tcp_talk(plant.edge.tcp_port, {"token": foreign}, {"token": secret}, record(1, device="m1"))
    assert [answer.get("reason") for answer in answers] == ["not_signed_in", None, "not_allowed"]


def test_a_revoked_secret_holds_no_longer_at_the_gateway(plant: Plant):
    secret = plant.hub.create_behind("m3")
    until_admitted(plant.edge, "m3", secret)
    status, _ = plant.hub.send("DELETE", "/api/v1/devices/m3/credentials")
    assert status == 204
    until(lambda: http_post(plant.edge, "/api/v1/telemetry/m3", secret, record(1))[0] == 401, "it is refused")


def test_what_cannot_be_read_is_told_and_kept_at_the_hub(plant: Plant):
    secret = plant.hub.create_behind("m4")
    until_admitted(plant.edge, "m4", secret)
    status, answer = http_post(plant.edge, "/api/v1/telemetry/m4", secret, [record(1, values={"n": "seven"})])
    assert (status, answer["accepted"]) == (200, 1), "only the hub knows what n is"
    answers = tcp_talk(plant.edge.tcp_port, {"token": secret}, "no record")
    assert answers[1]["reason"] == "malformed"
    until(lambda: plant.hub.quarantined("m4") == ["not_a_number", "malformed"], "both are in quarantine")


def test_live_readings_overtake_the_backlog_after_a_cut(plant: Plant):
    secret = plant.hub.create_behind("m5")
    until_admitted(plant.edge, "m5", secret)
    plant.line.cut()
    filling = "x" * 400
    for start in range(1, 2_000, 200):
        body = [record(number, filling=filling) for number in range(start, start + 200)]
        status, _ = http_post(plant.edge, "/api/v1/telemetry/m5", secret, body)
        assert status == 200
    plant.line.bytes_per_s = 10_000  # more than a minute for the backlog
    plant.line.mend()
    try:
        until(lambda: 1 in plant.hub.numbers("m5"), "the backlog is on its way")
        http_post(plant.edge, "/api/v1/telemetry/m5", secret, record(9_000))
        stored = until(lambda: 9_000 in (found := plant.hub.numbers("m5")) and found, "the live reading is stored")
        assert 2_000 not in stored, "the backlog was there before it"
    finally:
        plant.line.bytes_per_s = 0
    until(lambda: len(plant.hub.numbers("m5")) == 2_002, "the backlog is there as well")
    (latest,) = [one for one in plant.hub.get("/api/v1/latest?device=m5")["items"] if one["channel"] == "n"]
    assert latest["value"] == 9_000


def test_hub_and_gateway_tell_how_they_are(plant: Plant):
    secret = plant.hub.create_behind("m10")
    until_admitted(plant.edge, "m10", secret)
    path = "/api/v1/gateways/gw-1"
    linked = until(lambda: (found := plant.hub.get(path))["state"] == "linked" and found["report"] and found, "linked")
    assert linked["devices"] >= 1
    assert abs(linked["report"]["clock_ahead_s"]) < 5
    assert [one["device"] for one in plant.hub.get("/api/v1/gateways")["items"]] == ["gw-1"]
    assert plant.hub.send("GET", "/api/v1/gateways/m10")[0] == 404
    until(lambda: page_of(plant.edge)["report"]["messages"] == 0, "nothing waits")
    plant.line.cut()
    try:
        until(lambda: not page_of(plant.edge)["linked"], "the gateway tells of the cut")
        assert http_post(plant.edge, "/api/v1/telemetry/m10", secret, [record(1)])[0] == 200
        assert http_post(plant.edge, "/api/v1/telemetry/m10", secret, [record(2)])[0] == 200
        waiting = until(lambda: (found := page_of(plant.edge)["report"])["messages"] >= 2 and found, "two wait")
        assert waiting["backlog"]["messages"] == waiting["messages"]
        assert waiting["oldest_at"] > NOW_MS * 1000
        until(lambda: plant.hub.get(path)["state"] == "silent", "the hub misses the gateway")
        assert "gateway_silent" in [one["code"] for one in plant.hub.get("/api/v1/status")["warnings"]]
    finally:
        plant.line.mend()
    until(lambda: page_of(plant.edge)["linked"] and not page_of(plant.edge)["report"]["messages"], "it is drained")
    path = "/api/v1/devices/gw-1/readings?channel=link&resolution=raw&from=0946684800&to=4102444800"
    until(lambda: plant.hub.get(path)["series"][0]["value"][-2:] == [0, 1], "the cut is in the gateway's curve")
    metrics = until(lambda: 'linked{gateway="gw-1"} 1' in (found := metrics_of(plant.hub)) and found, "it is linked")
    for name in ("waiting_messages", "waiting_bytes", "log_fill", "clock_ahead_seconds"):
        assert f'calha_gateway_{name}{{gateway="gw-1"}} ' in metrics
    for lane in ("live", "backlog"):
        assert f'calha_gateway_lag_seconds{{gateway="gw-1",lane="{lane}"}} ' in metrics
        assert f'calha_gateway_shipped_total{{gateway="gw-1",lane="{lane}"}} ' in metrics


def test_a_plc_that_the_gateway_reads_loses_nothing_at_a_cut_and_its_own_loss_is_told(plant: Plant):
    device = {"key": "eta-clp", "profile": "water_flow", "gateway": "gw-1"}
    assert plant.hub.send("POST", "/api/v1/devices", device)[0] == 201
    until(lambda: plc_of(page_of(plant.edge))["report"]["trouble"], "the gateway misses the PLC")
    told = until(lambda: warnings_of(plant.hub, "gateway_plc_lost"), "the hub is told")
    assert "CLP (eta-clp)" in told[0]["text"]["en"]
    plant.plc.start()
    until(lambda: len(flows_of(plant.hub)) >= 3, "the hub has its readings")
    plant.line.cut()
    try:
        until(lambda: page_of(plant.edge)["report"]["messages"] >= 5, "its messages wait")
        shown = plc_of(page_of(plant.edge))
        assert (shown["mode"], shown["report"]["good"], shown["report"]["nodes"]) == ("subscription", 2, 3)
        assert shown["faults"] == {"inflow": "the server answers BadNodeIdUnknown"}
        plant.plc.kill()
        until(lambda: plc_of(page_of(plant.edge))["report"]["state"] == "waiting", "the PLC is missed")
    finally:
        plant.line.mend()
    last = until(lambda: (found := flows_of(plant.hub)) and found[-1][1] is None and found[-1], "the gap is told")
    assert last[2] == "no_communication"
    kept = [record for record in records_of(plant.edge, "eta-clp") if "flow_1" in record["values"]]
    stored = until(lambda: len(found := flows_of(plant.hub)) == len(kept) and found, "the hub has every reading")
    assert [round(1000 * at) for at, _, _ in stored] == [record["ts"] for record in kept]
    values = [value for _, value, quality in stored if quality == "good"]
    assert len(values) >= 5
    assert min(values) > 0
    until(lambda: plant.hub.get("/api/v1/gateways/gw-1")["report"]["plcs"][0]["trouble"], "the hub is told of the loss")
    until(lambda: 'calha_gateway_plc_up{gateway="gw-1",plc="CLP"} 0' in metrics_of(plant.hub), "it is in the metrics")


def plc_of(page: dict) -> dict:
    (plc,) = page["plcs"]
    return plc


def warnings_of(hub: Hub, code: str) -> list[dict]:
    return [one for one in hub.get("/api/v1/status")["warnings"] if one["code"] == code]


def flows_of(hub: Hub) -> list[tuple[float, float | None, str]]:
    """(ms, value, quality) of what is stored of the PLC's first flow."""
    (series,) = hub.get(f"/api/v1/devices/eta-clp/readings?channel=flow_1&resolution=raw&{ALL_TIMES}")["series"]
    return list(zip(series["t"], series["value"], series["quality"], strict=True))


def records_of(edge: Edge, device: str) -> list[dict]:
    """All records of a device in the gateway's outbox that the hub can have taken, by time."""
    found = [json.loads(one.payload) for one in asyncio.run(parcels_of(edge)) if one.device == device]
    return sorted((record for records in found for record in records), key=lambda one: one["ts"])


def test_the_gateways_page_is_read_only_and_tells_no_secret(plant: Plant):
    address = f"http://127.0.0.1:{plant.edge.page_port}/"
    for path in ("", "status.json"):
        with urllib.request.urlopen(address + path, timeout=30) as answer:
            text = answer.read().decode()
        assert "gw-1" in text
        assert plant.edge.env["CALHA_EDGE_SECRET"] not in text
        assert "plc-secret" not in text
        assert "calha_dev_" not in text
    for request, status in (
        (urllib.request.Request(address, b"x"), 405),
        (urllib.request.Request(address, headers={"Host": "evil.example"}), 421),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        assert refused.value.code == status


def page_of(edge: Edge) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{edge.page_port}/status.json", timeout=30) as answer:
        return json.load(answer)


def metrics_of(hub: Hub) -> str:
    return hub.get("/metrics", accept="text/plain").decode()


def test_a_gateway_works_on_its_own_while_the_hub_is_away(plant: Plant):
    secret = plant.hub.create_behind("m6")
    until_admitted(plant.edge, "m6", secret)
    plant.hub.stop()
    plant.edge.stop()
    plant.edge.start()
    until_let_in(plant.edge, "m6", secret)
    mqtt_publish(plant.edge, "m6", secret, 1, 2)
    assert tcp_talk(plant.edge.tcp_port, {"token": secret}, record(3)) == [{"ok": 0}, {"ok": 1}]
    plant.hub.start()
    until(lambda: plant.hub.numbers("m6") == [0, 1, 2, 3], "the hub has what came while it was away")


def test_a_hub_brought_back_from_a_backup_gets_again_what_it_lost(plant: Plant, tmp_path: Path):
    secret = plant.hub.create_behind("m7")
    until_admitted(plant.edge, "m7", secret)
    mqtt_publish(plant.edge, "m7", secret, 1)
    until(lambda: plant.hub.numbers("m7") == [0, 1], "the hub has it")
    status, backup = plant.hub.send("POST", "/api/v1/backups", {"name": "b1"})
    assert status in (200, 201), backup
    kept = tmp_path / "b1"
    shutil.copytree(backup["folder"], kept)
    mqtt_publish(plant.edge, "m7", secret, 2)
    until(lambda: plant.hub.numbers("m7") == [0, 1, 2], "the hub has it")
    plant.hub.stop()
    shutil.rmtree(plant.hub.folder)
    restore = [sys.executable, "-m", "calha", "restore", str(kept), "--data", str(plant.hub.folder)]
    subprocess.run(restore, check=True, capture_output=True, timeout=60)
    plant.hub.start()
    until(lambda: plant.hub.numbers("m7") == [0, 1, 2], "the gateway has brought again what the backup lacks")
    mqtt_publish(plant.edge, "m7", secret, 3)
    until(lambda: plant.hub.numbers("m7") == [0, 1, 2, 3], "it goes on")


def test_a_gateway_with_a_new_disk_goes_on(plant: Plant):
    secret = plant.hub.create_behind("m8")
    until_admitted(plant.edge, "m8", secret)
    for number in range(1, 4):
        mqtt_publish(plant.edge, "m8", secret, number)
    until(lambda: plant.hub.numbers("m8") == [0, 1, 2, 3], "the hub has them")
    plant.edge.stop()
    shutil.rmtree(plant.edge.folder)
    plant.edge.start()
    until_admitted(plant.edge, "m8", secret)
    mqtt_publish(plant.edge, "m8", secret, 4)
    until(lambda: plant.hub.numbers("m8") == [0, 1, 2, 3, 4], "its new outbox is taken from the beginning")


def test_a_gateway_whose_secret_is_revoked_is_cut_off_until_it_has_a_new_one(plant: Plant):
    secret = plant.hub.create_behind("m9")
    until_admitted(plant.edge, "m9", secret)
    until(lambda: plant.hub.numbers("m9") == [0], "the hub has it")
    status, _ = plant.hub.send("DELETE", "/api/v1/devices/gw-1/credentials")
    assert status == 204
    until(lambda: "wrong credentials" in plant.hub.get("/api/v1/status")["gate"]["refused"], "the link is refused")
    until(lambda: "Authorization Violation" in page_of(plant.edge)["error"], "the gateway's page says why")
    mqtt_publish(plant.edge, "m9", secret, 1)
    time.sleep(3)
    assert plant.hub.numbers("m9") == [0]
    plant.edge.stop()
    plant.edge.env["CALHA_EDGE_SECRET"] = plant.hub.new_secret("gw-1")
    plant.edge.start()
    until(lambda: plant.hub.numbers("m9") == [0, 1], "what it kept arrives")
