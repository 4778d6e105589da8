"""Meters of Hidrômetro Inteligente for tests: what their firmware says, with a real MQTT client."""

import json
import queue
import threading
import time
from contextlib import contextmanager
from typing import Any

import engineio
import paho.mqtt.client as mqtt
import socketio
from paho.mqtt.enums import CallbackAPIVersion

from ports import free_ports
from running import Calha, running_calha


@contextmanager
def running_hidrometro(folder, **settings):
    """A Calha with this system switched on, for meters without a password; further settings by their name."""
    ports = dict(zip(("PORT", "MQTT_PORT"), free_ports(2), strict=True))
    given = (
        {"ENABLED": "true", "ANONYMOUS_METERS": "true"} | ports | {key.upper(): one for key, one in settings.items()}
    )
    env = {f"CALHA_COMPAT_HIDROMETRO_{key}": str(value) for key, value in given.items()}
    with running_calha(folder, env | {"CALHA_DEVICES_ANONYMOUS": "false"}) as running:
        running.meter_port, running.page_port = ports["MQTT_PORT"], ports["PORT"]
        yield running


class _InOrder(engineio.Client):
    """One message after another; the original starts a thread for each, and they overtake each other."""

    def _trigger_event(self, event, *args, **options):
        return super()._trigger_event(event, *args, **options | {"run_async": False})


class PageClient(socketio.Client):
    """A page's connection, which hears events in the order in which they were sent."""

    def _engineio_client_class(self):
        return _InOrder


class Meter:
    """As the firmware connects: client id of the chip, clean session, keep-alive of 15 s, commands with QoS 0."""

    def __init__(
        self,
        port: int,
        client_id: str = "hidrometro-a4cf12ef",
        family: str = "hidrometro/leandro",
        password: str = "",
        qos: int = 0,
        clean: bool = True,
    ) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.refused: queue.Queue[Any] = queue.Queue()
        self.granted: queue.Queue[list[int]] = queue.Queue()
        self.acknowledged: set[int] = set()
        self.family = family
        self._port = port
        self._there = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean)
        self.client.reconnect_delay_set(1, 2)
        if password:
            self.client.username_pw_set("meter", password)

        def connected(client, _data, _flags, code, _properties):
            if code.is_failure:
                self.refused.put(str(code))
            else:
                client.subscribe(f"{family}/cmd", qos)

        def subscribed(_client, _data, _mid, codes, _properties):
            self.granted.put([code.value for code in codes])
            self._there.set()

        self.client.on_connect = connected
        self.client.on_subscribe = subscribed
        self.client.on_publish = lambda _client, _data, mid, *_: self.acknowledged.add(mid)
        self.client.on_disconnect = lambda *_: self._there.clear()
        self.client.on_message = lambda _client, _data, message: self.orders.put(json.loads(message.payload))

    def __enter__(self) -> "Meter":
        self.client.connect("127.0.0.1", self._port, keepalive=15)
        self.client.loop_start()
        self.until_there()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def until_there(self, within_s: float = 60.0) -> None:
        assert self._there.wait(within_s), "not connected and subscribed"

    def say(self, said: Any, qos: int = 1, topic: str | None = None) -> mqtt.MQTTMessageInfo:
        """Publish without waiting for anything."""
        payload = said if isinstance(said, bytes) else json.dumps(said)
        return self.client.publish(topic or f"{self.family}/dados", payload, qos)

    def report(self, qos: int = 1, **said: Any) -> None:
        """Publish, and with QoS 1 and 2 wait until it is acknowledged."""
        self.say(said, qos).wait_for_publish(60)

    def next_order(self, within_s: float = 60.0) -> dict[str, Any]:
        return self.orders.get(timeout=within_s)

    def hears_nothing(self, for_s: float = 1.0) -> bool:
        try:
            self.orders.get(timeout=for_s)
        except queue.Empty:
            return True
        return False


def until(condition, within_s: float = 60.0, what: str = "it did not come about"):
    """The first true value of a condition."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


def kept(calha: Calha, reason: str) -> list[dict[str, Any]]:
    """What quarantine has of this system for a reason."""
    found = calha.get(f"/api/v1/quarantine?limit=500&reason={reason}")["items"]
    return [one for one in found if one["transport"] == "hidrometro"]
