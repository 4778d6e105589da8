"""A device on TCP: a JSON object (or an array of them) a line, each answered by a line, in order.

`{"ok": n}` acknowledges the oldest line. With `retry_after_s` the line is sent again later; with any other
`error` it is refused.
"""

import asyncio
from collections import deque
from typing import Any, NamedTuple

import msgspec

from calha.simulate.link import Link

MAX_ANSWER_BYTES = 64 * 1024


class _Kept(NamedTuple):
    line: bytes
    readings: int


class TcpLink(Link):
    """One device's TCP connection."""

    def __init__(self, host: str, port: int, *, window: int = 100, token: str = "") -> None:
        """token: the device's secret, or a key that may send for it; none for an anonymous device."""
        super().__init__(host, port, window)
        self._hello = msgspec.json.encode({"token": token}) + b"\n" if token else b""
        self._kept: deque[_Kept] = deque()  # written, in the order in which they will be answered
        self._waiting: deque[_Kept] = deque()  # to be written again when the server's time has passed
        self._buffer = b""
        self._again: asyncio.TimerHandle | None = None

    @property
    def unacknowledged(self) -> int:
        return len(self._kept) + len(self._waiting)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_ANSWER_BYTES:
            self._fail("an answer without an end")
        for line in lines:
            if self._ready is not None and not self._ready.done():
                self._greeted(_parse(line))
            elif line.strip() and self._kept and not line.startswith(b'{"command":'):  # which it does not obey
                self._answer(_parse(line), self._kept.popleft())

    async def close(self) -> None:
        if self._again is not None:
            self._again.cancel()
        await super().close()

    def _answer(self, answer: dict[str, Any], kept: _Kept) -> None:
        if "error" not in answer and "ok" in answer:
            self._progress(kept.readings)
        elif "retry_after_s" in answer:
            self._waiting.append(kept)
            if self._again is None:
                loop = asyncio.get_running_loop()
                self._again = loop.call_later(float(answer["retry_after_s"]), self._send_waiting)
        else:
            self._refuse(str(answer.get("error", "an answer that is not JSON")), kept.readings)

    def _greet(self) -> None:
        self._buffer = b""
        if self._hello and self._transport is not None:
            self._transport.write(self._hello)
        else:
            self._is_ready()

    def _greeted(self, answer: dict[str, Any]) -> None:
        if answer.get("ok") == 0 and "error" not in answer:
            self._is_ready()
        else:
            self._fail(str(answer.get("error", "the token was not understood")))

    def _send(self, payload: bytes, readings: int) -> None:
        kept = _Kept(payload + b"\n", readings)
        self._kept.append(kept)
        self._write(kept.line)

    def _send_again(self) -> None:
        for kept in self._kept:
            self._write(kept.line)

    def _send_waiting(self) -> None:
        self._again = None
        for kept in self._waiting:
            self._kept.append(kept)
            self._write(kept.line)
        self._waiting.clear()


def _parse(line: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
