"""Stations and clients of SensorFlow's generations against a running Calha with its port switched on."""

import asyncio
import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import websockets

from ports import free_ports
from running import running_calha

BODY = {"temperature": 23.45, "pressure": 1013.25, "concentration": 2.0, "flow": 1.0}
KEY, LIVE_KEY = "station-key-42", "live-key-43"


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    (port,) = free_ports(1)
    env = {
        "CALHA_COMPAT_SENSORFLOW_ENABLED": "true",
        "CALHA_COMPAT_SENSORFLOW_PORT": str(port),
        "CALHA_COMPAT_SENSORFLOW_KEY": KEY,
        "CALHA_COMPAT_SENSORFLOW_LIVE_KEY": LIVE_KEY,
        "CALHA_COMPAT_SENSORFLOW_MAX_LIVE_PER_KEY": "2",
        "CALHA_DEVICES_ANONYMOUS": "false",
    }
    with running_calha(tmp_path_factory.mktemp("sensorflow") / "data", env) as running:
        running.flow_port = port
        yield running


def ask(calha, method, path, body=None, key=KEY, header="X-API-Key"):
    headers = {"Content-Type": "application/json"} | ({header: key} if key else {})
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{calha.flow_port}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        content = error.read()
        return error.code, json.loads(content) if content else None


@pytest.mark.parametrize("prefix", ["", "/api", "/api/v1"])
@pytest.mark.parametrize("header", ["X-API-Key", "api-key", "API-Key"])
def test_a_station_is_answered_under_each_path_and_spelling_of_the_key(calha, prefix, header):
    status, told = ask(calha, "POST", f"{prefix}/sensor_data", BODY, header=header)
    assert status == 201
    assert list(told) == ["pressure", "temperature", "concentration", "flow", "timestamp", "cip_id"]
    assert told["timestamp"].endswith("-03:00")
    assert told["cip_id"] == 1


def test_before_and_after_the_first_reading_there_is_a_last_one(calha):
    ask(calha, "POST", "/api/sensor_data", BODY | {"temperature": 77.5})
    calha.until_stored()
    status, told = ask(calha, "GET", "/sensor_data", key="")
    assert (status, told["temperature"]) == (200, 77.5)
    for path in ("/health", "/api/health", "/api/v1/health"):
        assert ask(calha, "GET", path, key="")[1]["status"] == "healthy"
    assert ask(calha, "GET", "/api/v1/ping", key="")[0] == 200


def test_the_documentation_that_containers_ask_for_is_there_without_the_internet(calha):
    with urllib.request.urlopen(f"http://127.0.0.1:{calha.flow_port}/docs", timeout=120) as answer:
        page = answer.read().decode()
    assert "/docs/swagger-ui-bundle.js" in page
    assert "https://" not in page


def test_numbers_as_texts_and_station_ids_of_the_wifi_firmware_are_taken(calha):
    body = b'{"temperature":23.45, "humidity":"56.78", "pressure":"1013.25", "sensor_id":"E6616407E3A1B2C3"}'
    status, told = ask(calha, "POST", "/api/temperature_reading", body, header="x-api-key")
    assert status == 201
    assert {
        "id",
        "temperature",
        "humidity",
        "pressure",
        "date_recorded",
        "time_recorded",
        "sensor_id",
        "client_ip",
    } <= (told.keys())
    calha.until_stored()
    assert calha.values("sensorflow-E6616407E3A1B2C3", "humidity") == [56.78]
    older = {
        "id_sensor": "i1",
        "cip_id": "9",
        "status_cip": "rinse",
        "temperature": 1,
        "pressure": 2,
        "concentration": 3,
    }
    assert ask(calha, "POST", "/api/v1/cip_monitoring", older)[0] == 201


def test_two_stations_do_not_overwrite_each_other(calha):
    for number in range(3):
        assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": f"s{number}", "flow": number})[0] == 201
    calha.until_stored()
    assert [calha.values(f"sensorflow-s{number}", "flow") for number in range(3)] == [[0.0], [1.0], [2.0]]


