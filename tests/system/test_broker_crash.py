"""An external broker is read while Calha's processes are killed: nothing that was published is lost, nothing is twice."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
import pytest

from brokers import running_mosquitto
from running import running_calha

pytestmark = [pytest.mark.crash, pytest.mark.serial]

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
WITHIN_S = 60.0


class Gateway(threading.Thread):
    """Publishes a counting value each few ms, as ETA gateways write it; `published` of them were acknowledged."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.published, self.goes_on = port, 0, True

    def run(self):
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        while self.goes_on:
            at = START + timedelta(seconds=self.published)
            reading = {"timestamp": at.isoformat(), "valores": {"CONTAGEM": float(self.published)}, "falha": False}
            client.publish("eta/dados", json.dumps(reading), 1).wait_for_publish(60)
            self.published += 1
            time.sleep(0.002)
        client.disconnect()
        client.loop_stop()


def test_a_killed_core_and_a_killed_log_server_lose_and_repeat_nothing(tmp_path):
    route = {"topic": "eta/dados", "format": "eta", "device": "contador"}
    with running_mosquitto(tmp_path / "broker") as broker:
        brokers = json.dumps([{"name": "planta", "url": broker.url, "routes": [route]}])
        with running_calha(tmp_path / "data", {"CALHA_CONNECTORS_MQTT": brokers}) as calha:
            calha.create_device("contador")
            until(lambda: calha.get("/api/v1/status")["brokers"][0]["state"] == "connected")
            gateway = Gateway(broker.port)
            gateway.start()
            for name in ("core", "log server", "core"):
                until_more(calha, gateway)
                calha.kill(name)
                calha.until_ready()
            until_more(calha, gateway)
            gateway.goes_on = False
            gateway.join(WITHIN_S)
            until(lambda: len(counted(calha)) >= gateway.published)
            calha.until_stored()
            assert counted(calha) == [float(number) for number in range(gateway.published)]


def counted(calha):
    status, answer = calha.send(
        "GET", "/api/v1/devices/contador/readings?channel=CONTAGEM&resolution=raw&from=0946684800"
    )
    return answer["series"][0]["value"] if status == 200 else []


def until_more(calha, gateway):
    """Wait until fifty more are published and some of them stored."""
    published, stored = gateway.published, len(counted(calha))
    until(lambda: gateway.published >= published + 50 and len(counted(calha)) > stored)


def until(holds):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
