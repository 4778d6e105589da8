"""Dashboards over HTTP: kept, changed by two people, carried elsewhere, shared by a link, ready-made."""

import base64
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest

from persons import Person

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><text id="flow">?</text><script>alert(1)</script></svg>'
PLACE = {"x": 0, "y": 0, "w": 4, "h": 2}


@pytest.fixture(scope="module")
def plant(calha):
    """A site with a machine that has reported, and a machine elsewhere."""
    site = calha.send("POST", "/api/v1/sites", {"name": "Boards"})[1]["id"]
    other = calha.send("POST", "/api/v1/sites", {"name": "Boards elsewhere"})[1]["id"]
    for key, place in (("board-pump", site), ("board-secret", other)):
        assert calha.send("POST", "/api/v1/devices", {"key": key, "profile": "machine", "site_id": place})[0] == 201
    at = datetime.now(UTC) - timedelta(minutes=5)
    for key in ("board-pump", "board-secret"):
        sent = {"ts": at.isoformat(), "values": {"vibration": 2.5, "temperature": 61.0}}
        assert calha.send("POST", f"/api/v1/telemetry/{key}", [sent])[0] == 200
    calha.until_stored()
    return site


def value(number=1, device="board-pump", channel="vibration"):
    return {"id": f"w{number}", "kind": "value", "series": {"device": device, "channel": channel}} | PLACE


def body(site, name, *widgets, **more):
    return {"name": name, "site_id": site, "document": {"widgets": list(widgets)} | more}


def kept(calha, site, name, *widgets, **more):
    status, made = calha.send("POST", "/api/v1/dashboards", body(site, name, *widgets, **more))
    assert status == 201, made
    return made


