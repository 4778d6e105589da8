"""What happens to a command while it is being handed over: the log server is as slow here as it may be."""

import asyncio
from dataclasses import dataclass, field

import pytest

from calha.commands.service import Commands, Request
from calha.commands.ways import Ways
from calha.domain.commands import State
from calha.domain.errors import LogUnavailable
from calha.store.accounts.commands import CommandStore
from calha.store.registry import Registry
from registries import lay_empty_registry

DEVICE = "pump-1"


@dataclass
class SlowLog:
    """kept: what waits at the log server. Handing over begins, and goes on when it may."""

    kept: set[int] = field(default_factory=set)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    is_away: bool = False

    async def mail(self, _device: str, _order: bytes) -> int:
        self.begun.set()
        await self.may_go_on.wait()
        self.kept.add(7)
        return 7

    async def recall(self, _device: str, seq: int) -> None:
        if self.is_away:
            raise LogUnavailable("away")
        self.kept.discard(seq)


@pytest.fixture
def registry(tmp_path):
    registry = Registry.open(lay_empty_registry(tmp_path))
    site = registry.create_site("Works", None, "America/Sao_Paulo")
    registry.create_device(DEVICE, "machine", site.id)
    yield registry
    registry.close()


def commands_over(registry, log: SlowLog) -> Commands:
    async def no(_device: str) -> bool:
        return False

    async def nothing(_row) -> None:
        pass

    ways = Ways(lambda *_: False, log.mail, log.recall, no, no, lambda _: None)
    profile_of = lambda device: registry.profile(registry.device(device).profile)  # noqa: E731
    return Commands(CommandStore(registry.engine), profile_of, ways, lambda *_: None, nothing, lambda: 10**15)


def asked(registry) -> Request:
    command = next(
        one for one in registry.profile("machine").commands if all(parameter.optional for parameter in one.parameters)
    )
    return Request(DEVICE, command.key, {}, "ana", ["person 1"])


async def test_what_is_taken_back_while_it_is_handed_over_waits_for_no_device(registry):
    log = SlowLog()
    commands = commands_over(registry, log)
    requesting = asyncio.create_task(commands.request(asked(registry)))
    await log.begun.wait()
    (row,) = commands.store.list(DEVICE, None, None, 10).items
    cancelling = asyncio.create_task(commands.cancel(DEVICE, row.id, "ana"))
    await asyncio.wait(
        [cancelling], timeout=0.5
    )  # it waits for the handing over; if it did not, it would be done by now
    log.may_go_on.set()
    await requesting
    assert (await cancelling).state is State.CANCELLED
    assert log.kept == set(), "a device that wakes gets nothing that was cancelled"


async def test_nothing_is_called_cancelled_that_the_log_server_may_still_deliver(registry):
    log = SlowLog()
    log.may_go_on.set()
    commands = commands_over(registry, log)
    row, _ = await commands.request(asked(registry))
    log.is_away = True
    with pytest.raises(LogUnavailable):
        await commands.cancel(DEVICE, row.id, "ana")
    assert commands.store.get(DEVICE, row.id).state is State.SENT
    log.is_away = False
    assert (await commands.cancel(DEVICE, row.id, "ana")).state is State.CANCELLED
    assert log.kept == set()
