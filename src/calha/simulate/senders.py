"""How records leave the simulator: MQTT, HTTP or TCP behind one interface.

`offer` is for live readings: a device has a small memory, and what does not fit is not sent. `send` is for history: it
waits until the server has taken enough. Counts are of records.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, Protocol

import msgspec

from calha.simulate.commanded import MAX_COMMANDED, Commanded
from calha.simulate.fleet import Fleet, Record
from calha.simulate.http_client import Answer, HttpConnection
from calha.simulate.link import Link
from calha.simulate.mqtt import MqttLink, OnCommand
from calha.simulate.tcp import TcpLink

Over = Literal["mqtt", "http", "tcp"]

MAX_OPENING_AT_ONCE = 200
_json = msgspec.json.Encoder()


class Sender(Protocol):
    """Carries records of many devices, which are named by their number in the fleet."""

    @property
    def acknowledged(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def last_refusal(self) -> str: ...

    async def open(self) -> None:
        """Raises OSError or TimeoutError when the server cannot be reached."""

    def offer(self, device: int, record: Record) -> bool:
        """Send, or False when the device's memory is full."""

    async def send(self, device: int, records: Sequence[Record]) -> None:
        """Send as one message as soon as there is room."""

    async def settle(self) -> None:
        """Wait until everything is acknowledged or refused."""

    async def close(self) -> None: ...


def sender(
    over: Over, host: str, port: int, fleet: Fleet, window: int, token: str = "", commanded: Commanded | None = None
) -> Sender:
    """token: a key that may send for all devices; none where anonymous devices are let in.

    window: messages on their way, of each device (MQTT, TCP) or of each connection (HTTP). commanded: hears the commands
    to the first MAX_COMMANDED devices, over MQTT.
    """
    keys = [device.key for device in fleet.devices]
    if over == "mqtt":
        mqtt = [
            _mqtt_link(host, port, key, window, token, _obeying(commanded, number)) for number, key in enumerate(keys)
        ]
        return LinkSender(mqtt, [None] * fleet.size)
    if over == "tcp":
        return LinkSender([TcpLink(host, port, window=window, token=token) for _ in keys], keys)
    return HttpSender(host, port, keys, window, token)


class LinkSender:
    """One connection for each device."""

    def __init__(self, links: Sequence[Link], names: Sequence[str | None]) -> None:
        """names: the device's key where each record has to carry it."""
        self._links = links
        self._names = names

    @property
    def acknowledged(self) -> int:
        return sum(link.acknowledged for link in self._links)

    @property
    def refused(self) -> int:
        return sum(link.refused for link in self._links)

    @property
    def last_refusal(self) -> str:
        return next((link.last_refusal for link in self._links if link.last_refusal), "")

    async def open(self) -> None:
        for first in range(0, len(self._links), MAX_OPENING_AT_ONCE):
            await asyncio.gather(*(link.open() for link in self._links[first : first + MAX_OPENING_AT_ONCE]))

    def offer(self, device: int, record: Record) -> bool:
        return self._links[device].offer(_json.encode(self._named(device, record)), 1)

    async def send(self, device: int, records: Sequence[Record]) -> None:
        named = [self._named(device, record) for record in records]
        await self._links[device].send(_json.encode(named), len(records))

    async def settle(self) -> None:
        for link in self._links:
            await link.settle()

    async def close(self) -> None:
        await asyncio.gather(*(link.close() for link in self._links))

    def _named(self, device: int, record: Record) -> Record:
        name = self._names[device]
        return record if name is None else {"device": name, **record}


class HttpSender:
    """A few connections; each device always uses the same, so that its records stay in order."""

    MAX_CONNECTIONS = 8
    PAUSE_S = 1.0

    def __init__(self, host: str, port: int, keys: Sequence[str], window: int, token: str = "") -> None:
        self.acknowledged = 0
        self.refused = 0
        self.last_refusal = ""
        count = min(self.MAX_CONNECTIONS, len(keys))
        room = max(window, 2 * len(keys) // max(count, 1))
        self._keys = keys
        self._connections = [HttpConnection(host, port, token) for _ in range(count)]
        self._queues = [asyncio.Queue[tuple[int, bytes, int]](room) for _ in range(count)]
        self._workers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        for connection in self._connections:
            await connection.request("GET", "/healthz")
        pairs = zip(self._connections, self._queues, strict=True)
        self._workers = [asyncio.create_task(self._work(connection, queue)) for connection, queue in pairs]

    def offer(self, device: int, record: Record) -> bool:
        try:
            self._queue(device).put_nowait((device, _json.encode([record]), 1))
        except asyncio.QueueFull:
            return False
        return True

    async def send(self, device: int, records: Sequence[Record]) -> None:
        await self._queue(device).put((device, _json.encode(records), len(records)))

    async def settle(self) -> None:
        for queue in self._queues:
            await queue.join()

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        for worker in self._workers:
            with suppress(asyncio.CancelledError):
                await worker
        for connection in self._connections:
            connection.close()

    def _queue(self, device: int) -> asyncio.Queue[tuple[int, bytes, int]]:
        return self._queues[device % len(self._queues)]

    async def _work(self, connection: HttpConnection, queue: asyncio.Queue[tuple[int, bytes, int]]) -> None:
        while True:
            device, body, count = await queue.get()
            await self._post(connection, f"/api/v1/telemetry/{self._keys[device]}", body, count)
            queue.task_done()

    async def _post(self, connection: HttpConnection, path: str, body: bytes, count: int) -> None:
        """Until the server has taken or refused it."""
        while True:
            try:
                answer = await connection.request("POST", path, body)
            except (OSError, TimeoutError):
                await asyncio.sleep(self.PAUSE_S)
                continue
            if answer.status == 429 or answer.status >= 500:
                await asyncio.sleep(answer.retry_after_s(self.PAUSE_S))
                continue
            self._count(answer, count)
            return

    def _count(self, answer: Answer, count: int) -> None:
        if answer.status < 300:
            self.acknowledged += count
        else:
            self.refused += count
            self.last_refusal = answer.body[:500].decode(errors="replace")


def _mqtt_link(
    host: str, port: int, key: str, window: int, token: str, on_command: OnCommand | None = None
) -> MqttLink:
    topic = f"calha/v1/{key}/telemetry"
    return MqttLink(host, port, key, topic, window=window, token=token, on_command=on_command)


def _obeying(commanded: Commanded | None, device: int) -> OnCommand | None:
    if commanded is None or device >= MAX_COMMANDED:
        return None
    return lambda link, order: commanded.hear(device, order, link.reply)