def upload(calha, board, content, name="picture"):
    path = f"/api/v1/dashboards/{board}/files?name={name}"
    request = calha.request(path, content, {"Content-Type": "application/octet-stream"}, "POST")
    try:
        with calha.open(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def text_of(pdf):
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def shared(calha, link, path):
    """(status, headers, content) of what somebody gets who has only the link."""
    headers = {"X-Calha-Link": link.partition("#")[2]}
    request = urllib.request.Request(f"{calha.address}/api/v1/shared{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_a_dashboard_is_kept_and_of_two_who_change_it_the_second_is_told(calha, plant):
    made = kept(calha, plant, "Two people", value())
    own = f"/api/v1/dashboards/{made['id']}"
    assert calha.send("POST", "/api/v1/dashboards", body(plant, "Two people"))[1]["reason"] == "name_taken"
    with calha.open(calha.request(own)) as answer:
        tag = answer.headers["ETag"]
    change = json.dumps(body(plant, "Two people", value(), value(2, channel="temperature"))).encode()
    headers = {"If-Match": tag, "Content-Type": "application/json"}
    with calha.open(calha.request(own, change, headers, "PUT")) as answer:
        assert json.loads(answer.read())["version"] == 2
    with pytest.raises(urllib.error.HTTPError) as late:
        calha.open(calha.request(own, change, headers, "PUT"))
    assert late.value.code == 409
    assert json.loads(late.value.read())["reason"] == "dashboard_changed"
    listed = calha.get("/api/v1/dashboards?search=two%20people")["items"]
    assert [(one["id"], one["widgets"]) for one in listed] == [(made["id"], 2)]
    assert calha.send("DELETE", own)[0] == 204
    assert calha.send("GET", own)[0] == 404
    told = [one["action"] for one in calha.get("/api/v1/audit?limit=50")["items"]]
    assert {"dashboard.created", "dashboard.changed", "dashboard.deleted"} <= set(told)


def test_what_makes_no_sense_is_refused_with_the_place(calha, plant):
    status, problem = calha.send("POST", "/api/v1/dashboards", body(plant, "Wrong", value() | {"x": 99}))
    assert status == 422
    assert "x" in json.dumps(problem["errors"])


def test_a_map_shows_what_has_a_position_also_to_whoever_has_its_link(calha, plant):
    here, there = {"latitude": -8.05, "longitude": -34.9}, {"latitude": -8.06, "longitude": -34.88}
    assert [one["kind"] for one in calha.get(f"/api/v1/sites/{plant}/dashboard")["document"]["widgets"]][2:] == []
    assert calha.send("PATCH", f"/api/v1/sites/{plant}", {"position": here})[1]["position"] == here
    assert calha.send("PATCH", "/api/v1/devices/board-pump", {"position": there})[1]["position"] == there
    assert calha.send("PATCH", f"/api/v1/sites/{plant}", {"position": {"latitude": 91, "longitude": 0}})[0] == 422
    assert [one["kind"] for one in calha.get(f"/api/v1/sites/{plant}/dashboard")["document"]["widgets"]][2:] == ["map"]
    assert [one["key"] for one in calha.get(f"/api/v1/devices?site={plant}&placed=true")["items"]] == ["board-pump"]
    board = kept(calha, plant, "Mapped", {"id": "w1", "kind": "map"} | PLACE)["id"]
    link = calha.send("POST", f"/api/v1/dashboards/{board}/links", {"name": "Hall", "days": 1})[1]["link"]
    whole = json.loads(shared(calha, link, "/dashboard")[2])
    assert [(one["key"], one["position"]) for one in whole["devices"]] == [("board-pump", there)]
    assert [one["position"] for one in whole["sites"]] == [here]
    assert calha.send("PATCH", "/api/v1/devices/board-pump", {"position": None})[1]["position"] is None


def test_a_dashboard_is_printed_with_what_one_may_see_of_it(calha, plant):
    one = {"device": "board-pump", "channel": "vibration"}
    many = [one, {"device": "board-pump", "channel": "temperature"}]
    state = [{"device": "board-pump", "channel": "state"}]
    secret = {"device": "board-secret", "channel": "vibration"}
    calculated = [{"name": "Folga", "unit": "K", "formula": "c - b"}, {"name": "Alheia", "formula": "a + b"}]
    wide = {"x": 0, "w": 6, "h": 3}
    shown = [
        {"kind": "value", "series": one},
        {"kind": "value", "series": {"device": "board-secret", "channel": "vibration"}},
        {"kind": "gauge", "series": one, "low": 0, "high": 10},
        {"kind": "chart", "series": many, "look": "area"},
        {"kind": "chart", "series": many, "look": "bar", "range": "7d"},
        {"kind": "chart", "series": [secret, *many], "calculated": calculated},
        {"kind": "table", "series": many},
        {"kind": "timeline", "series": state},
        {"kind": "heat", "series": one},
        {"kind": "alarms"},
        {"kind": "plant"},
        {"kind": "map", "places": [{"name": "Poço", "latitude": -8, "longitude": -34.9, "device": "board-pump"}]},
        {"kind": "text", "text": "**Turno A**"},
        {"kind": "command", "device": "board-pump", "command": "start"},
    ]
    widgets = [wide | {"id": f"p{place}", "y": 3 * place} | widget for place, widget in enumerate(shown)]
    printed = body(plant, "Impresso", *widgets) | {"language": "pt-BR"}
    everywhere = Person(calha, "leitor", {"role": "viewer", "site_id": None})
    viewer = Person(calha, "leitora", {"role": "viewer", "site_id": plant})
    answers = [asker.send("POST", "/api/v1/dashboards/pdf", printed) for asker in (everywhere, viewer)]
    texts = [text_of(content) for status, content in answers if status == 200]
    for told in ("Impresso", "2,5", "61", "Poço", "**Turno A**", "Nenhum alarme", "start"):
        assert told in texts[1], told
    assert ("Folga" in texts[1], "Alheia" in texts[1], "Alheia" in texts[0]) == (True, False, True)
    assert "não existe, ou seu papel" in texts[1]
    assert "não existe, ou seu papel" not in texts[0]


def test_pictures_are_told_by_their_bytes_and_drawings_cannot_run(calha, plant):
    board = kept(calha, plant, "Pictures")["id"]
    assert upload(calha, board, b"MZ this is a program")[1]["reason"] == "no_picture"
    assert upload(calha, board, b"x" * (1024 * 1024 + 1))[0] == 413
    assert upload(calha, board, PNG)[1]["media_type"] == "image/png"
    status, drawing = upload(calha, board, SVG, "plant.svg")
    assert (status, drawing["media_type"]) == (201, "image/svg+xml")
    with calha.open(calha.request(f"/api/v1/dashboards/{board}/files/{drawing['id']}")) as answer:
        assert answer.read() == SVG
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_dashboard_is_carried_elsewhere_with_its_files(calha, plant):
    board = kept(calha, plant, "Carried")["id"]
    file = upload(calha, board, SVG, "plant.svg")[1]["id"]
    upload(calha, board, PNG)
    drawn = {"id": "w1", "kind": "schematic", "file": file, "bindings": []} | PLACE
    assert calha.send("PUT", f"/api/v1/dashboards/{board}", body(plant, "Carried", drawn))[0] == 200
    carried = calha.get(f"/api/v1/dashboards/{board}/export")
    assert [one["name"] for one in carried["files"]] == ["plant.svg"], "only what it shows"
    carried["name"] = "Carried here"
    status, made = calha.send("POST", "/api/v1/dashboards/import", {"site_id": plant, "dashboard": carried})
    assert status == 201, made
    new = made["document"]["widgets"][0]["file"]
    assert new != file
    assert calha.get(f"/api/v1/dashboards/{made['id']}/files/{new}", "*/*") == SVG
    carried["name"] = "Never"
    for content, reason in ((base64.b64encode(b"a program").decode(), "no_picture"), ("é", "bad_base64")):
        carried["files"][0]["content"] = content
        status, problem = calha.send("POST", "/api/v1/dashboards/import", {"site_id": plant, "dashboard": carried})
        assert (status, problem["reason"]) == (422, reason)


def test_a_link_shows_its_dashboard_and_nothing_else_until_it_is_revoked(calha, plant):
    made = kept(calha, plant, "Shared", value())
    file = upload(calha, made["id"], PNG)[1]["id"]
    own = f"/api/v1/dashboards/{made['id']}/links"
    status, link = calha.send("POST", own, {"name": "Screen", "days": 2})
    assert status == 201, link
    assert "calha_view_" not in json.dumps(calha.get(own)), "a link is shown once"
    whole = json.loads(shared(calha, link["link"], "/dashboard")[2])
    assert [(one["key"], [c["key"] for c in one["channels"]]) for one in whole["devices"]] == [
        ("board-pump", ["vibration"])
    ]
    now = json.loads(shared(calha, link["link"], "/now")[2])
    assert [(one["channel"], one["value"]) for one in now["readings"]] == [("vibration", 2.5)]
    status, _, history = shared(calha, link["link"], "/readings?device=board-pump&channel=vibration")
    assert (status, json.loads(history)["series"][0]["value"]) == (200, [2.5])
    for path in (
        "/readings?device=board-pump&channel=temperature",
        "/readings?device=board-secret&channel=vibration",
        f"/files/{file}",
    ):
        assert shared(calha, link["link"], path)[0] == 404, path
    assert shared(calha, link["link"] + "x", "/dashboard")[0] == 404
    assert calha.send("DELETE", f"{own}/{link['id']}")[0] == 204
    assert shared(calha, link["link"], "/now")[0] == 404


def chart(*formulas, series=("vibration", "temperature"), device="board-pump", **more):
    shown = [{"device": device, "channel": channel} for channel in series]
    calculated = [{"name": "", "unit": "", "formula": formula} for formula in formulas]
    return {"id": "c1", "kind": "chart", "series": shown, "calculated": calculated} | PLACE | more


def test_a_formula_that_cannot_be_used_is_refused_with_its_place(calha, plant):
    status, problem = calha.send("POST", "/api/v1/dashboards", body(plant, "Wrong", chart("a - c")))
    assert (status, problem["reason"]) == (422, "invalid_request")
    assert "'c' is none of the series; they are a, b" in problem["errors"][0]["detail"]


def test_a_link_shows_the_formulas_of_its_dashboard_and_no_other(calha, plant):
    made = kept(calha, plant, "Calculated", chart("b - a", "a > 2"), value())
    own = f"/api/v1/dashboards/{made['id']}"
    assert calha.get(f"{own}/export")["document"] == made["document"]
    link = calha.send("POST", f"{own}/links", {"name": "Screen"})[1]["link"]
    for place, wanted in enumerate(([58.5], [1.0])):
        status, _, found = shared(
            calha, link, f"/calculated?widget=c1&place={place}&formula=a&series=board-secret/state"
        )
        assert (status, json.loads(found)["value"]) == (200, wanted)
    for nothing in ("widget=c1&place=2", "widget=w1&place=0", "widget=c9&place=0"):
        assert shared(calha, link, f"/calculated?{nothing}")[0] == 404, nothing
    for wrong in ("widget=c1&place=-1", "widget=c1&place=0&from=2020-01-01", "widget=c1"):
        assert shared(calha, link, f"/calculated?{wrong}")[0] == 422, wrong
    assert calha.send("PUT", own, body(plant, "Calculated", chart("a"), value()))[0] == 200
    assert shared(calha, link, "/calculated?widget=c1&place=1")[0] == 404


def test_a_link_calculates_of_the_device_that_it_is_for_and_of_nothing_that_left(calha, plant):
    device = {"key": "board-leaving", "profile": "machine", "site_id": plant}
    assert calha.send("POST", "/api/v1/devices", device)[0] == 201
    variable = {"kind": "device", "key": "machine", "profile": "machine", "device": "board-pump"}
    made = kept(calha, plant, "Any", chart("a + b", device="$machine"), variables=[variable])
    own = f"/api/v1/dashboards/{made['id']}/links"
    links = [
        calha.send("POST", own, {"name": "Screen", "variables": chosen})[1]["link"]
        for chosen in ({}, {"machine": "board-leaving"})
    ]
    answers = [json.loads(shared(calha, link, "/calculated?widget=c1&place=0")[2])["value"] for link in links]
    assert answers == [[63.5], []]
    assert calha.send("PATCH", "/api/v1/devices/board-leaving", {"site_id": 1})[0] == 200
    assert shared(calha, links[1], "/calculated?widget=c1&place=0")[0] == 404


def test_a_link_does_not_show_what_stands_elsewhere(calha, plant):
    made = kept(calha, plant, "Mixed", value(), value(2, device="board-secret"))
    status, problem = calha.send("POST", f"/api/v1/dashboards/{made['id']}/links", {"name": "Screen"})
    assert (status, problem["reason"]) == (403, "not_public")
    assert problem["about"]["devices"] == "board-secret"


def test_a_device_moved_away_leaves_the_links_too(calha, plant):
    assert (
        calha.send("POST", "/api/v1/devices", {"key": "board-moved", "profile": "machine", "site_id": plant})[0] == 201
    )
    made = kept(calha, plant, "Moving", value(device="board-moved"))
    link = calha.send("POST", f"/api/v1/dashboards/{made['id']}/links", {"name": "Screen"})[1]["link"]
    assert json.loads(shared(calha, link, "/dashboard")[2])["devices"]
    assert calha.send("PATCH", "/api/v1/devices/board-moved", {"site_id": 1})[0] == 200
    assert json.loads(shared(calha, link, "/dashboard")[2])["devices"] == []


def test_the_values_of_variables_are_fixed_in_the_link(calha, plant):
    variable = {"kind": "device", "key": "machine", "profile": "machine", "device": "board-secret"}
    made = kept(calha, plant, "Any machine", value(device="$machine"), variables=[variable])
    asked = {"name": "Screen", "variables": {"machine": "board-pump"}}
    link = calha.send("POST", f"/api/v1/dashboards/{made['id']}/links", asked)[1]["link"]
    assert [one["key"] for one in json.loads(shared(calha, link, "/dashboard")[2])["devices"]] == ["board-pump"]


def test_ready_made_dashboards_are_there_for_any_device_and_site(calha, plant):
    ready = calha.get("/api/v1/devices/board-pump/dashboard")
    kinds = {one["kind"] for one in ready["document"]["widgets"]}
    assert {"value", "chart", "timeline", "heat", "alarms", "command"} <= kinds
    overview = calha.get(f"/api/v1/sites/{plant}/dashboard")
    made = kept(calha, plant, "Overview", *overview["document"]["widgets"])
    link = calha.send("POST", f"/api/v1/dashboards/{made['id']}/links", {"name": "Screen"})[1]["link"]
    whole = json.loads(shared(calha, link, "/dashboard")[2])
    assert "board-pump" in [one["key"] for one in whole["devices"]]
    assert [one["name"] for one in whole["sites"]] == ["Boards"]
