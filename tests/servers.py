"""Real servers for tests, on free ports and in temporary folders; each ends with its `async with`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from calha.log.connection import Connection
from calha.log.server import LogServer
from calha.log.settings import MIB, LogSettings
from calha.log.streams import Streams

SMALL = LogSettings(
    mqtt_port=0,
    durability="interval",
    max_store_bytes=64 * MIB,
    readings_max_bytes=24 * MIB,
    quarantine_max_bytes=8 * MIB,
)


@asynccontextmanager
async def running_log(folder: Path, settings: LogSettings = SMALL) -> AsyncIterator[tuple[LogServer, Connection]]:
    """A supervised log server with its streams, and a connection to it; `server.endpoint.mqtt_port` is for devices."""
    server = LogServer(settings, folder)
    endpoint = await server.start()
    supervision = asyncio.create_task(server.run())
    connection = await Connection.open(endpoint.url, "tests")
    try:
        await Streams(connection, settings).ensure()
        yield server, connection
    finally:
        await connection.close()
        supervision.cancel()
        with suppress(asyncio.CancelledError):
            await supervision
        await server.stop()


@asynccontextmanager
async def connected_shard(server: LogServer, shard: int = 0) -> AsyncIterator[Connection]:
    """A connection of Calha's to one shard; without a gate all devices are in the first."""
    connection = await Connection.open(server.endpoint.shard_urls[shard], "tests")
    try:
        yield connection
    finally:
        await connection.close()


def with_mqtt_port(server: LogServer, settings: LogSettings = SMALL) -> LogSettings:
    """The settings with the port that the server has chosen."""
    return replace(settings, mqtt_port=server.endpoint.mqtt_port)
