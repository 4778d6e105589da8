"""A link over its life, with real OPC UA servers: one bad node among good, no subscriptions, a server that goes and returns."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from calha.connectors.opcua import subscription
from calha.connectors.opcua.link import Hands, Link, Wanted
from calha.connectors.opcua.outbox import Outbox
from calha.connectors.opcua.session import Target
from calha.connectors.opcua.values import Slot
from calha.domain.directory import ChannelEntry
from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.simulate.plc_names import node_id
from plcs import PlcProcess

from .conftest import running_plc

pytestmark = pytest.mark.slow

WITHIN_S = 60.0


class Taken:
    """What links hand over: readings by series as (value, quality, at), losses and returns, refused values."""

    def __init__(self, own) -> None:
        self.readings: dict[int, list[tuple[float, int, int]]] = {}
        self.told: list[str | None] = []
        self.refused: list[tuple[str, str]] = []
        self.trusted: list[tuple[int, str]] = []
        self.hands = Hands(lambda: time.time_ns() // 1_000, lambda: own, self.trust, self.tell, self.refuse)

    async def publish(self, batch: Batch) -> None:
        rows = zip(batch.series.tolist(), batch.value.tolist(), batch.quality.tolist(), batch.at.tolist(), strict=True)
        for series, value, quality, at in rows:
            self.readings.setdefault(series, []).append((value, quality, at))

    async def trust(self, connection, sha256):
        self.trusted.append((connection, sha256))

    async def tell(self, wanted, error):
        self.told.append(error.reason if error is not None else None)

    def refuse(self, device, reason):
        self.refused.append((device, reason))

    def values(self, series: int) -> list[float]:
        return [value for value, quality, _ in self.readings.get(series, []) if quality < Quality.BAD]

    def qualities(self, series: int) -> list[int]:
        return [quality for _, quality, _ in self.readings.get(series, [])]


@pytest.fixture
def taken(own):
    return Taken(own)


def wanted(port: int, *variables: str, kinds=(), repeat_s: int = 0, deadband: float = 0.0, **target) -> Wanted:
    """Variables of the PLC as series 1, 2, …"""
    slots = []
    for number, variable in enumerate(variables, 1):
        kind = kinds[number - 1] if kinds else "gauge"
        slots.append(Slot(node_id(variable), "eta", variable, ChannelEntry(number, kind)))
    size = len(slots)
    return Wanted(
        1,
        "CLP",
        Target(f"opc.tcp://127.0.0.1:{port}", target.pop("security", "none"), **target),
        100,
        repeat_s,
        tuple(slots),
        (100.0,) * size,
        (deadband,) * size,
    )


@asynccontextmanager
async def linked(wish: Wanted, taken: Taken):
    outbox = Outbox(taken.publish, lambda *_: None)
    link = Link(wish, outbox, taken.hands, [0] * len(wish.slots))
    tasks = [asyncio.create_task(outbox.run()), asyncio.create_task(link.run(lambda: None))]
    try:
        yield link
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - what other tasks do
            await asyncio.sleep(0.02)


async def test_one_bad_node_among_good_ones_stops_none_of_them_and_is_named(taken):
    variables = ("vazao_saida1", "vazao_saida2", "status_coleta", "inexistente", "bomba_ativa", "vazao_saida")
    options = {"older": True, "stops": False, "status": {"vazao_saida": "UncertainLastUsableValue"}}
    async with running_plc(**options) as plc, linked(wanted(plc.port, *variables), taken) as link:
        await until(lambda: taken.values(1) and taken.values(5))
        plc.set_status("vazao_saida2", "BadSensorFailure")
        await plc.run_once()
        await until(lambda: 60.0 in taken.values(1) and Quality.SENSOR_FAILURE in taken.qualities(2))
        await until(lambda: Quality.LAST_USABLE in taken.qualities(6))
        assert taken.values(5) == [1.0]
        assert 3 not in taken.readings
        assert link.faults == {2: "'OK' is not a number", 3: "the server answers BadNodeIdUnknown"}
        assert ("eta", "not_a_number") in taken.refused
        assert link.counts() == {"good": 2, "uncertain": 1, "bad": 3, "unknown": 0}
        assert (link.state.state, link.state.mode) == ("connected", "subscription")
        plc.set_status("vazao_saida2", None)
        await plc.run_once()
        await until(lambda: taken.qualities(2)[-1] == Quality.GOOD)


async def test_a_deadband_holds_back_small_changes(taken):
    async with running_plc(stops=False) as plc, linked(wanted(plc.port, "vazao_saida1", deadband=2.0), taken):
        await until(lambda: taken.values(1))
        for value in (60.0, 61.0, 70.0):
            await plc.write("vazao_saida1", value, datetime.now(UTC))
        await until(lambda: taken.values(1)[-1] == 70.0)
        assert 61.0 not in taken.values(1)


@pytest.mark.parametrize("subscriptions", ["refused", "silent"])
async def test_a_server_that_serves_no_subscription_is_polled(taken, subscriptions):
    options = {"subscriptions": subscriptions, "older": True, "stops": False}
    variables = ("vazao_saida1", "status_coleta", "inexistente")
    async with running_plc(**options) as plc, linked(wanted(plc.port, *variables), taken) as link:
        await until(lambda: taken.values(1) == [19.0])
        assert (link.state.state, link.state.mode) == ("connected", "polling")
        assert link.state.trouble is not None
        await plc.run_once()
        await until(lambda: taken.values(1) == [19.0, 60.0])
        assert set(link.faults) == {1}
        assert link.counts() == {"good": 1, "uncertain": 0, "bad": 2, "unknown": 0}


async def test_a_subscription_that_was_served_and_falls_silent_is_had_again_and_not_polled_for_ever(taken, monkeypatch):
    monkeypatch.setattr(subscription, "SHORTEST_SILENCE_S", 1.0)
    monkeypatch.setattr(subscription, "KEEP_ALIVE_S", 0.2)
    async with running_plc(stops=False) as plc, linked(wanted(plc.port, "vazao_saida1"), taken) as link:
        await until(lambda: taken.values(1) == [19.0])
        for one in list(plc._server.iserver.subscription_service.subscriptions.values()):
            await one.stop()
        await until(lambda: link.state.attempts == 2 and link.state.mode == "subscription")
        assert taken.told == ["silent", None]
        await plc.run_once()
        await until(lambda: 60.0 in taken.values(1))


async def test_an_unchanged_value_is_told_again(taken):
    async with running_plc() as plc, linked(wanted(plc.port, "vazao_saida1", repeat_s=1), taken):
        await until(lambda: len(taken.values(1)) >= 3)
    assert set(taken.values(1)) == {19.0}
    times = [at for _, _, at in taken.readings[1]]
    assert times == sorted(set(times))


async def test_the_first_certificate_is_kept_if_it_may_be_trusted(taken, tmp_path):
    async with running_plc(security=("encrypt",), folder=tmp_path) as plc:
        wish = wanted(plc.port, "vazao_saida1", security="encrypt", trust_first=True)
        async with linked(wish, taken) as link:
            await until(lambda: taken.values(1))
            assert taken.trusted == [(1, link.wanted.target.trusted)]
            assert len(link.wanted.target.trusted) == 64


async def test_a_killed_server_leaves_a_gap_and_is_found_again_also_with_a_value_as_old_as_before(taken, tmp_path):
    process = PlcProcess(tmp_path, "--interval", "3600")
    await asyncio.to_thread(process.start)
    try:
        async with linked(wanted(process.port, "vazao_saida1"), taken) as link:
            await until(lambda: taken.values(1) == [19.0])
            process.kill()
            await until(lambda: link.state.state == "waiting")
            assert link.state.trouble is not None
            assert taken.qualities(1)[-1] == Quality.NO_COMMUNICATION
            assert link.counts()["unknown"] == 1
            await asyncio.to_thread(process.start)
            await until(lambda: len(taken.values(1)) == 2)
            assert link.state.state == "connected"
            await until(lambda: taken.told[-1] is None)
    finally:
        process.kill()
    assert taken.told[0] in ("ended", "unreachable")
    times = [at for _, _, at in taken.readings[1]]
    assert times == sorted(set(times)), "what comes after the gap is newer than it"


async def test_a_server_that_comes_back_with_another_certificate_is_refused(taken, tmp_path):
    process = PlcProcess(tmp_path, "--security", "encrypt")
    await asyncio.to_thread(process.start)
    try:
        async with linked(wanted(process.port, "vazao_saida1", security="encrypt", trust_first=True), taken) as link:
            await until(lambda: taken.values(1))
            process.kill()
            await asyncio.to_thread(process.start, "another")
            await until(lambda: link.state.trouble is not None and link.state.trouble.cause == "certificate_changed")
            assert len(taken.values(1)) == 1
    finally:
        process.kill()
