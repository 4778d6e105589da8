"""Routes against a running Calha: sites, devices, profiles, readings in every form, live streams."""

import asyncio
import io
import json
import time
import urllib.error
import urllib.request

import pyarrow as pa
import pytest
import websockets

NOW_MS = int(time.time() * 1000)
HOUR_MS = 3_600_000
YAML = """
name: tank
title: {pt: Tanque, en: Tank}
description: {pt: Nível, en: Level}
channels:
  - {key: level, name: {pt: Nível, en: Level}, unit: m, precision: 2}
"""


def telemetry(calha, device, records):
    status, answer = calha.send("POST", f"/api/v1/telemetry/{device}", records)
    assert status == 200, answer
    calha.until_stored()
    return answer


def events(calha, path, count, last_id=None):
    """The first `count` events of a stream as (id, kind, content)."""
    headers = {"Last-Event-ID": str(last_id)} if last_id is not None else {}
    found = []
    with urllib.request.urlopen(calha.request(path, headers=headers), timeout=60) as stream:
        event: dict[str, str] = {}
        while len(found) < count:
            line = stream.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                found.append((int(event["id"]), event["event"], json.loads(event["data"])))
                event = {}
    return found


def test_sites_can_be_made_moved_and_deleted(calha):
    root = calha.first_site()
    status, plant = calha.send("POST", "/api/v1/sites", {"name": "ETA Norte", "parent_id": root["id"]})
    assert (status, plant["path"], plant["zone"]) == (201, [root["name"], "ETA Norte"], "America/Sao_Paulo")
    assert (
        calha.send("PATCH", f"/api/v1/sites/{plant['id']}", {"name": "ETA Sul", "zone": "UTC"})[1]["name"] == "ETA Sul"
    )
    assert calha.send("PATCH", f"/api/v1/sites/{plant['id']}", {"parent_id": plant["id"]})[0] == 409
    assert calha.send("POST", "/api/v1/sites", {"name": "X", "zone": "Mars/Base"})[0] == 422
    assert calha.send("DELETE", f"/api/v1/sites/{plant['id']}")[0] == 204
    assert calha.send("GET", f"/api/v1/sites/{plant['id']}")[0] == 404


def test_a_device_carries_its_version_and_a_stale_change_is_refused(calha):
    calha.create_device("versioned", "water_flow")
    request = calha.request("/api/v1/devices/versioned")
    with urllib.request.urlopen(request) as answer:
        tag = answer.headers["ETag"]
    headers = {"Content-Type": "application/json", "If-Match": tag}
    for expected in (200, 409):
        change = calha.request("/api/v1/devices/versioned", b'{"name": "A"}', headers, "PATCH")
        try:
            with urllib.request.urlopen(change) as answer:
                assert answer.status == expected
        except urllib.error.HTTPError as error:
            assert error.code == expected
            assert "meanwhile" in json.load(error)["detail"]
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request) as answer:
        known = answer.headers["ETag"]
        urllib.request.urlopen(calha.request("/api/v1/devices/versioned", headers={"If-None-Match": known}))
    assert caught.value.code == 304


def test_a_device_names_its_gateway(calha):
    calha.create_device("relay")
    assert calha.send("POST", "/api/v1/devices", {"key": "relayed", "gateway": "relay"})[1]["gateway"] == "relay"
    assert calha.send("PATCH", "/api/v1/devices/relay", {"gateway": "relayed"})[0] == 409
    assert calha.send("PATCH", "/api/v1/devices/relayed", {"gateway": "nowhere"})[0] == 404
    assert calha.send("PATCH", "/api/v1/devices/relayed", {"note": "in the cellar"})[1]["gateway"] == "relay"
    assert calha.send("PATCH", "/api/v1/devices/relayed", {"gateway": None})[1]["gateway"] is None


@pytest.mark.parametrize("path", ["/api/v1/sites", "/api/v1/profiles", "/api/v1/devices", "/api/v1/profiles/machine"])
def test_an_answer_that_is_known_already_is_not_sent_again(calha, path):
    request = calha.request(path)
    with urllib.request.urlopen(request) as answer:
        known, body = answer.headers["ETag"], answer.read()
    assert body
    request.add_header("If-None-Match", f'"other", W/{known}')
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert (caught.value.code, caught.value.read(), caught.value.headers["ETag"]) == (304, b"", known)
    changed = calha.request(path, headers={"If-None-Match": '"other"'})
    with urllib.request.urlopen(changed) as answer:
        assert answer.read() == body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "with blank"}, 422),
        ({"key": "x", "profile": "nothing"}, 404),
        ({"key": "x", "site_id": 99999}, 404),
        ({"key": "x", "colour": "red"}, 422),
        ([], 422),
    ],
)
def test_a_device_that_cannot_be_is_refused_with_where_and_why(calha, body, status):
    answered, problem = calha.send("POST", "/api/v1/devices", body)
    assert answered == status
    assert problem["detail"]


def test_a_profile_of_ones_own_is_saved_used_and_refused_with_its_line(calha):
    assert calha.send("PUT", "/api/v1/profiles/tank", YAML.encode(), "application/yaml")[0] == 200
    status, problem = calha.send(
        "PUT", "/api/v1/profiles/tank", YAML.replace("unit", "unti").encode(), "application/yaml"
    )
    assert status == 422
    assert "6:" in problem["detail"]
    assert "'unti' is unknown" in problem["detail"]
    calha.create_device("tank-1", "tank")
    assert calha.send("DELETE", "/api/v1/profiles/tank")[0] == 409
    assert calha.send("DELETE", "/api/v1/devices/tank-1")[0] == 204
    assert calha.send("DELETE", "/api/v1/profiles/tank")[0] == 204


