"""Water balances and flumes over HTTP."""

import time
from datetime import UTC, datetime, timedelta

import pytest

START = (datetime.now(UTC) - timedelta(days=28)).replace(hour=3, minute=0, second=0, microsecond=0)  # a local midnight
DAY, NEXT_DAY, LAST_DAY = ((START + timedelta(days=days)).date().isoformat() for days in range(3))
PROFILE = """
name: hourly_meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor de hora em hora, en: A meter that reports each hour}
interval_s: 3600
channels:
  - {key: total, name: {pt: Volume, en: Volume}, kind: counter, unit: L}
  - {key: flow, name: {pt: Vazão, en: Flow}, unit: L/min}
"""


def send(calha, device: str, channel: str, readings) -> None:
    body = [
        {"ts": (START + timedelta(hours=hours)).timestamp(), "values": {channel: value}} for hours, value in readings
    ]
    for start in range(0, len(body), 100):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", body[start : start + 100])[0] == 200
    calha.until_stored()


@pytest.fixture(scope="module")
def site(calha) -> int:
    """A site with an inlet of 10 m³ and a house of 8 m³ an hour, over two days."""
    assert calha.send("PUT", "/api/v1/profiles/hourly_meter", PROFILE.encode(), "application/yaml")[0] == 200
    _, made = calha.send("POST", "/api/v1/sites", {"name": "Setor"})
    for key, hourly in (("bal-in", 10_000), ("bal-house", 8_000)):
        new = {"key": key, "profile": "hourly_meter", "site_id": made["id"]}
        assert calha.send("POST", "/api/v1/devices", new)[0] == 201
        send(calha, key, "total", [(hour, hour * hourly) for hour in range(49)])
    return made["id"]


def balance(calha, site: int) -> dict:
    return calha.get(f"/api/v1/sites/{site}/balance?from={DAY}&to={LAST_DAY}")


def test_a_balance_before_and_after_somebody_says_what_an_inlet_is(calha, site):
    found = balance(calha, site)
    assert (found["supply"], found["losses"], found["used"]) == (None, None, [432.0, 432.0])
    roles = {"meters": [{"device": "bal-in", "channel": "total", "role": "inlet"}]}
    assert calha.send("PUT", f"/api/v1/sites/{site}/balance/meters", roles)[0] == 204
    network = {"mains_km": 10, "connections": 500, "pressure_m": 30, "people": 100}
    assert calha.send("PUT", f"/api/v1/sites/{site}/balance/network", network)[0] == 204
    found = balance(calha, site)
    assert (found["supply"], found["used"], found["losses"]) == ([240.0, 240.0], [192.0, 192.0], [48.0, 48.0])
    assert found["losses_percent"] == 20
    assert {(part["device"], part["role"]) for part in found["parts"]} == {
        ("bal-in", "inlet"),
        ("bal-house", "consumption"),
    }
    assert {(one["device"], one["channel"]) for one in found["candidates"]} == {
        ("bal-in", "flow"),
        ("bal-house", "flow"),
    }
    assert found["night"]["flow_m3_h"] == 10
    assert found["leakage"]["index"] == pytest.approx(48_000 / ((180 + 400) * 30), abs=0.001)
    assert (found["leakage"]["class_high_income"], found["leakage"]["is_proven"]) == ("B", True)
    assert calha.send("DELETE", f"/api/v1/sites/{site}/balance/network")[0] == 204
    assert balance(calha, site)["leakage"] is None


@pytest.mark.parametrize(
    ("meter", "status"),
    [
        ({"device": "bal-energy", "channel": "energy", "role": "inlet"}, 422),
        ({"device": "bal-foreign", "channel": "total", "role": "inlet"}, 403),
        ({"device": "bal-none", "channel": "total", "role": "inlet"}, 404),
        ({"device": "bal-in", "channel": "total", "role": "source"}, 422),
    ],
)
def test_what_cannot_be_in_a_balance_is_refused(calha, site, meter, status):
    calha.send("POST", "/api/v1/devices", {"key": "bal-energy", "profile": "energy_meter", "site_id": site})
    calha.send("POST", "/api/v1/devices", {"key": "bal-foreign", "profile": "water_meter"})
    assert calha.send("PUT", f"/api/v1/sites/{site}/balance/meters", {"meters": [meter]})[0] == status