def test_a_wrong_key_and_a_missing_one_are_told_as_before(calha):
    assert ask(calha, "POST", "/api/sensor_data", BODY, key="wrong") == (401, {"detail": "Invalid API Key"})
    status, told = ask(calha, "POST", "/api/sensor_data", BODY, key="")
    assert (status, told["detail"][0]["type"]) == (422, "missing")


def test_the_first_generation_tells_a_missing_key_as_a_wrong_one(calha):
    body = {"temperature": 1, "humidity": 2, "pressure": 3, "sensor_id": "first"}
    refused = (401, {"detail": "Invalid or missing API Key."})
    assert ask(calha, "POST", "/api/temperature_reading", body, key="wrong") == refused
    assert ask(calha, "POST", "/api/temperature_reading", body, key="") == refused
    assert ask(calha, "POST", "/api/v1/temperature_reading", body, key="")[0] == 422
    status, told = ask(calha, "POST", "/api/temperature_reading", body)
    assert (status, bool(re.fullmatch(r"\d\d:\d\d:\d\d", told["time_recorded"]))) == (201, True), "whole seconds"


@pytest.mark.parametrize(
    "body", [b"{}", b"null", b"[1]", b'{"temperature": NaN, "pressure": 1, "concentration": 1, "flow": 1}', b"\xff"]
)
def test_what_is_no_reading_is_refused_and_harms_nobody(calha, body):
    assert ask(calha, "POST", "/api/sensor_data", body)[0] in (400, 422)
    assert ask(calha, "GET", "/health", key="")[0] == 200


def test_a_body_in_pieces_and_a_big_one_are_dealt_with_like_any_other(calha):
    content = json.dumps(BODY | {"sensor_id": "pieces"}).encode()
    head = f"POST /api/sensor_data HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", calha.flow_port), 20) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode())
        for piece in (content[:10], content[10:]):
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 201 ")
    big = json.dumps(BODY | {"sensor_id": "big", "note": "x" * 200_000}).encode()
    assert ask(calha, "POST", "/api/sensor_data", big)[0] == 201
    assert calha.until_stored()


def test_no_client_runs_sql(calha):
    assert ask(calha, "POST", "/api/v1/query/sql", {"query": "SELECT 1"})[0] == 404
    ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "s1"})
    calha.until_stored()
    status, told = ask(calha, "GET", "/api/v1/query/sensor/s1'%20OR%201=1/latest")
    assert (status, told["results"], told["row_count"]) == (200, [], 0)


def cleaning(sensor, temperature, cip_id, status):
    said = {"id_sensor": sensor, "cip_id": cip_id, "status_cip": status}
    return said | {"temperature": temperature, "pressure": 2, "concentration": 3}


def rows_of(calha, path):
    status, told = ask(calha, "GET", f"/api/v1/query/{path}")
    assert status == 200
    assert list(told) == ["query", "results", "row_count"]
    assert isinstance(told["query"], str)
    assert told["row_count"] == len(told["results"])
    return told["results"]


def test_what_a_station_says_of_its_cleaning_is_told_with_each_row(calha):
    path = "/api/v1/temperature_reading"
    said = [("9", "rinse"), ("9", "rinse"), ("9", "drain"), ("lote 10", "rinse")]
    for number, (cip_id, status) in enumerate(said):
        body = cleaning("told", number, cip_id, status)
        answered, told = ask(calha, "POST", path, body)
        assert answered == 201
        assert body.items() <= told.items()
    ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "told"})
    calha.until_stored()
    rows = rows_of(calha, "sensor/told/latest")
    assert list(rows[0]) == ["time", "cip_id", "status_cip", "temperature", "pressure", "concentration"]
    assert [(row["cip_id"], row["status_cip"]) for row in rows] == [("9", None), *reversed(said)]
    assert [row["temperature"] for row in rows] == [23.45, 3, 2, 1, 0]
    assert [row["time"] for row in rows] == sorted((row["time"] for row in rows), reverse=True)
    assert calha.values("sensorflow-told", "cip_id") == [9, 9, 9, 9, 9]
    assert len(rows_of(calha, "sensor/told/latest?limit=2")) == 2
    events = calha.get("/api/v1/events?device=sensorflow-told")["items"]
    texts = [one["text"]["pt"] for one in events if one["kind"] == "cleaning"]
    assert texts == ["Limpeza lote 10: rinse", "Limpeza 9: drain", "Limpeza 9: rinse"]


