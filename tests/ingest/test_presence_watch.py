"""The watch over devices, with what it hears and the clock given."""

import asyncio
from collections import namedtuple
from dataclasses import replace
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.presence import Cause
from calha.ingest.presence import PresenceWatch, Senses

S = 1_000_000
START = 1_800_000_000 * S
Heard = namedtuple("Heard", "message")
UTC = ZoneInfo("UTC")


class World:
    """Devices named site-number; each look is two seconds after the last."""

    def __init__(self, folder, devices, interval_s=None):
        self.folder = folder
        self.now = START
        self.fault = Cause.NONE
        self.names: set[str] = set()
        self.speakers: set[str] = set()
        self.heard: dict[str, Heard] = {}
        self.events: list[tuple[str, str | None]] = []
        self.told: list[tuple[str, str, dict]] = []
        self.interval_s = interval_s
        self.have(devices)

    def have(self, devices, gateway=None):
        """gateway: of all the others."""
        self.directory = Directory(
            {
                key: DeviceEntry(
                    key,
                    UTC,
                    {"flow": ChannelEntry(number, "gauge")},
                    0,
                    int(key.partition("-")[0]),
                    gateway if key != gateway else None,
                )
                for number, key in enumerate(devices, 1)
            },
            {},
        )

    def watch(self):
        registry = SimpleNamespace(
            intervals=lambda: dict.fromkeys(self.directory.devices, self.interval_s) if self.interval_s else {},
            sites=list,
            add_event=lambda kind, device=None, **_: self.events.append((kind, device)),
        )
        telemetry = SimpleNamespace(latest=SimpleNamespace(newest_arrival=lambda _: 0))

        async def names():
            return self.names

        async def is_connected(device):
            return device in self.names

        senses = Senses(
            lambda: self.fault,
            names,
            is_connected,
            lambda: self.speakers,
            lambda *news: self.told.append(news),
            lambda: self.now,
        )
        return PresenceWatch(self, telemetry, registry, senses, self.folder)

    def last_message(self, device):
        return self.heard.get(device)

    def hear(self, *devices):
        for device in devices:
            self.heard[device] = Heard(SimpleNamespace(arrived_at=self.now))

    async def pass_time(self, watch, seconds, *, every_s=None, devices=()):
        """Look every two seconds; devices are heard every `every_s`."""
        for step in range(0, seconds, 2):
            self.now += 2 * S
            if every_s and step % every_s == 0:
                self.hear(*devices)
            if self.directory is not watch._rows.directory:
                await watch._follow({})
            await watch.look()


@pytest.fixture
async def world(tmp_path):
    return World(tmp_path, ["1-a", "1-b", "2-a", "2-b"])


async def ready(world):
    watch = world.watch()
    await watch._follow({})
    return watch


async def test_the_interval_is_learnt_and_silence_told_once(world):
    watch = await ready(world)
    assert watch.of("1-a").state == "never"
    everybody = list(world.directory.devices)
    await world.pass_time(watch, 300, every_s=20, devices=everybody)
    assert watch.of("1-a").state == "online"
    assert watch.of("1-a").expected_interval_s == 20.0
    await world.pass_time(watch, 120, every_s=20, devices=everybody[1:])
    assert (watch.of("1-a").state, watch.of("1-a").cause) == ("silent", "device")
    assert world.events == [("device_silent", "1-a")]
    await world.pass_time(watch, 40, every_s=20, devices=everybody)
    assert watch.of("1-a").state == "online"
    assert world.events[1:] == [("device_returned", "1-a")]
    assert [content["state"] for _, device, content in world.told if device == "1-a"] == [
        "online",
        "late",
        "silent",
        "online",
    ]


async def test_a_device_is_not_known_by_what_was_heard_of_another_that_had_its_key(world):
    watch = await ready(world)
    await world.pass_time(watch, 300, every_s=20, devices=["1-a", "1-b"])
    world.heard.clear()  # as ingest forgets those that were deleted
    again = replace(world.directory.devices["1-a"], site=2, since=world.now)
    world.directory = Directory({**world.directory.devices, "1-a": again}, {})
    await world.pass_time(watch, 4)
    assert (watch.of("1-a").state, watch.of("1-a").last_seen_at) == ("never", None)
    assert watch.of("1-a").expected_interval_s is None
    assert watch.of("1-b").expected_interval_s == 20.0


async def test_a_site_that_falls_silent_is_one_event(world):
    watch = await ready(world)
    everybody = list(world.directory.devices)
    await world.pass_time(watch, 200, every_s=20, devices=everybody)
    await world.pass_time(watch, 200, every_s=20, devices=["2-a", "2-b"])
    assert [watch.of(key).cause for key in everybody] == ["site", "site", None, None]
    await world.pass_time(watch, 40, every_s=20, devices=everybody)
    assert [kind for kind, _ in world.events] == ["site_silent", "site_returned"]


