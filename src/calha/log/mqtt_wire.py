"""The frame of MQTT 3.1.1 packets (OASIS 2014, §2.2): first byte, remaining length, body; and what every client says.

Both sides of the protocol stand on it: simulated devices and other clients of ours, and the listeners for devices of
replaced systems.
"""

from collections.abc import Iterator

MAX_ANSWER_BYTES = 1 << 20

CONNACK, PUBLISH, PUBACK = 0x20, 0x30, 0x40
DISCONNECT_PACKET = b"\xe0\x00"
REFUSALS = {
    1: "protocol version not supported",
    2: "client id not accepted",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}


def connect_packet(client_id: str, keepalive_s: int = 0, user: str = "", password: str = "") -> bytes:
    """A clean session: what is unacknowledged is kept by us, and the broker has nothing to remember."""
    flags, proof = (b"\xc2", text(user) + text(password)) if password else (b"\x02", b"")
    body = b"\x00\x04MQTT\x04" + flags + keepalive_s.to_bytes(2) + text(client_id) + proof
    return b"\x10" + remaining_length(len(body)) + body


def publish_packet(topic: str, payload: bytes, *, packet_id: int | None) -> bytes:
    """QoS 1 with a packet id, QoS 0 without."""
    if packet_id is None:
        return b"\x30" + remaining_length(2 + len(topic.encode()) + len(payload)) + text(topic) + payload
    length = 4 + len(topic.encode()) + len(payload)
    return b"\x32" + remaining_length(length) + text(topic) + packet_id.to_bytes(2) + payload


def remaining_length(length: int) -> bytes:
    """§2.2.3: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(encoded)


def text(content: str) -> bytes:
    """§1.5.3: two bytes of length before it."""
    encoded = content.encode()
    return len(encoded).to_bytes(2) + encoded


class Packets:
    """Bytes as they come → whole packets, none larger than `max_bytes`."""

    def __init__(self, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """First byte and body of each complete packet. Raises ValueError for what is not MQTT."""
        buffer = self._buffer + data if self._buffer else data
        position = 0
        while (found := _measure(buffer, position)) is not None:
            body, end = found
            yield buffer[position], buffer[body:end]
            position = end
        self._buffer = buffer[position:]
        if len(self._buffer) > self._max_bytes:
            raise ValueError(f"a packet of more than {self._max_bytes} bytes")


def _measure(buffer: bytes, position: int) -> tuple[int, int] | None:
    """Where the body of the packet at `position` begins and ends; None while it is incomplete."""
    length = 0
    for turn in range(4):
        at = position + 1 + turn
        if at >= len(buffer):
            return None
        length |= (buffer[at] & 0x7F) << (7 * turn)
        if buffer[at] < 0x80:
            return (at + 1, at + 1 + length) if at + 1 + length <= len(buffer) else None
    raise ValueError("a remaining length of more than four bytes")
