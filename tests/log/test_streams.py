import os
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from calha.domain.errors import InvalidConfiguration
from calha.log import jetstream
from calha.log.connection import Connection
from calha.log.lane import Mark
from calha.log.publisher import Publisher
from calha.log.readings import ReadingsSource
from calha.log.server import LogServer
from calha.log.settings import MIB, LogSettings
from calha.log.streams import MQTT, QUARANTINE, READINGS, Loss, Streams
from log.helpers import a_batch, a_large_batch, eventually, read
from servers import SMALL, connected_shard, running_log


async def test_the_usage_of_every_stream_and_of_all_together_is_told(server: LogServer, connection: Connection) -> None:
    await Publisher(connection).publish(a_large_batch(), "http")
    async with connected_shard(server) as first, connected_shard(server, 1) as second:
        usage = {one.name: one for one in await Streams(connection, SMALL, [first, second]).usage()}
    assert list(usage) == [READINGS, QUARANTINE, MQTT, f"{MQTT} 1", "log"]
    assert usage[READINGS].messages == 1
    assert 0.02 < usage[READINGS].fill < 0.03
    assert usage["log"].max_bytes == SMALL.max_store_bytes
    assert usage["log"].bytes >= usage[READINGS].bytes
    assert 0 < usage[MQTT].max_bytes < SMALL.max_store_bytes - SMALL.readings_max_bytes - SMALL.quarantine_max_bytes


async def test_a_stream_that_fills_is_warned_of_once(connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    publisher, streams = Publisher(connection), Streams(connection, SMALL)
    for _ in range(36):
        await publisher.publish(a_large_batch(), "http")
    for _ in range(3):
        await streams.usage()
    assert [record.message for record in caplog.records if "READINGS is" in record.message] == [
        caplog.records[-1].message
    ]


async def test_smaller_budgets_in_the_settings_discard_nothing(connection: Connection) -> None:
    publisher = Publisher(connection)
    for _ in range(20):
        await publisher.publish(a_large_batch(), "http")
    streams = Streams(connection, replace(SMALL, readings_max_bytes=2 * MIB))
    await streams.ensure()
    usage = await streams.usage_of(READINGS)
    assert usage is not None
    assert (usage.messages, usage.max_bytes) == (20, 2 * MIB)


async def test_nothing_is_trimmed_before_the_stream_is_half_full_or_old(connection: Connection) -> None:
    publisher, streams = Publisher(connection), Streams(connection, SMALL)
    last = 0
    while not await streams.trim(last):
        last = await publisher.publish(a_large_batch(), "http")
    assert last * len(a_large_batch().encode()) > 0.48 * SMALL.readings_max_bytes


async def test_an_idle_source_does_not_keep_a_busy_one_from_being_trimmed(connection: Connection) -> None:
    publisher, streams = Publisher(connection), Streams(connection, replace(SMALL, readings_keep_s=0))
    await publisher.publish(a_batch(1), "mqtt", Mark(77))
    for number in range(10):
        await publisher.publish(a_batch(number), "http")
    assert await streams.trim(11) == 9
    mark = await publisher.last_source("mqtt")
    assert mark is not None
    assert mark.seq == 77
    assert await publisher.publish(a_batch(2), "mqtt", Mark(78)) == 12


async def test_in_ordinary_times_the_log_goes_on_as_it_was(connection: Connection) -> None:
    streams = Streams(connection, SMALL)
    assert await streams.continue_after(0) == Loss(), "nothing was ever there"
    await Publisher(connection).publish(a_batch(1), "http")
    assert await streams.continue_after(0) == Loss()
    assert await streams.continue_after(1) == Loss()
    assert await Publisher(connection).publish(a_batch(1), "http") == 2


async def test_after_a_lost_tail_new_readings_get_sequences_that_the_store_does_not_know(
    server: LogServer, connection: Connection
) -> None:
    publisher, streams = Publisher(connection), Streams(connection, SMALL)
    for number in range(1, 11):
        await publisher.publish(a_batch(number), "mqtt", Mark(number))
    assert await streams.continue_after(1000) == Loss(990)
    assert await streams.continue_after(1000) == Loss()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)  # and this outlives the server
    await eventually(lambda: not connection.connected)
    await connection.wait_connected(20)
    assert await streams.continue_after(1000) == Loss()
    source = ReadingsSource(connection, "store", 1001)
    assert await Publisher(connection).publish(a_batch(5), "mqtt", Mark(11)) == 1001
    assert [one.seq for one in await read(source, 1)] == [1001]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("with_index", [True, False])
async def test_a_power_cut_that_tears_the_end_of_the_files_is_survived_and_told(
    tmp_path: Path, seed: int, with_index: bool
) -> None:
    chance = random.Random(seed)
    async with running_log(tmp_path) as (_, connection):
        publisher = Publisher(connection)
        committed = [await publisher.publish(a_batch(*range(200)), "mqtt", Mark(n)) for n in range(1, 60)][-1]
    _tear(tmp_path, chance, with_index)
    async with running_log(tmp_path) as (_, connection):
        streams = Streams(connection, SMALL)
        usage = await streams.usage_of(READINGS)
        assert usage is not None
        assert usage.messages < committed
        assert await streams.continue_after(committed) == Loss(committed - usage.messages)
        publisher = Publisher(connection)
        seqs = [await publisher.publish(a_batch(n), "mqtt", Mark(n)) for n in range(60, 65)]
        assert seqs == [committed + n for n in range(1, 6)]
        found = await read(ReadingsSource(connection, "store", committed + 1), 5)
        assert [one.seq for one in found] == seqs


async def test_a_hole_in_the_log_that_the_store_has_not_read_is_told(connection: Connection) -> None:
    publisher, streams = Publisher(connection), Streams(connection, SMALL)
    for number in range(10):
        await publisher.publish(a_batch(number), "http")
    for seq in (3, 7, 8):
        await jetstream.call(connection, f"STREAM.MSG.DELETE.{READINGS}", {"seq": seq})
    assert await streams.continue_after(5) == Loss(2, 2)
    source = ReadingsSource(connection, "store", 6)
    assert [one.seq for one in await read(source, 3)] == [6, 9, 10]


def _tear(folder: Path, chance: random.Random, with_index: bool) -> None:
    """Cut the newest block of READINGS somewhere, with or without the index that a clean stop leaves."""
    messages = next(folder.glob("store/jetstream/*/streams/READINGS/msgs"))
    block = max(messages.glob("*.blk"), key=lambda path: int(path.stem))
    with block.open("r+b") as file:
        file.truncate(chance.randrange(1, block.stat().st_size))
    if not with_index:
        (messages / "index.db").unlink()


def test_settings_that_cannot_work_are_refused_with_key_and_allowed_values() -> None:
    with pytest.raises(InvalidConfiguration, match=r"log\.durability.*disk"):
        LogSettings(durability="never")  # type: ignore[arg-type]
    with pytest.raises(InvalidConfiguration, match=r"log\.client_port is 70000"):
        LogSettings(client_port=70_000)
    with pytest.raises(InvalidConfiguration, match="leave nothing"):
        LogSettings(max_store_bytes=MIB, readings_max_bytes=MIB)
