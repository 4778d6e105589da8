"""Devices of replaced systems while processes die under them: what was answered is there, once, in its order.

DataButcher's and Hidrômetro's are tested with their own; here are those of COIOT, SensorFlow and ETA flow, at one Calha.
"""

import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import paho.mqtt.client as paho
import pytest

from ports import free_ports
from running import running_calha

pytestmark = pytest.mark.crash

KILLS = ("core", "log server", "up")
HOST, WITHIN_S = "127.0.0.1", 60
BEGAN = int(time.time()) - 43_200  # each report is a second later, and none may lie in the future
EVERY_S = 0.02


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    coiot, sensorflow, eta = free_ports(3)
    env = {
        "CALHA_COMPAT_COIOT_ENABLED": "true",
        "CALHA_COMPAT_COIOT_PORT": str(coiot),
        "CALHA_COMPAT_SENSORFLOW_ENABLED": "true",
        "CALHA_COMPAT_SENSORFLOW_PORT": str(sensorflow),
        "CALHA_COMPAT_SENSORFLOW_ANONYMOUS": "true",
        "CALHA_COMPAT_ETA_ENABLED": "true",
        "CALHA_COMPAT_ETA_PORT": str(eta),
        "CALHA_COMPAT_ETA_MQTT_ANONYMOUS": "true",
        "CALHA_DEVICES_ANONYMOUS": "false",
        "CALHA_REGISTRY_ZONE": "America/Sao_Paulo",
        "CALHA_INGEST_MESSAGES_PER_S": "10000",
    }
    with running_calha(tmp_path_factory.mktemp("losses") / "data", env) as running:
        running.coiot_port, running.flow_port = coiot, sensorflow
        yield running


def local(second):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(BEGAN - 3 * 3_600 + second))


class Device:
    """Reports 1, 2, 3 …, waits for each answer, and goes on after a cut; `answered` and `sent` are what it knows."""

    def __init__(self, calha):
        self.answered: list[int] = []
        self.sent = 0
        self._calha = calha
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def end(self):
        self._ended.set()
        self._thread.join(WITHIN_S)
        assert not self._thread.is_alive()

    def _run(self):
        while not self._ended.is_set():
            with suppress(OSError):  # then it tries again
                self._report()
            time.sleep(EVERY_S)


class Meter(Device):
    """COIOT: says what was not answered again, with the same time, under the number that it got at first."""

    meter = None
    _connection = None

    def _report(self):
        try:
            if self._connection is None:
                self._connection = socket.create_connection((HOST, self._calha.coiot_port), WITHIN_S)
            if self.meter is None:
                self.meter = self._ask(b'{"id": 0}').decode()
            number = len(self.answered) + 1
            report = {"id": self.meter, "consumption": float(number), "datetime": local(number), "type": "/spent"}
            if b"'alert'" in self._ask(json.dumps(report).encode()):
                self.answered.append(number)
        except OSError:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            raise

    def _ask(self, said):
        self._connection.sendall(said)
        told = self._connection.recv(4_096)
        if not told:
            raise ConnectionResetError
        return told


class Station(Device):
    """SensorFlow: never sends a reading again, and opens a connection for each."""

    def _report(self):
        self.sent += 1
        body = json.dumps(
            {"temperature": 20, "pressure": 1, "concentration": 2, "flow": self.sent, "sensor_id": "loss"}
        )
        head = f"POST /api/sensor_data HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        number = self.sent
        with socket.create_connection((HOST, self._calha.flow_port), WITHIN_S) as connection:
            connection.sendall(f"{head}Content-Type: application/json\r\n\r\n{body}".encode())
            if connection.recv(1_023).startswith(b"HTTP/1.1 201"):
                self.answered.append(number)


class Gateway(Device):
    """ETA flow: batches with QoS 1, of which the broker's client sends again what was not acknowledged."""

    def __init__(self, calha):
        super().__init__(calha)
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "raspberry", clean_session=False)
        self._client.reconnect_delay_set(1, 1)

    def start(self):
        self._client.connect(HOST, self._calha.mqtt_port)
        self._client.loop_start()
        return super().start()

    def end(self):
        super().end()
        self._client.disconnect()
        self._client.loop_stop()

    def _report(self):
        first = len(self.answered)
        batch = [
            {
                "timestamp": local(number)[:10] + "T" + local(number)[11:],
                "valores": {"VAZAO_SAIDA1": number},
                "falha": False,
            }
            for number in range(first + 1, first + 4)
        ]
        info = self._client.publish("tcc/monitoramento", json.dumps(batch), 1)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise ConnectionError  # the client will send it all the same, and it counts once
        while not info.is_published() and not self._ended.is_set():
            info.wait_for_publish(60)
        if info.is_published():
            self.answered += range(first + 1, first + 4)


def until(condition, what):
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def test_what_was_answered_is_stored_once_while_each_process_is_killed(calha):
    devices = [Meter(calha).start(), Station(calha).start(), Gateway(calha).start()]
    for name in KILLS:
        before = [len(device.answered) for device in devices]
        calha.kill(name)
        for device, count in zip(devices, before, strict=True):
            until(
                lambda d=device, c=count: len(d.answered) > c + 10, f"{type(device).__name__} after {name} was killed"
            )
    for device in devices:
        device.end()
    calha.until_ready()
    meter, station, gateway = devices
    until(lambda: len(calha.values("eta-1", "flow_1")) >= len(gateway.answered), "what is read behind its PUBACK")
    calha.until_stored()
    reported = calha.values(f"coiot-{meter.meter}", "energy")
    assert reported[: len(meter.answered)] == meter.answered
    assert len(reported) <= len(meter.answered) + 1, "one may be on disk whose answer was lost"
    measured = calha.values("sensorflow-loss", "flow")
    assert len(measured) == len(set(measured)), "nothing twice"
    assert set(station.answered) <= set(measured) <= set(range(1, station.sent + 1))
    flows = calha.values("eta-1", "flow_1")
    assert flows[: len(gateway.answered)] == gateway.answered
    assert len(flows) <= len(gateway.answered) + 3, "a batch may be on disk whose PUBACK was lost"


def test_an_hour_that_arrives_late_and_twice_corrects_the_past_and_nothing_else(calha):
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.connect(HOST, calha.mqtt_port)
    client.loop_start()
    hour = datetime.fromtimestamp(BEGAN - 86_400, UTC).replace(minute=0, second=0, microsecond=0)
    at = [datetime.fromtimestamp(hour.timestamp() - 3 * 3_600 + 180 * number, UTC) for number in range(20)]
    batch = [
        {"timestamp": f"{one:%Y-%m-%dT%H:%M:00}", "valores": {"VAZAO_SAIDA2": 60 + number}, "falha": False}
        for number, one in enumerate(at)
    ]
    latest = {"timestamp": local(0)[:10] + "T" + local(0)[11:], "valores": {"VAZAO_SAIDA2": 1}, "falha": False}
    for said in (latest, batch, batch):
        client.publish("eta/dados", json.dumps(said), 1).wait_for_publish(WITHIN_S)
    client.disconnect()
    client.loop_stop()
    until(lambda: len(calha.values("eta-1", "flow_2")) >= 21, "the batches, which are read behind their PUBACK")
    assert calha.until_stored()
    assert calha.values("eta-1", "flow_2") == [*(60 + number for number in range(20)), 1]
    newest = calha.get("/api/v1/latest?device=eta-1")["items"]
    assert [one["value"] for one in newest if one["channel"] == "flow_2"] == [1]
