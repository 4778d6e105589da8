"""Of each device the last message and its last fault are remembered, and of too many devices those of the newest."""

import pytest

from calha.domain.errors import NotFound
from calha.ingest import service
from calha.ingest.limits import IngestLimits
from calha.ingest.service import Ingest, Message
from calha.log.connection import Connection
from calha.log.publisher import Publisher
from calha.log.quarantine import Quarantine
from calha.store.registry import Registry
from registries import lay_empty_registry
from servers import running_log

NOW = 1_769_860_800_000_000


@pytest.fixture
async def ingest(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MAX_DEVICES_REMEMBERED", 3)
    registry = Registry.open(lay_empty_registry(tmp_path))
    async with running_log(tmp_path / "log") as (_, connection):
        made = Ingest(registry, Publisher(connection), quarantine(connection), IngestLimits(), lambda: NOW)
        await made.refresh()
        yield made
    registry.close()


def quarantine(connection: Connection) -> Quarantine:
    return Quarantine(connection)


async def hear(ingest: Ingest, device: str, at: int) -> None:
    await ingest.take([Message(device, b"no json", at, "http", "telemetry")], "http")


async def test_the_oldest_is_forgotten_and_every_new_fault_is_told(ingest):
    for at, device in enumerate(["a", "b", "c", "a", "d"], NOW):
        await hear(ingest, device, at)
    assert ingest.last_problem("b") is None, "which was heard the longest ago"
    assert ingest.last_message("b") is None
    with pytest.raises(NotFound):
        ingest.tally("b")
    assert {one: ingest.last_problem(one)[0] - NOW for one in "cad"} == {"c": 2, "a": 3, "d": 4}
    await hear(ingest, "d", NOW + 9)
    assert ingest.last_problem("d")[0] == NOW + 9
    assert ingest.last_message("c") is not None
