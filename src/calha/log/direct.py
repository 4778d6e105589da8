"""Reading stored messages of a stream in batches, straight from where they lie, without a consumer (DIRECT.GET)."""

import asyncio
import json
from collections.abc import Sequence

from calha.domain.errors import LogUnavailable
from calha.log import headers
from calha.log.connection import Connection
from calha.log.jetstream import Answer
from calha.log.parser import Message

TIMEOUT_S = 10.0
_END, _NOTHING_FOUND = 204, 404

SEQUENCE, STORED_AT = "Nats-Sequence", "Nats-Time-Stamp"  # header fields of each message found


async def read(connection: Connection, stream: str, body: Answer) -> Sequence[Message]:
    """The messages that a batched request finds; none when there is none. Raises LogUnavailable."""
    found: list[Message] = []
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def receive(message: Message) -> None:
        code, _ = headers.status(message.header)
        if not code:
            found.append(message)
        elif not ended.done():
            ended.set_result(code)

    inbox = connection.new_inbox()
    subscription = connection.subscribe(inbox, receive)
    try:
        connection.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(body).encode(), reply=inbox)
        async with asyncio.timeout(TIMEOUT_S):
            code = await ended
    except TimeoutError:
        raise LogUnavailable(f"the log did not answer for {stream} within {TIMEOUT_S:.0f} s") from None
    finally:
        subscription.unsubscribe()
    if code not in (_END, _NOTHING_FOUND):
        raise LogUnavailable(f"the log does not read {stream} (status {code})")
    return found
