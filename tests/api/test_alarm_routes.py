"""Alarms over HTTP: a rule is tried and made, a reading raises it, people answer it, and the figures tell of it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

RULE = {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": {"value": 7, "priority": "high"}}}
WHY = {"cause": "bearing worn", "consequence": "shaft breaks", "action": "stop it", "respond_s": 600}


def until_alarm(calha, device: str, state: str) -> dict:
    deadline = time.monotonic() + 60
    while True:
        found = calha.get(f"/api/v1/alarms?device={device}&state={state}")["items"]
        if found:
            return found[0]
        assert time.monotonic() < deadline, calha.get(f"/api/v1/alarms?device={device}")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def rule(calha) -> dict:
    calha.create_device("alarm-m1", "machine")
    new = {"name": "=Vibration", "definition": RULE, "where": {"device": "alarm-m1"}, "rationalisation": WHY}
    status, made = calha.send("POST", "/api/v1/alarm-rules", new)
    assert status == 201, made
    return made


def say(calha, value: float) -> None:
    assert calha.send("POST", "/api/v1/telemetry/alarm-m1", {"vibration": value})[0] == 200


def act(calha, name: str, alarm: dict, **more) -> tuple[int, dict]:
    return calha.send("POST", f"/api/v1/alarms/{name}", {"ids": [alarm["id"]]} | more)


def test_an_alarm_is_raised_answered_shelved_and_returns(calha, rule):
    deadline = time.monotonic() + 60
    while not calha.get("/api/v1/alarms?device=alarm-m1")["items"]:  # until the new rule is followed
        assert time.monotonic() < deadline
        say(calha, 9)
        time.sleep(0.2)
    alarm = until_alarm(calha, "alarm-m1", "unacknowledged")
    assert (alarm["priority"], alarm["limit"], alarm["limit_value"], alarm["signal"]) == ("high", "hi", 7, 9)

    status, found = act(calha, "acknowledge", alarm, comment="on my way")
    assert (status, found[0]["state"]) == (200, "acknowledged")
    assert act(calha, "acknowledge", alarm)[0] == 409
    assert act(calha, "shelve", alarm, reason="cleaning", until="2001-01-01T00:00:00Z")[0] == 422
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert act(calha, "shelve", alarm, reason="cleaning", until=until)[1][0]["state"] == "shelved"
    assert act(calha, "unshelve", alarm)[1][0]["state"] == "unacknowledged"
    assert act(calha, "out-of-service", alarm, reason="repair")[1][0]["state"] == "out_of_service"
    assert act(calha, "return-to-service", alarm)[1][0]["state"] == "unacknowledged"
    assert act(calha, "suppress", alarm, reason="stopped")[1][0]["state"] == "suppressed"
    assert act(calha, "unsuppress", alarm)[1][0]["state"] == "unacknowledged"
    assert act(calha, "acknowledge", alarm)[0] == 200
    say(calha, 1)
    until_alarm(calha, "alarm-m1", "normal")

    history = calha.get(f"/api/v1/alarms/{alarm['id']}/history?limit=3")
    assert [one["act"] for one in history["items"]] == ["clear", "acknowledge", "unsuppress"]
    assert history["next"] is not None
    assert act(calha, "acknowledge", {"id": 2**31 - 1})[0] == 404


def test_a_rule_is_tried_changed_and_exported(calha, rule):
    status, tried = calha.send(
        "POST", "/api/v1/alarm-rules/simulate", {"definition": RULE, "where": rule["where"], "days": 1}
    )
    assert (status, tried["devices"]) == (200, 1)
    change = {"name": "Vibration", "definition": RULE | {"deadband": 1}, "where": rule["where"], "version": 1}
    status, changed = calha.send("PUT", f"/api/v1/alarm-rules/{rule['id']}", change)
    assert (status, changed["version"], changed["definition"]["deadband"], changed["is_rationalised"]) == (
        200,
        2,
        1,
        False,
    )
    assert calha.send("PUT", f"/api/v1/alarm-rules/{rule['id']}", change)[0] == 409
    text = calha.get("/api/v1/alarm-rules/export", accept="text/csv")
    assert "Vibration,hi,7.0,high" in str(text)
    assert calha.get(f"/api/v1/alarm-rules/{rule['id']}")["name"] == "Vibration"


@pytest.mark.parametrize(
    ("definition", "place", "reason"),
    [
        ({"signal": {"kind": "level"}}, "rule.signal.kind", "invalid_rule"),
        ({"signal": {"kind": "formula", "text": "a +"}}, "rule.signal.text", "formula_ends_early"),
        (RULE | {"dedband": 1}, "rule.dedband", "invalid_rule"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(calha, rule, definition, place, reason):
    status, problem = calha.send("POST", "/api/v1/alarm-rules", {"name": "x", "definition": definition, "where": {}})
    assert (status, problem["about"]["where"], problem["reason"]) == (422, place, reason)


def test_health_is_told_against_the_standard(calha, rule):
    found = calha.get("/api/v1/alarms/health")
    assert {one["name"] for one in found["figures"]} >= {"alarms_an_hour", "flood_percent", "stale"}
    assert found["consoles"] == 1
    assert calha.send("GET", "/api/v1/alarms/health?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")[0] == 422


def test_a_removed_rule_is_gone(calha):
    new = {"name": "short", "definition": RULE, "where": {"device": "alarm-m1"}, "is_enabled": False}
    made = calha.send("POST", "/api/v1/alarm-rules", new)[1]
    assert calha.send("DELETE", f"/api/v1/alarm-rules/{made['id']}")[0] == 204
    assert calha.send("GET", f"/api/v1/alarm-rules/{made['id']}")[0] == 404
