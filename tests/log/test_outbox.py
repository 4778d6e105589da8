"""The outbox of a gateway on a real log server."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from calha.domain.errors import LogFull, TooLarge
from calha.domain.link import pack, unpack
from calha.log import outbox as module
from calha.log.connection import Connection
from calha.log.lane import Mark
from calha.log.outbox import PACK_BYTES, Outbox
from calha.log.settings import MIB
from servers import SMALL, running_log

ROOMY = replace(SMALL, max_store_bytes=256 * MIB)
DAY_S = 86_400.0


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    async with running_log(tmp_path / "log", ROOMY) as (_, connection):
        yield connection


async def an_outbox(connection: Connection, max_bytes: int = 8 * MIB, keep_s: float = DAY_S) -> Outbox:
    made = Outbox(connection, replace(ROOMY, readings_max_bytes=max_bytes), b"".join, keep_s)
    await made.ensure()
    return made


async def test_parcels_that_come_together_become_few_packs_and_are_told_without_reading_them(
    connection: Connection,
) -> None:
    outbox = await an_outbox(connection)
    seqs = []
    for numbers in (range(100), range(100, 300)):
        seqs += await asyncio.gather(*(outbox.put([b"%04d" % number, b"...."]) for number in numbers))
    assert seqs == sorted(seqs)
    assert 2 <= outbox.last_seq == seqs[-1] <= 6
    packs = await outbox.read(1, outbox.last_seq, MIB)
    assert b"".join(one.payload for one in packs) == b"".join(b"%04d...." % number for number in range(300))
    assert sum(one.here.number for one in packs) == 600
    assert await outbox.waiting(1, outbox.last_seq) == (600, 2_400, packs[0].at_us)
    first = packs[0].here
    assert await outbox.waiting(2, outbox.last_seq) == (600 - first.number, 2_400 - first.size, packs[1].at_us)
    assert await outbox.waiting(outbox.last_seq + 1, outbox.last_seq + 1) == (0, 0, 0)


async def test_reading_is_bounded_and_always_brings_something(connection: Connection) -> None:
    outbox = await an_outbox(connection)
    for _ in range(8):
        await outbox.put([bytes(100_000)])
    assert [one.seq for one in await outbox.read(1, 8, 350_000)] == [1, 2, 3]
    assert [one.seq for one in await outbox.read(2, 8, 10)] == [2]
    assert [one.seq for one in await outbox.read(7, 7, MIB)] == [7]
    assert await outbox.read(9, 12, MIB) == []


async def test_a_large_parcel_is_a_pack_of_its_own_and_one_too_large_is_refused(connection: Connection) -> None:
    outbox = await an_outbox(connection, 16 * MIB)
    await outbox.put([bytes(7 * MIB)])
    assert len((await outbox.read(1, 1, PACK_BYTES))[0].payload) == 7 * MIB
    with pytest.raises(TooLarge):
        await outbox.put([bytes(outbox.max_parcel_bytes + 1)])


async def test_it_tells_how_far_each_source_is_after_a_restart(connection: Connection) -> None:
    outbox = await an_outbox(connection)
    await outbox.put([b"a"], {"mqtt-0": Mark(7, 70)})
    await outbox.put([b"b"])
    again = await an_outbox(connection)
    assert (again.first_seq, again.last_seq) == (1, 2)
    mark = await again.last_source("mqtt-0")
    assert mark is not None
    assert (mark.seq, mark.at_us) == (7, 70)
    assert await again.last_source("mqtt-1") is None


async def test_a_full_outbox_refuses_and_discards_nothing(connection: Connection) -> None:
    outbox = await an_outbox(connection, MIB)
    taken = 0
    with pytest.raises(LogFull):
        while True:
            await outbox.put([bytes(50_000)])
            taken += 1
    assert (await outbox.waiting(1, outbox.last_seq)).parcels == taken
    assert await outbox.trim() == 0


async def test_what_the_hub_has_makes_room_when_it_is_needed(connection: Connection) -> None:
    outbox = await an_outbox(connection, MIB)
    for _ in range(60):
        outbox.had_seq = await outbox.put([bytes(50_000)])
    usage = await outbox.look()
    assert usage.fill < 1
    assert outbox.first_seq > 30


async def test_what_the_hub_has_is_kept_for_a_while_when_there_is_room(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = await an_outbox(connection, keep_s=60)
    for _ in range(5):
        outbox.had_seq = await outbox.put([b"x"])
    later = time.time() + 50
    monkeypatch.setattr(module.time, "time", lambda: later)
    assert await outbox.trim() == 0
    monkeypatch.setattr(module.time, "time", lambda: later + 15)
    outbox.had_seq = 3
    assert await outbox.trim() == 3
    assert [one.seq for one in await outbox.read(1, 9, MIB)] == [4, 5]
    outbox.had_seq = 5
    assert await outbox.trim() == 1, "the last one tells how far its sources are"


async def test_whoever_waits_for_a_pack_is_woken(connection: Connection) -> None:
    outbox = await an_outbox(connection)
    waiting = asyncio.create_task(outbox.until(2))
    await outbox.put([b"1"])
    assert not waiting.done()
    await outbox.put([b"2"])
    async with asyncio.timeout(30):
        await waiting


def test_a_pack_is_an_array_of_parcels() -> None:
    assert unpack(pack([])) == []
