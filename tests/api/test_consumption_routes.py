"""Consumption and registers over HTTP: from readings to intervals, decisions with preview and undo, readings by people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest

START = datetime(2026, 1, 15, 3, tzinfo=UTC)  # a local midnight


def moment(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def send(calha, device: str, readings) -> None:
    body = [
        {"ts": (START + timedelta(hours=hours)).timestamp(), "values": {"total": value}} for hours, value in readings
    ]
    assert calha.send("POST", f"/api/v1/telemetry/{device}", body)[0] == 200
    calha.until_stored()


def hours_of(calha, device: str, count: int, **query) -> dict:
    asked = {"from": moment(0), "to": moment(count), "step": "1h", "channel": "total"} | query
    return calha.get(f"/api/v1/devices/{device}/consumption?{urlencode(asked)}")


@pytest.fixture(scope="module")
def meter(calha):
    """A meter in litres whose register has five digits, rolls over and is exchanged."""
    calha.create_device("wm-1", "water_meter")
    plate = {"digits": 5, "max_flow": "3000", "resolution": "1"}
    status, answer = calha.send("PUT", "/api/v1/devices/wm-1/meters/total", plate)
    assert (status, answer["author"]) == (200, "local")
    send(calha, "wm-1", [(0, 99_000), (1, 99_900), (2, 100), (3, 500), (4, 7)])
    return "wm-1"


def test_hours_and_their_events_in_the_unit_asked_for(calha, meter):
    found = hours_of(calha, meter, 4, unit="m³")
    assert found["amount"] == [0.9, 0.2, 0.4, 0.007]
    assert [step["verdict"] for step in found["events"]] == ["rollover", "reset"]
    assert [step["needs_review"] for step in found["events"]] == [False, True]
    assert found["total"]["amount"] == "1.507000000"
    assert (found["unit"], found["zone"], found["source"]) == ("m³", "America/Sao_Paulo", "register")
    assert found["quality"] == ["good", "good", "good", "uncertain"]
    csv = calha.get(
        f"/api/v1/devices/{meter}/consumption?from={moment(0)[:19]}Z&to={moment(4)[:19]}Z", accept="text/csv"
    ).decode()
    assert csv.splitlines()[1].startswith(
        "wm-1,total,2026-01-15T03:00:00Z,2026-01-16T03:00:00Z,1507.000000,L,uncertain,"
    )


def test_another_quantity_is_refused(calha, meter):
    status, problem = calha.send("GET", f"/api/v1/devices/{meter}/consumption?unit=kWh")
    assert (status, problem["reason"]) == (422, "incompatible_units")


def test_an_exchange_is_previewed_entered_and_taken_back(calha, meter):
    exchange = {
        "channel": "total", "at": moment(3.5), "verdict": "exchange", "closing": "650", "opening": "2",
        "old_serial": "A1", "new_serial": "B2", "reason": "vazamento no visor", "register": {"digits": 6},
    }  # fmt: skip
    status, effect = calha.send("POST", f"/api/v1/devices/{meter}/register-decisions/preview", exchange)
    assert (status, effect["difference"]) == (200, "148.000000")
    assert hours_of(calha, meter, 4)["amount"][3] == 7

    assert calha.send("POST", f"/api/v1/devices/{meter}/register-decisions", exchange)[0] == 201
    found = hours_of(calha, meter, 4)
    assert found["amount"] == [900, 200, 400, 155]
    event = found["events"][1]
    assert (event["verdict"], event["decided_by"], event["new_serial"]) == ("exchange", "local", "B2")
    assert found["quality"] == ["good"] * 4
    registers = calha.get(f"/api/v1/devices/{meter}/meters")[0]["registers"]
    assert [(one["digits"], one["serial"]) for one in registers] == [(None, None), (5, None), (6, "B2")]

    path = f"/api/v1/devices/{meter}/register-decisions/{event['decision_id']}?channel=total"
    assert calha.send("DELETE", path)[0] == 204
    assert calha.send("DELETE", path)[0] == 409
    assert hours_of(calha, meter, 4)["amount"][3] == 7


def test_what_is_said_of_a_new_register_is_previewed_checked_and_taken_back_with_the_exchange(calha, meter):
    path = f"/api/v1/devices/{meter}/register-decisions"
    exchange = {"channel": "total", "at": moment(3.5), "verdict": "exchange", "closing": "650", "opening": "2"}
    plate = {"unit": "L", "digits": 5, "max_flow": "3000", "resolution": "1"}
    assert calha.send("PUT", f"/api/v1/devices/{meter}/meters/total", plate)[0] == 200
    before = hours_of(calha, meter, 4)["amount"], calha.get(f"/api/v1/devices/{meter}/meters")
    exchange |= {"register": {"unit": "kWh"}}
    assert calha.send("POST", f"{path}/preview", exchange)[0] == 422
    assert calha.send("POST", path, exchange)[0] == 422
    assert hours_of(calha, meter, 4)["amount"] == before[0], "nothing of it is kept"
    plain = calha.send("POST", f"{path}/preview", exchange | {"register": None})[1]["difference"]
    tenfold = calha.send("POST", f"{path}/preview", exchange | {"register": {"multiplier": "10"}})[1]["difference"]
    assert Decimal(tenfold) == Decimal(plain) + 9 * 5, "the new register counted 5 of what it shows"
    status, kept = calha.send("POST", path, exchange | {"register": {"multiplier": "10"}})
    assert (status, kept["difference"]) == (201, tenfold)
    assert hours_of(calha, meter, 4)["amount"][3] == 155 + 45
    event = next(one for one in hours_of(calha, meter, 4)["events"] if one["verdict"] == "exchange")
    assert calha.send("DELETE", f"{path}/{event['decision_id']}?channel=total")[0] == 204
    assert (hours_of(calha, meter, 4)["amount"], calha.get(f"/api/v1/devices/{meter}/meters")) == before


def test_a_verdict_is_confirmed(calha, meter):
    confirmed = {
        "channel": "total",
        "at": moment(4),
        "verdict": "reset",
        "closing": "510",
        "reason": "falta de energia",
    }
    assert calha.send("POST", f"/api/v1/devices/{meter}/register-decisions", confirmed)[0] == 201
    events = calha.get(f"/api/v1/devices/{meter}/register-events?from={moment(0)[:19]}Z&to={moment(5)[:19]}Z")
    assert [(one["verdict"], one["needs_review"], one["amount"]) for one in events][-1] == ("reset", False, "17.000000")


@pytest.mark.parametrize(
    ("decision", "status", "says"),
    [
        ({"at": moment(2.5), "verdict": "normal"}, 422, "no reading at this very time"),
        ({"at": "2099-01-01T00:00:00Z", "verdict": "exchange"}, 422, "in the future"),
        ({"at": moment(2), "verdict": "melted"}, 422, "verdict"),
        ({"at": moment(2), "verdict": "normal", "channel": "flow"}, 422, "only a counter has a register"),
        ({"at": moment(2), "verdict": "normal", "channel": "none"}, 404, "no channel"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(calha, meter, decision, status, says):
    answered, problem = calha.send(
        "POST", f"/api/v1/devices/{meter}/register-decisions", {"channel": "total"} | decision
    )
    assert answered == status
    assert says in str(problem)


def test_a_register_that_a_person_reads_counts_until_it_is_taken_back(calha):
    calha.create_device("wm-2", "water_meter")
    send(calha, "wm-2", [(0, 1000), (5, 1500)])
    entered = {"channel": "total", "at": moment(2), "value": "1400", "note": "lido no local"}
    status, reading = calha.send("POST", "/api/v1/devices/wm-2/manual-readings", entered)
    assert status == 201
    assert sum(hours_of(calha, "wm-2", 5)["amount"][:2]) == 400
    assert calha.send("POST", "/api/v1/devices/wm-2/manual-readings", entered)[0] == 409
    taken = {"channel": "total", "at": moment(5), "value": "1400"}
    status, problem = calha.send("POST", "/api/v1/devices/wm-2/manual-readings", taken)
    assert (status, "never changed" in problem["detail"]) == (409, True)
    history = calha.get(f"/api/v1/devices/wm-2/readings?channel=total&from={moment(0)[:19]}Z&resolution=raw")
    assert history["series"][0]["quality"] == ["good", "manual", "good"]
    assert [one["note"] for one in calha.get("/api/v1/devices/wm-2/manual-readings?channel=total")] == ["lido no local"]

    path = f"/api/v1/devices/wm-2/manual-readings/{reading['id']}?channel=total"
    assert calha.send("DELETE", path)[0] == 204
    assert sum(hours_of(calha, "wm-2", 5)["amount"][:2]) == 200
    assert calha.get("/api/v1/devices/wm-2/manual-readings?channel=total") == []
    assert calha.send("DELETE", path)[0] == 404
    assert calha.send("POST", "/api/v1/devices/wm-2/manual-readings", entered)[0] == 201


def test_plates_of_one_channel_count_in_one_unit(calha):
    calha.create_device("wm-3", "water_meter")
    path = "/api/v1/devices/wm-3/meters/total"
    assert calha.send("PUT", path, {"unit": "m³", "multiplier": "0.01"})[0] == 200
    status, problem = calha.send("PUT", path, {"unit": "kWh", "valid_from": moment(0)})
    assert (status, problem["reason"]) == (422, "other_unit")
    status, later = calha.send("PUT", path, {"multiplier": "0.1", "valid_from": moment(1)})
    assert status == 200
    assert [one["unit"] for one in calha.get("/api/v1/devices/wm-3/meters") if one["channel"] == "total"] == ["m³"]
    assert calha.send("DELETE", f"{path}/{later['id']}")[0] == 204
    assert calha.send("DELETE", f"{path}/{later['id']}")[0] == 404
    assert calha.send("PUT", path, {"multiplier": "0.00000001"})[0] == 422
    assert calha.send("PUT", "/api/v1/devices/wm-3/meters/flow", {"digits": 5})[0] == 422
