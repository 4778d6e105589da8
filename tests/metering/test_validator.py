"""Validation follows what is stored: as it comes, late, corrected, and after a restart."""

import asyncio
from decimal import Decimal

import numpy as np

from calha.domain.registers import Plate, Verdict
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.store.metering import DecisionRow, PlateRow

START = 1_705_287_600_000_000  # Monday 2024-01-15T03:00Z, a local midnight
RULES = "{gap_minutes: 60, high_percent: 200, low_percent: 50, zero_days: 2, clock_ahead_s: 180}"


def days(plant, amounts, key: str = "m1", first: int = 0) -> None:
    """Whole days of a meter, quarter by quarter, each with so much in all."""
    at = START + first * DAY_US + np.arange(0, len(amounts) * 96 + 1, dtype=np.int64) * 15 * MINUTE_US
    register = np.concatenate([[0], np.cumsum(np.repeat(np.array(amounts) / 96, 96))]) + 1000 * first + 10
    plant.send(at, np.round(register, 4), key)


def open_ones(plant, device=None):
    found = plant.metering.findings.page("open", device=device).items
    return [(one.rule, (one.from_at - START) / DAY_US) for one in found]


def test_what_comes_is_checked_and_what_is_corrected_is_checked_again(plant):
    plant.device("m1", rules=RULES)
    plant.device("m2", interval_s=600)
    days(plant, [24, 24, 24, 24, 96, 24])
    days(plant, [24, 24, 24, 24, 96, 24], "m2")  # without rules
    plant.now = START + 7 * DAY_US
    validator = plant.metering.validator
    validator.check_now()
    assert open_ones(plant) == [("high", 4.0)]
    validator.check_now()
    assert open_ones(plant) == [("high", 4.0)]

    days(plant, [24, 24, 24, 24, 24, 24])  # the readings were wrong
    validator.check_now()
    assert open_ones(plant) == []
    assert [one.state for one in plant.metering.findings.page(None).items] == ["gone"]
    days(plant, [24, 24, 24, 24, 96, 24])
    validator.check_now()
    assert open_ones(plant) == [("high", 4.0)]


def test_a_corrected_reading_has_the_day_after_it_checked_again(plant):
    """Read once a day at eleven, so that a wrong reading makes the day itself too low and the next one too high."""
    plant.device("m1", interval_s=86_400, rules=RULES.replace("60", "3000"))
    at = START + np.arange(0, 9, dtype=np.int64) * DAY_US + 23 * HOUR_US
    register = 10.0 + 24 * np.arange(9)
    wrong = register.copy()
    wrong[5] -= 23
    plant.send(at, wrong)
    plant.now = START + 9 * DAY_US + HOUR_US
    validator = plant.metering.validator
    validator.check_now()
    assert open_ones(plant) == [("low", 5.0), ("high", 6.0)]
    plant.send(at[5:6], register[5:6])
    validator.check_now()
    assert open_ones(plant) == []


def test_the_day_after_the_newest_reading_of_a_past_that_was_brought_in_is_not_judged(plant):
    plant.device("m1", interval_s=3_600, rules="{gap_minutes: 60}")
    plant.now = START + 9 * DAY_US
    plant.send(START + np.arange(48, dtype=np.int64) * HOUR_US, 10.0 + np.arange(48))
    plant.metering.validator.check_now()
    assert open_ones(plant) == []


def test_what_somebody_accepted_stays_accepted(plant):
    plant.device("m1", rules=RULES)
    days(plant, [24, 24, 24, 24, 96, 24])
    plant.now = START + 7 * DAY_US
    metering = plant.metering
    metering.validator.check_now()
    found = metering.findings.page("open").items
    metering.findings.close([one.id for one in found], "accepted", "Ana", 1)
    plant.send([START + 5 * DAY_US + 1], [200.5])
    metering.validator.check_now()
    assert open_ones(plant) == []
    assert metering.findings.count() == {}
    assert metering.findings.reopen([one.id for one in found]) == 1
    assert metering.findings.count() == {"high": 1}


