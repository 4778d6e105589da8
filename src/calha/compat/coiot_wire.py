"""The wire of the COIOT meters and their pages: JSON objects and HTTP requests on one TCP connection, in any order.

The meters send an object without a terminator and wait for the answer. Objects may come several at once, in pieces, with or
without a newline; what is between them and is neither an object nor HTTP ends the connection, as nothing after it can be
understood. This module knows bytes only: `feed` them, and take the messages out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAX_MESSAGE_BYTES = 64 * 1024
METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"PATCH")
_END_OF_HEAD = b"\r\n\r\n"
_MARKS = re.compile(rb"[\"'{}\[\]\\]")
_LONGEST_METHOD = max(map(len, METHODS)) + 1


class NotUnderstood(Exception):
    """Bytes that are neither an object nor HTTP, or too many of them."""


@dataclass(frozen=True, slots=True)
class MeterMessage:
    """An object of a meter; `fields` None when its braces hold no readable object."""

    fields: dict[str, Any] | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    body: Any


class Stream:
    """Bytes as they come → whole messages."""

    def __init__(self) -> None:
        self._buffer = b""
        self._braces = _Braces()

    def feed(self, data: bytes) -> Iterator[MeterMessage | HttpRequest]:
        """The messages that are complete. Raises NotUnderstood after those before the fault."""
        self._buffer += data
        while (found := self._next()) is not None:
            yield found
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            raise NotUnderstood(f"more than {MAX_MESSAGE_BYTES} bytes without an end")

    def _next(self) -> MeterMessage | HttpRequest | None:
        self._buffer = self._buffer.lstrip(b" \t\r\n")
        if not self._buffer:
            return None
        if self._buffer.startswith(b"{"):
            return self._object()
        if self._buffer.split(b" ", 1)[0] in METHODS:
            return self._http()
        if len(self._buffer) < _LONGEST_METHOD and any(one.startswith(self._buffer) for one in METHODS):
            return None
        raise NotUnderstood(f"neither an object nor HTTP: {self._buffer[:40]!r}")

    def _object(self) -> MeterMessage | None:
        if self._braces.is_new and self._buffer.endswith(b"}") and type(whole := _json(self._buffer)) is dict:
            raw, self._buffer = self._buffer, b""  # one report in one segment, as nearly always
            return MeterMessage(whole, raw)
        end = self._braces.end(self._buffer)
        if end is None:
            return None
        self._braces = _Braces()
        raw, self._buffer = self._buffer[:end], self._buffer[end:]
        return MeterMessage(_fields(raw), raw)

    def _http(self) -> HttpRequest | None:
        head, found, rest = self._buffer.partition(_END_OF_HEAD)
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        length = _content_length(lines)
        if length > MAX_MESSAGE_BYTES:
            raise NotUnderstood(f"a body of {length} bytes")
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        method, _, target = first.partition(" ")
        path = unquote(target.rpartition(" ")[0].partition("?")[0])
        return HttpRequest(method, path, _json(rest[:length]))


def http_answer(body: Any, with_body: bool = True, preflight: bool = False) -> bytes:  # noqa: ANN401 - JSON
    """As the original answers: always 200, misses are null, and four stray bytes behind the body."""
    content = json.dumps(body).encode()
    head = (
        "HTTP/1.1 200 Ok\r\nContent-Type:application/json\r\n"
        f"Content-Length: {len(content)}\r\nAccess-Control-Allow-Origin: *\r\n"
    )
    if preflight:
        head += "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\nAccess-Control-Allow-Headers: *\r\n"
    return head.encode() + b"\r\n" + ((content + b"\r\n\r\n") if with_body else b"")


def meter_answer(answer: object) -> bytes:
    """The repr of a Python value, without a terminator."""
    return repr(answer).encode()


class _Braces:
    """Finds the end of the object with which a growing buffer begins; what was looked at is not looked at again."""

    def __init__(self) -> None:
        self._depth, self._quote = 0, b""
        self._looked, self._hidden = 0, -1  # behind a backslash

    @property
    def is_new(self) -> bool:
        return not self._looked

    def end(self, buffer: bytes) -> int | None:
        """Behind the brace that closes it; braces within texts do not count."""
        for found in _MARKS.finditer(buffer, self._looked):
            mark = found.group()
            if found.start() == self._hidden:
                continue
            if self._quote:
                if mark == b"\\":
                    self._hidden = found.end()
                elif mark == self._quote:
                    self._quote = b""
            elif mark in (b'"', b"'"):
                self._quote = mark
            elif mark in (b"{", b"["):
                self._depth += 1
            elif mark in (b"}", b"]"):
                self._depth -= 1
                if not self._depth:
                    return found.end()
        self._looked = len(buffer)
        return None


def _fields(raw: bytes) -> dict[str, Any] | None:
    """JSON, or the same in single quotes, as a Python program prints it. Nothing is ever evaluated."""
    found = _json(raw)
    if found is None and b'"' not in raw:
        found = _json(raw.replace(b"'", b'"'))
    return found if type(found) is dict else None


def _json(text: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return None


def _content_length(lines: list[str]) -> int:
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-length" and value.strip().isdigit():
            return int(value)
    return 0
