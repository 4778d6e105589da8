"""A gated log server for tests, with a gate that knows a few devices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiomqtt

from calha.log.connection import Connection
from calha.log.doorman import Doorman
from calha.log.gate import Admission, Gate, Knock, Refusal
from calha.log.mqtt_source import MqttMessage, MqttSource
from calha.log.server import LogServer
from calha.log.settings import LogSettings
from calha.log.shards import shard_of, system_url
from calha.log.tasks import end
from log.helpers import collect
from servers import SMALL, connected_shard, running_log, with_mqtt_port

GATED = replace(SMALL, gated=True)
PASSWORD = "right"

Decide = Callable[[Knock], Awaitable[Admission | Refusal]]


def telemetry(device: str) -> str:
    return f"calha/v1/{device}/telemetry"


def commands(device: str) -> str:
    return f"calha/v1/{device}/commands"


def admission(device: str, expires_at_s: int | None = None) -> Admission:
    publish = (telemetry(device), f"{commands(device)}/+/reply")
    return Admission(device, publish, (commands(device),), device, expires_at_s)


async def by_password(knock: Knock) -> Admission | Refusal:
    return admission(knock.user) if knock.password == PASSWORD else Refusal("password")


@dataclass
class Gated:
    server: LogServer
    gate: Gate
    doorman: Doorman
    connection: Connection
    settings: LogSettings
    knocks: list[Knock] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return self.server.endpoint.mqtt_port

    def device(self, name: str, password: str = PASSWORD, client_id: str = "", **options) -> aiomqtt.Client:
        options = {"timeout": 15, **options}
        identifier = client_id or name
        return aiomqtt.Client(
            "127.0.0.1", self.port, username=name, password=password, identifier=identifier, **options
        )

    async def read(self, shard: int, messages: int) -> list[MqttMessage]:
        """So many messages of a shard, acknowledged."""
        async with connected_shard(self.server, shard) as connection:
            source = MqttSource(connection, with_mqtt_port(self.server, self.settings))
            found: list[MqttMessage] = await collect(source.batches(), lambda found: len(found) >= messages)
            await source.acknowledge(found[-1].seq)
            await connection.request("$JS.API.INFO")  # the acknowledgement has arrived
            source.close()
            return found

    async def open_gate(self) -> None:
        self._task = asyncio.create_task(self.gate.run(lambda: None))
        await asyncio.sleep(0)
        await self.connection.request("$JS.API.INFO")  # the server knows the subscription

    async def shut_gate(self) -> None:
        assert self._task is not None
        await end(self._task)
        await self.connection.request("$JS.API.INFO")


@asynccontextmanager
async def gated_log(folder: Path, settings: LogSettings = GATED, decide: Decide = by_password) -> AsyncIterator[Gated]:
    async with running_log(folder, settings) as (server, connection):
        seed = server.endpoint.gate_seed
        assert seed is not None
        knocks: list[Knock] = []

        async def noting(knock: Knock) -> Admission | Refusal:
            knocks.append(knock)
            return await decide(knock)

        gate = Gate(connection, seed, settings.shards, noting)
        system = await Connection.open(system_url(server.endpoint.url), quiet=True)
        running = Gated(server, gate, Doorman(system), connection, settings, knocks)
        await running.open_gate()
        try:
            yield running
        finally:
            await running.shut_gate()
            await system.close()


def shard_of_device(device: str) -> int:
    return shard_of(device, GATED.shards)


def one_device_of_each_shard() -> list[str]:
    names = iter(f"meter-{number}" for number in range(1_000))
    found: dict[int, str] = {}
    while len(found) < GATED.shards:
        name = next(names)
        found.setdefault(shard_of_device(name), name)
    return [found[shard] for shard in range(GATED.shards)]
