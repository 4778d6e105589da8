"""Anomalies over HTTP: found as readings arrive, explained, judged, counted, and hidden from those who may not see them."""

import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

START = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=12)
COUNT = 600  # minutes
SPIKES = {400: 60.0, 500: 90.0}


@pytest.fixture(scope="module")
def spikes(calha):
    """A tank whose level has two spikes, the second larger; its anomalies by the value at their peak."""
    _, site = calha.send("POST", "/api/v1/sites", {"name": "Tanques"})
    wanted = {"key": "tank-7", "site_id": site["id"], "profile": "generic"}
    assert calha.send("POST", "/api/v1/devices", wanted)[0] == 201
    body = [
        {
            "ts": (START + timedelta(minutes=minute)).timestamp(),
            "values": {"level": SPIKES.get(minute, 10 + (minute * 7919 % 101) / 101)},
        }
        for minute in range(COUNT)
    ]
    for start in range(0, COUNT, 100):
        status, answer = calha.send("POST", "/api/v1/telemetry/tank-7", body[start : start + 100])
        assert status == 200, answer
    calha.until_stored()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        listed = calha.get("/api/v1/anomalies?device=tank-7")["items"]
        found = {one["value"]: one for one in listed}
        if set(SPIKES.values()) <= found.keys():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not found: {listed}")


def test_an_anomaly_tells_what_was_expected_and_since_when(calha, spikes):
    found = spikes[60.0]
    assert (found["device"], found["channel"], found["kind"], found["detector"]) == (
        "tank-7",
        "level",
        "extreme",
        "series",
    )
    assert datetime.fromisoformat(found["started_at"]) == START + timedelta(minutes=400)
    assert found["low"] <= found["expected"] <= found["high"] < found["seen"] == 60.0
    assert found["side"] == "above"
    assert found["verdict"] is None


def test_an_anomaly_names_earlier_ones_like_it(calha, spikes):
    whole = calha.get(f"/api/v1/anomalies/{spikes[90.0]['id']}")
    assert [one["anomaly"]["id"] for one in whole["similar"]] == [spikes[60.0]["id"]]
    assert calha.get(f"/api/v1/anomalies/{spikes[60.0]['id']}")["similar"] == []


def test_the_list_is_narrowed_and_goes_on_page_by_page(calha, spikes):
    def ids(query):
        return [one["id"] for one in calha.get(f"/api/v1/anomalies?device=tank-7{query}")["items"]]

    everything = ids("")
    assert everything == sorted(everything, reverse=True)
    first = calha.get("/api/v1/anomalies?device=tank-7&limit=1")
    assert [first["items"][0]["id"], *ids(f"&after={first['next']}")] == everything
    assert ids("&detector=device") == []
    assert set(ids("&kind=extreme")) >= {spikes[60.0]["id"], spikes[90.0]["id"]}
    assert ids("&min_score=1") == []
    moment = (START + timedelta(minutes=450)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert spikes[60.0]["id"] not in ids(f"&from={moment}")
    assert spikes[90.0]["id"] not in ids(f"&to={moment}")


def test_a_verdict_is_given_counted_and_taken_back(calha, spikes):
    path = f"/api/v1/anomalies/{spikes[60.0]['id']}/verdict"
    status, judged = calha.send("PUT", path, {"verdict": "normal", "note": "Lavagem"})
    assert (status, judged["verdict"], judged["note"]) == (200, "normal", "Lavagem")
    assert judged["answered_by"]
    summary = calha.get("/api/v1/anomalies/summary?device=tank-7&weeks=2")
    (extreme,) = [one for one in summary["detectors"] if one["kind"] == "extreme"]
    assert (extreme["normal"], extreme["false_per_week"], len(extreme["weeks"])) == (1, 0.5, 2)
    assert extreme["found"] == extreme["unanswered"] + 1 == sum(week["found"] for week in extreme["weeks"])
    status, judged = calha.send("DELETE", path)
    assert (status, judged["verdict"], judged["answered_by"]) == (200, None, None)
    assert calha.send("PUT", path, {"verdict": "perhaps"})[0] == 422
    assert calha.send("PUT", "/api/v1/anomalies/2000000/verdict", {"verdict": "real"})[0] == 404


def test_who_may_not_see_a_device_sees_none_of_its_anomalies(calha, spikes):
    _, site = calha.send("POST", "/api/v1/sites", {"name": "Outra"})
    wanted = {"name": "outra", "role": "administrator", "site_id": site["id"], "scopes": ["view", "operate"]}
    key = calha.send("POST", "/api/v1/keys", wanted)[1]["key"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    number = spikes[60.0]["id"]
    for method, path, body in (
        ("GET", f"/api/v1/anomalies/{number}", None),
        ("PUT", f"/api/v1/anomalies/{number}/verdict", b'{"verdict": "real"}'),
        ("DELETE", f"/api/v1/anomalies/{number}/verdict", None),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(calha.request(path, body, headers, method), timeout=60)
        assert refused.value.code == 404
    with urllib.request.urlopen(calha.request("/api/v1/anomalies", headers=headers), timeout=60) as answer:
        assert b"tank-7" not in answer.read()