def test_a_hole_and_a_register_that_starts_over_are_found_each_on_its_day(plant):
    plant.device("m1", rules=RULES)
    plant.now = START + 3 * DAY_US + HOUR_US
    plant.send([START, START + 10 * HOUR_US, START + 11 * HOUR_US], [100, 110, 111])
    plant.send([START + 26 * HOUR_US, START + 27 * HOUR_US], [125, 2])
    plant.metering.validator.check_now()
    assert open_ones(plant) == [("gap", 0), ("gap", 11 / 24), ("register", 1 + 2 / 24), ("gap", 1 + 3 / 24)]
    (short,) = [one for one in plant.metering.findings.page("open").items if one.from_at == START + 11 * HOUR_US]
    assert short.until_at == START + 26 * HOUR_US


def test_a_hole_that_goes_on_is_one_exception_that_grows_until_a_reading_ends_it(plant):
    plant.device("m1", rules="{gap_minutes: 60}")
    plant.send([START, START + HOUR_US], [100, 101])
    validator = plant.metering.validator
    for day in range(1, 4):
        plant.now = START + day * DAY_US + HOUR_US
        validator.mark(plant.meter(), START + day * DAY_US - HOUR_US)
        validator.check_now()
        (hole,) = plant.metering.findings.page("open").items
        assert (hole.from_at, hole.until_at) == (START + HOUR_US, START + day * DAY_US)
    plant.send([START + 2 * DAY_US], [110])
    validator.check_now()
    assert [(one.until_at - one.from_at) / HOUR_US for one in plant.metering.findings.page("open").items] == [47, 24]


def test_a_meter_that_is_exchanged_is_no_longer_an_exception(plant):
    plant.device("m1", rules="{}")
    plant.now = START + 2 * DAY_US
    plant.send([START + HOUR_US, START + 2 * HOUR_US], [1520.0, 7.8])
    metering, meter = plant.metering, plant.meter()
    metering.validator.check_now()
    assert open_ones(plant) == [("register", 1 / 24)]
    exchange = DecisionRow(
        meter.series, START + 2 * HOUR_US, Verdict.EXCHANGE, Decimal(1521), None, None, None, "", "Ana", 1
    )
    metering.registers.decide(exchange)
    metering.validator.mark(meter, START + 2 * HOUR_US)
    metering.validator.check_now()
    assert open_ones(plant) == []


def test_a_meter_that_cannot_be_checked_does_not_keep_the_others_from_it(plant):
    for key in ("m1", "m2"):
        plant.device(key, rules="{gap_minutes: 60}") if key == "m1" else plant.registry.create_device(
            key, "meter_900", 1
        )
        plant.send([START, START + 10 * HOUR_US], [99_000, 5], key)
    plant.now = START + 2 * DAY_US
    series = plant.meter("m1").series
    rollover = DecisionRow(series, START + 10 * HOUR_US, Verdict.ROLLOVER, None, None, None, None, "", "Ana", 1)
    plant.registers.decide(rollover)
    plant.registry.save_profile(
        "name: meter_900\ntitle: {pt: M, en: M}\ndescription: {pt: M, en: M}\ninterval_s: 900\nchannels:\n"
        "  - {key: total, name: {pt: T, en: T}, kind: counter, unit: m³, validation: [{gap_minutes: 60}]}\n"
    )
    plant.metering.validator.check_now()
    assert {device for device in ("m1", "m2") if open_ones(plant, device)} == {"m2"}
    plant.registers.save_plate(PlateRow(series, 0, Plate(digits=5), None, "Ana", 1))
    plant.send([START + 10 * HOUR_US + 1], [5], "m1")
    plant.metering.validator.check_now()
    assert ("gap", 0) in open_ones(plant, "m1")


