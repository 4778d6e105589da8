"""A lean MQTT 3.1.1 publisher: one asyncio protocol for each device, cheap enough for thousands of them in one process.

QoS 1 with a window: a message is kept until its PUBACK and sent again, marked DUP, after a reconnection. A device that is
given somebody to obey subscribes to its commands. First comes the wire format (OASIS MQTT 3.1.1 §2, §3), pure; then the
connection.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from calha.log.mqtt_wire import (
    CONNACK,
    DISCONNECT_PACKET,
    PUBACK,
    PUBLISH,
    REFUSALS,
    Packets,
    connect_packet,
    publish_packet,
    remaining_length,
    text,
)
from calha.simulate.link import Link

PINGRESP = 0xD0
PINGREQ_PACKET = b"\xc0\x00"
DUP = 0x08


def subscribe_packet(topic: str, packet_id: int) -> bytes:
    """To one topic, with QoS 1."""
    body = packet_id.to_bytes(2) + text(topic) + b"\x01"
    return b"\x82" + remaining_length(len(body)) + body


def puback_packet(packet_id: int) -> bytes:
    return b"\x40\x02" + packet_id.to_bytes(2)


def published(first: int, body: bytes) -> tuple[int | None, bytes]:
    """Packet id (None with QoS 0) and payload of a PUBLISH. Raises ValueError."""
    if len(body) < 2 or len(body) < 2 + int.from_bytes(body[:2]) + (2 if first & 0x06 else 0):
        raise ValueError("a publish that is cut off")
    end = 2 + int.from_bytes(body[:2])
    return (int.from_bytes(body[end : end + 2]), body[end + 2 :]) if first & 0x06 else (None, body[end:])


def as_duplicate(packet: bytes) -> bytes:
    """The same PUBLISH, marked as sent before."""
    return bytes((packet[0] | DUP,)) + packet[1:]


class _Kept(NamedTuple):
    packet: bytes
    readings: int


OnCommand = Callable[["MqttLink", dict[str, Any]], None]


class MqttLink(Link):
    """One device's MQTT connection, which publishes to one topic with QoS 1."""

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        topic: str,
        *,
        window: int = 100,
        keepalive_s: int = 60,
        token: str = "",
        on_command: OnCommand | None = None,
    ) -> None:
        """token: the device's secret, or a key that may send for it; none for an anonymous device, which gets no commands.

        on_command: called with each command that comes.
        """
        super().__init__(host, port, window)
        self._hello = connect_packet(client_id, keepalive_s, client_id, token)
        self._topic = topic
        self._commands = topic.rpartition("/")[0] + "/commands"
        self._on_command = on_command if token else None
        self._keepalive_s = keepalive_s
        self._packets = Packets()
        self._kept: dict[int, _Kept] = {}
        self._last_id = 0
        self._ping: asyncio.TimerHandle | None = None

    @property
    def unacknowledged(self) -> int:
        return len(self._kept)

    def data_received(self, data: bytes) -> None:
        try:
            for first, body in self._packets.feed(data):
                self._packet(first, body)
        except ValueError as error:
            self._fail(f"not MQTT: {error}")

    def reply(self, command: str, state: str, detail: str = "") -> None:
        """Say what became of a command."""
        packet_id = self._free_id()
        payload = msgspec.json.encode({"state": state, "detail": detail})
        packet = publish_packet(f"{self._commands}/{command}/reply", payload, packet_id=packet_id)
        self._kept[packet_id] = _Kept(packet, 0)
        self._write(packet)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ping is not None:
            self._ping.cancel()
        super().connection_lost(exc)

    def _greet(self) -> None:
        self._packets = Packets()
        if self._transport is not None:
            self._transport.write(self._hello)

    def _packet(self, first: int, body: bytes) -> None:
        kind = first & 0xF0
        if kind == PUBACK and len(body) == 2:
            kept = self._kept.pop(int.from_bytes(body), None)
            if kept is not None:
                self._progress(kept.readings)
        elif kind == CONNACK and len(body) == 2:
            if body[1]:
                self._fail(f"MQTT connection refused: {REFUSALS.get(body[1], body[1])}")
            else:
                self._is_ready()
                self._ping_in_time()
                if self._on_command is not None:
                    self._write(subscribe_packet(self._commands, self._free_id()))
        elif kind == PUBLISH and self._on_command is not None:
            self._take_command(*published(first, body), self._on_command)

    def _take_command(self, packet_id: int | None, payload: bytes, on_command: OnCommand) -> None:
        if packet_id is not None:
            self._write(puback_packet(packet_id))
        try:
            order = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return
        if isinstance(order, dict):
            on_command(self, order)

    def _send(self, payload: bytes, readings: int) -> None:
        packet_id = self._free_id()
        kept = self._kept[packet_id] = _Kept(publish_packet(self._topic, payload, packet_id=packet_id), readings)
        self._write(kept.packet)

    def _send_again(self) -> None:
        for kept in self._kept.values():
            self._write(as_duplicate(kept.packet))

    def _free_id(self) -> int:
        while True:
            self._last_id = self._last_id % 65_535 + 1
            if self._last_id not in self._kept:
                return self._last_id

    def _ping_in_time(self) -> None:
        if self._keepalive_s:
            self._ping = asyncio.get_running_loop().call_later(self._keepalive_s * 0.7, self._ping_in_time)
            self._write(PINGREQ_PACKET)

    def _farewell(self) -> None:
        self._write(DISCONNECT_PACKET)
