"""Calha with `log.url`: on a NATS server that somebody else runs, with JetStream and MQTT, which lets devices in itself."""

import json
import os
import queue
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

import paho.mqtt.client as paho
import pytest

from calha.log.child import find_program
from ports import free_ports
from running import Calha, ended_afterwards

pytestmark = pytest.mark.slow

WITHIN_S = 60.0


class Nats:
    """A real nats-server with two users: Calha, who may do everything, and a meter, who has the rights of its topics."""

    def __init__(self, folder):
        self.folder = folder
        self.port, self.mqtt_port = free_ports(2)
        self._process = None

    def start(self):
        self.folder.mkdir(exist_ok=True)
        configuration = self.folder / "nats.conf"
        configuration.write_text(f"""
            server_name: plant
            listen: "127.0.0.1:{self.port}"
            jetstream {{ store_dir: "{self.folder}/store" }}
            mqtt {{ listen: "127.0.0.1:{self.mqtt_port}" }}
            authorization {{ users: [
                {{ user: calha, password: quiet-hub }}
                {{ user: meter-1, password: quiet-meter, permissions: {{
                    publish: ["calha.v1.meter-1.telemetry", "calha.v1.meter-1.commands.*.reply"]
                    subscribe: ["calha.v1.meter-1.commands"] }} }}
            ] }}
        """)
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([find_program(None), "-c", str(configuration)], stdout=log, stderr=log)
        for port in (self.port, self.mqtt_port):
            until(lambda port=port: listens(port))

    def end(self, how=signal.SIGTERM):
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, how)
        self._process.wait()


@pytest.fixture
def nats(tmp_path):
    server = Nats(tmp_path / "nats")
    server.start()
    yield server
    server.end()


def test_readings_and_commands_pass_through_it_and_its_death_loses_nothing(nats, tmp_path):
    with calha_on(nats, tmp_path / "data") as calha:
        assert "log server" not in calha.processes()
        calha.create_device("meter-1", "water_meter")
        with meter(nats) as (client, orders):
            publish(client, 1000, 1.5)
            until(lambda: calha.values("meter-1", "total") == [1.5])
            status, asked = calha.send(
                "POST", "/api/v1/devices/meter-1/commands", {"command": "setInterval", "parameters": {"seconds": 60}}
            )
            assert status == 201, asked
            order = orders.get(timeout=WITHIN_S)
            assert (order["id"], order["parameters"]) == (asked["id"], {"seconds": 60})
            reply = client.publish(f"calha/v1/meter-1/commands/{order['id']}/reply", b'{"state": "executed"}', 1)
            reply.wait_for_publish(WITHIN_S)
            until(lambda: calha.get(f"/api/v1/devices/meter-1/commands/{asked['id']}")["state"] == "executed")
        nats.end(signal.SIGKILL)
        until(lambda: not is_ready(calha))
        nats.start()
        until(lambda: is_ready(calha))
        with meter(nats) as (client, _):
            publish(client, 2000, 2.5)
        until(lambda: calha.values("meter-1", "total") == [1.5, 2.5])
        assert calha.stop() == 0
        calha.start()
        assert calha.values("meter-1", "total") == [1.5, 2.5]
        status = calha.get("/api/v1/status")
        assert (status["ingest"]["received"], status["ingest"]["quarantined"]) == (0, {})
        assert b"calha_" in calha.get("/metrics")


def test_mqtt_that_is_not_found_is_told_and_all_else_goes_on(nats, tmp_path):
    nats.mqtt_port = free_ports(1)[0]
    with calha_on(nats, tmp_path / "data") as calha:
        calha.create_device("meter-1", "water_meter")
        reading = {"ts": 1_769_860_800_000, "values": {"total": 1.5}}
        assert calha.send("POST", "/api/v1/telemetry/meter-1", reading)[0] == 200
        until(lambda: calha.values("meter-1", "total") == [1.5])
        assert "is not heard" in calha.log.read_text()


@contextmanager
def calha_on(nats, folder):
    calha = Calha(folder, {"CALHA_LOG_URL": f"nats://calha:quiet-hub@127.0.0.1:{nats.port}"})
    calha.mqtt_port = nats.mqtt_port
    with ended_afterwards(calha):
        calha.start()
        yield calha


@contextmanager
def meter(nats):
    """(a connected client of the meter, the orders that reach it)"""
    orders = queue.Queue()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="meter-1")
    client.username_pw_set("meter-1", "quiet-meter")
    client.on_message = lambda _client, _data, message: orders.put(json.loads(message.payload))
    client.connect("127.0.0.1", nats.mqtt_port)
    client.loop_start()
    client.subscribe("calha/v1/meter-1/commands", 1)
    yield client, orders
    client.disconnect()
    client.loop_stop()


def publish(client, second, total):
    told = client.publish(
        "calha/v1/meter-1/telemetry", json.dumps({"ts": 1_769_860_800_000 + second, "values": {"total": total}}), 1
    )
    told.wait_for_publish(WITHIN_S)
    assert told.is_published()


def is_ready(calha):
    with suppress(OSError), calha.open(f"{calha.address}/readyz", timeout=5):
        return True
    return False


def listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(holds):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