def test_a_clock_that_is_ahead_is_found_while_the_day_runs(plant):
    plant.device("m1", rules=RULES)
    at = START + 10 * HOUR_US
    plant.now = at
    plant.send([at], [5], arrived_at=[at - 200 * SECOND_US])
    plant.metering.validator.check_now()
    assert open_ones(plant) == [("clock", 0)]


def test_a_register_is_compared_with_the_flow_beside_it(plant):
    plant.device("m1", rules="{sum_against: flow, sum_percent: 5}")
    days(plant, [86.4, 86.4])
    at = START + np.arange(0, 2 * 96 + 1, dtype=np.int64) * 15 * MINUTE_US
    plant.send(at, np.where(at <= START + DAY_US, 1.0, 1.2), channel="flow")  # L/s
    plant.now = START + 3 * DAY_US
    plant.metering.validator.check_now()
    assert open_ones(plant) == [("sum", 1.0)]
    plant.send(at, np.full(len(at), 1.0), channel="flow")
    plant.metering.validator.check_now()
    assert open_ones(plant) == [], "the flow was wrong"


def test_a_day_is_compared_with_the_same_days_a_year_ago(plant):
    plant.device("m1", rules="{high_percent: 200, compare_days: 7, compare_with: last_year}")
    days(plant, [24] * 8)
    later = START + 367 * DAY_US  # the day of the week of the fourth
    at = later + np.arange(3, dtype=np.int64) * DAY_US
    plant.send(at, [250, 310, 350])
    plant.now = later + 3 * DAY_US
    plant.metering.validator.check_now()
    (found,) = plant.metering.findings.page("open").items
    assert (found.rule, found.from_at, found.data["usual"]) == ("high", later, 24)


def test_a_day_without_power_is_no_exception(plant):
    plant.device("m1", rules="{zero_days: 1, outage_channel: level}")
    plant.device("m2", interval_s=600, rules="{zero_days: 1}")
    for key in ("m1", "m2"):
        days(plant, [24, 24, 0, 0], key)
    plant.send([START + 2 * DAY_US, START + 3 * DAY_US], [1.0, 0.0], channel="level")
    plant.now = START + 5 * DAY_US
    plant.metering.validator.check_now()
    assert open_ones(plant, "m2") == [("zero", 2.0)]
    assert open_ones(plant, "m1") == []


def test_a_power_failure_that_is_told_late_explains_a_day_that_was_judged(plant):
    plant.device("m1", rules="{zero_days: 1, outage_channel: level}")
    days(plant, [24, 24, 0, 0])
    plant.now = START + 5 * DAY_US
    plant.metering.validator.check_now()
    assert open_ones(plant) == [("zero", 2.0)]
    plant.send([START + 2 * DAY_US, START + 3 * DAY_US], [1.0, 0.0], channel="level")
    plant.metering.validator.check_now()
    assert open_ones(plant) == []


async def until(is_so) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.01)


async def test_the_job_goes_on_where_it_was_and_finds_a_meter_that_died_meanwhile(plant, monkeypatch):
    monkeypatch.setattr("calha.metering.validator.EVERY_S", 0.01)
    plant.device("m1", rules=RULES)
    days(plant, [24, 24, 24, 24])
    plant.now = START + 4 * DAY_US + HOUR_US
    findings = plant.metering.findings
    beats: list[int] = []
    job = asyncio.create_task(plant.metering.validator.run(lambda: beats.append(1)))
    await until(lambda: findings.progress()[0] == plant.seq)
    assert open_ones(plant) == []
    plant.now = START + 5 * DAY_US + HOUR_US  # nothing came any more
    await until(lambda: ("gap", 4.0) in open_ones(plant))
    job.cancel()
    assert beats

    plant.send([START + 5 * DAY_US + HOUR_US], [150.0])
    plant.now = START + 12 * DAY_US + HOUR_US
    again = asyncio.create_task(plant.metering.validator.run(lambda: None))
    await until(lambda: findings.progress()[0] == plant.seq and len(open_ones(plant)) == 2)
    again.cancel()
    (first, second) = [one for one in findings.page("open").items if one.rule == "gap"]
    assert (first.until_at, second.from_at) == (START + 5 * DAY_US + HOUR_US, START + 5 * DAY_US + HOUR_US)
    assert second.until_at == START + 12 * DAY_US


