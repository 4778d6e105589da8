import asyncio

from calha.log.connection import Connection
from calha.log.parser import Message
from calha.log.server import LogServer
from log.helpers import eventually

GATHER_S = 0.1


class Reads:
    """Messages as they came, and when each of the reads was that brought them."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.times: list[float] = []
        self._within_one = False

    def __call__(self, message: Message) -> None:
        loop = asyncio.get_running_loop()
        if not self._within_one:
            self._within_one = True
            self.times.append(loop.time())
            loop.call_soon(self._end)
        self.payloads.append(message.payload)

    def _end(self) -> None:
        self._within_one = False


async def test_small_messages_are_read_together(server: LogServer, connection: Connection) -> None:
    reads = Reads()
    slow = await Connection.open(server.endpoint.url, gather_s=GATHER_S)
    try:
        slow.subscribe("test.small", reads)
        sent = [str(number).encode() for number in range(60)]
        await slow.request("$JS.API.INFO")  # the subscription is known
        for payload in sent:
            connection.publish("test.small", payload)
            await asyncio.sleep(0.01)
        await eventually(lambda: len(reads.payloads) == len(sent))
        assert reads.payloads == sent
        pauses = [later - earlier for earlier, later in zip(reads.times, reads.times[1:], strict=False)]
        assert pauses
        assert min(pauses) > 0.9 * GATHER_S
    finally:
        await slow.close()