def test_a_network_that_cannot_be_is_refused(calha, site):
    assert calha.send("PUT", f"/api/v1/sites/{site}/balance/network", {"mains_km": 1, "connections": 1})[0] == 422
    wrong = {"mains_km": 1, "connections": 1, "pressure_m": 0}
    assert calha.send("PUT", f"/api/v1/sites/{site}/balance/network", wrong)[0] == 422


def test_a_flume_is_set_up_and_its_flow_comes_by_itself(calha):
    calha.create_device("eta-1", "generic")
    send(calha, "eta-1", "level", [(hour, 0.25) for hour in range(25)])
    assert calha.send("PATCH", "/api/v1/devices/eta-1/channels/level", {"unit": "m"})[0] == 200
    flume = {"level_channel": "level", "throat": '9"', "name": "Vazão da calha"}
    status, made = calha.send("PUT", "/api/v1/devices/eta-1/flumes/flume_flow", flume)
    assert (status, made["k"], made["width_m"], made["is_own_calibration"]) == (200, 0.5354, 0.2286, False)
    deadline = time.monotonic() + 60
    while len(flows := calha.values("eta-1", "flume_flow")) < 25:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert flows[0] == pytest.approx(231.117, abs=0.01)  # 64.199 L/s
    day = calha.get(f"/api/v1/devices/eta-1/consumption?channel=flume_flow&from={DAY}&to={NEXT_DAY}")
    assert day["unit"] == "m³"
    (listed,) = calha.get("/api/v1/devices/eta-1/flumes")
    assert (listed["channel"], listed["level_channel"]) == ("flume_flow", "level")
    assert calha.send("DELETE", f"/api/v1/devices/eta-1/flumes/flume_flow/{listed['id']}")[0] == 204
    assert calha.get("/api/v1/devices/eta-1/flumes") == []


@pytest.mark.parametrize(
    ("flume", "status"),
    [
        ({"throat": "30cm"}, 422),
        ({"level_channel": "nothing"}, 404),
        ({"level_channel": "flow"}, 422),
        ({"k": 0}, 422),
    ],
)
def test_a_flume_that_cannot_be_is_refused(calha, flume, status):
    calha.send("POST", "/api/v1/devices", {"key": "eta-2", "profile": "water_flow"})
    body = {"level_channel": "level", "throat": "1'"} | (
        {"level_channel": "flow_1"} if flume.get("level_channel") == "flow" else flume
    )
    assert calha.send("PUT", "/api/v1/devices/eta-2/flumes/made", body)[0] == status
    assert calha.send("PUT", "/api/v1/devices/eta-2/flumes/pump", {"level_channel": "level", "throat": "1'"})[0] == 409


def test_a_flume_that_is_submerged_says_so(calha):
    calha.create_device("eta-submerged", "generic")
    send(calha, "eta-submerged", "level", [(hour, 0.30) for hour in range(3)])
    send(calha, "eta-submerged", "behind", [(0, 0.10), (1, 0.25), (2, 0.10)])
    for channel in ("level", "behind"):
        assert calha.send("PATCH", f"/api/v1/devices/eta-submerged/channels/{channel}", {"unit": "m"})[0] == 200
    flume = {"level_channel": "level", "throat": '9"', "behind_channel": "behind"}
    assert calha.send("PUT", "/api/v1/devices/eta-submerged/flumes/made", flume | {"behind_channel": "level"})[0] == 422
    assert calha.send("PUT", "/api/v1/devices/eta-submerged/flumes/made", flume | {"behind_channel": "none"})[0] == 404
    status, made = calha.send("PUT", "/api/v1/devices/eta-submerged/flumes/made", flume)
    assert (status, made["behind_channel"]) == (200, "behind")
    deadline = time.monotonic() + 60
    while len(calha.values("eta-submerged", "made")) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    found = calha.get(f"/api/v1/devices/eta-submerged/readings?channel=made&from={DAY}&to={NEXT_DAY}&resolution=raw")
    assert found["series"][0]["quality"] == ["good", "uncertain", "good"]


def test_the_standard_widths_are_listed(calha):
    found = {one["throat"]: one for one in calha.get("/api/v1/flume-throats")}
    assert len(found) == 15
    assert (found['9"']["width_m"], found['9"']["usual_l_s"]) == (0.2286, [2.5, 252])
