"""External brokers, real ones: every message becomes readings once, whatever is killed, cut off or published."""

import json
import os
import signal
import subprocess
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import paho.mqtt.client as paho
import pytest
import trustme

from brokers import running_mosquitto
from calha.config.connectors import BrokerOptions
from calha.connectors.mqtt import where_of
from calha.domain.errors import InvalidConfiguration
from running import running_calha

ZONE = ZoneInfo("America/Sao_Paulo")
START = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
USER, PASSWORD = "calha", "senha do broker"
WITHIN_S = 60.0
_used_hours = iter(range(600))

ROUTES = [
    {"topic": "eta/dados", "format": "eta", "device": "eta-1"},
    {"topic": "plant/+/telemetry", "device": "pump-{2}"},
    {"topic": "fleet"},
]


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """A broker that speaks TLS and asks for a password."""
    folder = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    passwords = folder / "passwords"
    passwords.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), USER, PASSWORD], check=True, capture_output=True)
    lines = [
        f"cafile {folder}/ca.pem",
        f"certfile {folder}/cert.pem",
        f"keyfile {folder}/key.pem",
        "allow_anonymous false",
        f"password_file {passwords}",
    ]
    with running_mosquitto(folder, *lines) as broker:
        yield broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with running_mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(scope="module")
def calha(tmp_path_factory, broker, secured):
    tls = {"url": f"mqtts://localhost:{secured.port}", "ca": str(secured.folder / "ca.pem")}
    brokers = [
        {"name": "five", "url": broker.url, "routes": ROUTES},
        {"name": "three", "url": broker.url, "version": "3.1.1", "routes": [{"topic": "older/#", "device": "pump-3"}]},
        {"name": "shared", "url": broker.url, "routes": [{"topic": "$share/group/shared/+", "device": "pump-4"}]},
        {"name": "secured", **tls, "user": USER, "password": PASSWORD, "routes": [{"topic": "s", "device": "pump-5"}]},
        {"name": "stranger", **tls, "user": USER, "password": "errada", "routes": [{"topic": "s", "device": "pump-5"}]},
        {"name": "doubter", "url": f"mqtts://127.0.0.1:{secured.port}", "routes": [{"topic": "s", "device": "pump-5"}]},
        {"name": "nowhere", "url": "mqtt://127.0.0.1:9", "routes": [{"topic": "s", "device": "pump-5"}]},
    ]
    env = {"CALHA_CONNECTORS_MQTT": json.dumps(brokers), "CALHA_REGISTRY_ZONE": "America/Sao_Paulo"}
    with running_calha(tmp_path_factory.mktemp("brokers") / "data", env) as running:
        running.create_device("eta-1", "eta_gateway")
        for number in range(1, 7):
            running.create_device(f"pump-{number}")
        until(lambda: state(running, "five")["state"] == state(running, "secured")["state"] == "connected")
        yield running


def until(holds, what="it"):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def state(calha, name):
    return next(one for one in calha.get("/api/v1/status")["brokers"] if one["name"] == name)


def record(value, at=None):
    moment = at or START + timedelta(hours=next(_used_hours))
    return json.dumps({"ts": moment.isoformat(), "values": {"flow": value}}).encode()


def values(calha, device, channel="flow"):
    """Of a device that may have no such channel yet."""
    path = f"/api/v1/devices/{device}/readings?channel={channel}&resolution=raw&from=0946684800&to=4102444800"
    status, answer = calha.send("GET", path)
    return answer["series"][0]["value"] if status == 200 else []


def until_values(calha, device, expected, channel="flow"):
    until(lambda: len(values(calha, device, channel)) >= len(expected), f"{len(expected)} values of {device}")
    calha.until_stored()
    assert values(calha, device, channel) == expected


def reading(at, value):
    return {"timestamp": at.strftime("%Y-%m-%dT%H:%M:00"), "valores": {"VAZAO_SAIDA1": value}, "falha": False}


def test_topics_lead_to_devices_in_the_format_of_their_route(calha, broker):
    batch = [reading(START + timedelta(minutes=minute), 60.0 + minute) for minute in range(0, 60, 3)]
    broker.publish("eta/dados", json.dumps(batch).encode())
    broker.publish("plant/1/telemetry", record(1.5))
    named = [{"device": "pump-2", "ts": START.isoformat(), "values": {"flow": 2.5}}]
    broker.publish("fleet", json.dumps(named).encode())
    until_values(calha, "eta-1", [60.0 + minute for minute in range(0, 60, 3)], "flow_1")
    until_values(calha, "pump-1", [1.5])
    until_values(calha, "pump-2", [2.5])


def test_mqtt_3_and_shared_subscriptions_and_tls_with_a_password_work(calha, broker, secured):
    broker.publish("older/deep/topic", record(3.5))
    broker.publish("shared/a", record(4.5))
    secured.publish("s", record(5.5), tls=secured.folder / "ca.pem", user=USER, password=PASSWORD)
    until_values(calha, "pump-3", [3.5])
    until_values(calha, "pump-4", [4.5])
    until_values(calha, "pump-5", [5.5])


def test_a_broker_that_cannot_be_read_says_why_and_is_tried_for_ever(calha):
    expected = {"stranger": "ot authori", "doubter": "certificate verify failed", "nowhere": "refused"}
    for name, words in expected.items():
        until(lambda name=name: state(calha, name)["trouble"], name)
        assert words in state(calha, name)["trouble"], state(calha, name)
        assert state(calha, name)["state"] == "waiting"
    warned = [one["text"]["en"] for one in calha.get("/api/v1/status")["warnings"] if one["code"] == "broker_lost"]
    assert len(warned) == 3
    metrics = calha.get("/metrics", accept="text/plain").decode()
    assert 'calha_broker_up{broker="five"} 1' in metrics
    assert 'calha_broker_up{broker="nowhere"} 0' in metrics
    assert PASSWORD not in metrics + json.dumps(calha.get("/api/v1/status")) + calha.log.read_text()