def test_the_newest_rows_of_all_stations_are_told_newest_first(calha):
    for number in range(12):
        ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": f"recent-{number % 2}", "temperature": number})
    calha.until_stored()
    rows = rows_of(calha, "recent?limit=11")
    assert [(row["local"], row["temperature"]) for row in rows] == [
        (f"recent-{number % 2}", number) for number in range(11, 0, -1)
    ]
    assert list(rows[0]) == ["time", "local", "cip_id", "status_cip", "temperature", "pressure", "concentration"]
    assert rows[0]["cip_id"] == "1"
    assert 12 <= len(rows_of(calha, "recent")) <= 50
    assert len(rows_of(calha, "recent?limit=1000000")) > 12
    assert rows_of(calha, "recent?limit=0") == []
    assert len(rows_of(calha, "sensor/recent-1/latest")) == 6


def test_humidity_of_the_current_path_is_kept(calha):
    status, told = ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "humid", "humidity": 56.78})
    assert (status, len(told)) == (201, 6)
    calha.until_stored()
    assert calha.values("sensorflow-humid", "humidity") == [56.78]


def test_the_bytes_of_the_newest_firmware_are_understood(calha):
    body = b'{"temperature":21.00,"pressure":1000.00,"concentration":2.00, "flow":1.00}'
    head = b"POST /sensor_data HTTP/1.1\r\nHost: 192.168.15.2\r\nContent-Type: application/json\r\nAPI-Key: %b\r\n"
    head += b"Content-Length: %d\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", calha.flow_port), 60) as connection:
        connection.sendall(head % (KEY.encode(), len(body)) + body)
        told = b""
        while piece := connection.recv(1023):
            told += piece
    assert told.startswith(b"HTTP/1.1 201")


async def test_updates_really_reach_whoever_listens(calha):
    address = f"ws://127.0.0.1:{calha.flow_port}/ws/sensor_updates"
    await asyncio.to_thread(calha.until_stored)
    clients = [await websockets.connect(f"{address}?api-key={LIVE_KEY}") for _ in range(3)]
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await clients[2].recv()
    assert closed.value.rcvd.code == 1008
    assert "Max connections (2)" in closed.value.rcvd.reason
    await clients[0].send("ignored")
    await asyncio.sleep(0.3)
    sent = BODY | {"flow": 42.5, "sensor_id": "ws"}
    assert (await asyncio.to_thread(ask, calha, "POST", "/sensor_data", sent))[0] == 201
    for client in clients[:2]:
        while (told := json.loads(await client.recv()))["flow"] != 42.5:
            pass
        assert "cip_id" in told
        await client.close()
    again = await websockets.connect(f"{address}?api-key={LIVE_KEY}")
    await again.send("there is room again")
    await again.close()


async def test_who_connects_is_told_the_newest_reading_and_each_as_its_station_was_answered(calha):
    address = f"ws://127.0.0.1:{calha.flow_port}/ws/sensor_updates?api-key={LIVE_KEY}"
    first = {"temperature": 1.5, "humidity": 2.5, "pressure": 3.5, "sensor_id": "live first"}
    _, told = await asyncio.to_thread(ask, calha, "POST", "/api/temperature_reading", first)
    await asyncio.to_thread(calha.until_stored)
    async with websockets.connect(address) as client:
        assert json.loads(await client.recv()) == told
        for path, body in (
            ("/api/v1/temperature_reading", cleaning("live second", 2, "12", "rinse")),
            ("/sensor_data", BODY | {"sensor_id": "live second"}),
            ("/api/v1/cip_monitoring", cleaning("live second", 4, "12", "drain")),
        ):
            _, told = await asyncio.to_thread(ask, calha, "POST", path, body)
            assert json.loads(await client.recv()) == told
    await asyncio.to_thread(calha.stop)
    await asyncio.to_thread(calha.start)
    async with websockets.connect(address) as client:
        again = json.loads(await client.recv())
    assert again == told | {"client_ip": None}


@pytest.mark.parametrize("query", ["", "?api-key=wrong", f"?api_key={LIVE_KEY}", "?api-key="])
async def test_a_wrong_key_is_refused_at_the_handshake(calha, query):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"ws://127.0.0.1:{calha.flow_port}/ws/sensor_updates{query}"):
            pass
    assert refused.value.response.status_code == 403


