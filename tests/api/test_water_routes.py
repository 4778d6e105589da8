"""A month of a customer's water meter over HTTP: leak, burst, backflow, a register that stands."""

from datetime import UTC, datetime, timedelta

import pytest

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def told(calha):
    """Sends the litres of hours that end now, in quarters; gives what the meter then tells."""

    def send(key, hours):
        assert calha.send("POST", "/api/v1/devices", {"key": key, "profile": "water_meter"})[0] == 201
        total, records = 10_000.0, []
        begin = END - timedelta(hours=len(hours))
        for place, litres in enumerate(hours):
            for quarter in range(4):
                at = begin + timedelta(hours=place, minutes=15 * quarter)
                records.append({"ts": at.timestamp(), "values": {"total": total}})
                total += litres / 4
        records.append({"ts": END.timestamp(), "values": {"total": total}})
        for start in range(0, len(records), 200):
            assert calha.send("POST", f"/api/v1/telemetry/{key}", records[start : start + 200])[0] == 200
        calha.until_stored()
        return calha.get(f"/api/v1/devices/{key}/water")

    return send


def test_water_that_never_stops_is_a_leak(told):
    found = told("water-leak", [8.0] * 10 + [4.0] * 20)
    assert found["leak"]["lowest_l_h"] == pytest.approx(4.0)
    assert found["leak"]["m3_month"] == pytest.approx(2.88)
    assert (found["movement"], found["backflow"], found["stopped_days"]) == ("continuous", "none", 0)


def test_an_hour_without_flow_and_there_is_no_leak(told):
    found = told("water-fine", [8.0] * 20 + [0.0] + [4.0] * 9)
    assert found["leak"] is None
    assert found["movement"] == "intermittent"


def test_a_burst_stands_out_of_the_month(told):
    found = told("water-burst", [10.0, 20.0, 0.0, 30.0] * 24 + [10.0, 200.0])
    assert [datetime.fromisoformat(one) for one in found["bursts"]] == [END - timedelta(hours=1)]


def test_a_register_that_stands_is_told(told):
    found = told("water-stopped", [10.0] * 48 + [0.0] * 8 * 24)
    assert (found["stopped_days"], found["is_stopped"]) == (8, True)


def test_what_is_no_water_meter_says_so(calha, told):
    assert calha.send("POST", "/api/v1/devices", {"key": "no-water", "profile": "generic"})[0] == 201
    assert calha.send("GET", "/api/v1/devices/no-water/water")[0] == 404
