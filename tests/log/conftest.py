from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from calha.log.connection import Connection
from calha.log.server import LogServer
from servers import connected_shard, running_log


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[tuple[LogServer, Connection]]:
    async with running_log(tmp_path / "log") as running:
        yield running


@pytest.fixture
def server(log: tuple[LogServer, Connection]) -> LogServer:
    return log[0]


@pytest.fixture
def connection(log: tuple[LogServer, Connection]) -> Connection:
    return log[1]


@pytest.fixture
async def devices(server: LogServer) -> AsyncIterator[Connection]:
    """Connection to the shard of all devices that nobody asks who they are."""
    async with connected_shard(server) as connection:
        yield connection
