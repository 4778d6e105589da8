"""Small things that several tests of the log need."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import aiomqtt

from calha.domain.readings import Batch
from calha.log.connection import Connection
from calha.log.readings import LoggedBatch, ReadingsSource
from calha.log.server import LogServer

T = TypeVar("T")


def a_batch(*values: float) -> Batch:
    count = len(values)
    return Batch.of([1] * count, list(range(count)), list(values), [0] * count, [0] * count)


def a_large_batch(readings: int = 20_000) -> Batch:
    return a_batch(*range(readings))


async def collect(batches: Any, enough: Callable[[list[T]], bool], timeout_s: float = 20.0) -> list[T]:
    """Items of all lists until there are enough; the reader is closed then."""
    found: list[T] = []
    async with asyncio.timeout(timeout_s), aclosing(batches) as reading:
        async for chunk in reading:
            found += chunk
            if enough(found):
                break
    return found


async def read(source: ReadingsSource, messages: int) -> list[LoggedBatch]:
    return await collect(source.batches(), lambda found: len(found) >= messages)


async def publish(port: int, messages: Sequence[tuple[str, bytes, int]], client_id: str = "device") -> None:
    """Publish (topic, payload, qos) over MQTT and return when all are acknowledged."""
    async with aiomqtt.Client("127.0.0.1", port, identifier=client_id) as client:
        for topic, payload, qos in messages:
            await client.publish(topic, payload, qos=qos)


async def eventually(holds: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.02)


async def come_back_with(server: LogServer, connection: Connection, damage: Callable[[Path], object]) -> None:
    """Kill the server, do something to its store before it is started again, and return when it is there again."""
    assert server.pid is not None
    restarts = server.restarts
    os.kill(server.pid, signal.SIGSTOP)
    damage(server._folder.store)
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: server.restarts > restarts and server.state == "running")
    await connection.wait_connected(20)


def take_away(stream: str) -> Callable[[Path], object]:
    """A damage to a store: a stream is gone."""
    return lambda store: [shutil.rmtree(found) for found in store.glob(f"jetstream/*/streams/{stream}")]


def tear(stream: str) -> Callable[[Path], object]:
    """A damage to a store: half of each file of a stream is gone, and its index."""
    return lambda store: [_tear(found) for found in store.glob(f"jetstream/*/streams/{stream}/msgs")]


def _tear(messages: Path) -> None:
    (messages / "index.db").unlink(missing_ok=True)
    for block in messages.glob("*.blk"):
        os.truncate(block, block.stat().st_size // 2)
