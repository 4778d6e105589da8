"""Cleanings over HTTP: judged by the recipes of the profile, with evidence, and beside the golden one."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

EVERY_S = 10
NOW = datetime.now(UTC).replace(microsecond=0)
PHASES = {"idle": 0, "pre_rinse": 1, "caustic": 2, "final_rinse": 5}
SHORT, LONG = 17, 20  # minutes of caustic


def cleaning(begin: datetime, caustic_minutes: int, *, hot: float = 75.0, with_phase: bool = True):
    """Records of a caustic cleaning, with five idle minutes after it."""
    steps = [("pre_rinse", 4, 30.0, 0.2), ("caustic", caustic_minutes, hot, 70.0), ("final_rinse", 4, 28.0, 0.2)]
    second = 0
    for kind, minutes, warm, strong in [*steps, ("idle", 5, 24.0, 0.2)]:
        for _ in range(minutes * 60 // EVERY_S):
            values = {"temperature": warm, "conductivity": strong, "flow": 0.0 if kind == "idle" else 12.0}
            if with_phase:
                values["phase"] = PHASES[kind]
            yield {"ts": (begin + timedelta(seconds=second)).timestamp(), "values": values}
            second += EVERY_S


def send(calha, key, records):
    records = list(records)
    for start in range(0, len(records), 100):
        assert calha.send("POST", f"/api/v1/telemetry/{key}", records[start : start + 100])[0] == 200
    calha.until_stored()


@pytest.fixture(scope="module")
def station(calha):
    """Three cleanings that pass, then one whose caustic was not hot."""
    assert calha.send("POST", "/api/v1/devices", {"key": "cip-1", "profile": "cip_station"})[0] == 201
    for hours, minutes, hot in ((40, SHORT, 75.0), (30, LONG, 75.0), (20, SHORT, 76.0), (10, LONG, 65.0)):
        send(calha, "cip-1", cleaning(NOW - timedelta(hours=hours), minutes, hot=hot))
    return "cip-1"


def test_cleanings_are_judged_with_their_evidence(calha, station):
    failed, *passed = calha.get(f"/api/v1/devices/{station}/cleanings")["items"]
    assert [one["verdict"] for one in (failed, *passed)] == ["failed", "passed", "passed", "passed"]
    assert failed["recipe"] == "caustic_only"
    assert [(one["step"], one["reason"], one["reached"], one["demanded"]) for one in failed["findings"]] == [
        ("caustic", "effective_time", 0.0, 900.0)
    ]
    caustic = passed[0]["steps"][1]
    assert (caustic["kind"], caustic["duration_s"], caustic["effective_s"]) == ("caustic", SHORT * 60, SHORT * 60)
    assert (caustic["min_temperature_c"], caustic["temperature_c"]["mean"]) == (70.0, 76.0)
    assert caustic["volume_m3"] == pytest.approx(12 * SHORT / 60)


def test_what_failed_says_where_it_stands(calha, station):
    answer = calha.get(f"/api/v1/devices/{station}/cleanings")
    assert answer["channels"] == {"temperature": "temperature", "conductivity": "conductivity", "flow": "flow"}
    failed = answer["items"][0]
    caustic = failed["steps"][1]
    assert failed["findings"][0]["step_from"] == caustic["from"]
    (cold,) = caustic["shortfalls"]
    assert (cold["signal"], cold["bound"], cold["limit"], cold["worst"]) == ("temperature", "low", 70.0, 65.0)
    assert (cold["total_s"], cold["spans"]) == (LONG * 60, [{"from": caustic["from"], "to": caustic["to"]}])
    assert answer["items"][1]["steps"][1]["shortfalls"] == []
    assert answer["items"][1]["steps"][2]["max_end_conductivity_ms_cm"] == pytest.approx(0.3)


def test_each_stands_beside_the_golden_one(calha, station):
    items = calha.get(f"/api/v1/devices/{station}/cleanings")["items"]
    assert sum(one["is_golden"] for one in items) == 1
    begin = items[1]["from"]
    named = calha.get(f"/api/v1/devices/{station}/cleanings?golden={begin.replace('+', '%2B')}")["items"]
    assert [one["is_golden"] for one in named] == [False, True, False, False]
    longer = named[2]["steps"][1]["golden"]
    assert (longer["duration"], longer["is_alike"]) == (pytest.approx(LONG / SHORT), True)
    assert longer["temperature_k"] == pytest.approx(-1.0)
    assert longer["from"] == items[1]["steps"][1]["from"]


def test_a_golden_one_of_another_time_is_found(calha, station):
    begin = calha.get(f"/api/v1/devices/{station}/cleanings")["items"][1]["from"]
    asked = {"from": (NOW - timedelta(hours=45)).isoformat(), "to": (NOW - timedelta(hours=35)).isoformat()}
    (alone,) = calha.get(f"/api/v1/devices/{station}/cleanings?{urlencode(asked | {'golden': begin})}")["items"]
    assert not alone["is_golden"]
    assert alone["steps"][1]["golden"]["from"] > alone["to"]


def test_without_a_step_number_phases_are_found_from_the_signals(calha):
    assert calha.send("POST", "/api/v1/devices", {"key": "cip-2", "profile": "cip_station"})[0] == 201
    send(calha, "cip-2", cleaning(NOW - timedelta(hours=5), LONG, with_phase=False))
    (found,) = calha.get("/api/v1/devices/cip-2/cleanings")["items"]
    assert (found["verdict"], [one["kind"] for one in found["steps"]]) == (
        "passed",
        ["pre_rinse", "caustic", "final_rinse"],
    )


def test_a_corrected_reading_corrects_the_verdict(calha, station):
    begin = NOW - timedelta(hours=10)
    send(calha, station, cleaning(begin, LONG, hot=75.0))
    assert calha.get(f"/api/v1/devices/{station}/cleanings")["items"][0]["verdict"] == "passed"


def test_a_device_that_does_not_clean_says_so(calha, station):
    assert calha.send("POST", "/api/v1/devices", {"key": "cip-none", "profile": "generic"})[0] == 201
    assert calha.get(f"/api/v1/devices/{station}/analyses") == {"analyses": ["cleaning"]}
    assert calha.get("/api/v1/devices/cip-none/analyses") == {"analyses": []}
    assert calha.send("GET", "/api/v1/devices/cip-none/cleanings")[0] == 404
    assert calha.send("GET", f"/api/v1/devices/{station}/cleanings?from=2020-01-01&to=2020-03-01")[0] in (413, 422)


def test_the_seal_of_a_report_is_checked(calha, station):
    asked = {"kind": "cleanings", "site_id": 1, "step": "raw", "csv": "rfc4180"}
    begin, end = ((NOW + timedelta(days=days)).date().isoformat() for days in (-3, 1))
    body = {"name": "cip", "definition": asked | {"period": {"from": begin, "to": end}}, "formats": ["csv"]}
    status, run = calha.send("POST", "/api/v1/report-runs", body)
    assert status == 202, run
    until = time.monotonic() + 60
    while run["state"] == "running":
        assert time.monotonic() < until, run
        time.sleep(0.05)
        run = calha.get(f"/api/v1/report-runs/{run['id']}")
    text = calha.get(f"/api/v1/report-runs/{run['id']}/files/csv", "*/*").decode()
    _, *rows = csv.reader(io.StringIO(text))
    row = next(one for one in rows if one[0] == station)
    query = {"at": row[2], "seal": row[5], "by": run["made_by"]}

    def verdict(**more):
        return calha.get(f"/api/v1/devices/{station}/cleanings/verification?{urlencode(query | more)}")["verdict"]

    assert verdict() == "holds"
    assert verdict(by="somebody else") == "forged"
    path = f"/api/v1/devices/{station}/cleanings/verification?{urlencode(query | {'seal': 'abc'})}"
    assert calha.send("GET", path)[0] == 422
