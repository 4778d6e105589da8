"""Small things that several tests of the log need."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import aiomqtt

from calha.domain.readings import Batch
from calha.log.readings import LoggedBatch, ReadingsSource

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
