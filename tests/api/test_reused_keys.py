"""A device's key that is used again, at the site of another customer: each sees what was his own device's."""

import pytest

from persons import Person

READING = {"values": {"flow": 3.5}}
BROKEN = b'{"values": '


@pytest.fixture
def sites(calha):
    """Two customers, each with an engineer at a site of his own."""
    made = []
    for name in ("Norte", "Sul"):
        status, site = calha.send("POST", "/api/v1/sites", {"name": name, "zone": "America/Sao_Paulo"})
        assert status == 201, site
        made.append((site["id"], Person(calha, name, {"role": "engineer", "site_id": site["id"]})))
    return made


def create(engineer, site_id, key, **more):
    wanted = {"key": key, "profile": "generic", "site_id": site_id, **more}
    status, made = engineer.send("POST", "/api/v1/devices", wanted)
    assert status == 201, made
    return made


def send(calha, key, body):
    return calha.send("POST", f"/api/v1/telemetry/{key}", body)[0]


def kept_of(caller, key):
    return caller.get(f"/api/v1/quarantine?device={key}&limit=500")["items"]


def groups_of(caller, key):
    groups = caller.get("/api/v1/quarantine/summary")["groups"]
    return {one["reason"]: one["messages"] for one in groups if one["device"] == key}


def test_a_device_shows_nothing_of_the_one_that_had_its_key_before(calha, sites):
    (north, norma), (south, silvio) = sites
    create(norma, north, "reused")
    assert send(calha, "reused", READING) == 200
    assert send(calha, "reused", BROKEN) == 422
    assert norma.get("/api/v1/devices/reused/ingest")["last_message"] is not None
    (forerunners,) = kept_of(norma, "reused")
    assert norma.send("DELETE", "/api/v1/devices/reused")[0] == 204
    create(silvio, south, "reused")

    shown = silvio.get("/api/v1/devices/reused/ingest")
    assert (shown["last_message"], shown["last_error"]) == (None, None)
    assert (shown["counters"]["received"], shown["counters"]["quarantined"]) == (0, {})
    assert silvio.get("/api/v1/devices/reused")["presence"]["last_seen_at"] is None
    assert kept_of(silvio, "reused") == []
    assert groups_of(silvio, "reused") == {}
    for events in ("/api/v1/events?device=reused", "/api/v1/events"):
        kinds = [one["kind"] for one in silvio.get(events)["items"] if one["device"] == "reused"]
        assert kinds == ["device_created"], events
    timeline = silvio.get("/api/v1/devices/reused/timeline")["items"]
    assert [one["what"] for one in timeline] == ["device_created"]

    entry = f"/api/v1/quarantine/{forerunners['seq']}"
    assert silvio.send("POST", f"{entry}/replay")[0] == 403
    assert silvio.send("DELETE", entry)[0] == 403
    assert silvio.send("POST", "/api/v1/quarantine/replay", {"device": "reused"})[1]["accepted"] == 0
    assert kept_of(norma, "reused") == []
    assert [one["seq"] for one in kept_of(calha, "reused")] == [forerunners["seq"]]
    status, refused = calha.send("POST", f"{entry}/replay")
    assert (status, refused["reason"]) == (409, "of_deleted_device")


def test_what_a_device_does_itself_is_shown_beside_what_another_did_under_its_key(calha, sites):
    (north, norma), (south, silvio) = sites
    create(norma, north, "again")
    assert send(calha, "again", BROKEN) == 422
    assert norma.send("DELETE", "/api/v1/devices/again")[0] == 204
    assert send(calha, "again", READING) == 404, "nobody's, so whoever registers the device has it"
    assert create(silvio, south, "again")["replayed"] == 1
    assert send(calha, "again", BROKEN) == 422
    assert send(calha, "again", BROKEN) == 422
    (group,) = groups_of(silvio, "again").items()
    own = kept_of(silvio, "again")
    assert group == (own[0]["reason"], 2)
    assert len(kept_of(calha, "again")) == 3
    assert silvio.get("/api/v1/devices/again/ingest")["last_error"] is not None
    assert silvio.send("DELETE", f"/api/v1/quarantine/{own[0]['seq']}")[0] == 204
    assert silvio.send("DELETE", "/api/v1/devices/again")[0] == 204
    create(norma, north, "again")
    assert kept_of(norma, "again") == [], "not even what was his own, of the first device"
