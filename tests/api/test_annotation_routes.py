"""Notes and saved views over HTTP: read by whoever sees their place, changed by their author and who configures it."""

import json
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


VIEW = {"page": "/alarms", "name": "Night shift", "search": {"priority": "high"}}


@pytest.fixture
def crew(calha, place):
    """An engineer who shares a view with the site, others who work there, and the view."""
    engineer = Person(calha, "Ivo", {"role": "engineer", "site_id": place})
    other = Person(calha, "Rita", {"role": "engineer", "site_id": place})
    operator = Person(calha, "Davi", {"role": "operator", "site_id": place})
    status, view = engineer.send("PUT", "/api/v1/views", VIEW | {"site_id": place})
    assert (status, view["owner"], view["is_own"], view["may_change"]) == (200, "Ivo", True, True), view
    yield engineer, other, operator, view
    engineer.send("DELETE", f"/api/v1/views/{view['id']}")


def shared(person, query=""):
    return person.get(f"/api/v1/views/shared?limit=500{query}")["items"]


def test_a_shared_view_is_seen_on_the_site_and_above_and_nowhere_else(calha, crew, place):
    engineer, _, operator, view = crew
    above = Person(calha, "Noa", {"role": "viewer", "site_id": 1})
    for person in (operator, above):
        (seen,) = [one for one in shared(person) if one["id"] == view["id"]]
        assert (seen["owner"], seen["site_id"], seen["is_own"], seen["may_change"]) == ("Ivo", place, False, False)
        assert person.get(f"/api/v1/views/{view['id']}")["search"] == VIEW["search"]
        assert ("view", str(view["id"])) in [
            (one["kind"], one["id"]) for one in person.get("/api/v1/search?q=NIGHT+shi")["items"]
        ]
    assert [one["id"] for one in shared(operator, "&page=/alarms&search=night")] == [view["id"]]
    assert shared(operator, "&page=/explore") == shared(operator, "&search=day") == []
    assert shared(operator, f"&after={view['id']}") == []
    assert shared(engineer) == [], "one's own stands among one's own"
    assert engineer.get("/api/v1/search?q=night+shift")["items"] == []
    beside = calha.send("POST", "/api/v1/sites", {"name": "Beside", "parent_id": 1})[1]["id"]
    neighbour = Person(calha, "Zoe", {"role": "administrator", "site_id": beside})
    assert shared(neighbour) == neighbour.get("/api/v1/search?q=night+shift")["items"] == []
    for method, body in (("GET", None), ("PUT", VIEW), ("DELETE", None)):
        sent = {"name": "x", "search": {}} if body else None
        assert neighbour.send(method, f"/api/v1/views/{view['id']}", sent)[0] == 404


def test_a_role_that_is_taken_away_takes_the_view_with_it(calha, crew):
    *_, operator, view = crew
    assert len(shared(operator)) == 1
    (role,) = calha.get(f"/api/v1/people/{operator.id}")["grants"]
    assert calha.send("DELETE", f"/api/v1/people/{operator.id}/grants/{role['id']}")[0] == 204
    assert operator.send("GET", "/api/v1/views/shared")[0] == 403
    assert operator.send("GET", f"/api/v1/views/{view['id']}")[0] == 404
    assert operator.get("/api/v1/search?q=night+shift")["items"] == []


def test_whoever_works_there_shares_and_whoever_configures_the_site_changes(calha, crew, place):
    engineer, other, operator, view = crew
    viewer = Person(calha, "Rui", {"role": "viewer", "site_id": place})
    where = f"/api/v1/views/{view['id']}"
    change = {"name": "Night", "search": {"priority": "critical"}, "site_id": place}
    assert viewer.send("PUT", "/api/v1/views", VIEW | {"site_id": place})[0] == 403
    assert operator.send("PUT", "/api/v1/views", VIEW | {"site_id": 1})[0] == 404, "he does not see it"
    status, his = operator.send("PUT", "/api/v1/views", VIEW | {"site_id": place})
    assert (status, his["may_change"]) == (200, True)
    assert operator.send("PUT", where, change)[0] == operator.send("DELETE", where)[0] == 403
    status, changed = other.send("PUT", where, change)
    assert (status, changed["name"], changed["owner"], changed["may_change"]) == (200, "Night", "Ivo", True)
    status, refused = other.send("PUT", where, change | {"site_id": None})
    assert (status, refused["reason"]) == (403, "not_its_owner")
    assert engineer.send("PUT", "/api/v1/views", VIEW)[0] == 200
    status, refused = other.send("PUT", where, change | {"name": VIEW["name"]})
    assert (status, refused["reason"]) == (409, "view_taken")
    assert engineer.send("PUT", where, change | {"site_id": None})[1]["site_id"] is None
    assert [one["id"] for one in shared(other)] == [his["id"]], "taken back"
    assert other.send("GET", where)[0] == 404
    assert other.send("DELETE", f"/api/v1/views/{his['id']}")[0] == 204
    told = calha.get(f"/api/v1/audit?target=view%20{view['id']}&limit=50")["items"]
    assert [json.loads(one["after"])["site_id"] for one in told] == [None, place, place]


def test_a_note_is_told_to_its_writer_and_outlives_him_without_his_name(calha, place):
    writer = Person(calha, "writer", {"role": "operator", "site_id": place})
    status, made = writer.send("POST", "/api/v1/annotations", note(text="Pump changed"))
    assert (status, made["made_by"]) == (201, writer.login.lower())
    (told,) = calha.get(f"/api/v1/people/{writer.id}/export")["notes"]
    assert told["note"]["text"] == "Pump changed"
    assert calha.send("DELETE", f"/api/v1/people/{writer.id}")[0] == 204
    assert {one["id"]: one["made_by"] for one in notes(calha)}[made["id"]] == f"#{writer.id}"


def test_a_shared_view_outlives_its_owner_without_his_name(calha, crew, place):
    engineer, other, operator, view = crew
    assert engineer.send("PUT", "/api/v1/views", VIEW | {"name": "Mine"})[0] == 200
    known = calha.get(f"/api/v1/people/{engineer.id}/export")["views"]
    assert [(one["name"], one["site_id"]) for one in known] == [("Mine", None), ("Night shift", place)]
    assert calha.send("DELETE", f"/api/v1/people/{engineer.id}")[0] == 204
    (left,) = shared(operator)
    assert (left["id"], left["owner"], left["name"]) == (view["id"], None, "Night shift")
    assert [one["name"] for one in calha.get(f"/api/v1/people/{engineer.id}/export")["views"]] == ["Night shift"]
    assert other.send("DELETE", f"/api/v1/views/{view['id']}")[0] == 204


def test_a_site_that_goes_leaves_the_view_to_its_owner(calha, place):
    below = calha.send("POST", "/api/v1/sites", {"name": "Short-lived", "parent_id": place})[1]["id"]
    engineer = Person(calha, "Ivo", {"role": "engineer", "site_id": place})
    assert engineer.send("PUT", "/api/v1/views", VIEW | {"site_id": below})[0] == 200
    assert calha.send("DELETE", f"/api/v1/sites/{below}")[0] == 204
    assert [one["site_id"] for one in engineer.get("/api/v1/views")["items"]] == [None]
