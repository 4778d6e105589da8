"""What the demo switches on: all five replaced systems beside one another, for this machine alone."""

import json
import socket
import urllib.request

import paho.mqtt.client as paho
import pytest

from calha.cli.demo_compat import addresses, free_port, switched_on
from calha.config.keys import environment_name
from calha.config.loading import load
from edge_parts import until
from running import Calha, ended_afterwards

SYSTEMS = {"coiot", "sensorflow", "eta", "hidrometro", "databutcher"}


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Without a configuration of whoever runs the test."""
    monkeypatch.chdir(tmp_path)


def enabled(settings):
    return {name for name, section in settings.compat if section.enabled}


def test_all_are_on_for_this_machine_and_on_ports_of_their_own(nowhere):
    settings = load(switched_on(load())).settings
    assert enabled(settings) == SYSTEMS
    assert {section.host for _, section in settings.compat} == {"127.0.0.1"}
    ports = [getattr(section, key) for _, section in settings.compat for key in section.ports if getattr(section, key)]
    assert len(ports) == len(set(ports)) == len(SYSTEMS) + 1
    assert next(name for name, _ in addresses(settings)) == "COIOT"


def test_what_the_operator_has_configured_stays(nowhere):
    given = {"compat.eta.enabled": False, "compat.databutcher.port": 5999}
    settings = load(given | switched_on(load(given))).settings
    assert enabled(settings) == SYSTEMS - {"eta", "databutcher"}


def test_nobody_is_let_in_without_a_credential_where_others_reach_the_port(nowhere):
    given = {"mqtt.host": "0.0.0.0"}
    compat = load(given | switched_on(load(given))).settings.compat
    assert not (compat.eta.mqtt_anonymous or compat.databutcher.anonymous or compat.hidrometro.anonymous_meters)


def test_a_port_that_somebody_has_is_left_to_him():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert free_port(port, set()) > port
        assert free_port(port, {port + 1}) > port + 1


@pytest.fixture
def five(nowhere, tmp_path):
    """A Calha with what the demo switches on."""
    running = Calha(tmp_path / "data")
    given = switched_on(load({"mqtt.port": running.mqtt_port, "http.port": running.http_port}))
    running.env = {environment_name(key): str(value) for key, value in given.items()}
    running.compat = load(given).settings.compat
    with ended_afterwards(running):
        running.start()
        yield running


def post(port, path, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def publish(port, topic, body):
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, json.dumps(body), 1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_a_device_of_each_is_heard_beside_the_others(five):
    compat = five.compat
    with socket.create_connection(("127.0.0.1", compat.coiot.port), 30) as meter:
        report = {"id": "1", "consumption": 1.0, "datetime": "2026-01-31 10:00:00", "type": "/spent"}
        meter.sendall(json.dumps(report).encode())
        assert b"'consumption': 1.0" in meter.recv(1000)
    station = {"temperature": 70.0, "pressure": 2.0, "concentration": 1.5, "flow": 9.0}
    assert post(compat.sensorflow.port, "/api/sensor_data", station) == 201
    machine = {"maquina_id": "moedor_001", "tensao": 220.0, "vibracao": 1.0, "temperatura": 40.0, "rpm": 1500}
    assert post(compat.databutcher.port, "/dados", machine) == 200
    plant = {"timestamp": "2026-01-31T10:00:00", "valores": {"VAZAO_SAIDA1": 60.0}, "falha": False}
    publish(five.mqtt_port, "eta/dados", plant)
    publish(compat.hidrometro.mqtt_port, "hidrometro/dados", {"totalLiters": 10.0, "flowLmin": 1.0})
    expected = {"sensorflow_station", "machine", "eta_gateway", "hidrometro_meter", "energy_meter"}
    until(lambda: expected <= reporting(five), "readings of all five")


def reporting(calha):
    """Profiles of the devices whose readings are stored."""
    profiles = {one["key"]: one["profile"] for one in calha.get("/api/v1/devices?limit=100")["items"]}
    return {profiles[one["device"]] for one in calha.get("/api/v1/latest")["items"]}
