"""Conditional GET (RFC 9110 §13): every JSON answer of the API has an ETag, and is not sent again to who has it.

Streams, files and answers above MAX_BYTES pass untouched. A route that sets an ETag of its own keeps it.
"""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 1024 * 1024


class ConditionalGet:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(Headers(scope=scope).get("if-none-match", ""), send).take)


class _Answer:
    """Holds the head of an answer back until its body is known."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = known
        self._send = send
        self._head: Message | None = None

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_taggable(message):
            self._head = message
            return
        if self._head is not None:
            head, self._head = self._head, None
            if message.get("more_body"):
                await self._send(head)
            else:
                await self._finish(head, message)
                return
        await self._send(message)

    async def _finish(self, head: Message, body: Message) -> None:
        headers = MutableHeaders(raw=head["headers"])
        tag = headers.get("etag") or f'"{hashlib.blake2b(body["body"], digest_size=12).hexdigest()}"'
        headers["ETag"] = tag
        headers.setdefault("Cache-Control", "no-cache")
        if tag in (one.strip().removeprefix("W/") for one in self._known.split(",")) or self._known.strip() == "*":
            for name in ("content-length", "content-type"):
                del headers[name]
            head, body = {**head, "status": 304}, {**body, "body": b""}
        await self._send({**head, "headers": headers.raw})
        await self._send(body)


def _is_taggable(head: Message) -> bool:
    headers = Headers(raw=head["headers"])
    return (
        head["status"] == 200
        and headers.get("content-type", "").startswith("application/json")
        and 0 < int(headers.get("content-length", 0)) <= MAX_BYTES
    )
