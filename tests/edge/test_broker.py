"""A gateway publishes to an existing broker as well: a real mosquitto, stopped and started again."""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from calha.config.edge import BrokerSection
from calha.domain import link
from calha.domain.link import Parcel
from calha.edge.broker import READER, BrokerSink
from calha.edge.state import TRANSPORT
from calha.log import jetstream
from calha.log.connection import Connection
from calha.log.outbox import OUTBOX, Outbox
from calha.log.settings import MIB
from calha.log.tasks import end
from calha.starting import micros_now
from log.helpers import come_back_with, eventually, take_away
from ports import free_port
from servers import SMALL, running_log

USER, PASSWORD, TOPIC = "raspberry", "senha-do-gateway", "tcc/monitoramento"
SETTINGS = replace(SMALL, max_store_bytes=192 * MIB, readings_max_bytes=16 * MIB)
DAY_S = 86_400.0


def _as_root() -> str:
    """mosquitto gives root's rights up unless told otherwise, and then cannot write into the folder."""
    return "user root\n" if os.geteuid() == 0 else ""


class Mosquitto:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        self._process: subprocess.Popen[bytes] | None = None
        passwords, self._configuration = folder / "passwords", folder / "mosquitto.conf"
        if self._program is None:
            pytest.skip("mosquitto is not installed")
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True, capture_output=True
        )
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
            f"persistence true\npersistence_location {folder}/\n{_as_root()}"
        )

    def start(self) -> None:
        assert self._program is not None
        self._process = subprocess.Popen([self._program, "-c", str(self._configuration)], stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    async with running_log(tmp_path / "log", SETTINGS) as (_, connection):
        yield connection


@pytest.fixture
async def outbox(connection: Connection) -> Outbox:
    made = Outbox(connection, SETTINGS, link.pack, DAY_S)
    await made.ensure()
    return made


@asynccontextmanager
async def publishing(
    connection: Connection, outbox: Outbox, mosquitto: Mosquitto, password: str = PASSWORD
) -> AsyncIterator[BrokerSink]:
    section = BrokerSection(host="127.0.0.1", port=mosquitto.port, user=USER, password=password, interval_s=1)
    sink = BrokerSink(connection, outbox, section, micros_now)
    running = asyncio.create_task(sink.run(lambda: None))
    try:
        await becomes_true(lambda: outbox.has_reader(READER))
        yield sink
    finally:
        await end(running)


@asynccontextmanager
async def collector(mosquitto: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    """The collector of ETA flow, but that it keeps its session."""
    async with asyncio.timeout(60):
        while True:
            try:
                client = aiomqtt.Client(
                    "127.0.0.1", mosquitto.port, username=USER, password=PASSWORD, identifier="c", clean_session=False
                )
                async with client:
                    await client.subscribe(TOPIC, qos=1)
                    yield client
                    return
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)


async def values(client: aiomqtt.Client, count: int) -> list[float]:
    """The next readings that the collector gets."""
    found: list[float] = []
    async with asyncio.timeout(60):
        async for message in client.messages:
            found += [reading["valores"]["VAZAO"] for reading in json.loads(message.payload)]
            if len(found) >= count:
                break
    return found


async def put(outbox: Outbox, *numbers: int) -> int:
    """One message for each, a minute apart."""
    seq = 0
    for number in numbers:
        payload = json.dumps({"ts": 1_769_860_800 + 60 * number, "values": {"vazao": number}}).encode()
        seq = await outbox.put([link.encode(Parcel("eta-1", "t", "tcp", "json", micros_now(), payload))])
    return seq


async def through(connection: Connection) -> int:
    info = await jetstream.consumer_info(connection, OUTBOX, READER)
    assert info is not None
    return int(info["ack_floor"]["stream_seq"])


async def is_done_with(connection: Connection, seq: int) -> bool:
    return await through(connection) >= seq


async def becomes_true(ask: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await ask():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.05)


async def test_batches_are_published_and_then_done_with(
    connection: Connection, outbox: Outbox, mosquitto: Mosquitto
) -> None:
    await put(outbox, 100)  # from before there was a broker
    own = Parcel("gw-1", TRANSPORT, TRANSPORT, "json", micros_now(), b'{"vazao": 7}')
    async with collector(mosquitto) as client, publishing(connection, outbox, mosquitto) as sink:
        await outbox.put([link.encode(own)])
        last = await put(outbox, 1, 2, 3)
        assert await values(client, 3) == [1, 2, 3]
        await becomes_true(lambda: is_done_with(connection, last))
        assert sink.state.error == ""
        assert sink.state.published == 3


async def test_nothing_is_lost_while_the_broker_is_away_and_the_gateway_restarts(
    connection: Connection, outbox: Outbox, mosquitto: Mosquitto
) -> None:
    async with collector(mosquitto) as client, publishing(connection, outbox, mosquitto):
        first = await put(outbox, 1)
        assert await values(client, 1) == [1]
        await becomes_true(lambda: is_done_with(connection, first))
    floor = await through(connection)
    mosquitto.stop()
    async with publishing(connection, outbox, mosquitto) as sink:
        await put(outbox, 2, 3)
        await eventually(lambda: sink.state.error != "", 60)
    assert await through(connection) == floor
    outbox.had_seq = outbox.last_seq
    await outbox.trim()
    async with publishing(connection, outbox, mosquitto):
        await put(outbox, 4)
        mosquitto.start()
        async with collector(mosquitto) as client:
            assert await values(client, 3) == [2, 3, 4]


async def test_what_comes_after_the_outbox_was_lost_is_published(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with running_log(tmp_path / "log", SETTINGS) as (server, connection):
        outbox = Outbox(connection, SETTINGS, link.pack, DAY_S)
        await outbox.ensure()
        async with collector(mosquitto) as client, publishing(connection, outbox, mosquitto):
            last = await put(outbox, 1, 2, 3)
            assert await values(client, 3) == [1, 2, 3]
            await becomes_true(lambda: is_done_with(connection, last))
            await come_back_with(server, connection, take_away(OUTBOX))
            assert await put(outbox, 4) == 1
            assert await values(client, 1) == [4]


async def test_a_broker_that_refuses_is_told_and_keeps_nothing_else_up(
    connection: Connection, outbox: Outbox, mosquitto: Mosquitto
) -> None:
    async with publishing(connection, outbox, mosquitto, "wrong") as sink:
        await put(outbox, 1)
        await eventually(lambda: "refuses the connection" in sink.state.error, 60)
        assert await put(outbox, 2) == 2
    await outbox.forget_reader(READER)
    assert not await outbox.has_reader(READER)


def test_the_next_batch_is_due_at_the_full_hour_of_the_plant() -> None:
    section = BrokerSection(host="x", interval_s=3_600, zone="America/Sao_Paulo")
    at = int(time.time()) // 3_600 * 3_600 * 1_000_000
    for now, due in ((at, at + 3_600_000_000), (at + 1, at + 3_600_000_000), (at + 3_599_999_999, at + 3_600_000_000)):
        sink = BrokerSink(None, None, section, lambda now=now: now)  # type: ignore[arg-type]
        assert sink._next_due() == due
