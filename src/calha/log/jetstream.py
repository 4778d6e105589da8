"""The JetStream management requests that Calha uses, and their errors."""

import json
from typing import Any

from calha.domain.errors import LogFull, LogUnavailable
from calha.log.connection import REQUEST_TIMEOUT_S, Connection
from calha.log.parser import Message

# Numbers of nats-server's server/errors.json
STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014
CONSUMER_EXISTS = 10148
MESSAGE_NOT_FOUND = 10037
WRONG_LAST_SEQUENCE = frozenset({10070, 10071, 10164})
_RESOURCES_USED_UP = frozenset({10002, 10023, 10028, 10047})
_STORE_FAILED = 10077  # carries the store's text, also when a stream's own limit is reached

Answer = dict[str, Any]


class LogRefused(LogUnavailable):
    """The log answered a request with an error; `code` is nats-server's error number."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


async def call(
    connection: Connection, subject: str, body: Answer | None = None, timeout_s: float = REQUEST_TIMEOUT_S
) -> Answer:
    """Answer to `$JS.API.<subject>`. Raises LogRefused, LogFull, LogUnavailable."""
    payload = json.dumps(body).encode() if body is not None else b""
    message = await connection.request(f"$JS.API.{subject}", payload, timeout_s=timeout_s)
    return answer_of(message, subject)


def answer_of(message: Message, about: str) -> Answer:
    """What the log answered, or the error it answered with as an exception."""
    try:
        answer: Answer = json.loads(message.payload)
    except ValueError:
        raise LogUnavailable(f"the log's answer on {about} cannot be read: {message.payload[:80]!r}") from None
    error = answer.get("error")
    if error is None:
        return answer
    code, text = int(error.get("err_code", 0)), str(error.get("description", ""))
    if code in _RESOURCES_USED_UP or (code == _STORE_FAILED and "maximum" in text):
        raise LogFull(f"the log's disk budget is used up ({about}: {text})")
    raise LogRefused(f"the log refuses {about}: {text} ({code})", code)


async def stream_info(connection: Connection, stream: str, subjects: str | None = None) -> Answer | None:
    """Configuration and state of a stream, None if there is none; with `subjects`, messages counted by subject."""
    body: Answer | None = {"subjects_filter": subjects} if subjects else None
    try:
        answer = await call(connection, f"STREAM.INFO.{stream}", body)
    except LogRefused as error:
        if error.code == STREAM_NOT_FOUND:
            return None
        raise
    state = answer["state"]
    while subjects and len(state.get("subjects", {})) < answer.get("total", 0):
        page = await call(
            connection, f"STREAM.INFO.{stream}", {"subjects_filter": subjects, "offset": len(state["subjects"])}
        )
        more = page["state"].get("subjects")
        if not more:
            break
        state["subjects"].update(more)
    return answer


async def consumer_info(connection: Connection, stream: str, name: str) -> Answer | None:
    try:
        return await call(connection, f"CONSUMER.INFO.{stream}.{name}")
    except LogRefused as error:
        if error.code == CONSUMER_NOT_FOUND:
            return None
        raise
