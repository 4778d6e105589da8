"""A week of a supply over HTTP, judged by PRODIST."""

import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest

PROFILE = """
name: three_phases
title: {pt: Medidor, en: Meter}
description: {pt: Medidor, en: Meter}
interval_s: 60
channels:
  - {key: va, name: {pt: A, en: A}, unit: V}
  - {key: vb, name: {pt: B, en: B}, unit: V}
  - {key: vc, name: {pt: C, en: C}, unit: V}
  - {key: amps, name: {pt: Corrente, en: Current}, unit: A}
  - {key: factor, name: {pt: FP, en: PF}}
supply: {voltage: [va, vb, vc], current: [amps], rated_a: 40, power_factor: factor}
"""
END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
HOURS = 20


@pytest.fixture(scope="module")
def supply(calha):
    """Twenty hours at 127 V: phase B low for two hours and gone for one, an hour of overload, a low factor half the time."""
    assert calha.send("PUT", "/api/v1/profiles/three_phases", PROFILE.encode(), "application/yaml")[0] in (200, 201)
    assert calha.send("POST", "/api/v1/devices", {"key": "supply-1", "profile": "three_phases"})[0] == 201
    records = []
    for minute in range(HOURS * 60):
        hour = minute // 60
        second = 112.0 if hour in (5, 6) else 4.0 if hour == 8 else 126.0
        values = {
            "va": 127.0,
            "vb": second,
            "vc": 128.0,
            "amps": 45.0 if hour == 3 else 20.0,
            "factor": 0.9 if hour < 10 else -0.95,
        }
        records.append({"ts": (END - timedelta(hours=HOURS) + timedelta(minutes=minute)).timestamp(), "values": values})
    for start in range(0, len(records), 200):
        assert calha.send("POST", "/api/v1/telemetry/supply-1", records[start : start + 200])[0] == 200
    calha.until_stored()
    return calha.get(f"/api/v1/devices/supply-1/supply?{urllib.parse.urlencode({'to': END.isoformat()})}")


def test_each_phase_has_its_bands_drp_and_drc(supply):
    assert supply["nominal_v"] == 127
    first, second, _ = supply["phases"]
    assert (first["adequate"], first["precarious"], first["critical"]) == (HOURS * 6, 0, 0)
    assert (second["adequate"], second["precarious"], second["critical"]) == ((HOURS - 3) * 6, 12, 6)
    assert second["drp_percent"] == pytest.approx(12 / 1_008 * 100, abs=1e-4)
    assert second["drc_percent"] == pytest.approx(6 / 1_008 * 100, abs=1e-4)
    assert second["compensation_factor"] == pytest.approx((6 / 1_008 - 0.005) * 7, abs=1e-6)
    assert not second["is_complete"]
    assert second["bands"] == {"lowest": 110.0, "low": 117.0, "high": 133.0, "highest": 135.0}


def test_lost_phase_overload_and_power_factor(supply):
    assert supply["lost"] == pytest.approx(1 / HOURS)
    assert (supply["highest_a"], supply["rated_a"]) == (45.0, 40.0)
    assert supply["overload"] == pytest.approx(1 / HOURS)
    assert supply["power_factor"] == pytest.approx(0.925)
    assert supply["low_factor"] == pytest.approx(0.5)
    assert supply["base_kw"] is None


def test_the_packaged_meter_is_judged_and_what_measures_no_supply_says_so(calha, supply):
    assert calha.send("POST", "/api/v1/devices", {"key": "supply-2", "profile": "energy_meter"})[0] == 201
    empty = calha.get("/api/v1/devices/supply-2/supply")
    assert (empty["phases"], empty["nominal_v"], empty["power_factor"]) == ([], None, None)
    assert calha.get("/api/v1/devices/supply-2/analyses") == {"analyses": ["supply"]}
    assert calha.send("POST", "/api/v1/devices", {"key": "no-supply", "profile": "generic"})[0] == 201
    assert calha.send("GET", "/api/v1/devices/no-supply/supply")[0] == 404