async def test_all_days_that_ended_while_the_machine_slept_are_checked(plant, monkeypatch):
    monkeypatch.setattr("calha.metering.validator.EVERY_S", 0.01)
    plant.device("m1", rules="{gap_minutes: 60}")
    begun = START + DAY_US
    plant.send([begun, begun + 6 * HOUR_US, begun + 6 * HOUR_US + 1], [10.0, 10.5, 10.5])
    plant.now = begun + 7 * HOUR_US
    findings = plant.metering.findings
    job = asyncio.create_task(plant.metering.validator.run(lambda: None))
    await until(lambda: findings.progress()[0] == plant.seq)
    assert open_ones(plant) == [], "the day is not over"
    plant.now = START + 5 * DAY_US + HOUR_US
    await until(lambda: len(open_ones(plant)) == 2)
    job.cancel()
    assert min(open_ones(plant)) == ("gap", 1.0), "before it slept; the other one is since"


def test_a_leak_is_seen_by_the_day_of_the_place(plant):
    """It never rests from midnight to midnight in São Paulo; the same hours in UTC have three hours of rest."""
    plant.device("m1", rules="{step: 1h, leak_per_hour: 0.003785}")
    hours = np.arange(0, 49, dtype=np.int64)
    used = np.where((hours > 21) & (hours <= 24), 0.0, 0.005)  # until midnight, which is 03:00 UTC
    plant.send(START - DAY_US + hours * HOUR_US, np.round(100 + np.cumsum(used), 4))
    plant.now = START + 2 * DAY_US
    plant.metering.validator.check_now()
    assert open_ones(plant) == [("leak", 0.0)]


def test_a_corrected_reading_has_the_days_checked_again_that_were_compared_with_it(plant):
    plant.device("m1", rules=RULES)
    days(plant, [24, 24, 24, 24, 240, 24, 24, 60])
    plant.now = START + 9 * DAY_US
    validator = plant.metering.validator
    validator.check_now()
    assert open_ones(plant) == [("high", 4.0), ("low", 5.0), ("low", 6.0)], "the mean of days with 240 is high"
    days(plant, [24, 24, 24, 24, 24])
    validator.check_now()
    assert [("low", 5.0) in open_ones(plant), ("high", 7.0) in open_ones(plant)] == [False, True]


def test_a_day_is_checked_again_that_was_compared_with_one_a_year_ago(plant):
    plant.device("m1", rules="{low_percent: 60, compare_with: last_year, compare_days: 7}")
    days(plant, [24] * 7)
    days(plant, [24], first=364)
    plant.now = START + 366 * DAY_US
    validator = plant.metering.validator
    validator.check_now()
    assert open_ones(plant) == []
    days(plant, [24, 48, 48, 48, 48, 48, 48])
    validator.check_now()
    assert open_ones(plant) == [("low", 364.0)]


def test_another_multiplier_has_the_days_since_checked_again(plant):
    plant.device("m1", rules="{max_per_hour: 5}")
    days(plant, [24] * 5)
    plant.now = START + 6 * DAY_US
    validator = plant.metering.validator
    validator.check_now()
    assert open_ones(plant) == []
    meter = plant.meter()
    since = START + 3 * DAY_US
    row = PlateRow(meter.series, since, Plate(multiplier=Decimal(10)), None, "Ana", 1)
    plant.registers.save_plate(row)
    validator.mark_from(meter, since)
    validator.check_now()
    assert {int(day) for _, day in open_ones(plant)} == {3, 4}
