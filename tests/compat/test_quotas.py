"""Anonymous devices of replaced systems: let in by the operator's switch, so many of them, and into nobody else's devices."""

import json
import socket

import pytest

from ports import free_ports
from running import running_calha

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    coiot, sensorflow = free_ports(2)
    env = {
        "CALHA_COMPAT_COIOT_ENABLED": "true",
        "CALHA_COMPAT_COIOT_PORT": str(coiot),
        "CALHA_COMPAT_COIOT_MAX_DEVICES": "2",
        "CALHA_COMPAT_COIOT_MAX_CONNECTIONS": "5",
        "CALHA_COMPAT_SENSORFLOW_ENABLED": "true",
        "CALHA_COMPAT_SENSORFLOW_PORT": str(sensorflow),
        "CALHA_COMPAT_SENSORFLOW_ANONYMOUS": "true",
        "CALHA_COMPAT_SENSORFLOW_MAX_DEVICES": "2",
        "CALHA_DEVICES_ANONYMOUS": "false",
        "CALHA_REGISTRY_ZONE": "America/Sao_Paulo",
        "CALHA_INGEST_MESSAGES_PER_S": "1",
        "CALHA_INGEST_BURST_MESSAGES": "5",
    }
    with running_calha(tmp_path_factory.mktemp("quotas") / "data", env) as running:
        running.coiot_port, running.flow_port = coiot, sensorflow
        yield running


def connect(calha):
    return socket.create_connection((HOST, calha.coiot_port), 60)


def ask(connection, said):
    connection.sendall(said if isinstance(said, bytes) else json.dumps(said).encode())
    return connection.recv(65_536)


def post(calha, **body):
    content = json.dumps({"temperature": 20, "pressure": 1, "concentration": 2, "flow": 1} | body)
    head = f"POST /api/sensor_data HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\nConnection: close\r\n"
    with socket.create_connection((HOST, calha.flow_port), 60) as connection:
        connection.sendall(f"{head}Content-Type: application/json\r\n\r\n{content}".encode())
        told = b"".join(iter(lambda: connection.recv(65_536), b""))
    return int(told.split()[1])


def keys(calha):
    return {one["key"] for one in calha.get("/api/v1/devices?limit=100")["items"]}


def refused(calha, reason):
    return calha.get("/api/v1/status")["ingest"]["refused"].get(reason, 0)


def test_no_more_meters_are_taken_than_the_operator_allows(calha):
    connections = [connect(calha) for _ in range(3)]
    told = [ask(connection, {"id": 0}) for connection in connections]
    assert sorted(one for one in told if one) == [b"1", b"2"]
    assert told.count(b"") == 1, "the third is cut off"
    report = {"id": "77", "consumption": 1.0, "datetime": "2026-01-01 00:00:00", "type": "/spent"}
    with connect(calha) as stranger:
        assert ask(stranger, report) == b"None"
    assert {key for key in keys(calha) if key.startswith("coiot-")} == {"coiot-1", "coiot-2"}
    assert refused(calha, "too_many_devices") >= 1
    for connection in connections:
        connection.close()


def test_a_meter_reaches_no_device_but_those_of_its_system(calha):
    calha.create_device("pump-1")
    with connect(calha) as connection:
        for meter in ("pump-1", "../pump-1", "1/../pump-1", -1, "sensorflow-x", ["1"], {"id": "1"}):
            report = {"id": meter, "consumption": 1.0, "datetime": "2026-01-01 00:00:00", "type": "/spent"}
            assert ask(connection, report) == b"None"
    assert post(calha, sensor_id="../pump-1") == 201
    calha.until_stored()
    assert calha.get("/api/v1/devices/pump-1")["channels"] == []
    (own,) = (key for key in keys(calha) if key.startswith("sensorflow-"))
    assert own.startswith("sensorflow-pump-1-"), "which no station named pump-1 has"


def test_a_meter_that_floods_has_to_wait_and_loses_nothing(calha):
    with connect(calha) as connection:
        many = [
            {"id": "1", "consumption": float(number), "datetime": f"2026-01-01 00:00:{number:02d}", "type": "/spent"}
            for number in range(8)
        ]
        connection.sendall(b"".join(json.dumps(one).encode() for one in many))
        told = b""
        while told.count(b"'alert'") < len(many):
            piece = connection.recv(65_536)
            assert piece, told
            told += piece
    calha.until_stored()
    assert calha.values("coiot-1", "energy") == [float(number) for number in range(8)]


def test_too_many_connections_are_cut_off_and_counted(calha):
    connections = [connect(calha) for _ in range(8)]
    for connection in connections:
        connection.settimeout(0.5)
    alive = 0
    for connection in connections:
        try:
            connection.sendall(b"GET /measurer/99 HTTP/1.1\r\n\r\n")
            alive += bool(connection.recv(4_096))
        except OSError:
            continue
    assert alive <= 5
    assert refused(calha, "too_many_connections") >= 3
    for connection in connections:
        connection.close()


def test_a_station_without_a_key_is_let_in_where_the_operator_says_so_and_not_without_end(calha):
    assert post(calha, sensor_id="../pump-1") == 201
    assert post(calha, sensor_id="second") == 201
    assert post(calha, sensor_id="third") == 403
    assert "sensorflow-third" not in keys(calha)
    answers = [post(calha, sensor_id="second") for _ in range(20)]
    assert set(answers) == {201, 429}, "and not as fast as it likes"
    assert post(calha, sensor_id="../pump-1") == 201, "which is nobody else's loss"
