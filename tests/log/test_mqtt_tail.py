"""The stream of MQTT messages comes back shorter, or anew, while it is being read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from calha.log.connection import Connection
from calha.log.mqtt_source import MqttSource
from calha.log.server import LogServer
from log.helpers import come_back_with, eventually, publish, take_away, tear
from servers import with_mqtt_port

TOPIC = "calha/v1/pump-1/telemetry"


class Listener:
    """Reads a source as ingest does: again when its numbers begin anew."""

    def __init__(self, source: MqttSource) -> None:
        self.source = source
        self.heard: list[bytes] = []
        self.lives = 0
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            self.lives += 1
            async for messages in self.source.batches():
                self.heard += [one.payload for one in messages]
                await self.source.acknowledge(messages[-1].seq)

    async def stop(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening


@pytest.fixture
async def listener(server: LogServer, devices: Connection) -> AsyncIterator[Listener]:
    listening = Listener(MqttSource(devices, with_mqtt_port(server)))
    yield listening
    await listening.stop()


async def test_a_server_that_lost_nothing_is_read_on_and_nothing_is_heard_twice(
    server: LogServer, devices: Connection, listener: Listener
) -> None:
    for part in (range(20), range(20, 40)):
        await publish(server.endpoint.mqtt_port, [(TOPIC, b"%d" % number, 1) for number in part])
        await eventually(lambda known=part.stop: len(listener.heard) >= known)
        await come_back_with(server, devices, lambda _: None)
    assert [int(one) for one in listener.heard] == list(range(40))
    assert listener.lives == 1


@pytest.mark.parametrize("damage", [take_away(r"$MQTT_msgs"), tear(r"$MQTT_msgs")], ids=["taken away", "torn"])
async def test_what_is_acknowledged_after_the_tail_was_lost_is_heard(
    server: LogServer, devices: Connection, listener: Listener, damage: Callable[[Path], object]
) -> None:
    await publish(server.endpoint.mqtt_port, [(TOPIC, b"before %d" % number, 1) for number in range(40)])
    await eventually(lambda: len(listener.heard) == 40)
    await come_back_with(server, devices, damage)
    after = [b"after %d" % number for number in range(10)]
    await publish(server.endpoint.mqtt_port, [(TOPIC, one, 1) for one in after])
    await eventually(lambda: set(after) <= set(listener.heard))
    assert listener.lives == 2
