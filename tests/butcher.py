"""DataButcher's pages and machines for tests, as byte by byte as they are: HTTP over sockets, paho for the machines."""

import http.client
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho

from ports import free_ports

WITHIN_S = 60.0
HEARTBEAT_S = 1.0
PASSWORD = "moinho azul 7"
SETTINGS = {"voltagem": 300, "velocidade": 1500, "temperatura": 80}


def environment(**more: str) -> dict[str, str]:
    (port,) = free_ports(1)
    prefix = "CALHA_COMPAT_DATABUTCHER_"
    given = {"enabled": "true", "port": str(port), "anonymous": "true"} | more
    return {f"{prefix}{name.upper()}": value for name, value in given.items()} | {"CALHA_DEVICES_ANONYMOUS": "false"}


def until(condition: Callable[[], Any], what: str) -> Any:
    """Its value, as soon as that is true."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen")


class Page:
    """A browser page of one user."""

    def __init__(self, calha, name: str = "") -> None:
        self.address = f"http://127.0.0.1:{calha.env['CALHA_COMPAT_DATABUTCHER_PORT']}"
        self.name = name
        self.token = ""
        if name:
            body = {"name": name, "password": PASSWORD, "company": "Açougue", "email": f"{name}@example.org"}
            assert self.ask("POST", "//api/auth/register", body)[0] == 201
            self.sign_in()

    def sign_in(self) -> dict[str, Any]:
        status, told = self.ask("POST", "//api/auth/login", {"nome_usuario": self.name, "senha": PASSWORD})
        assert status == 200, told
        self.token = told["token"]
        return told

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        status, content, _ = self.exchange(method, path, body, headers)
        return status, json.loads(content) if content else None

    def exchange(self, method, path, body=None, headers=None) -> tuple[int, bytes, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        known = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = urllib.request.Request(self.address + path, data, known | (headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers
        except http.client.IncompleteRead as error:  # who answered was killed meanwhile
            raise ConnectionResetError(str(error)) from error

    def link(self, code: str, name: str = "Moedor") -> tuple[int, Any]:
        return self.ask("POST", "/api/machines", {"nome_maquina": name, "codigo": code})

    def status(self, code: str) -> str | None:
        machines = self.ask("GET", "/api/machines")[1]["machines"]
        return next((one["status"] for one in machines if one["_id"] == code), None)


class Machine:
    """A machine's program: hears its commands, obeys, and tells its state on a topic, again and again; reports by HTTP."""

    def __init__(
        self, calha, code: str, *, topic="maquinas/{}/status", obeys=True, qos=0, user="", secret="", client_id=""
    ) -> None:
        self.code = code
        self.heard: list[dict[str, Any]] = []
        self.raw: list[tuple[str, bytes, int, bool]] = []
        self._topic, self._obeys, self._qos = topic.format(code), obeys, qos
        self._page = Page(calha)
        self._subscribed = threading.Event()
        self.refused = False
        self.client = _client(client_id or f"esp32-{code[-6:]}")
        if user:
            self.client.username_pw_set(user, secret)
        self.client.on_connect = lambda client, *_: client.subscribe(f"maquinas/{code}/comandos", qos)
        self.client.on_subscribe = self._note_subscription
        self.client.on_message = self._hear
        self.client.connect("127.0.0.1", calha.mqtt_port, keepalive=5)
        self.client.loop_start()
        assert self._subscribed.wait(WITHIN_S)
        self._state = ""
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    @staticmethod
    def knock(calha, client_id: str) -> str:
        """How one is answered who comes without a credential."""
        told: queue.Queue[str] = queue.Queue()
        client = _client(client_id)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: told.put(str(reason))
        client.connect("127.0.0.1", calha.mqtt_port, keepalive=5)
        client.loop_start()
        try:
            return told.get(timeout=WITHIN_S)
        finally:
            client.loop_stop()

    def _note_subscription(self, _client, _data, _mid, reasons, _properties) -> None:
        self.refused = any(reason.is_failure for reason in reasons)
        self._subscribed.set()

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            if self._state:
                self.publish(json.dumps({"state": self._state}).encode())

    def _hear(self, _client, _data, message) -> None:
        self.raw.append((message.topic, message.payload, message.qos, message.retain))
        told = json.loads(message.payload)
        self.heard.append(told)
        if self._obeys:
            self.say({"start": "iniciada", "stop": "parada"}[told["comando"]])

    def say(self, state: str) -> None:
        """Be in a state from now on."""
        self._state = state
        self.publish(json.dumps({"state": state}).encode())

    def publish(self, payload: bytes) -> Any:
        return self.client.publish(self._topic, payload, self._qos)

    def report(self, **more: Any) -> tuple[int, Any]:
        body = {"maquina_id": self.code, "tensao": 225.5, "vibracao": 2.1, "temperatura": 65.3, "rpm": 1500} | more
        return self._page.ask("POST", "/api/sensor-data", body)

    def stop(self) -> None:
        self._ended.set()
        self._heart.join()
        self.client.disconnect()
        self.client.loop_stop()


def _client(client_id: str) -> paho.Client:
    return paho.Client(paho.CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv311)


def register(calha, **more: Any) -> str:
    """The code of a new machine."""
    status, made = calha.send("POST", "/api/v1/databutcher/machines", {"maker": "Moinhos", "model": "M-200"} | more)
    assert status == 201, made
    return made["code"]
