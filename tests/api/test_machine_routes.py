"""How a machine did, over HTTP: running, OEE, vibration zone, temperature class, beside the norms."""

import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest

PROFILE = """
name: press
title: {pt: Prensa, en: Press}
description: {pt: Prensa, en: Press}
interval_s: 60
channels:
  - {key: state, name: {pt: Estado, en: State}, kind: state}
  - {key: vx, name: {pt: X, en: X}, unit: mm/s}
  - {key: vy, name: {pt: Y, en: Y}, unit: mm/s}
  - {key: winding, name: {pt: Enrolamento, en: Winding}, unit: °C}
  - {key: pieces, name: {pt: Peças, en: Pieces}, kind: counter}
  - {key: good, name: {pt: Boas, en: Good}, kind: counter}
machine: {state: state, running: [1], faults: [2], vibration: [vx, vy], class: II, temperature: winding, insulation: B,
  pieces: pieces, good: good, ideal_cycle_s: 30}
"""
MINUTES = 120
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)


def window(minutes=MINUTES):
    edges = {"from": BEGIN.isoformat(), "to": (BEGIN + timedelta(minutes=minutes)).isoformat()}
    return urllib.parse.urlencode(edges)


@pytest.fixture(scope="module")
def press(calha):
    """An hour and a half of running at two pieces a minute, ten minutes of a fault, then standing still, hot at the end."""
    assert calha.send("PUT", "/api/v1/profiles/press", PROFILE.encode(), "application/yaml")[0] in (200, 201)
    assert calha.send("POST", "/api/v1/devices", {"key": "press-1", "profile": "press"})[0] == 201
    records = []
    for minute in range(-1, MINUTES):
        runs = 0 <= minute < 90
        made = 2 * min(max(minute, 0), 90)
        values = {
            "state": 1 if runs else 2 if 90 <= minute < 100 else 0,
            "vx": 2.0 if runs else 0.05,
            "vy": (3.0 if minute < 30 else 1.5) if runs else 0.05,
            "winding": 125.0 if minute >= 108 else 90.0,
            "pieces": 1_000 + made,
            "good": 900 + made * 0.95,
        }
        records.append({"ts": (BEGIN + timedelta(minutes=minute)).timestamp(), "values": values})
    for start in range(0, len(records), 100):
        assert calha.send("POST", "/api/v1/telemetry/press-1", records[start : start + 100])[0] == 200
    calha.until_stored()
    return calha.get(f"/api/v1/devices/press-1/machine?{window()}")


def test_running_starts_and_availability(press):
    running = press["running"]
    assert (running["running_s"], running["fault_s"], running["stopped_s"]) == (5_400, 600, 1_200)
    assert (running["starts"], running["stops"], running["faults"], running["unknown_s"]) == (1, 1, 1, 0)
    assert running["availability"] == pytest.approx(0.75)


def test_oee_is_of_the_time_that_is_asked_for(calha, press):
    assert press["oee"]["pieces"] == 180
    assert press["oee"]["performance"] == pytest.approx(1.0)
    assert press["oee"]["quality"] == pytest.approx(0.95)
    assert press["oee"]["oee"] == pytest.approx(0.75 * 0.95)
    shift = calha.get(f"/api/v1/devices/press-1/machine?{window(60)}")
    assert shift["running"]["availability"] == pytest.approx(1.0)


def test_the_worst_direction_while_running_is_judged(press):
    shaking = press["vibration"]
    assert shaking["boundaries_mm_s"] == [1.12, 2.8, 7.1]
    assert shaking["velocity_mm_s"] == pytest.approx((30 * 3.0 + 60 * 2.0) / 90)
    assert (shaking["zone"], shaking["highest_mm_s"]) == ("B", 3.0)
    assert shaking["shares"] == pytest.approx({"A": 0.0, "B": 2 / 3, "C": 1 / 3, "D": 0.0})
    assert (shaking["baseline_mm_s"], shaking["trend"]) == (None, None)


def test_the_winding_is_judged_by_its_class(press):
    heat = press["heat"]
    assert (heat["rise_limit_c"], heat["limit_c"]) == (120.0, 130.0)
    assert (heat["highest_c"], heat["verdict"], heat["over_limit"]) == (125.0, "over_rise", 0.0)
    assert heat["over_rise"] == pytest.approx(0.1)


def test_what_is_not_measured_is_null_and_what_is_no_machine_says_so(calha, press):
    assert calha.send("POST", "/api/v1/devices", {"key": "press-2", "profile": "press"})[0] == 201
    silent = calha.get("/api/v1/devices/press-2/machine")
    assert [silent[name] for name in ("running", "oee", "vibration", "heat")] == [None] * 4
    assert calha.send("POST", "/api/v1/devices", {"key": "no-press", "profile": "generic"})[0] == 201
    assert calha.send("GET", "/api/v1/devices/no-press/machine")[0] == 404
    assert calha.get("/api/v1/devices/press-2/analyses") == {"analyses": ["machine"]}


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        ("{vibration: [vx]}", "belong together"),
        ("{vibration: [vx], boundaries: [2, 1, 3]}", "three growing"),
        ("{vibration: [state], class: II}", "no channel 'state' of kind gauge"),
        ("{temperature: winding, insulation: Z}", "not allowed"),
        ("{state: state, ideal_cycle_s: 3}", "pieces are counted"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line(calha, machine, reason):
    text = PROFILE[: PROFILE.index("machine:")].replace("name: press", "name: wrong_press") + f"machine: {machine}\n"
    status, answer = calha.send("PUT", "/api/v1/profiles/wrong_press", text.encode(), "application/yaml")
    assert status == 422
    assert reason in answer["detail"]
