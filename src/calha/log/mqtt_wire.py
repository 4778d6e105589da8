"""The frame of MQTT 3.1.1 packets (OASIS 2014, §2.2): first byte, remaining length, body; and texts within a body.

Both sides of the protocol stand on it: simulated devices, and the listeners for devices of replaced systems.
"""

from collections.abc import Iterator

MAX_ANSWER_BYTES = 1 << 20


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
