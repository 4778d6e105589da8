import asyncio
import os
import signal

import pytest

from calha.domain.errors import LogFull, LogUnavailable, TooLarge
from calha.domain.readings import MAX_READINGS
from calha.log.connection import Connection
from calha.log.lane import Mark
from calha.log.publisher import Publisher
from calha.log.readings import ReadingsSource
from calha.log.server import LogServer
from calha.log.streams import READINGS, Streams
from log.helpers import a_batch, a_large_batch, eventually, read
from servers import SMALL


async def test_concurrent_batches_become_few_messages_in_the_order_of_the_calls(connection: Connection) -> None:
    publisher = Publisher(connection)
    seqs = await asyncio.gather(*(publisher.publish(a_batch(number), "http") for number in range(500)))
    assert publisher.messages <= 3
    assert seqs == sorted(seqs)
    logged = await read(ReadingsSource(connection, "store"), publisher.messages)
    assert [value for one in logged for value in one.batch.value] == list(range(500))


async def test_a_message_has_at_most_the_readings_of_one_batch(connection: Connection) -> None:
    publisher = Publisher(connection)
    await asyncio.gather(*(publisher.publish(a_large_batch(7_000), "http") for _ in range(6)))
    logged = await read(ReadingsSource(connection, "store"), publisher.messages)
    assert sum(len(one.batch) for one in logged) == 42_000
    assert max(len(one.batch) for one in logged) <= MAX_READINGS
    with pytest.raises(TooLarge):
        await publisher.publish(a_large_batch(MAX_READINGS + 1), "http")


async def test_the_log_tells_through_which_message_it_has_a_source(connection: Connection) -> None:
    publisher = Publisher(connection)
    assert await publisher.last_source("mqtt") is None
    await asyncio.gather(
        *(publisher.publish(a_batch(1), "mqtt", Mark(seq, 10 * seq, f"note {seq}")) for seq in range(1, 40))
    )
    log_seq = await publisher.publish(a_batch(2), "mqtt")  # QoS 0 has no number, and does not hide the last one
    await publisher.publish(a_batch(3), "http")
    mark = await Publisher(connection).last_source("mqtt")
    assert mark == (39, 390, log_seq, "note 39")
    http = await publisher.last_source("http")
    assert http is not None
    assert http.seq == 0


async def test_a_full_log_refuses_and_goes_on_when_it_has_been_trimmed(connection: Connection) -> None:
    publisher, streams = Publisher(connection), Streams(connection, SMALL)
    batch, taken = a_large_batch(), []
    with pytest.raises(LogFull, match="used up"):
        while True:
            taken.append(await publisher.publish(batch, "http"))
    usage = await streams.usage_of(READINGS)
    assert usage is not None
    assert (usage.messages, usage.is_filling) == (len(taken), True)
    assert await streams.trim(taken[-1]) > 0
    assert await publisher.publish(batch, "http") > taken[-1]


async def test_batches_that_wait_behind_a_refused_one_are_refused_too(connection: Connection) -> None:
    publisher = Publisher(connection)
    with pytest.raises(LogFull):
        while True:
            await publisher.publish(a_large_batch(), "http")
    waiting = [publisher.publish(a_large_batch(), "mqtt", Mark(1)), publisher.publish(a_batch(1), "mqtt", Mark(2))]
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in found] == [LogFull, LogFull]
    assert await publisher.last_source("mqtt") is None


async def test_without_a_server_publishing_fails_at_once_and_later_works_again(
    server: LogServer, connection: Connection
) -> None:
    publisher = Publisher(connection)
    await publisher.publish(a_batch(1), "http")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not connection.connected)
    with pytest.raises(LogUnavailable):
        await publisher.publish(a_batch(2), "http")
    await connection.wait_connected(20)
    assert await publisher.publish(a_batch(3), "http") == 2


async def test_a_numbered_batch_whose_answer_was_lost_is_not_logged_twice(
    server: LogServer, connection: Connection
) -> None:
    publisher = Publisher(connection)
    for number in range(1, 30):
        while True:
            attempt = asyncio.ensure_future(publisher.publish(a_batch(number), "mqtt", Mark(number)))
            if number % 10 == 0:
                await asyncio.sleep(0.0005 * (number // 10))
                assert connection._link is not None
                connection._link.abort()
            try:
                await attempt
                break
            except LogUnavailable:
                await connection.wait_connected(20)
    logged = await read(ReadingsSource(connection, "store"), 29)
    assert [value for one in logged for value in one.batch.value] == list(range(1, 30))


async def test_a_second_writer_of_a_numbered_source_is_noticed_and_loses_nothing(connection: Connection) -> None:
    first, second = Publisher(connection), Publisher(connection)
    await first.publish(a_batch(1), "mqtt", Mark(1))
    await second.publish(a_batch(2), "mqtt", Mark(2))
    await first.publish(a_batch(3), "mqtt", Mark(3))
    logged = await read(ReadingsSource(connection, "store"), 3)
    assert [one.batch.value[0] for one in logged] == [1, 2, 3]


@pytest.mark.parametrize("source", ["", "a.b", "a b", "*", ">"])
async def test_a_source_is_one_word(connection: Connection, source: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        await Publisher(connection).publish(a_batch(1), source)
