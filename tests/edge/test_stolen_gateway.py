"""Who has stolen a gateway's secret links a log server of his own, and says what he likes. What he gets for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from calha.domain import link
from calha.domain.errors import LogUnavailable
from calha.domain.link import LaneReport, Parcel, Report, Shipment
from calha.domain.spans import MAX_SPANS
from calha.edge.hub import Hub as Asked
from calha.edge.hub import NotTaken, inbox_of
from calha.log.connection import Connection
from calha.log.server import LogServer
from calha.log.settings import HubLink, LogSettings
from calha.log.shards import link_url
from edge_parts import GATEWAY, Hub, reading, running_hub, until

NOW_US = time.time_ns() // 1000
NOW_MS = NOW_US // 1000
AHEAD_US = 3_600_000_000


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "hub") as found:
        yield found


@asynccontextmanager
async def stolen(folder: Path, hub: Hub, gateway: str, secret: str) -> AsyncIterator[Asked]:
    """The hub as seen over a link with a gateway's secret."""
    own = HubLink(f"127.0.0.1:{hub.leaf_port}", gateway, secret)
    server = LogServer(LogSettings(mqtt_port=0, shards=1, gated=True, hub=own), folder)
    endpoint = await server.start()
    connection = await Connection.open(link_url(endpoint.url), inbox=inbox_of(gateway))
    asked = Asked(connection, gateway)
    try:
        await eventually_answers(asked)
        yield asked
    finally:
        await connection.close()
        await server.stop()


async def eventually_answers(asked: Asked) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await asked.hello()
            except LogUnavailable:
                await asyncio.sleep(0.2)
            else:
                return


def a_shipment(first: int, *parcels: Parcel) -> Shipment:
    pack = link.pack([link.encode(parcel) for parcel in parcels])
    return Shipment(first, first, NOW_US, [(first, pack)])


def by_mqtt(device: str, number: int, arrived_at: int = NOW_US) -> Parcel:
    return Parcel("", f"calha/v1/{device}/telemetry", "mqtt", "json", arrived_at, reading(number, NOW_MS + number))


async def test_it_speaks_for_no_device_that_is_not_behind_the_gateway(hub: Hub, tmp_path: Path) -> None:
    secret = hub.create_gateway("gw-a")
    hub.create_behind("mine", "gw-a")
    hub.create_device("victim")
    named = b'[{"device": "victim", "values": {"n": 2}}, {"device": "mine", "ts": %d, "values": {"n": 3}}]' % NOW_MS
    parcels = [
        by_mqtt("victim", 1),
        Parcel("", "telemetry", "http", "json", NOW_US, named),
        Parcel("victim", "telemetry/victim", "http", "json", NOW_US, reading(4, NOW_MS)),
        Parcel("victim", "calha/v1/victim/commands/c1/reply", "tcp", "json", NOW_US, b'{"state": "executed"}'),
    ]
    async with stolen(tmp_path, hub, "gw-a", secret) as asked:
        await asked.ship("live", a_shipment(1, *parcels))
    until(lambda: hub.numbers("mine") == [3], "what is the gateway's own is stored")
    until(lambda: hub.quarantined("victim") == ["foreign_device"] * 3, "its readings are in quarantine")
    assert "foreign_device" in hub.quarantined(""), "and so is the answer to a command"
    assert hub.numbers("victim") == []
    assert hub.get("/api/v1/devices/victim")["presence"]["state"] == "never"
    assert hub.send("PATCH", "/api/v1/devices/victim", {"gateway": "gw-a"})[0] == 200
    assert hub.send("POST", "/api/v1/quarantine/replay", {"device": "victim"})[0] == 200
    until(lambda: len(hub.numbers("victim")) == 3, "it is behind the gateway now, so its readings count")


