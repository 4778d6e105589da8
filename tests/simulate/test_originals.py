"""Simulated devices of replaced systems, against a running Calha that serves them."""

import asyncio

import pytest

from calha.simulate.originals import Where, run
from ports import free_ports
from running import running_calha

HOST = "127.0.0.1"
CODES = ("ca1ba0de3000000000000001", "ca1ba0de3000000000000002")


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    ports = dict(zip(("coiot", "sensorflow", "eta", "hidrometro", "databutcher", "meters"), free_ports(6), strict=True))
    env = {f"CALHA_COMPAT_{name.upper()}_ENABLED": "true" for name in ports if name != "meters"}
    env |= {f"CALHA_COMPAT_{name.upper()}_PORT": str(port) for name, port in ports.items() if name != "meters"}
    env |= {
        "CALHA_COMPAT_HIDROMETRO_MQTT_PORT": str(ports["meters"]),
        "CALHA_COMPAT_HIDROMETRO_ANONYMOUS_METERS": "true",
        "CALHA_COMPAT_SENSORFLOW_ANONYMOUS": "true",
        "CALHA_COMPAT_ETA_MQTT_ANONYMOUS": "true",
        "CALHA_COMPAT_DATABUTCHER_ANONYMOUS": "true",
        "CALHA_DEVICES_ANONYMOUS": "false",
        "CALHA_REGISTRY_ZONE": "America/Sao_Paulo",
    }
    with running_calha(tmp_path_factory.mktemp("originals") / "data", env) as running:
        for code in CODES:
            assert running.send("POST", "/api/v1/databutcher/machines", {"code": code})[0] == 201
        running.ports = ports
        yield running


def where(calha, kind):
    return Where(HOST, calha.ports[kind], calha.mqtt_port, CODES if kind == "databutcher" else ())


async def answered(calha, kinds, wanted):
    """What the devices were told, once each kind has had `wanted` readings answered."""
    for _ in range(20):
        told = await run(kinds, devices=2, interval_s=0.1, duration_s=3)
        if all(one.answered >= wanted for one in told.values()):
            return told
    raise AssertionError(told)


async def test_each_kind_of_device_reports_what_it_measures_on_its_own_wire(calha):
    kinds = {name: where(calha, name) for name in ("coiot", "sensorflow", "databutcher")}
    kinds |= {"hidrometro": where(calha, "meters"), "eta": Where(HOST, calha.mqtt_port)}
    told = await answered(calha, kinds, 1)
    assert all(one.cut_off == 0 for one in told.values()), told
    counters = await asyncio.to_thread(calha.until_stored)
    assert not counters["quarantined"]
    assert not counters["refused"]
    devices = {one["key"] for one in calha.get("/api/v1/devices?limit=100")["items"]}
    assert {"coiot-1", "coiot-2", "sensorflow-127-0-0-1", "hidrometro-A4CF1200", "hidrometro-A4CF1201"} <= devices
    for device, channel in (
        ("coiot-1", "energy"),
        ("sensorflow-e661385283720001", "humidity"),
        ("eta-1", "flow_1"),
        ("hidrometro-A4CF1201", "flow"),
        (f"databutcher-{CODES[0]}", "rpm"),
    ):
        assert calha.values(device, channel), f"{device} has no {channel}"


async def test_a_meter_that_is_switched_on_again_keeps_its_number(calha):
    await answered(calha, {"coiot": where(calha, "coiot")}, 2)
    before = {one["key"] for one in calha.get("/api/v1/devices?limit=100")["items"]}
    await answered(calha, {"coiot": where(calha, "coiot")}, 2)
    assert {one["key"] for one in calha.get("/api/v1/devices?limit=100")["items"]} == before
