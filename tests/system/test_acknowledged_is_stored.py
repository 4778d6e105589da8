"""The first promise: what was acknowledged is stored, once, whichever process dies whenever."""

import http.client
import itertools
import json
import threading
import time
import urllib.request
from contextlib import suppress

import paho.mqtt.client as mqtt
import pytest

from running import Calha, running_calha

KILLS = 21
DEVICES_BY_MQTT = 6
PACE_S = 0.01
START = 1_769_860_800_000


class MqttSender(threading.Thread):
    """A paho client with QoS 1: it repeats by itself what was not acknowledged."""

    def __init__(self, calha: Calha, device: str) -> None:
        super().__init__(daemon=True)
        self.device, self.acknowledged, self.sent = device, set(), {}
        self.stopping = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device, clean_session=False)
        self.client.max_inflight_messages_set(20)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = lambda _c, _u, mid, _r, _p: self.acknowledged.add(self.sent[mid])
        self.client.connect("127.0.0.1", calha.mqtt_port, keepalive=5)
        self.client.loop_start()

    def run(self) -> None:
        for number in itertools.count():
            if self.stopping.is_set():
                break
            body = json.dumps({"ts": START + number, "values": {"n": number}})
            info = self.client.publish(f"calha/v1/{self.device}/telemetry", body, qos=1)
            self.sent[info.mid] = number
            time.sleep(PACE_S)
            while len(self.sent) - len(self.acknowledged) > 2_000 and not self.stopping.is_set():
                time.sleep(0.05)

    def finish(self) -> None:
        self.stopping.set()
        self.join()
        deadline = time.monotonic() + 60
        while len(self.acknowledged) < len(self.sent) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.client.disconnect()
        self.client.loop_stop()


class HttpSender(threading.Thread):
    """Posts one reading after the other, and each again until it is acknowledged."""

    def __init__(self, calha: Calha, device: str) -> None:
        super().__init__(daemon=True)
        self.device, self.acknowledged = device, set()
        self.stopping = threading.Event()
        self.url = f"{calha.address}/api/v1/telemetry/{device}"

    def run(self) -> None:
        for number in itertools.count():
            body = json.dumps({"ts": START + number, "values": {"n": number}}).encode()
            while not self.stopping.is_set():
                request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
                with suppress(OSError, http.client.IncompleteRead, ValueError):  # killed before its answer, or within
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        assert json.load(answer)["accepted"] == 1
                    self.acknowledged.add(number)
                    break
                time.sleep(0.1)
            if self.stopping.is_set():
                return
            time.sleep(PACE_S)

    def finish(self) -> None:
        self.stopping.set()
        self.join()


@pytest.mark.crash
def test_twenty_kills_lose_no_acknowledged_reading_and_store_none_twice(tmp_path):
    with running_calha(tmp_path / "data", {"CALHA_INGEST_MESSAGES_PER_S": "100000"}) as calha:
        devices = [f"m{n}" for n in range(DEVICES_BY_MQTT)] + ["h0", "h1"]
        for device in devices:
            calha.create_device(device)
        senders = [MqttSender(calha, device) for device in devices[:DEVICES_BY_MQTT]]
        senders += [HttpSender(calha, device) for device in devices[DEVICES_BY_MQTT:]]
        for sender in senders:
            sender.start()
        time.sleep(1)
        for name in itertools.islice(itertools.cycle(["log server", "core", "up"]), KILLS):
            calha.kill(name)
            time.sleep(1.3)
        calha.until_ready()
        time.sleep(2)
        for sender in senders:
            sender.finish()
        calha.until_stored()
        for sender in senders:
            stored = calha.values(sender.device, "n")
            assert len(sender.acknowledged) > 100, f"{sender.device} hardly sent anything"
            assert sender.acknowledged - {int(value) for value in stored} == set(), f"{sender.device} lost readings"
            assert len(stored) == len(set(stored)), f"{sender.device} has readings twice"
