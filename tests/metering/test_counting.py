"""Consumption from the stores: whatever way readings took into it, and whatever is said of registers."""

import random
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calha.domain.calendars import Calendar
from calha.domain.errors import Malformed, NotFound
from calha.domain.quality import Quality
from calha.domain.registers import Plate, Verdict
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.store.metering import DecisionRow, PlateRow

START = 1_705_287_600_000_000  # 2024-01-15T03:00Z, a local midnight
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
QUARTERS, DAYS = Calendar("15m", SAO_PAULO), Calendar("1d", SAO_PAULO)


def history(days: int, every_us: int, seed: int = 1):
    """(times, register) that grows, rolls over, is reset, and has a hole and a glitch."""
    generator = np.random.default_rng(seed)
    at = START + np.arange(0, days * DAY_US, every_us, dtype=np.int64)
    growth = generator.integers(0, 5, len(at)) * 0.1 * every_us / HOUR_US
    value = np.round(np.cumsum(growth) + 99_990, 3)
    value %= 100_000
    reset = len(at) * 2 // 3
    value[reset:] -= value[reset]
    value[len(at) // 2] = 0
    kept = (np.arange(len(at)) < len(at) // 4) | (np.arange(len(at)) > len(at) // 4 + 8 * HOUR_US // every_us)
    return at[kept], np.round(value[kept], 3)


def test_order_splits_repetition_and_delay_change_nothing(plant):
    at, value = history(6, 15 * MINUTE_US)
    plant.device("straight")
    plant.device("crooked")
    plant.send(at, value, "straight")
    order = list(range(len(at))) + random.Random(1).sample(range(len(at)), 50)
    random.Random(2).shuffle(order)
    for start in range(0, len(order), 37):
        part = order[start : start + 37]
        plant.send(at[part], value[part], "crooked")
        if start == 37 * 6:
            plant.telemetry.compact(int(at[-1]) + 30 * DAY_US)
    meters = [plant.meter("straight"), plant.meter("crooked")]
    for calendar in (QUARTERS, DAYS):
        straight, crooked = plant.counting.of_all(meters, calendar.bounds(int(at[0]), int(at[-1])))
        assert list(straight.consumption) == list(crooked.consumption)
        assert straight.events == crooked.events
    assert [event.verdict for event in straight.events] == [Verdict.ROLLOVER, Verdict.GLITCH, Verdict.RESET]


def test_any_window_says_the_same_of_the_same_interval(plant):
    at, value = history(6, 15 * MINUTE_US)
    plant.device("m1")
    plant.send(at, value)
    whole = list(plant.counting.of(plant.meter(), QUARTERS.bounds(int(at[0]), int(at[-1]))).consumption)
    for first in range(0, len(whole), 29):
        part = list(
            plant.counting.of(
                plant.meter(), QUARTERS.bounds(whole[first].from_at, whole[first].from_at + 5 * HOUR_US)
            ).consumption
        )
        assert part == whole[first : first + len(part)]


@pytest.mark.parametrize("in_files", [False, True])
def test_hours_of_the_store_say_the_same_as_all_readings(plant, in_files):
    at, value = history(3, 20 * SECOND_US)
    plant.device("m1", interval_s=20)
    plant.device("often", interval_s=300)  # read singly
    for key in ("m1", "often"):
        plant.send(at, value, key)
    if in_files:
        plant.telemetry.compact(int(at[-1]) + 30 * DAY_US)
    for step in ("1d", "1h"):
        bounds = Calendar(step, SAO_PAULO).bounds(START, START + 3 * DAY_US)
        by_hours, singly = (plant.counting.of(plant.meter(key), bounds) for key in ("m1", "often"))
        assert [one.amount for one in by_hours.consumption] == [one.amount for one in singly.consumption]
        assert by_hours.events == singly.events
        assert len(singly.events) == 3
        coverage = [one.coverage for one in by_hours.consumption]
        assert coverage == pytest.approx([one.coverage for one in singly.consumption], abs=0.02), step


def test_readings_whose_retention_is_over_still_count(plant):
    at, value = history(6, 20 * SECOND_US)
    plant.device("m1", interval_s=20)
    plant.send(at, value)
    before = list(plant.counting.of(plant.meter(), DAYS.bounds(START, START + 6 * DAY_US)).consumption)
    plant.telemetry.compact(int(at[-1]) + 30 * DAY_US)
    plant.telemetry.retain([plant.meter().series], START + 2 * DAY_US)
    after = list(plant.counting.of(plant.meter(), DAYS.bounds(START, START + 6 * DAY_US)).consumption)
    assert [one.amount for one in after] == [one.amount for one in before]


def test_long_spans_are_counted_in_parts_that_add_up(plant, monkeypatch):
    at, value = history(6, 15 * MINUTE_US)
    plant.device("m1")
    plant.send(at, value)
    plant.send(at, np.full(len(at), 10.0), channel="flow")
    for channel in ("total", "flow"):
        meter = plant.meter("m1", channel)
        whole = plant.counting.of(meter, DAYS.bounds(START, START + 6 * DAY_US))
        monkeypatch.setattr("calha.metering.counting.READINGS_AT_ONCE", 100)
        parts = plant.counting.of(meter, DAYS.bounds(START, START + 6 * DAY_US))
        monkeypatch.undo()
        assert list(parts.consumption) == list(whole.consumption)
        assert list(parts.events) == list(whole.events)


def test_a_correction_of_the_past_changes_its_day_only(plant):
    plant.device("m1")
    at = START + np.arange(0, 3 * DAY_US, HOUR_US, dtype=np.int64)
    plant.send(at, np.arange(len(at)))
    before = [
        one.amount for one in plant.counting.of(plant.meter(), DAYS.bounds(START, START + 3 * DAY_US)).consumption
    ]
    plant.send(at[24:25], [30.0])  # the reading at the second midnight
    after = [one.amount for one in plant.counting.of(plant.meter(), DAYS.bounds(START, START + 3 * DAY_US)).consumption]
    assert before == [24, 24, 23]
    assert after == [30, 18, 23]


def test_an_etas_flow_in_litres_a_second_is_given_in_cubic_metres(plant):
    plant.device("m1")
    at = START + np.arange(0, DAY_US + 1, 15 * MINUTE_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 100.0), channel="flow")
    day = plant.counting.of(plant.meter("m1", "flow"), DAYS.bounds(START, START + DAY_US)).consumption.interval(0)
    assert (day.amount, day.unit, day.quality, day.coverage) == (8640, "m³", Quality.GOOD, 1.0)


def test_an_exchange_and_a_new_pulse_weight_are_followed_at_once(plant):
    plant.device("m1")
    plant.send([START, START + HOUR_US], [1520.0, 7.8])
    meter = plant.meter()
    assert (
        plant.counting.of(meter, DAYS.bounds(START, START + HOUR_US)).consumption.interval(0).quality
        >= Quality.UNCERTAIN
    )
    exchange = DecisionRow(
        meter.series,
        START + HOUR_US // 2,
        Verdict.EXCHANGE,
        Decimal("1534.5"),
        Decimal("0.3"),
        "A1",
        "B2",
        "velho",
        "Ana",
        1,
    )
    made = plant.registers.decide(exchange)
    day = plant.counting.of(meter, DAYS.bounds(START, START + HOUR_US))
    assert (day.consumption.interval(0).amount, day.consumption.interval(0).quality) == (22, Quality.GOOD)
    plant.registers.save_plate(
        PlateRow(meter.series, START + HOUR_US // 2, Plate(multiplier=Decimal(2)), "B2", "Ana", 1)
    )
    assert plant.counting.of(plant.meter(), DAYS.bounds(START, START + HOUR_US)).consumption.interval(
        0
    ).amount == Decimal("29.5")
    plant.registers.undo_decision(meter.series, made.id, "Ana", 2)
    assert plant.counting.of(plant.meter(), DAYS.bounds(START, START + HOUR_US)).events[0].needs_review


def test_what_counts_nothing_is_refused_with_what_to_do(plant):
    plant.device("m1")
    with pytest.raises(Malformed, match="change its kind or unit"):
        plant.meter("m1", "level")
    with pytest.raises(NotFound):
        plant.meter("m1", "nothing")


def test_a_meter_without_readings_has_no_consumption(plant):
    plant.device("m1")
    found = plant.counting.of(plant.meter(), DAYS.bounds(START, START + DAY_US))
    assert found.consumption.total().amount is None


def test_a_register_counts_by_differences_and_is_never_summed_up(plant):
    """The example of usage meters, events of 10 and 20: count 2, sum 30, highest 20; as a register it has counted 10."""
    plant.device("m1")
    at = [START + 10 * MINUTE_US, START + 50 * MINUTE_US]
    for _ in range(2):  # an event that is sent again is the same event
        plant.send(at, [10.0, 20.0])
        plant.send(at, [10.0, 20.0], channel="flow")
    day = plant.counting.of(plant.meter(), DAYS.bounds(START, START + DAY_US)).consumption.interval(0)
    assert day.amount == 10
    series = plant.meter("m1", "flow").series
    hour = plant.telemetry.readings([series], START, START + HOUR_US, resolution="1h")[series]
    assert (hour.count[0], hour.value[0] * hour.count[0], hour.maximum[0]) == (2, 30, 20)
