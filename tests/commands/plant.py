"""A plant for tests: devices that take commands, each over its own transport, and whoever asks for them."""

import json
import queue
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from running import Calha

PROFILE = """
name: robot
title: {pt: Robô, en: Robot}
description: {pt: Um robô, en: A robot}
interval_s: 1
channels:
  - {key: speed, name: {pt: Velocidade, en: Speed}, unit: rpm}
  - key: state
    name: {pt: Estado, en: State}
    kind: state
    states: [{code: 0, text: {pt: parado, en: stopped}}, {code: 1, text: {pt: ligado, en: running}}]
commands:
  - key: start
    name: {pt: Ligar, en: Start}
    verify: {channel: state, equals: running, within_s: 15}
  - key: set
    name: {pt: Ajustar, en: Set}
    critical: true
    verify: {channel: speed, parameter: speed, tolerance: 5, within_s: 60}
    parameters: [{key: speed, name: {pt: Velocidade, en: Speed}, unit: rpm, minimum: 0, maximum: 3000}]
  - key: beep
    name: {pt: Apitar, en: Beep}
  - key: blast
    name: {pt: Explodir, en: Blast}
    critical: two_people
"""


class Plant:
    def __init__(self, calha: Calha) -> None:
        self.calha = calha

    def save_profile(self) -> int:
        return self.calha.send("PUT", "/api/v1/profiles/robot", PROFILE.encode(), "application/yaml")[0]

    def device(self, key: str) -> "Device":
        status, made = self.calha.send("POST", "/api/v1/devices", {"key": key, "profile": "robot"})
        assert status == 201, made
        return Device(self.calha, key, made["secret"])


@dataclass
class Device:
    calha: Calha
    key: str
    secret: str

    @property
    def path(self) -> str:
        return f"/api/v1/devices/{self.key}/commands"

    def ask(self, command: str, parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Ask for a command as whoever may do everything."""
        status, answer = self.calha.send(
            "POST", self.path, {"command": command, "parameters": parameters or {}, **more}
        )
        assert status == 201, answer
        return answer

    def command(self, command_id: str) -> dict[str, Any]:
        return self.calha.get(f"{self.path}/{command_id}")

    def until(self, command_id: str, state: str, within_s: float = 60.0) -> dict[str, Any]:
        """Wait for a state; the command."""
        deadline = time.monotonic() + within_s
        while (found := self.command(command_id))["state"] != state:
            assert time.monotonic() < deadline, f"{found['state']} instead of {state}: {found['history']}"
            time.sleep(0.05)
        return found

    def by_http(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """What Calha answers the device itself."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(self.calha.request(path, data, headers, method), timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def report(self, **values: float) -> None:
        assert self.by_http("POST", f"/api/v1/telemetry/{self.key}", values)[0] == 200

    def by_mqtt(self, is_persistent: bool = True) -> "MqttDevice":
        return MqttDevice(self, is_persistent)

    def by_tcp(self) -> "TcpDevice":
        return TcpDevice(self)


class MqttDevice:
    """A device on MQTT, with a session that outlives its connection unless told otherwise."""

    def __init__(self, device: Device, is_persistent: bool) -> None:
        self.device = device
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, device.key, clean_session=not is_persistent)
        self._client.username_pw_set(device.key, device.secret)
        self._client.on_connect = lambda *_: self._client.subscribe(f"calha/v1/{device.key}/commands", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.put(1)
        self._client.on_message = lambda _client, _data, message: self.orders.put(json.loads(message.payload))

    def __enter__(self) -> "MqttDevice":
        self._client.connect("127.0.0.1", self.device.calha.mqtt_port)
        self._client.loop_start()
        self._subscribed.get(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        time.sleep(0.5)  # until the server has noticed

    def next_order(self, within_s: float = 60.0) -> dict[str, Any]:
        return self.orders.get(timeout=within_s)

    def hears_nothing(self, for_s: float = 1.5) -> bool:
        try:
            self.orders.get(timeout=for_s)
        except queue.Empty:
            return True
        return False

    def reply(self, command_id: str, state: str, detail: str = "", qos: int = 1) -> None:
        self.publish(f"calha/v1/{self.device.key}/commands/{command_id}/reply", {"state": state, "detail": detail}, qos)

    def report(self, **values: float) -> None:
        self.publish(f"calha/v1/{self.device.key}/telemetry", values)

    def publish(self, topic: str, content: Any, qos: int = 1) -> None:
        payload = content if isinstance(content, bytes) else json.dumps(content)
        self._client.publish(topic, payload, qos).wait_for_publish(60)


class TcpDevice:
    def __init__(self, device: Device) -> None:
        self.device = device

    def __enter__(self) -> "TcpDevice":
        self._socket = socket.create_connection(("127.0.0.1", self.device.calha.tcp_port), timeout=60)
        self._lines = self._socket.makefile("rwb")
        assert self.say({"token": self.device.secret}) == {"ok": 0}
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def say(self, content: Any) -> dict[str, Any]:
        """Send a line; the line that comes next."""
        self._lines.write(json.dumps(content).encode() + b"\n")
        self._lines.flush()
        return self.next_line()

    def next_line(self) -> dict[str, Any]:
        return json.loads(self._lines.readline())
