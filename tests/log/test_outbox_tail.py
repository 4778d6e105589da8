"""The outbox of a gateway comes back shorter, or not at all, while it is written."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection
from calha.log.outbox import OUTBOX, Outbox
from calha.log.server import LogServer
from calha.log.settings import MIB
from log.helpers import come_back_with, take_away, tear
from servers import SMALL, running_log

ROOMY = replace(SMALL, max_store_bytes=256 * MIB)
DAMAGES = pytest.mark.parametrize("damage", [take_away(OUTBOX), tear(OUTBOX)], ids=["taken away", "torn"])


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[tuple[LogServer, Connection]]:
    async with running_log(tmp_path / "log", ROOMY) as running:
        yield running


async def an_outbox(connection: Connection, keep_s: float = 86_400.0) -> Outbox:
    made = Outbox(connection, replace(ROOMY, readings_max_bytes=8 * MIB), b"".join, keep_s)
    await made.ensure()
    return made


async def payloads(outbox: Outbox) -> list[bytes]:
    return [one.payload for one in await outbox.read(1, outbox.last_seq, 4 * MIB)]


@DAMAGES
async def test_what_is_put_after_the_tail_was_lost_is_there_and_is_not_taken_for_what_the_hub_has(
    server: LogServer, connection: Connection, damage: Callable[[Path], object]
) -> None:
    outbox = await an_outbox(connection, keep_s=0.0)
    for number in range(40):
        await outbox.put([b"before %d" % number])
    outbox.had_seq = 40
    life = outbox.life
    await come_back_with(server, connection, damage)
    first = await outbox.put([b"after"])
    assert first <= 40
    assert (outbox.life, outbox.had_seq, outbox.last_seq) == (life + 1, 0, first)
    await outbox.trim()
    assert (await payloads(outbox))[-1] == b"after", "nothing is removed that the hub does not have"
    with pytest.raises(LogUnavailable):
        outbox.require(life)


@DAMAGES
async def test_who_only_looks_sees_it_too(
    server: LogServer, connection: Connection, damage: Callable[[Path], object]
) -> None:
    outbox = await an_outbox(connection)
    for number in range(40):
        await outbox.put([b"before %d" % number])
    outbox.had_seq = 40
    await come_back_with(server, connection, damage)
    await outbox.ensure()
    assert (outbox.life, outbox.had_seq) == (2, 0)


async def test_a_server_that_lost_nothing_is_the_same_outbox(server: LogServer, connection: Connection) -> None:
    outbox = await an_outbox(connection)
    await outbox.put([b"before"])
    await come_back_with(server, connection, lambda _: None)
    assert await outbox.put([b"after"]) == 2
    assert outbox.life == 1
    assert await payloads(outbox) == [b"before", b"after"]
