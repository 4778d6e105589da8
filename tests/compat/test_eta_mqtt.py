"""The gateway's side of ETA flow over MQTT, on Calha's own port: unchanged programs, nothing lost, nothing twice."""

import json
import queue
import subprocess
import threading
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import paho.mqtt.client as paho
import pytest

ZONE = ZoneInfo("America/Sao_Paulo")
TOPICS = ["tcc/monitoramento", "eta/dados"]
DAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
_used_hours = iter(range(24 * 20))


def next_hour():
    """A local hour of the past month that no other test uses."""
    return DAY + timedelta(hours=next(_used_hours))


def reading(hour, minute, first, second=61.0, failed=False):
    """As the gateway writes it: local time without a zone, seconds forced to 0."""
    stamp = (hour + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:00")
    return {"timestamp": stamp, "valores": {"VAZAO_SAIDA1": first, "VAZAO_SAIDA2": second}, "falha": failed}


def publish(calha, payload, topic=TOPICS[0], qos=0, user="raspberry", password="senha-do-gateway"):
    """What the gateway does once an hour: connect with its user, publish, wait for it, go."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.username_pw_set(user, password)
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    client.publish(topic, body, qos).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def stored(calha, hour, channel="flow_1"):
    """(value, quality) of the readings of an hour, by time."""
    since, until = int(hour.timestamp()), int(hour.timestamp()) + 3_600
    path = f"/api/v1/devices/eta-1/readings?channel={channel}&resolution=raw&from={since}&to={until}"
    series = calha.get(path)["series"][0]
    return list(zip(series["value"], series["quality"], strict=True))


def until_received(calha, count, since):
    """Wait until so many readings more than `since` have reached their counter."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ingest = calha.until_stored()
        if ingest["received"] - since >= count:
            return ingest
        time.sleep(0.05)
    raise AssertionError(f"{count} readings did not arrive: {ingest}")


@pytest.fixture
def before(eta):
    return eta.until_stored()["received"]


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("qos", [0, 1])
def test_the_hourly_array_is_stored_as_local_time(eta, before, topic, qos):
    hour = next_hour()
    publish(eta, [reading(hour, minute, 60.0 + minute) for minute in range(0, 60, 3)], topic, qos)
    until_received(eta, 40, before)
    assert stored(eta, hour) == [(60.0 + minute, "good") for minute in range(0, 60, 3)]
    assert len(stored(eta, hour, "flow_2")) == 20


def test_a_single_object_is_taken_as_well(eta, before):
    hour = next_hour()
    publish(eta, reading(hour, 7, 70.5))
    until_received(eta, 2, before)
    assert stored(eta, hour) == [(70.5, "good")]


def test_the_same_batch_twice_in_any_order_is_stored_once(eta, before):
    hour = next_hour()
    batch = [reading(hour, minute, 50.0 + minute) for minute in range(0, 60, 3)]
    publish(eta, batch, qos=1)
    publish(eta, batch[::-1], qos=1)
    counted = until_received(eta, 80, before)
    assert len(stored(eta, hour)) == 20
    assert counted["duplicate"] >= 40


def test_a_failed_reading_is_no_zero_in_any_mean(eta, before):
    hour = next_hour()
    batch = [reading(hour, 0, 60.0), reading(hour, 3, 0.0, 0.0, failed=True), reading(hour, 6, 64.0)]
    publish(eta, batch)
    until_received(eta, 6, before)
    assert stored(eta, hour) == [(60.0, "good"), (0.0, "bad"), (64.0, "good")]
    since = int(hour.timestamp())
    path = f"/api/v1/devices/eta-1/readings?channel=flow_1&resolution=1h&from={since}&to={since + 3600}"
    assert eta.get(path)["series"][0]["value"] == [62.0]


def test_a_late_batch_corrects_the_past_and_not_the_latest_value(eta, before):
    early, late = next_hour(), next_hour()
    publish(eta, [reading(late, 0, 71.0)], qos=1)
    publish(eta, [reading(early, 0, 31.0)], qos=1)
    until_received(eta, 4, before)
    assert stored(eta, early) == [(31.0, "good")]
    latest = {one["channel"]: one["value"] for one in eta.get("/api/v1/latest?device=eta-1")["items"]}
    assert latest["flow_1"] != 31.0


def test_earlier_gateways_are_understood(eta, before):
    hour = next_hour()
    flat = {
        "timestamp": hour.strftime("%Y-%m-%dT%H:%M:10"),
        "vazao_entrada": 121.5,
        "vazao_saida": 60.25,
        "nivel": "erro: BadNodeIdUnknown",
        "bomba_ativa": True,
        "status": "OK",
        "hora": "08:00:10",
    }
    mean = {"data": hour.isoformat()[:19], "tipo_sensor": "VAZAO_SAIDA1", "media_valor": 62.5, "falha": False}
    publish(eta, flat)
    publish(eta, {"tipo": "HORA", "dados": [mean | {"dispositivo": "CLP"}]})
    until_received(eta, 5, before)
    assert stored(eta, hour) == [(60.25, "good")]
    assert stored(eta, hour, "inflow") == [(121.5, "good")]
    assert stored(eta, hour, "pump") == [(1.0, "good")]
    assert stored(eta, hour, "level") == [(None, "bad")]
    assert stored(eta, hour, "flow_1_hour_mean") == [(62.5, "good")]


def test_a_node_that_is_added_at_the_gateway_becomes_a_channel(eta, before):
    hour = next_hour()
    publish(eta, {"timestamp": hour.isoformat()[:19], "valores": {"CLORO": 1.5}, "falha": False})
    until_received(eta, 1, before)
    assert stored(eta, hour, "CLORO") == [(1.5, "good")]


def test_poison_is_kept_and_harms_nobody(eta, before):
    hour = next_hour()
    for poison in (b"\xff\xfe", b"[1, null", b'{"timestamp": "amanha", "valores": {"VAZAO_SAIDA1": 1}}'):
        publish(eta, poison, qos=1)
    publish(eta, [reading(hour, 0, 44.0), "lixo"], qos=1)
    until_received(eta, 6, before)
    assert stored(eta, hour) == [(44.0, "good")]
    kept = eta.get("/api/v1/quarantine?device=eta-1&limit=100")["items"]
    assert len(kept) >= 4
    assert {one["topic"] for one in kept} == {TOPICS[0]}


def test_a_stranger_is_refused_and_a_guest_stays_on_his_topics(eta, before):
    arguments = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(eta.mqtt_port), "-q", "1", "-m", "{}"]
    wrong = subprocess.run([*arguments, "-t", "eta/dados", "-u", "raspberry", "-P", "errada"], capture_output=True)
    assert b"not authorised" in wrong.stderr.lower()
    assert b"not authorised" in subprocess.run([*arguments, "-t", "eta/dados"], capture_output=True).stderr.lower()
    hour = next_hour()
    foreign = json.dumps({"ts": int(hour.timestamp()), "values": {"flow_1": 1}}).encode()
    publish(eta, foreign, "calha/v1/eta-1/telemetry", qos=0)
    publish(eta, reading(hour, 30, 66.0), qos=1)
    until_received(eta, 2, before)
    assert stored(eta, hour) == [(66.0, "good")]


def test_a_program_that_listens_to_the_topic_still_hears_it(eta):
    heard: queue.Queue[bytes] = queue.Queue()
    subscribed = threading.Event()
    listener = paho.Client(paho.CallbackAPIVersion.VERSION2)
    listener.username_pw_set("raspberry", "senha-do-gateway")
    listener.on_connect = lambda client, *_: client.subscribe("eta/dados")
    listener.on_subscribe = lambda *_: subscribed.set()
    listener.on_message = lambda _, __, message: heard.put(message.payload)
    listener.connect("127.0.0.1", eta.mqtt_port)
    listener.loop_start()
    assert subscribed.wait(30)
    publish(eta, reading(next_hour(), 0, 65.0), "eta/dados")
    assert b"VAZAO_SAIDA1" in heard.get(timeout=30)
    listener.disconnect()
    listener.loop_stop()