async def test_its_clock_reaches_no_further_than_the_hubs(hub: Hub, tmp_path: Path) -> None:
    secret = hub.create_gateway("gw-b")
    hub.create_behind("m-b", "gw-b")
    ahead = reading(1, NOW_MS + AHEAD_US // 1000)
    future = Parcel("m-b", "telemetry/m-b", "http", "json", NOW_US + 2 * AHEAD_US, ahead)
    ancient = Parcel("m-b", "telemetry/m-b", "http", "json", 5, reading(2, NOW_MS))
    async with stolen(tmp_path, hub, "gw-b", secret) as asked:
        await asked.ship("live", a_shipment(1, future, ancient))
    until(lambda: sorted(hub.quarantined("m-b")) == ["time_before_2000", "time_in_future"], "both are in quarantine")


async def test_what_cannot_be_read_is_refused_or_kept_and_harms_nobody(hub: Hub, tmp_path: Path) -> None:
    secret = hub.create_gateway("gw-c")
    hub.create_behind("m-c", "gw-c")
    async with stolen(tmp_path, hub, "gw-c", secret) as asked:
        with pytest.raises(NotTaken, match="cannot be read"):
            await asked.ship("live", msgspec.Raw(b"\xc1 noise"))
        with pytest.raises(NotTaken, match="cannot be read"):
            await asked.ship("live", Shipment(0, 0, 0, []))
        await asked.ship("live", Shipment(1, 1, NOW_US, [(1, b"no pack")]))
        for number in range(2, 2 * MAX_SPANS, 2):
            await asked.ship("backlog", a_shipment(number + 1, by_mqtt("m-c", number)))
        with pytest.raises(NotTaken, match="stretches"):
            await asked.ship("backlog", a_shipment(1_000, by_mqtt("m-c", 1_000)))
        with pytest.raises(NotTaken, match="newer than the hub"):
            await asked.ship("surprise", a_shipment(1, by_mqtt("m-c", 1)))
        await asked.ship("live", a_shipment(2, by_mqtt("m-c", 7)))
    until(lambda: 7 in hub.numbers("m-c"), "good shipments are taken")
    assert "malformed" in hub.quarantined("")


async def test_a_shipment_sent_again_is_logged_once(hub: Hub, tmp_path: Path) -> None:
    secret = hub.create_gateway("gw-d")
    hub.create_behind("m-d", "gw-d")
    received = hub.get("/api/v1/status")["ingest"]["received"]
    async with stolen(tmp_path, hub, "gw-d", secret) as asked:
        for _ in range(3):
            await asked.ship("live", a_shipment(5, by_mqtt("m-d", 1)))
        overlapping = Shipment(4, 6, NOW_US, [(n, link.pack([link.encode(by_mqtt("m-d", n))])) for n in (4, 5, 6)])
        await asked.ship("backlog", overlapping)
        assert (await asked.hello()).spans == "4-6"
        assert (await asked.hello(forget=True)).spans == ""
    until(lambda: hub.numbers("m-d") == [1, 4, 6], "each is there once")
    assert hub.get("/api/v1/status")["ingest"]["received"] == received + 3


async def test_an_ordinary_device_cannot_link_a_log_server(hub: Hub, tmp_path: Path) -> None:
    hub.create_device("meter")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(6), stolen(tmp_path, hub, "meter", hub.new_secret("meter")):
            pass
    assert hub.get("/api/v1/status")["gate"]["refused"]["not a gateway"] >= 1


async def test_it_tells_how_it_is_and_learns_who_is_behind_it(hub: Hub, tmp_path: Path) -> None:
    secret = hub.create_gateway("gw-e")
    own = hub.create_behind("m-e", "gw-e")
    report = Report("1", NOW_US, NOW_US, 0, 0, 0, 0.0, LaneReport(), LaneReport(), 0)
    async with stolen(tmp_path, hub, "gw-e", secret) as asked:
        noted = await asked.report(report)
        roster = await asked.roster()
    assert roster.fingerprint == noted.roster
    assert set(roster.devices) == {"gw-e", "m-e"}
    assert own not in str(roster), "the roster has digests only"
    assert GATEWAY not in roster.devices