async def test_a_gateway_that_falls_silent_is_one_event(world):
    world.have(["1-gateway", "1-a", "2-a"], gateway="1-gateway")
    watch = await ready(world)
    everybody = list(world.directory.devices)
    await world.pass_time(watch, 200, every_s=20, devices=everybody)
    await world.pass_time(watch, 200)
    assert [watch.of(key).cause for key in everybody] == ["device", "gateway", "gateway"]
    assert world.events == [("device_silent", "1-gateway")]
    await world.pass_time(watch, 100, every_s=20, devices=everybody[:2])
    assert [watch.of(key).cause for key in everybody] == [None, None, "device"]
    assert sorted(world.events[1:]) == [("device_returned", "1-gateway"), ("device_silent", "2-a")]


async def test_a_device_is_online_while_it_reports_or_holds_a_connection(world):
    watch = await ready(world)
    assert not await watch.is_online("1-a")
    assert not await watch.is_online("9-unknown")
    world.hear("1-a")
    assert await watch.is_online("1-a")
    assert watch.of("1-a").state == "online"
    world.names = {"1-b"}
    assert await watch.is_online("1-b")
    assert watch.of("1-b").is_online is False  # until the connections are asked for again


async def test_an_outage_of_calhas_own_blames_no_device(world):
    watch = await ready(world)
    everybody = list(world.directory.devices)
    await world.pass_time(watch, 200, every_s=20, devices=everybody)
    world.fault = Cause.BROKER
    await world.pass_time(watch, 200)
    assert {watch.of(key).cause for key in everybody} == {"broker"}
    world.fault = Cause.NONE
    await world.pass_time(watch, 10)
    assert (watch.of("1-a").state, watch.of("1-a").cause) == ("late", "broker")
    await world.pass_time(watch, 40, every_s=20, devices=everybody)
    assert {watch.of(key).state for key in everybody} == {"online"}
    assert watch.of("1-a").expected_interval_s == 20.0
    assert world.events == []


async def test_a_restart_keeps_what_was_learnt_and_repeats_no_event(world):
    watch = await ready(world)
    everybody = list(world.directory.devices)
    await world.pass_time(watch, 200, every_s=20, devices=everybody)
    await world.pass_time(watch, 120, every_s=20, devices=everybody[1:])
    watch._save()
    world.heard.clear()
    world.now += 3_600 * S
    again = world.watch()
    running = asyncio.create_task(again.run(lambda: None))
    await asyncio.sleep(0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (again.of("1-a").state, again.of("1-a").expected_interval_s) == ("silent", 20.0)
    assert (again.of("1-b").state, again.of("1-b").cause) == ("late", "platform")
    await world.pass_time(again, 40, every_s=20, devices=everybody)
    assert world.events == [("device_silent", "1-a"), ("device_returned", "1-a")]


async def test_devices_come_and_go(world):
    watch = await ready(world)
    await world.pass_time(watch, 200, every_s=20, devices=["2-b"])
    world.have(["2-b", "3-new"])
    await world.pass_time(watch, 2)
    assert watch.of("1-a") is None
    assert (watch.of("2-b").state, watch.of("2-b").expected_interval_s) == ("online", 20.0)
    assert watch.of("3-new").state == "never"


async def test_many_devices_that_fall_silent_are_one_event(tmp_path):
    world = World(tmp_path, [f"{number}-x" for number in range(1, 101)], interval_s=20.0)
    watch = await ready(world)
    world.hear(*world.directory.devices)
    await world.pass_time(watch, 120)
    assert world.events == [("device_silent_many", None)]


async def test_ten_thousand_devices_are_looked_at_quickly(tmp_path):
    world = World(tmp_path, [f"{number % 50 + 1}-{number}" for number in range(10_000)], interval_s=60.0)
    watch = await ready(world)
    world.hear(*world.directory.devices)
    await world.pass_time(watch, 10)
    started_at = asyncio.get_running_loop().time()
    for _ in range(5):
        world.now += 2 * S
        world.hear(*list(world.directory.devices)[:2_000])
        await watch.look()
    took_ms = (asyncio.get_running_loop().time() - started_at) / 5 * 1_000
    assert took_ms < 100, took_ms


async def test_a_damaged_file_is_as_good_as_none(world):
    (world.folder / "presence.json").write_text('{"1-a": [1, "x"], "1-b": 7')
    running = asyncio.create_task(world.watch().run(lambda: None))
    await asyncio.sleep(0.1)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