def test_history_comes_as_json_csv_and_arrow_at_any_resolution(calha):
    calha.create_device("history", "water_flow")
    start = NOW_MS - 2 * HOUR_MS
    records = [{"ts": start + n * 1000, "flow_1": 60 + (40 if n == 1234 else 0)} for n in range(3600)]
    telemetry(calha, "history", records)
    path = f"/api/v1/devices/history/readings?channel=flow_1&from={start}&to={start + HOUR_MS}"
    raw = calha.get(f"{path}&resolution=raw")["series"][0]
    assert len(raw["value"]) == 3600
    assert (raw["unit"], raw["kind"], raw["gap_ms"]) == ("m³/h", "gauge", 3000)
    few = calha.get(f"{path}&points=100")["series"][0]
    assert len(few["t"]) <= 110
    assert max(few["max"] or few["value"]) == 100
    minutes = calha.get(f"{path}&resolution=1m&agg=max")["series"][0]
    assert max(minutes["value"]) == 100
    counted = calha.get(f"{path}&resolution=1m&agg=count")["series"][0]["value"]
    assert sum(counted) == 3600
    lines = calha.get(f"{path}&resolution=raw", accept="text/csv").decode().splitlines()
    assert lines[0] == "channel,unit,at,value,quality"
    assert len(lines) == 3601
    table = pa.ipc.open_stream(
        io.BytesIO(calha.get(f"{path}&resolution=raw", accept="application/vnd.apache.arrow.stream"))
    )
    assert table.read_all().num_rows == 3600
    assert calha.send("GET", f"{path}&channel=colour")[0] in (200, 404)
    assert calha.send("GET", "/api/v1/devices/history/readings?from=2026-02-01&to=2026-01-01")[0] == 422


def test_the_latest_readings_come_in_pages(calha):
    for number in range(3):
        calha.create_device(f"page-{number}")
        telemetry(calha, f"page-{number}", {"x": number})
    first = calha.get("/api/v1/latest?limit=1&device=page-0,page-1,page-2")
    rest = calha.get(f"/api/v1/latest?limit=10&device=page-0,page-1,page-2&after={first['next']}")
    assert [one["value"] for one in first["items"] + rest["items"]] == [0, 1, 2]
    assert rest["next"] is None


def test_a_live_stream_sends_what_is_stored_and_resumes_where_it_was(calha):
    calha.create_device("live")
    telemetry(calha, "live", {"ts": NOW_MS, "x": 1})
    path = "/api/v1/live?device=live"
    *_, (seq, kind, content) = events(calha, path + "&since=0", 2)
    assert kind == "readings"
    assert [(one["channel"], one["value"]) for one in content["readings"]] == [("x", 1)]
    telemetry(calha, "live", {"ts": NOW_MS + 1, "x": 2})
    resumed = [event for event in events(calha, path, 2, last_id=seq) if event[1] == "readings"]
    assert [one["value"] for one in resumed[0][2]["readings"]] == [2]
    assert resumed[0][0] > seq


async def test_a_websocket_has_the_same_messages(calha):
    await asyncio.to_thread(calha.create_device, "socket")
    url = calha.address.replace("http", "ws") + "/api/v1/live/ws?device=socket&since=0"
    async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {calha.key}"}) as socket:
        assert json.loads(await socket.recv())["type"] == "status"
        await asyncio.to_thread(telemetry, calha, "socket", {"x": 3})
        async with asyncio.timeout(60):
            while (message := json.loads(await socket.recv()))["type"] != "readings":
                pass
        assert message["readings"][0]["value"] == 3


def test_the_web_app_is_served_with_headers_that_protect_it(calha):
    with urllib.request.urlopen(f"{calha.address}/devices/anything") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"
    for path in ("/assets/../../app.py", "/..%2f..%2fapp.py", "/assets/missing.js", "/api/v1/nothing"):
        try:
            with urllib.request.urlopen(calha.address + path) as answer:
                assert b"import" not in answer.read()[:200]
        except urllib.error.HTTPError as error:
            assert error.code == 404


def test_a_device_sends_many_records_only_of_itself_and_a_large_body_is_decoded_as_a_small_one(calha):
    secret = calha.send("POST", "/api/v1/devices", {"key": "bulky"})[1]["secret"]
    calha.create_device("bulky-other")
    as_itself = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-ndjson"}

    def post(lines: bytes) -> tuple[int, dict]:
        request = urllib.request.Request(f"{calha.address}/api/v1/telemetry", lines, as_itself)
        try:
            with calha.open(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())

    large = b"".join(b'{"device": "bulky", "ts": %d, "flow": 1}\n' % (1_769_860_800 + n) for n in range(10_000))
    status, receipt = post(large)
    assert (status, receipt["accepted"]) == (200, 10_000)
    status, refusal = post(large + b'{"device": "bulky-other", "flow": 1}')
    assert (status, refusal["reason"]) == (403, "not_its_own")
    last = calha.get("/api/v1/devices/bulky/ingest")["last_message"]
    assert json.loads(last["raw"])["flow"] == 1
