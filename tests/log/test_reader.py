import asyncio
import os
import signal
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

import pytest

from calha.log import jetstream
from calha.log.connection import Connection
from calha.log.publisher import Publisher
from calha.log.reader import Delivery, Reader, ReaderLimits
from calha.log.readings import ReadingsSource
from calha.log.server import LogServer
from calha.log.streams import READINGS, Streams
from log.helpers import a_batch, collect, eventually, read
from servers import SMALL

LONG_S = 60.0  # longer than a test waits


async def fill(connection: Connection, messages: int) -> None:
    publisher = Publisher(connection)
    for number in range(messages):
        await publisher.publish(a_batch(number), "http")


async def test_a_reader_goes_on_after_what_it_acknowledged(connection: Connection) -> None:
    await fill(connection, 20)
    first = ReadingsSource(connection, "store")
    await read(first, 20)
    await first.acknowledge(20)
    await fill(connection, 5)
    assert [one.seq for one in await read(ReadingsSource(connection, "store"), 5)] == [21, 22, 23, 24, 25]


async def test_what_was_read_and_not_acknowledged_comes_again_at_once_and_in_order(connection: Connection) -> None:
    await fill(connection, 450)
    assert len(await read(ReadingsSource(connection, "store"), 450)) == 450
    again = await read(ReadingsSource(connection, "store"), 450)
    assert [one.seq for one in again] == list(range(1, 451))


async def test_the_same_source_read_again_begins_after_its_last_acknowledgement(connection: Connection) -> None:
    await fill(connection, 10)
    source = ReadingsSource(connection, "store")
    async with aclosing(source.batches()) as batches:
        async for chunk in batches:
            await source.acknowledge(chunk[-1].seq)
            break
    await fill(connection, 10)
    again = await read(source, 20 - chunk[-1].seq)
    assert [one.seq for one in again] == list(range(chunk[-1].seq + 1, 21))


async def test_a_reader_with_its_own_position_begins_there_forwards_and_backwards(connection: Connection) -> None:
    await fill(connection, 30)
    forwards = ReadingsSource(connection, "store", 21)
    assert [one.seq for one in await read(forwards, 10)] == list(range(21, 31))
    await forwards.acknowledge(30)
    backwards = ReadingsSource(connection, "store", 11)  # the store came back from a backup
    assert [one.seq for one in await read(backwards, 20)] == list(range(11, 31))


def a_reader(connection: Connection, gather_s: float, messages: int = 200, max_pending: int = 4_000) -> Reader:
    limits = ReaderLimits(messages, max_pending)
    return Reader(connection, READINGS, "store", f"{READINGS}.>", limits, gather_s=gather_s)


async def gathered(reader: Reader, messages: int) -> list[int]:
    found: list[Delivery] = await collect(reader.chunks(), lambda found: len(found) >= messages)
    return [one.seq for one in found]


async def test_a_gathering_reader_has_messages_together_that_came_one_by_one(connection: Connection) -> None:
    async def trickle() -> None:
        for _ in range(100):
            await fill(connection, 1)
            await asyncio.sleep(0.01)

    sending, times, found = asyncio.create_task(trickle()), [], []
    async with asyncio.timeout(60), aclosing(a_reader(connection, 0.2).chunks()) as chunks:
        async for chunk in chunks:
            times.append(asyncio.get_running_loop().time())
            found += [one.seq for one in chunk]
            if len(found) == 100:
                break
    await sending
    assert found == list(range(1, 101))
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert all(one + other > 0.18 for one, other in pairwise(pauses))  # only what comes into silence comes at once


async def test_what_a_gathering_reader_finds_waiting_and_what_comes_then_come_without_a_pause(
    connection: Connection,
) -> None:
    await fill(connection, 450)
    reader = a_reader(connection, LONG_S)
    assert await gathered(reader, 450) == list(range(1, 451))
    reader.acknowledge(450)
    coming = asyncio.create_task(gathered(reader, 1))
    await _waits_for_messages(connection)
    await fill(connection, 1)
    assert await coming == [451]


