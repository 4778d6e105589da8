"""Stations and clients of SensorFlow's generations against a running Calha with its port switched on."""

import asyncio
import json
import re
import socket
import time
import urllib.error
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
    status, told = ask(calha, "GET", "/api/v1/query/sensor/s1'%20OR%201=1/latest")
    assert (status, told) == (404, {"detail": "Sensor not found"})
    ask(calha, "POST", "/sensor_data", BODY | {"sensor_id": "sql"})
    calha.until_stored()
    assert ask(calha, "GET", "/api/v1/query/recent?limit=2")[0] == 200
    assert ask(calha, "GET", "/api/v1/query/sensor/sql/latest")[1]["temperature"] == 23.45


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
        told = json.loads(await asyncio.wait_for(client.recv(), 10))
        assert told["flow"] == 42.5
        assert "cip_id" in told
        await client.close()
    again = await websockets.connect(f"{address}?api-key={LIVE_KEY}")
    await again.send("there is room again")
    await again.close()


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
        line = stream.readline()
        while not line.startswith(b"data:"):
            line = stream.readline()
    assert json.loads(line[5:])["flow"] == 7.5


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


def test_it_is_switched_off_and_closed_to_the_anonymous_unless_told():
    from calha.config.settings import Settings

    assert Settings().compat.sensorflow.enabled is False
    assert Settings().compat.sensorflow.anonymous is False
