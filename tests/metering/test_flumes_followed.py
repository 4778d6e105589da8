"""The flow of a flume is made of its levels as they come, are corrected, or the flume is set up anew."""

import asyncio
import dataclasses
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calha.domain.calendars import Calendar
from calha.domain.flumes import Flume
from calha.domain.profiles import ProfileChannel
from calha.domain.quality import Quality
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.metering.flumes import BEHIND_HOLDS_US, affected
from calha.store.metering.flumes import FlumeRow

START = 1_705_287_600_000_000
LATER = START + 12 * HOUR_US


@pytest.fixture
async def flume(plant, monkeypatch):
    """A device whose channel `made` is the flow of a 9-inch flume, and the job that makes it."""
    monkeypatch.setattr("calha.metering.flumes.EVERY_S", 0.01)
    plant.device("m1")
    plant.registry.update_channel("m1", "flow", unit="m³/h")
    channels = {one.key: one.series for one in plant.registry.device("m1").channels}
    plant.now = START + 10 * DAY_US
    metering = plant.metering
    row = FlumeRow(channels["flow"], channels["level"], 0, Flume('9"'), "Ana", 1)
    metering.flumes.store.save(row)
    metering.flumes.changed(row.series, 0)
    job = asyncio.create_task(metering.flumes.run(lambda: None))
    yield metering.flumes, row
    job.cancel()


async def flows(plant, row, count: int, is_so=lambda _: True):
    """The flows, when there are so many and they are as awaited."""
    async with asyncio.timeout(60):
        while True:
            found = plant.telemetry.readings([row.series], 0, plant.now, resolution="raw")[row.series]
            if len(found.at) == count and is_so(found.value):
                return found
            await asyncio.sleep(0.01)


async def test_levels_become_flows_with_their_times_and_qualities(plant, flume):
    _, row = flume
    at = [START, START + 1, START + 2, START + 3]
    plant.send(at, [0.25, 0.35, 9999.0, 0.48], channel="level", quality=[0, Quality.UNCERTAIN, 0, Quality.BAD])
    found = await flows(plant, row, 4)
    assert found.value[:2].tolist() == pytest.approx([64.199 * 3.6, 107.424 * 3.6], abs=0.01)
    assert np.isnan(found.value[2:]).all()
    assert found.quality.tolist() == [Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD]
    plant.send([START], [0.35], channel="level")
    await flows(plant, row, 4, lambda flow: flow[0] == flow[1])


async def test_a_flume_set_up_anew_makes_its_flow_anew_from_then_on(plant, flume):
    flumes, row = flume
    at = START + np.arange(0, DAY_US, 15 * MINUTE_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 0.30), channel="level")
    before = await flows(plant, row, len(at))
    calibrated = FlumeRow(row.series, row.level_series, LATER, Flume('9"', zero_m=0.05), "Ana", 2)
    flumes.store.save(calibrated)
    flumes.changed(row.series, LATER)
    found = await flows(plant, row, len(at), lambda flow: flow[-1] < flow[0])
    assert (found.value[at < LATER] == before.value[0]).all()
    assert (found.value[at >= LATER] < before.value[0]).all()


async def test_a_submerged_flow_is_uncertain_until_it_is_free_again(plant, flume):
    flumes, row = flume
    behind = next(one.series for one in plant.registry.device("m1").channels if one.key == "behind")
    flumes.store.save(dataclasses.replace(row, behind_series=behind))
    flumes.changed(row.series, 0)
    at = START + np.arange(0, HOUR_US, 10 * MINUTE_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 0.30), channel="level")
    await flows(plant, row, len(at))
    # 9": free up to Hb/Ha = 0.60. In cm, with a failure, and silent after the third reading.
    plant.send(at[:4], [17.9, 18.1, 18.1, np.nan], channel="behind", quality=[0, 0, 0, Quality.BAD])
    uncertain = [0, 1, 1, 1, 0, 0]  # the level of 20 min holds for less than 15 min more
    found = await flows(plant, row, len(at), lambda _: qualities(plant, row)[1] == Quality.UNCERTAIN)
    assert qualities(plant, row) == [Quality.UNCERTAIN if one else Quality.GOOD for one in uncertain]
    assert (found.value == found.value[0]).all()


def qualities(plant, row) -> list[int]:
    return plant.telemetry.readings([row.series], 0, plant.now, resolution="raw")[row.series].quality.tolist()


def test_each_reading_says_something_of_its_own_flow_only():
    rows = [FlumeRow(10, 1, 0, Flume('9"'), "Ana", 1, behind_series=2), FlumeRow(20, 1, 0, Flume('6"'), "Ana", 1)]
    assert affected(rows, {1: (5, 7)}) == {10: (5, 8), 20: (5, 8)}
    assert affected(rows, {1: (5, 7), 2: (3, 4)}) == {10: (3, 4 + BEHIND_HOLDS_US), 20: (5, 8)}
    assert affected(rows, {3: (5, 7)}) == {}


async def test_the_flow_adds_up_to_a_volume(plant, flume):
    _, row = flume
    at = START + np.arange(0, DAY_US + 1, 15 * MINUTE_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 0.25), channel="level")
    await flows(plant, row, len(at))
    day = Calendar("1d", ZoneInfo("America/Sao_Paulo")).bounds(START, START + DAY_US)
    amount = plant.counting.of(plant.meter("m1", "flow"), day).consumption.interval(0).amount
    assert amount == pytest.approx(Decimal("5546.8"), abs=Decimal("0.1"))  # 64.199 L/s


async def test_after_a_restart_it_goes_on_where_it_was(plant, flume):
    flumes, row = flume
    plant.send([START], [0.25], channel="level")
    await flows(plant, row, 1)
    async with asyncio.timeout(60):
        while flumes.store.progress() < plant.seq:  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.01)
    again = plant.metering.flumes
    job = asyncio.create_task(again.run(lambda: None))
    plant.send([START + 1], [0.25], channel="level")
    await flows(plant, row, 2)
    job.cancel()


def test_the_channel_of_a_flume_can_be_one_that_no_profile_has(plant):
    plant.registry.save_profile(
        "name: open\ntitle: {pt: A, en: A}\ndescription: {pt: A, en: A}\nallow_discovered: true\nmax_channels: 5\n"
        "channels: [{key: level, name: {pt: N, en: L}, unit: cm}]\n"
    )
    plant.registry.create_device("d1", "open", 1)
    plant.registry.add_channel("d1", ProfileChannel("made", {"pt": "V", "en": "F"}, "gauge", "m³/h"))
    assert plant.meter("d1", "made").unit == "m³"
