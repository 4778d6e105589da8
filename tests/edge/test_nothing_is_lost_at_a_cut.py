"""What was acknowledged at a gateway is stored at the hub, once, whatever is cut or killed between them."""

import asyncio
import itertools
import json
import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial

import paho.mqtt.client as mqtt
import pytest

from edge_parts import (
    GATEWAY,
    Edge,
    Hub,
    Line,
    line_to,
    logged_readings,
    parcels_of,
    reading,
    running_edge,
    running_hub,
    until,
)

CUTS = 50
KILL_EVERY = 5
PACE_S = 0.02
INFLIGHT = 20
START_MS = 1_769_860_800_000
END_US = 1_769_900_000_000_000


class MqttSender(threading.Thread):
    """A paho client with QoS 1: it repeats by itself what was not acknowledged."""

    def __init__(self, port: int, device: str) -> None:
        super().__init__(daemon=True)
        self.device, self.sent, self.connects = device, {}, 0
        self._acknowledged: list[int] = []  # by message id, which may be heard of before `publish` returns it
        self.stopping = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device, clean_session=False)
        self.client.max_inflight_messages_set(INFLIGHT)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_publish = lambda _c, _u, mid, _r, _p: self._acknowledged.append(mid)
        self.client.connect("127.0.0.1", port, keepalive=5)
        self.client.loop_start()

    @property
    def acknowledged(self) -> set[int]:
        return {self.sent[mid] for mid in list(self._acknowledged) if mid in self.sent}

    def _connected(self, *_: object) -> None:
        self.connects += 1

    def run(self) -> None:
        for number in itertools.count():
            if self.stopping.is_set():
                break
            info = self.client.publish(f"calha/v1/{self.device}/telemetry", reading(number, START_MS + number), qos=1)
            self.sent[info.mid] = number
            time.sleep(PACE_S)
            while len(self.sent) - len(self._acknowledged) > 1_000 and not self.stopping.is_set():
                time.sleep(0.05)

    def finish(self) -> None:
        self.stopping.set()
        self.join()
        until(lambda: len(self.acknowledged) == len(self.sent), "everything is acknowledged")
        self.client.disconnect()
        self.client.loop_stop()


class TcpSender(threading.Thread):
    """Sends one line after the other, and each again until it is acknowledged."""

    def __init__(self, port: int, device: str) -> None:
        super().__init__(daemon=True)
        self.device, self.acknowledged, self.repeats = device, set(), 0
        self.stopping = threading.Event()
        self._port = port

    def run(self) -> None:
        numbers = itertools.count()
        number = next(numbers)
        while not self.stopping.is_set():
            with suppress(OSError, ValueError), socket.create_connection(("127.0.0.1", self._port), timeout=10) as link:
                stream = link.makefile("rwb")
                while not self.stopping.is_set():
                    line = {"device": self.device, "ts": START_MS + number, "values": {"n": number}}
                    stream.write(json.dumps(line).encode() + b"\n")
                    stream.flush()
                    if json.loads(stream.readline()).get("ok") == 1:
                        self.acknowledged.add(number)
                        number = next(numbers)
                    time.sleep(PACE_S)
            self.repeats += 1
            time.sleep(0.1)

    def finish(self) -> None:
        self.stopping.set()
        self.join()


@pytest.mark.crash
@pytest.mark.serial
def test_fifty_cuts_and_kills_of_both_ends_lose_nothing_and_repeat_nothing(tmp_path):
    chance = random.Random(7)
    plenty = {"CALHA_INGEST_MESSAGES_PER_S": "100000"}
    with running_hub(tmp_path / "hub", plenty) as hub:
        secret = hub.create_gateway()
        for device in ("m0", "m1", "t0"):
            hub.create_behind(device)
        with line_to(hub.leaf_port) as line, running_edge(tmp_path / "edge", line.port, secret, plenty) as edge:
            senders = [
                MqttSender(edge.mqtt_port, "m0"),
                MqttSender(edge.mqtt_port, "m1"),
                TcpSender(edge.tcp_port, "t0"),
            ]
            for sender in senders:
                sender.start()
            _cut_and_kill(line, edge, hub, chance)
            for sender in senders:
                sender.finish()
            for sender in senders:
                assert len(sender.acknowledged) > 100, f"{sender.device} hardly sent anything"
                until(partial(_has, hub, sender), f"the hub has all of {sender.device}")
                stored = hub.numbers(sender.device)
                assert len(stored) == len(set(stored)), f"{sender.device} has readings twice"
            asyncio.run(_compare(edge, hub, senders))


def _has(hub: Hub, sender: MqttSender | TcpSender) -> bool:
    return sender.acknowledged <= set(hub.numbers(sender.device))


def _cut_and_kill(line: Line, edge: Edge, hub: Hub, chance: random.Random) -> None:
    victims = itertools.cycle(
        [(edge, "core"), (hub, "core"), (edge, "log server"), (hub, "log server"), (edge, "up"), (hub, "up")]
    )
    for number in range(1, CUTS + 1):
        line.cut()
        if number % KILL_EVERY == 0:
            victim, process = next(victims)
            victim.kill(process)
        time.sleep(chance.uniform(0.02, 0.3))
        line.mend()
        time.sleep(chance.uniform(0.05, 0.9))
    edge.until_ready()
    hub.until_ready()


async def _compare(edge: Edge, hub: Hub, senders: list) -> None:
    """The hub's log has each message of the outbox exactly once; the outbox has twice only what may have been sent twice."""
    sent = Counter((one.topic, one.payload) for one in await parcels_of(edge) if one.transport != "edge")
    arrived = Counter((series, at) for series, at, _ in await logged_readings(hub, f"edge-{GATEWAY}") if at < END_US)
    assert sorted(arrived.values()) == sorted(sent.values())
    repeats = [INFLIGHT * one.connects if isinstance(one, MqttSender) else one.repeats for one in senders]
    assert sent.total() - len(sent) <= sum(repeats)