async def test_a_gathering_reader_hands_out_what_came_before_the_limit_of_pending_ones(connection: Connection) -> None:
    await fill(connection, 30)
    reader, found = a_reader(connection, 0.1, messages=8, max_pending=10), []
    async with asyncio.timeout(60), aclosing(reader.chunks()) as chunks:
        async for chunk in chunks:
            found += [one.seq for one in chunk]
            if len(found) % 10 == 0:
                reader.acknowledge(found[-1])
            if len(found) == 30:
                break
    assert found == list(range(1, 31))


async def _waits_for_messages(connection: Connection) -> None:
    async with asyncio.timeout(20):
        while not (await jetstream.consumer_info(connection, READINGS, "store") or {}).get("num_waiting"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("gather_s", [0.0, 0.05])
async def test_messages_that_went_to_another_reader_are_read_from_the_stream(
    connection: Connection, gather_s: float
) -> None:
    await fill(connection, 5)
    reader, found = a_reader(connection, gather_s), []
    inbox = connection.new_inbox()
    connection.subscribe(inbox, lambda _: None)
    async with asyncio.timeout(90), aclosing(reader.chunks()) as chunks:
        async for chunk in chunks:
            found += [one.seq for one in chunk]
            reader.acknowledge(found[-1])
            if len(found) >= 400:
                break
            for _ in range(3):  # the thief takes some of what comes next
                connection.publish(f"$JS.API.CONSUMER.MSG.NEXT.{READINGS}.store", b'{"batch":7}', reply=inbox)
            await fill(connection, 25)
    assert found[:400] == list(range(1, 401))


async def test_a_killed_server_costs_no_message_and_repeats_none(server: LogServer, connection: Connection) -> None:
    source, found = ReadingsSource(connection, "store"), []

    async def reading() -> None:
        async for chunk in source.batches():
            found.extend(one.seq for one in chunk)
            await source.acknowledge(found[-1])

    task = asyncio.create_task(reading())
    for _ in range(3):
        await fill(connection, 100)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await eventually(lambda: not connection.connected)
        await connection.wait_connected(20)
    await fill(connection, 1)
    await eventually(lambda: len(found) >= 301)
    task.cancel()
    assert found == list(range(1, 302))


async def test_a_reader_waits_for_a_server_that_is_away(server: LogServer, connection: Connection) -> None:
    reading = asyncio.create_task(read(ReadingsSource(connection, "store"), 1))
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not connection.connected)
    await connection.wait_connected(20)
    await fill(connection, 1)
    assert len(await reading) == 1


async def test_acknowledgements_that_the_server_forgot_are_given_again(connection: Connection) -> None:
    await fill(connection, 50)
    source = ReadingsSource(connection, "store")
    await read(source, 50)
    await source.acknowledge(50)
    reading = asyncio.create_task(read(source, 1))  # nothing new; it acknowledges through its repair
    await asyncio.sleep(0.5)
    info = await jetstream.consumer_info(connection, READINGS, "store")
    await fill(connection, 1)
    await reading
    assert info is not None
    assert info["ack_floor"]["stream_seq"] == 50


async def test_what_is_no_batch_is_counted_and_skipped(connection: Connection) -> None:
    await connection.request(f"{READINGS}.http", b"not a batch")
    await fill(connection, 1)
    source = ReadingsSource(connection, "store")
    assert [one.seq for one in await read(source, 1)] == [2]
    assert source.corrupt == 1


async def test_nothing_is_trimmed_that_a_durable_reader_has_not_acknowledged(connection: Connection) -> None:
    await fill(connection, 20)
    slow = ReadingsSource(connection, "slow")
    await read(slow, 20)
    await slow.acknowledge(20)
    old = Streams(connection, _without_keeping())
    behind = ReadingsSource(connection, "behind")
    await behind.ensure()
    assert await old.trim(20) == 0
    await read(behind, 20)
    await behind.acknowledge(20)
    await asyncio.sleep(0.2)
    assert await old.trim(15) == 15
    assert await old.trim(20) == 4  # the last message of a source stays: it tells how far that source is logged
    usage = await old.usage_of(READINGS)
    assert usage is not None
    assert (usage.messages, usage.last_seq) == (1, 20)


def _without_keeping():
    return replace(SMALL, readings_keep_s=0)
