"""A month of a customer's water meter over HTTP: leak, burst, a register that stands, signs of tampering."""

import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def told(calha):
    """Sends the litres of (every so many) hours up to now, each in parts; gives what the meter then tells of them."""

    def send(key, hours, parts=4, every=1, flow=None):
        assert calha.send("POST", "/api/v1/devices", {"key": key, "profile": "water_meter"})[0] == 201
        total, records = 10_000.0, []
        begin = END - every * timedelta(hours=len(hours))
        for place, litres in enumerate(hours):
            for part in range(parts):
                at = begin + every * timedelta(hours=place, minutes=60 / parts * part)
                values = {"total": total} | ({} if flow is None else {"flow": flow})
                records.append({"ts": at.timestamp(), "values": values})
                total += litres / parts
        records.append({"ts": END.timestamp(), "values": {"total": total}})
        for start in range(0, len(records), 200):
            assert calha.send("POST", f"/api/v1/telemetry/{key}", records[start : start + 200])[0] == 200
        calha.until_stored()
        return calha.get(f"/api/v1/devices/{key}/water?{urllib.parse.urlencode({'to': END.isoformat()})}")

    return send


def test_water_that_never_stops_is_a_leak(told):
    found = told("water-leak", [8.0] * 10 + [4.0] * 20)
    assert found["leak"]["lowest_l_h"] == pytest.approx(4.0)
    assert found["leak"]["m3_month"] == pytest.approx(2.88)
    assert (found["leak"]["hours"], found["known_hours"]) == (30, 30)
    assert (found["movement"], found["stopped_days"], found["tamper"]) == ("continuous", 0, [])
    assert (found["backflow"], found["reversed_l"]) == (None, None), "pulses are only ever counted up"


def test_a_meter_that_reports_every_minute_tells_the_same(told):
    found = told("water-dense", [4.0] * 26, parts=60)
    assert (found["known_hours"], found["leak"]["hours"]) == (26, 26)
    assert (found["movement"], found["worst_movement"]) == ("continuous", "continuous")


def test_an_hour_without_flow_and_there_is_no_leak(told):
    found = told("water-fine", [8.0] * 20 + [0.0] + [4.0] * 9)
    assert found["leak"] is None
    assert (found["movement"], found["worst_movement"]) == ("intermittent", "intermittent")
    assert datetime.fromisoformat(found["worst_movement_at"]) == END


def test_what_ran_all_day_is_remembered_after_it_stopped(told):
    found = told("water-remembered", [4.0] * 24 + [0.0] * 24 * 2)
    assert (found["movement"], found["worst_movement"], found["leak"]) == ("none", "continuous", None)
    assert datetime.fromisoformat(found["worst_movement_at"]) == END - timedelta(days=2)


def test_a_meter_that_reports_every_hour_tells_of_a_leak_and_one_that_reports_more_seldom_of_nothing(told):
    hourly = told("water-hourly", [4.0] * 30, parts=1)
    assert hourly["leak"]["hours"] == 30
    assert hourly["movement"] is None
    seldom = told("water-seldom", [12.0] * 20, parts=1, every=3)
    assert (seldom["known_hours"], seldom["leak"]) == (0, None)


def test_a_burst_stands_out_of_the_month(told):
    found = told("water-burst", [10.0, 20.0, 0.0, 30.0] * 24 + [10.0, 200.0], parts=1)
    assert [datetime.fromisoformat(one) for one in found["bursts"]] == [END - timedelta(hours=1)]


def test_a_register_that_stands_is_told(told):
    found = told("water-stopped", [10.0] * 48 + [0.0] * 8 * 24, parts=1)
    assert (found["stopped_days"], found["is_stopped"]) == (8, True)


def test_a_flow_that_the_register_does_not_count_is_a_sign_of_tampering(told):
    (sign,) = told("water-idle", [0.0] * 6, flow=2.0)["tamper"]
    assert (sign["sign"], sign["channel"]) == ("idle", None)
    assert datetime.fromisoformat(sign["at"]) == END - timedelta(hours=6)


def test_a_register_that_starts_anew_unexplained_is_a_sign_of_tampering(told):
    (sign,) = told("water-anew", [8.0] * 6 + [-10_040.0] + [8.0] * 5, parts=1)["tamper"]
    assert sign["sign"] == "set_back"
    assert datetime.fromisoformat(sign["at"]) == END - timedelta(hours=5)


def test_what_is_no_water_meter_says_so(calha, told):
    assert calha.send("POST", "/api/v1/devices", {"key": "no-water", "profile": "generic"})[0] == 201
    assert calha.send("GET", "/api/v1/devices/no-water/water")[0] == 404
