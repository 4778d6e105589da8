"""The NATS client protocol as it comes from a server: bytes → frames. No I/O.

A frame is one line that ends in CRLF; MSG and HMSG announce a body that follows, also ended by CRLF:

    INFO {json}                                          MSG <subject> <sid> [reply] <bytes>
    PING | PONG | +OK | -ERR 'text'                      HMSG <subject> <sid> [reply] <header bytes> <total bytes>

Bytes may be cut anywhere; the parser keeps what is not whole yet, and joins a large message's pieces only once.
"""

from typing import NamedTuple

MAX_LINE_BYTES = 256 * 1024  # INFO of a large cluster is the longest line

_CRLF = b"\r\n"
_H = ord("H")
_BODIED = b"MH"
_BARE = b"IP+-"


class ProtocolError(Exception):
    """The server sent what is not the NATS protocol."""


class Message(NamedTuple):
    """One message of a subscription. `header` is the raw block, empty if there is none."""

    sid: bytes
    subject: bytes
    reply: bytes
    header: bytes
    payload: bytes


class Control(NamedTuple):
    """Any other frame: its verb (INFO, PING, PONG, +OK, -ERR) and the rest of its line."""

    verb: bytes
    text: bytes


Frames = tuple[list[Message], list[Control]]  # each in the order of arrival


class Parser:
    """Feed it bytes as they come; it returns the frames that are whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held_bytes = 0
        self._needed_bytes = 0  # of the frame at the front, known once its first line is there

    def feed(self, data: bytes) -> Frames:
        """The messages and other frames that are whole now. Raises ProtocolError."""
        self._pieces.append(data)
        self._held_bytes += len(data)
        if self._held_bytes < self._needed_bytes:
            return [], []
        buffer = b"".join(self._pieces) if len(self._pieces) > 1 else data
        frames, consumed, self._needed_bytes = _cut(buffer)
        self._held_bytes = len(buffer) - consumed
        self._pieces = [buffer[consumed:]] if self._held_bytes else []
        return frames


def _cut(buffer: bytes) -> tuple[Frames, int, int]:
    """Frames in the buffer, bytes they take, and how many bytes the next frame needs if that is known (else 0)."""
    messages: list[Message] = []
    controls: list[Control] = []
    add, find, size = messages.append, buffer.find, len(buffer)
    start = 0
    while True:
        line_end = find(_CRLF, start)
        if line_end < 0:
            if size - start > MAX_LINE_BYTES:
                raise ProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
            return (messages, controls), start, 0
        body = line_end + 2
        kind = buffer[start] if line_end > start else 0
        if kind in _BODIED:
            words = buffer[start:line_end].split()
            try:
                total = int(words[-1])
                body_at = body + int(words[-2]) if kind == _H else body
            except (ValueError, IndexError):
                raise ProtocolError(f"cannot read {buffer[start:line_end][:80]!r}") from None
            end = body + total
            if end + 2 > size:
                return (messages, controls), start, end + 2 - start
            named = 6 if kind == _H else 5  # words of a line that has a reply subject
            reply = words[3] if len(words) == named else b""
            add(Message(words[2], words[1], reply, buffer[body:body_at], buffer[body_at:end]))
            start = end + 2
        elif kind in _BARE:
            verb, _, text = buffer[start:line_end].partition(b" ")
            controls.append(Control(verb, text))
            start = body
        else:
            raise ProtocolError(f"cannot read {buffer[start:line_end][:80]!r}")