def test_two_who_share_a_subscription_get_each_message_once(calha, broker):
    other: list[bytes] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    ready = []
    client.on_connect = lambda one, *_: one.subscribe("$share/group/shared/+", 1)
    client.on_subscribe = lambda *_: ready.append(True)
    client.on_message = lambda _, __, message: other.append(message.payload)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    until(lambda: ready, "the other subscription")
    before = len(values(calha, "pump-4"))
    broker.publish("shared/b", *[record(float(number)) for number in range(40)])
    until(lambda: len(other) + len(values(calha, "pump-4")) - before >= 40, "all messages")
    calha.until_stored()
    client.disconnect()
    client.loop_stop()
    assert 0 < len(other) < 40
    assert len(other) + len(values(calha, "pump-4")) - before == 40


def test_poison_is_kept_with_its_reason_and_harms_nobody(calha, broker):
    before = len(values(calha, "pump-1"))
    huge = b'{"values": {"flow": ' + b"1" * (1024 * 1024 + 1) + b"}}"
    broker.publish("plant/1/telemetry", b"\xff\xfe", b"[1, null", huge, record(7.5))
    broker.publish("plant/unknown/telemetry", record(8.5))
    until(lambda: len(values(calha, "pump-1")) == before + 1, "the good one")
    kept = calha.get("/api/v1/quarantine?device=pump-1&limit=100")["items"]
    assert {one["reason"] for one in kept} >= {"malformed", "too_large"}
    until(lambda: calha.get("/api/v1/quarantine?device=pump-unknown&limit=9")["items"], "the unknown device's")
    assert state(calha, "five")["state"] == "connected"


def test_what_is_published_while_calha_is_away_waits_in_the_session(calha, broker):
    before = values(calha, "pump-1")
    calha.stop()
    hours = [START + timedelta(hours=next(_used_hours)) for _ in range(300)]
    broker.publish("plant/1/telemetry", *[record(float(number), at) for number, at in enumerate(hours)])
    calha.start()
    until(lambda: len(values(calha, "pump-1")) >= len(before) + 300, "what waited")
    calha.until_stored()
    assert len(values(calha, "pump-1")) == len(before) + 300


def test_a_broker_that_is_killed_is_found_again(calha, broker):
    before = len(values(calha, "pump-1"))
    events = "/api/v1/events?limit=200"
    broker.publish("plant/1/telemetry", record(1.0))
    until(lambda: len(values(calha, "pump-1")) == before + 1)
    broker.kill()
    until(lambda: state(calha, "five")["state"] == "waiting", "the loss")
    broker.start()
    broker.publish("plant/1/telemetry", *[record(float(number)) for number in range(20)])
    until(lambda: len(values(calha, "pump-1")) == before + 21, "what came after")
    assert state(calha, "five")["trouble"] is None
    kinds = {one["kind"] for one in calha.get(events)["items"] if one["data"].get("broker") == "five"}
    assert kinds == {"broker_lost", "broker_back"}


def test_what_the_log_has_not_is_not_acknowledged_and_comes_again(calha, broker):
    before = len(values(calha, "pump-1"))
    server, sent = calha.processes()["log server"], broker.sent_to("calha-five")
    os.kill(server, signal.SIGSTOP)
    try:
        broker.publish("plant/1/telemetry", *[record(float(number)) for number in range(50)])
        until(lambda: broker.sent_to("calha-five") >= sent + 50, "their way to Calha, which can put them nowhere")
        broker.stop()  # it keeps what was not acknowledged
        broker.start()
    finally:
        os.kill(server, signal.SIGCONT)
    until(lambda: len(values(calha, "pump-1")) >= before + 50, "all of them")
    until(lambda: state(calha, "five")["state"] == "connected")
    calha.until_stored()
    assert len(values(calha, "pump-1")) == before + 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://broker"}, "url"),
        ({"routes": []}, "routes"),
        ({"name": "two words"}, "name"),
        ({"version": "4"}, "version"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_broker_that_cannot_be_is_refused_before_anything_starts(change, words):
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match=words):
        BrokerOptions.model_validate({"name": "a", "url": "mqtt://b", "routes": [{"topic": "t"}]} | change)


def test_files_that_are_not_there_and_ports_that_cannot_be_are_named(tmp_path):
    good = {"name": "a", "url": "mqtts://b", "routes": [{"topic": "t"}]}
    with pytest.raises(InvalidConfiguration, match=r"connectors\.mqtt a"):
        where_of(BrokerOptions.model_validate(good | {"ca": str(tmp_path / "none.pem")}))
    with pytest.raises(InvalidConfiguration, match=r"connectors\.mqtt a"):
        where_of(BrokerOptions.model_validate(good | {"url": "mqtt://b:99999"}))


def test_brokers_in_the_file_are_shown_without_their_passwords(tmp_path):
    from calha.config.loading import load

    file = tmp_path / "calha.toml"
    file.write_text(
        '[[connectors.mqtt]]\nname = "a"\nurl = "mqtt://b"\npassword = "segredo"\nroutes = [{topic = "t", device = "d"}]\n'
    )
    configuration = load(file=file)
    assert configuration.settings.connectors.mqtt[0].routes[0].device == "d"
    shown = [row for row in configuration.rows() if row[0] == "connectors.mqtt"]
    assert "segredo" not in str(shown)
    assert "mqtt://b" in str(shown)
