"""The server's side of MQTT 3.1 and 3.1.1 (OASIS 2014): what a device of a replaced system says, and what it is answered.

Sessions end with their connection, and nothing is retained: such devices ask for neither, and a client that does is told
that no session is present (§3.2.2.2). A will is read and ignored. This module knows bytes only: `feed` them to a Stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from calha.log.mqtt_wire import Packets, remaining_length, text

PROTOCOLS = {("MQTT", 4), ("MQIsdp", 3)}
GRANTED_AT_MOST = 1  # QoS of messages to devices
NOT_GRANTED = 0x80

ACCEPTED, WRONG_VERSION, WRONG_CLIENT_ID, WRONG_PASSWORD, NOT_ALLOWED = 0, 1, 2, 4, 5
_UNSUPPORTED_BY_5 = 0x84  # MQTT 5 §3.2.2.2: unsupported protocol version


class BrokenMqtt(Exception):
    """Bytes that are no MQTT; nothing that follows them can be understood."""


class Kind(IntEnum):
    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


@dataclass(frozen=True, slots=True)
class Connect:
    """understood: whether it is a version spoken here; nothing else is read otherwise."""

    level: int
    understood: bool
    client_id: str = ""
    clean: bool = True
    keep_alive_s: int = 0
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Publish:
    """packet_id: 0 with QoS 0."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int
    dup: bool


class Subscribe(NamedTuple):
    packet_id: int
    filters: tuple[tuple[str, int], ...]  # with the QoS asked for


class Other(NamedTuple):
    """Acknowledgements, UNSUBSCRIBE, PINGREQ, DISCONNECT. packet_id: 0 without."""

    kind: Kind
    packet_id: int


Packet = Connect | Publish | Subscribe | Other


class Stream:
    """Bytes as they come → what was said."""

    def __init__(self, max_bytes: int) -> None:
        self._packets = Packets(max_bytes)

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are complete. Raises BrokenMqtt after those before the fault."""
        try:
            for first, body in self._packets.feed(data):
                yield _packet(first, _Body(body))
        except (ValueError, IndexError) as error:
            raise BrokenMqtt(str(error)) from None


def connack(code: int, level: int = 4) -> bytes:
    """The answer to CONNECT; a client of MQTT 5 understands only that it has to speak an older version."""
    return b"\x20\x03\x00%c\x00" % _UNSUPPORTED_BY_5 if level >= 5 else b"\x20\x02\x00%c" % code


def acknowledged(kind: Kind, packet_id: int) -> bytes:
    """PUBACK, PUBREC, PUBREL, PUBCOMP or, for UNSUBSCRIBE, UNSUBACK."""
    first = {Kind.PUBREL: 0x62, Kind.UNSUBSCRIBE: 0xB0}.get(kind, kind << 4)
    return bytes((first, 2)) + packet_id.to_bytes(2)


def suback(packet_id: int, granted: list[int]) -> bytes:
    return b"\x90" + remaining_length(2 + len(granted)) + packet_id.to_bytes(2) + bytes(granted)


def pingresp() -> bytes:
    return b"\xd0\x00"


def publish(topic: str, payload: bytes, packet_id: int = 0) -> bytes:
    """A message to the device, with QoS 1 if it has a packet id."""
    body = text(topic) + (packet_id.to_bytes(2) if packet_id else b"") + payload
    return (b"\x32" if packet_id else b"\x30") + remaining_length(len(body)) + body


class _Body:
    """Reads a packet's body from left to right. Raises ValueError where it is cut off."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def bytes_(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise ValueError("a packet that is cut off")
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def number(self, size: int = 2) -> int:
        return int.from_bytes(self.bytes_(size))

    def binary(self) -> bytes:
        return self.bytes_(self.number())

    def text(self) -> str:
        found = self.binary().decode()  # a UnicodeDecodeError is a ValueError
        if "\0" in found:
            raise ValueError("a text with a NUL")
        return found

    def rest(self) -> bytes:
        return self.bytes_(len(self._rest))

    @property
    def is_empty(self) -> bool:
        return not self._rest


def _packet(first: int, body: _Body) -> Packet:
    kind = Kind(first >> 4)
    if kind is Kind.CONNECT:
        return _connect(body)
    if kind is Kind.PUBLISH:
        return _publish(first, body)
    if kind is Kind.SUBSCRIBE:
        return _subscribe(body)
    return Other(kind, 0 if kind in (Kind.PINGREQ, Kind.DISCONNECT) else body.number())


def _connect(body: _Body) -> Connect:
    name, level = body.text(), body.number(1)
    if (name, level) not in PROTOCOLS:
        return Connect(level, understood=False)
    flags, keep_alive_s, client_id = body.number(1), body.number(), body.text()
    if flags & 0x04:
        body.text(), body.binary()  # the will
    user = body.text() if flags & 0x80 else ""
    password = body.binary().decode(errors="replace") if flags & 0x40 else ""
    return Connect(level, True, client_id, bool(flags & 0x02), keep_alive_s, user, password)


def _publish(first: int, body: _Body) -> Publish:
    qos, topic = first >> 1 & 3, body.text()
    if qos == 3 or not topic or {"+", "#"} & set(topic):
        raise ValueError("a publish that cannot be")
    packet_id = body.number() if qos else 0
    if qos and not packet_id:
        raise ValueError("a packet id of 0")
    return Publish(topic, body.rest(), qos, packet_id, bool(first & 0x08))


def _subscribe(body: _Body) -> Subscribe:
    packet_id, filters = body.number(), []
    while not body.is_empty:
        filters.append((body.text(), body.number(1)))
    if not packet_id or not filters:
        raise ValueError("a subscription to nothing")
    return Subscribe(packet_id, tuple(filters))
