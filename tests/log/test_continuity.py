"""READINGS comes back shorter, or not at all, while it is written and read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection
from calha.log.continuity import Continuity
from calha.log.height import Height
from calha.log.lane import Mark
from calha.log.publisher import Publisher
from calha.log.readings import ReadingsSource
from calha.log.server import LogServer
from calha.log.streams import READINGS, Loss, Streams
from log.helpers import a_batch, come_back_with, eventually, take_away, tear
from servers import SMALL


@dataclass
class Core:
    """What writes and reads READINGS in a core. The reader waits before it acknowledges while `held`."""

    connection: Connection
    height: Height = field(default_factory=Height)
    stored: dict[int, float] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    held_at: int = 10**9

    def __post_init__(self) -> None:
        self.streams = Streams(self.connection, SMALL)
        self.publisher = Publisher(self.connection, self.height)
        self.source = ReadingsSource(self.connection, "store", 1, self.height)
        continuity = Continuity(self.connection, self.streams, self.height, self.source, self._note)
        self._tasks = [asyncio.create_task(continuity.run(lambda: None)), asyncio.create_task(self._store())]

    async def _note(self, loss: Loss) -> None:
        self.losses.append(loss)

    async def _store(self) -> None:
        """Once each, as the writer does it."""
        async for logged in self.source.batches():
            for one in logged:
                while one.seq > self.held_at:  # noqa: ASYNC110 - a test lets it go
                    await asyncio.sleep(0.02)
                if one.seq > max(self.stored, default=0):
                    self.stored[one.seq] = float(one.batch.value[0])
                await self.source.acknowledge(one.seq)

    async def put(self, value: float, mark: Mark | None = None) -> int:
        """Again until it is acknowledged."""
        while True:
            with suppress(LogUnavailable):
                return await self.publisher.publish(a_batch(value), "mqtt", mark)
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def core(connection: Connection) -> AsyncIterator[Core]:
    made = Core(connection)
    yield made
    await made.stop()


@pytest.mark.parametrize("damage", [take_away(READINGS), tear(READINGS)], ids=["taken away", "torn"])
async def test_what_is_acknowledged_after_the_tail_was_lost_is_read_under_numbers_of_its_own(
    server: LogServer, core: Core, damage: Callable[[Path], object]
) -> None:
    for number in range(40):
        await core.put(number)
    await eventually(lambda: len(core.stored) == 40)
    await come_back_with(server, core.connection, damage)
    seqs = [await core.put(number) for number in range(40, 50)]
    assert seqs == list(range(41, 51))
    await eventually(lambda: list(core.stored.values()) == list(range(50)))
    (loss,) = core.losses
    assert loss.unread == 0


async def test_what_is_left_of_the_tail_is_read_before_the_log_goes_on(server: LogServer, core: Core) -> None:
    for number in range(10):
        await core.put(number)
    await eventually(lambda: len(core.stored) == 10)
    core.held_at = 10
    for number in range(10, 4_000):
        await core.put(number)
    assert core.source.handed_seq < 4_000, "the rest of it has not been read"
    await come_back_with(server, core.connection, tear(READINGS))
    await eventually(lambda: core.height.doubts > 0)
    left = await core.streams.last_seq()
    assert 10 < left < 4_000
    core.held_at = 10**9
    assert await core.put(4_000) == 4_001
    await eventually(lambda: 4_001 in core.stored)
    assert [core.stored[seq] for seq in range(1, left + 1)] == list(range(left))
    (loss,) = core.losses
    assert loss.messages >= loss.unread > 0
    assert len(core.stored) == 4_001 - loss.unread


async def test_a_source_that_numbers_what_it_sends_is_logged_again_where_the_log_lost_it(
    server: LogServer, core: Core
) -> None:
    for number in range(1, 11):
        await core.put(number, Mark(number))
    await eventually(lambda: len(core.stored) == 10)
    await come_back_with(server, core.connection, take_away(READINGS))
    assert await core.put(3, Mark(3)) == 11, "its numbers have begun anew, and the log does not know them"
    await eventually(lambda: core.stored.get(11) == 3)
