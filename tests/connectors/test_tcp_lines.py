"""A line of a device is looked into before it is taken, whose readings it brings: a long one beside what else is to be done."""

import asyncio
import json
import threading

from calha.connectors.tcp import LOOKED_INTO_AT_ONCE_BYTES, TcpListener, TcpOptions
from calha.domain.access import Principal
from calha.domain.directory import Directory
from calha.ingest.limits import IngestLimits
from calha.ingest.service import Receipt, devices_named
from ports import free_port


class Taking:
    """What a listener hands over; `threads` in which it had lines looked into."""

    directory = Directory({}, {})

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def devices_named(self, body, content_type, encoding):
        self.threads.append(threading.current_thread())
        return devices_named(body, content_type, encoding, 1 << 20)

    async def take(self, _messages, _source):
        return Receipt(1, [], 1)

    def refuse(self, *_):
        pass

    async def fetch(self, *_):
        return ()


async def test_a_long_line_is_looked_into_in_a_thread_and_a_short_one_at_once():
    taking, port = Taking(), free_port()

    async def admit(_: str) -> Principal:
        return Principal("device", 0, "pump-1", device="pump-1")

    async def admit_certificate(_: bytes) -> None:
        return None

    options = TcpOptions("127.0.0.1", port)
    listener = TcpListener(options, taking, IngestLimits(), lambda: 0, admit, admit_certificate, taking)
    listening = asyncio.create_task(listener.run(lambda: None))
    while not (streams := await _connected(port)):  # noqa: ASYNC110 - until it listens
        await asyncio.sleep(0.02)
    reader, writer = streams
    writer.write(b'{"token": "x"}\n')
    assert json.loads(await reader.readline()) == {"ok": 0}
    for size in (LOOKED_INTO_AT_ONCE_BYTES, LOOKED_INTO_AT_ONCE_BYTES + 1):
        for device, answer in (("pump-1", {"ok": 1}), ("other", None)):
            writer.write(json.dumps({"device": device, "x": 1}).encode().ljust(size) + b"\n")
            told = json.loads(await reader.readline())
            assert told == answer if answer else told["reason"] == "not_allowed"
    at_once, again, beside, once_more = taking.threads
    assert at_once is again is threading.main_thread()
    assert threading.main_thread() not in (beside, once_more)
    writer.close()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def _connected(port: int):
    try:
        return await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return None
