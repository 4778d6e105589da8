"""Notes and saved views over HTTP: read by whoever sees the place, changed by their author; views are each one's own."""

from datetime import UTC, datetime, timedelta

import pytest

from persons import Person

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def ms(moment):
    return int(moment.timestamp() * 1000)


@pytest.fixture(scope="module")
def place(calha):
    """A device on a site of its own, and that site."""
    status, site = calha.send("POST", "/api/v1/sites", {"name": "Noted", "parent_id": 1})
    assert status == 201, site
    new = {"key": "noted-1", "profile": "generic", "site_id": site["id"]}
    assert calha.send("POST", "/api/v1/devices", new)[0] == 201
    return site["id"]


@pytest.fixture(scope="module")
def operator(calha, place):
    return Person(calha, "Ana", {"role": "operator", "site_id": place})


def note(**more):
    return {"device": "noted-1", "from": BEGIN.isoformat(), "text": "Filter 2 was washed"} | more


def notes(person, query=""):
    return person.get(f"/api/v1/annotations?device=noted-1{query}")["items"]


def test_a_note_is_written_found_in_its_time_changed_and_deleted(calha, operator, place):
    until = BEGIN + timedelta(minutes=30)
    status, made = operator.send("POST", "/api/v1/annotations", note(to=until.isoformat()))
    assert (status, made["made_by"], made["is_own"], made["device"]) == (
        201,
        operator.login.lower(),
        True,
        "noted-1",
    ), made
    here = f"&from_ms={ms(until) - 1000}&to_ms={ms(until) + 1000}"
    assert [one["id"] for one in notes(operator, here)] == [made["id"]]
    assert notes(operator, f"&from_ms={ms(until) + 1000}") == []
    assert notes(operator, f"&to_ms={ms(BEGIN)}") == []
    change = {"from": BEGIN.isoformat(), "text": "Filter 3, not 2"}
    status, changed = operator.send("PUT", f"/api/v1/annotations/{made['id']}", change)
    assert (status, changed["text"], changed["to"]) == (200, "Filter 3, not 2", None)
    assert changed["changed_at"] is not None
    assert operator.send("DELETE", f"/api/v1/annotations/{made['id']}")[0] == 204
    assert operator.send("DELETE", f"/api/v1/annotations/{made['id']}")[0] == 404
    told = {one["action"] for one in calha.get("/api/v1/audit?target=device%20noted-1&limit=50")["items"]}
    assert {"annotation.added", "annotation.changed", "annotation.deleted"} <= told


def test_a_note_of_a_site_is_seen_at_the_devices_below_it(calha, operator, place):
    status, made = operator.send("POST", "/api/v1/annotations", note(device=None, site_id=place, text="No power"))
    assert status == 201, made
    above = calha.send("POST", "/api/v1/annotations", note(device=None, site_id=1, text="Storm"))[1]
    assert [one["text"] for one in notes(operator)] == ["No power"]
    assert [one["text"] for one in notes(calha)] == ["No power", "Storm"]
    for one in (made, above):
        assert calha.send("DELETE", f"/api/v1/annotations/{one['id']}")[0] == 204


def test_others_read_a_note_and_leave_it_as_it_is(calha, operator, place):
    made = operator.send("POST", "/api/v1/annotations", note())[1]
    viewer = Person(calha, "Rui", {"role": "viewer", "site_id": place})
    other = Person(calha, "Eva", {"role": "operator", "site_id": place})
    engineer = Person(calha, "Ivo", {"role": "engineer", "site_id": place})
    stranger = Person(calha, "Zoe")
    assert [(one["id"], one["is_own"]) for one in notes(viewer)] == [(made["id"], False)]
    assert viewer.send("POST", "/api/v1/annotations", note())[0] == 403
    assert other.send("DELETE", f"/api/v1/annotations/{made['id']}")[0] == 403
    assert stranger.send("GET", "/api/v1/annotations?device=noted-1")[0] == 403
    assert engineer.send("DELETE", f"/api/v1/annotations/{made['id']}")[0] == 204


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"device": None}, 422),
        ({"site_id": 1}, 422),
        ({"text": ""}, 422),
        ({"to": (BEGIN - timedelta(hours=1)).isoformat()}, 422),
        ({"from": "2026-01-01T12:00:00"}, 422),
        ({"device": "nobody"}, 404),
    ],
)
def test_a_note_that_makes_no_sense_is_refused(operator, wrong, status):
    assert operator.send("POST", "/api/v1/annotations", note(**wrong))[0] == status


def test_a_view_is_saved_under_a_name_and_is_ones_own(operator, calha, place):
    body = {"page": "/explore", "name": "Pumps", "search": {"s": "noted-1/flow"}}
    assert operator.send("PUT", "/api/v1/views", body)[0] == 200
    status, kept = operator.send("PUT", "/api/v1/views", body | {"search": {"s": "noted-1/flow", "past": "week"}})
    assert (status, kept["search"]["past"]) == (200, "week")
    assert [one["name"] for one in operator.get("/api/v1/views?page=/explore")["items"]] == ["Pumps"]
    assert operator.get("/api/v1/views?page=/alarms")["items"] == []
    other = Person(calha, "Lia", {"role": "operator", "site_id": place})
    assert other.get("/api/v1/views")["items"] == []
    assert other.send("DELETE", f"/api/v1/views/{kept['id']}")[0] == 404
    assert operator.send("PUT", "/api/v1/views", body | {"search": {"s": "x" * 9_000}})[0] == 413
    assert operator.send("DELETE", f"/api/v1/views/{kept['id']}")[0] == 204
    assert operator.get("/api/v1/views")["items"] == []
