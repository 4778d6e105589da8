"""Exceptions and edits over HTTP: found as readings arrive, worked through, each step taken back."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

_NOW = datetime.now(UTC)
START = (_NOW - timedelta(days=28 + _NOW.weekday())).replace(hour=3, minute=0, second=0, microsecond=0)  # a Monday, 0 h
LAST = 7 * 24  # hours until the last day
PROFILE = """
name: strict_meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor com regras, en: A meter with rules}
interval_s: 3600
channels:
  - key: total
    name: {pt: Total, en: Total}
    kind: counter
    unit: m³
    register: {digits: 5, max_flow: 50}
    validation: [{gap_minutes: 180, high_percent: 200}]
"""


def moment(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def send(calha, device: str, readings) -> None:
    body = [
        {"ts": (START + timedelta(hours=hours)).timestamp(), "values": {"total": value}} for hours, value in readings
    ]
    for start in range(0, len(body), 100):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", body[start : start + 100])[0] == 200
    calha.until_stored()


def exceptions(calha, device: str, state: str = "open") -> list[dict]:
    return calha.get(f"/api/v1/exceptions?{urlencode({'device': device, 'state': state})}")["items"]


def until_rules(calha, device: str, expected: list[str]) -> list[dict]:
    """Wait until these rules, and no others, have open exceptions of a device."""
    deadline = time.monotonic() + 60
    while True:
        found = exceptions(calha, device)
        if sorted(one["rule"] for one in found) == sorted(expected):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.fixture
def meter(calha, request) -> str:
    """A week of one m³ an hour, and 23 hours with a hole from 4 to 10."""
    assert calha.send("PUT", "/api/v1/profiles/strict_meter", PROFILE.encode(), "application/yaml")[0] in (200, 201)
    key = request.node.name.removeprefix("test_")[:60].replace("[", "-").replace("]", "")
    calha.create_device(key, "strict_meter")
    hours = [hour for hour in range(LAST + 24) if not LAST + 4 < hour < LAST + 10]
    send(calha, key, [(hour, 100 + hour) for hour in hours])
    return key


def day(calha, device: str, **query) -> dict:
    asked = {"from": moment(LAST), "to": moment(LAST + 23), "step": "1h"} | query
    return calha.get(f"/api/v1/devices/{device}/consumption?{urlencode(asked)}")


def test_what_is_found_is_accepted_and_opened_again(calha, meter):
    (gap,) = until_rules(calha, meter, ["gap"])
    assert (gap["from"], gap["to"]) == (
        moment(LAST + 4).replace("+00:00", "Z"),
        moment(LAST + 10).replace("+00:00", "Z"),
    )
    assert gap["data"] == {"minutes": 360.0, "limit": 180.0}
    assert gap["zone"] == calha.get(f"/api/v1/devices/{meter}")["zone"]
    assert calha.get(f"/api/v1/exceptions/summary?device={meter}") == {"open": 1, "by_rule": {"gap": 1}}
    assert day(calha, meter)["suspect"] == [False] * 4 + [True] * 6 + [False] * 13

    status, accepted = calha.send("POST", "/api/v1/exceptions/accept", {"ids": [gap["id"]]})
    assert (status, accepted[0]["state"], accepted[0]["closed_by"]) == (200, "accepted", "local")
    assert exceptions(calha, meter) == []
    status, opened = calha.send("POST", "/api/v1/exceptions/reopen", {"ids": [gap["id"]]})
    assert (status, opened[0]["state"]) == (200, "open")
    assert calha.send("POST", "/api/v1/exceptions/accept", {"ids": [2**31 - 1]})[0] == 404


def test_many_are_estimated_at_once_and_each_edit_is_taken_back(calha, meter):
    (gap,) = until_rules(calha, meter, ["gap"])
    status, outcomes = calha.send("POST", "/api/v1/exceptions/estimate", {"ids": [gap["id"]], "reason": "sem sinal"})
    assert (status, outcomes[0]["method"], outcomes[0]["detail"]) == (200, "register", None)
    assert day(calha, meter)["quality"][4:10] == ["estimated"] * 6
    (edit,) = calha.get(f"/api/v1/devices/{meter}/edits?channel=total")
    assert (edit["amount"], edit["author"], edit["reason"]) == ("6.000000", "local", "sem sinal")
    (settled,) = exceptions(calha, meter, "estimated")
    assert settled["edit_id"] == edit["id"]
    assert calha.send("POST", "/api/v1/exceptions/reopen", {"ids": [gap["id"]]})[0] == 422

    assert calha.send("DELETE", f"/api/v1/devices/{meter}/edits/{edit['id']}?channel=total")[0] == 204
    assert [one["state"] for one in exceptions(calha, meter)] == ["open"]
    (undone,) = calha.get(f"/api/v1/devices/{meter}/edits?channel=total")
    assert undone["undone_by"] == "local"


def test_an_edit_is_previewed_kept_and_told_apart_from_what_was_measured(calha, meter):
    (gap,) = until_rules(calha, meter, ["gap"])
    asked = {
        "channel": "total",
        "from": gap["from"],
        "to": gap["to"],
        "method": "manual",
        "total": "12000",
        "unit": "L",
    }
    status, proposal = calha.send("POST", f"/api/v1/devices/{meter}/edits/preview", asked)
    assert (status, proposal["difference"], proposal["unit"]) == (200, "6000.000", "L")
    assert (proposal["before"], proposal["after"]) == ([1000.0] * 6, [2000.0] * 6)
    assert day(calha, meter)["total"]["amount"] == "23.000000"
    new = asked | {"reason": "leitura do fiscal", "exceptions": [gap["id"]]}
    status, edit = calha.send("POST", f"/api/v1/devices/{meter}/edits", new)
    assert (status, edit["amount"], edit["method"]) == (201, "12.000000", "manual")
    assert day(calha, meter)["total"]["amount"] == "29.000000"
    assert day(calha, meter)["quality"][4] == "substituted"
    assert day(calha, meter, layer="measured")["total"]["amount"] == "23.000000"
    assert exceptions(calha, meter) == []


def test_a_register_event_leaves_the_list_when_it_is_decided(calha, meter):
    until_rules(calha, meter, ["gap"])
    send(calha, meter, [(LAST + 23.5, 3.5)])
    found = until_rules(calha, meter, ["gap", "register"])
    event = next(one for one in found if one["rule"] == "register")
    assert event["data"]["verdict"] == "reset"
    _, outcomes = calha.send("POST", "/api/v1/exceptions/estimate", {"ids": [event["id"]]})
    assert "verdict" in outcomes[0]["detail"]
    confirmed = {"channel": "total", "at": event["to"], "verdict": "reset"}
    assert calha.send("POST", f"/api/v1/devices/{meter}/register-decisions", confirmed)[0] == 201
    until_rules(calha, meter, ["gap"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "manual"}, 422),
        ({"method": "magic"}, 422),
        ({"to": "2099-01-01"}, 422),
        ({"method": "manual", "total": "1", "unit": "kWh"}, 422),
        ({"exceptions": [2**31 - 1]}, 404),
        ({"channel": "none"}, 404),
    ],
)
def test_an_edit_that_cannot_be_is_refused(calha, change, status):
    calha.send("PUT", "/api/v1/profiles/strict_meter", PROFILE.encode(), "application/yaml")
    calha.send("POST", "/api/v1/devices", {"key": "edit-refused", "profile": "strict_meter"})
    edit = {"channel": "total", "from": moment(0), "to": moment(2), "method": "manual", "total": "1", "reason": "x"}
    if change == {"method": "manual"}:
        del edit["total"]
    assert calha.send("POST", "/api/v1/devices/edit-refused/edits", edit | change)[0] == status