def test_the_event_stream_that_was_promised_is_there(calha):
    with urllib.request.urlopen(
        f"http://127.0.0.1:{calha.flow_port}/api/sensor_events?api-key={LIVE_KEY}", timeout=20
    ) as stream:
        assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "sse", "flow": 7.5})[0] == 201
        while b'"flow": 7.5' not in (line := stream.readline()):
            assert line
    assert line.startswith(b"data: ")


def test_after_ten_minutes_of_silence_a_new_cycle_begins_and_before_them_none(calha):
    for minutes, name, cycle in ((11, "gap", 8), (9, "pause", 7)):
        calha.create_device(f"sensorflow-{name}", "sensorflow_station")
        record = {"ts": int((time.time() - 60 * minutes) * 1_000), "values": {"temperature": 20, "cip_id": 7}}
        assert calha.send("POST", f"/api/v1/telemetry/sensorflow-{name}", record)[0] < 300
        calha.until_stored()
        for _ in range(2):
            assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": name})[1]["cip_id"] == cycle


def test_stations_that_are_heard_for_the_first_time_at_once_are_each_one_device_and_lose_nothing(calha):
    said = [BODY | {"sensor_id": f"first-{number % 5}", "flow": number} for number in range(40)]
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda body: ask(calha, "POST", "/api/sensor_data", body)[0], said))
    assert answers == [201] * 40
    calha.until_stored()
    for number in range(5):
        assert sorted(calha.values(f"sensorflow-first-{number}", "flow")) == list(range(number, 40, 5))


def test_the_cycle_number_survives_a_restart(calha):
    assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "cycle"})[1]["cip_id"] == 1
    calha.until_stored()
    calha.stop()
    calha.start()
    assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "cycle"})[1]["cip_id"] == 1


def test_where_no_key_is_set_the_first_generation_says_so(tmp_path):
    (port,) = free_ports(1)
    env = {"CALHA_COMPAT_SENSORFLOW_ENABLED": "true", "CALHA_COMPAT_SENSORFLOW_PORT": str(port)}
    with running_calha(tmp_path / "data", env) as running:
        running.flow_port = port
        for key in (KEY, ""):
            told = ask(running, "POST", "/api/temperature_reading", {"temperature": 1, "pressure": 3}, key=key)
            assert told == (500, {"detail": "Server configuration error."})


def test_it_is_switched_off_and_closed_to_the_anonymous_unless_told():
    from calha.config.settings import Settings

    assert Settings().compat.sensorflow.enabled is False
    assert Settings().compat.sensorflow.anonymous is False


NAMES = ["CIP é", "CIP è", "CIP-", "CIP", "cip.1", "cip/1", "é", "è", "10.0.0.7", "10-0-0-7"]


def test_stations_whose_names_differ_in_a_special_letter_are_two(calha):
    for number, name in enumerate(NAMES):
        assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": name, "flow": number})[0] == 201
    calha.until_stored()
    rows = {row["name"]: row["key"] for row in calha.get("/api/v1/devices?limit=500")["items"]}
    keys = [rows[f"SensorFlow {name}"] for name in NAMES]
    assert len(set(keys)) == len(NAMES)
    assert [calha.values(key, "flow") for key in keys] == [[float(number)] for number in range(len(NAMES))]
    assert "sensorflow-CIP" in keys, "what can be a key is one"
    for name in NAMES:
        if "/" not in name:
            told = ask(calha, "GET", f"/api/v1/query/sensor/{urllib.parse.quote(name)}/latest")[1]
            assert told["row_count"] == 1, name


def test_a_station_that_was_registered_before_keeps_its_device_and_no_other_gets_it(calha):
    body = {"key": "sensorflow-tanque-1", "name": "SensorFlow tanque 1", "profile": "sensorflow_station"}
    assert calha.send("POST", "/api/v1/devices", body)[0] == 201
    for flow, name in enumerate(("tanque 1", "tanque.1")):
        assert ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": name, "flow": flow})[0] == 201
    calha.until_stored()
    assert calha.values("sensorflow-tanque-1", "flow") == [0.0]
