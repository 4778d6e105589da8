"""Verdicts on the steps of a register, and the law that intervals add up to what the register shows."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.calendars import Calendar
from calha.domain.consumption import consumption
from calha.domain.curves import register_curve
from calha.domain.errors import Malformed
from calha.domain.meter_sizes import WaterMeterSize
from calha.domain.quality import Quality
from calha.domain.register_breaks import Readings
from calha.domain.register_steps import LARGEST, Steps, steps
from calha.domain.registers import TICKS, Decision, Register, Verdict
from calha.domain.times import HOUR_US, MINUTE_US

START = 1_705_287_600_000_000  # 2024-01-15T03:00Z, a local midnight in São Paulo
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
WATER = Register("m³", digits=5, max_flow=Decimal(50), resolution=Decimal("0.1"))
UNKNOWN_SIZE = Register("kWh")


def readings_of(values, every_us=HOUR_US, quality=None) -> Readings:
    at = START + np.arange(len(values), dtype=np.int64) * every_us
    return Readings.of(at, np.array(values, float), np.array(quality or [0] * len(values), np.uint8))


def judged(values, register=WATER, decisions=(), every_us=HOUR_US) -> Steps:
    return steps(readings_of(values, every_us), [register], decisions)


def consumed(found: Steps) -> Decimal:
    return Decimal(int(found.volume.sum())) / TICKS


def verdicts(found: Steps) -> list[str]:
    return [event.verdict.value for event in found.events]


# -- one verdict after the other


@pytest.mark.parametrize(
    ("values", "register", "expected", "amount"),
    [
        ([99_987, 13], WATER, ["rollover"], "26"),
        ([99_987, 0], WATER, ["rollover"], "13"),
        ([1520.0, 1519.6], WATER, ["reverse"], "-0.4"),
        ([1520.0, 1519.6, 1519.7, 1520.1], WATER, ["reverse"], "0.1"),
        ([1520, 0, 2], WATER, ["reset"], "2"),
        ([1520, 1.5, 2], WATER, ["reset"], "2"),
        ([3.0, 0.0, 0.5], WATER, ["reset"], "0.5"),
        ([1520, 700, 701], WATER, ["exchange"], "1"),
        ([10, 2000, 2001], WATER, ["jump"], "1"),
        ([1520, 0, 1520.1], WATER, ["glitch"], "0.1"),
        ([1520, 0, 0, 0, 1520.1], WATER, ["glitch", "glitch", "glitch"], "0.1"),
        ([10, 2000, 11], WATER, ["glitch"], "1"),
        ([10, 11, 12], WATER, [], "2"),
        ([10, 10, 10], WATER, [], "0"),
        ([1520, 0, 1520.1], UNKNOWN_SIZE, ["glitch"], "0.1"),
        ([5, 1_500_000, 5.1], UNKNOWN_SIZE, ["glitch"], "0.1"),
        ([5, 1_500_000, 1_500_001], UNKNOWN_SIZE, [], "1499996"),
        ([1520, 0, 2, 30], UNKNOWN_SIZE, ["reset"], "30"),
        ([1520, 1519.6, 1521], UNKNOWN_SIZE, ["reverse"], "1"),
        ([99_987, 13], Register("kWh", digits=5), ["rollover"], "26"),
        ([60_000, 13], Register("kWh", digits=5), ["reset"], "13"),
        (
            [2**32 - 3, 4],
            Register("L", Decimal(10), rolls_at=Decimal(2**32), max_flow=Decimal(500)),
            ["rollover"],
            "70",
        ),
        ([1520.0, 1519.6, 1520.1], Register("L", max_flow=Decimal(60), memory_s=60.0), ["restart"], "0.5"),
    ],
)
def test_a_step_gets_the_first_verdict_that_fits(values, register, expected, amount):
    found = judged(values, register)
    assert verdicts(found) == expected
    assert consumed(found) == Decimal(amount)


@pytest.mark.parametrize(
    ("values", "sure"), [([99_987, 13], True), ([1520, 0, 1520.1], True), ([1520, 700], False), ([10, 2000], False)]
)
def test_what_is_not_sure_is_uncertain_and_waits_for_review(values, sure):
    found = judged(values)
    assert found.events[0].needs_review is not sure
    assert bool(found.quality.max() < Quality.UNCERTAIN) is sure


def test_never_is_more_counted_than_the_meter_can_measure():
    per_step = 50 * (1 + 60 / 3600) + 2 * 0.1
    for values in ([10, 60_000], [60_000, 59_000], [99_000, 500], [0.4, 99_999], [1520, 50, 99_999, 12]):
        assert all(volume / TICKS <= per_step for volume in judged(values).volume)


def test_pulses_and_transformers_multiply():
    pulses = Register("m³", Decimal("0.01"))
    assert consumed(judged([0, 1_234], pulses)) == Decimal("12.34")
    assert consumed(judged([100.25, 100.5], Register("kWh", Decimal(40)))) == Decimal(10)


def test_the_resolution_of_a_pulse_bounds_the_flow_that_can_be_seen():
    assert Decimal(10) / Decimal("0.25") == 40  # 10 L in 15 min: 40 L/h
    one_pulse = Register("L", Decimal(10), max_flow=Decimal(40), slack_s=0)
    assert verdicts(judged([7, 8], one_pulse, every_us=15 * MINUTE_US)) == []


def test_flows_of_a_meter_of_q3_2_5_and_r160():
    size = WaterMeterSize(Decimal("2.5"), Decimal(160))
    assert (size.q1_m3_h * 1000, size.q2_m3_h * 1000, size.q4_m3_h) == (
        Decimal("15.625"),
        Decimal(25),
        Decimal("3.125"),
    )


# -- what an operator says


def test_an_exchange_counts_up_to_the_closing_and_from_the_opening_reading():
    exchange = Decision(START + HOUR_US // 2, Verdict.EXCHANGE, Decimal("1534.5"), Decimal("0.3"), "Ana")
    found = judged([1520.0, 7.8], Register("m³"), [exchange])
    assert consumed(found) == Decimal("22.0")
    assert (verdicts(found), found.events[0].decided_by) == (["exchange"], "Ana")
    assert found.quality.max() == Quality.GOOD


def test_the_parts_of_an_exchange_fall_into_their_own_intervals():
    exchange = Decision(START + HOUR_US, Verdict.EXCHANGE, Decimal("1534.5"), Decimal("0.3"), "Ana")
    readings = readings_of([1520.0, 7.8], 2 * HOUR_US)
    curve = register_curve(steps(readings, [Register("m³")], [exchange]), 24 * HOUR_US)
    bounds = START + np.arange(3, dtype=np.int64) * HOUR_US
    assert [interval.amount for interval in consumption(curve, bounds, "m³")] == [Decimal("14.5"), Decimal("7.5")]


def test_an_exchange_at_a_reading_is_about_the_step_that_ends_there():
    exchange = Decision(START + HOUR_US, Verdict.EXCHANGE, Decimal("1534.5"), Decimal("0.3"), "Ana")
    assert consumed(judged([1520.0, 7.8, 8.0], WATER, [exchange])) == Decimal("22.2")


def test_a_new_meter_with_another_pulse_weight_counts_by_its_own():
    at = START + HOUR_US // 2
    exchange = Decision(at, Verdict.EXCHANGE, Decimal(110), Decimal(5), "Ana")
    registers = [Register("L", Decimal(10)), Register("L", Decimal(1), valid_from=at)]
    assert consumed(steps(readings_of([100, 25]), registers, [exchange])) == 10 * 10 + 20


@pytest.mark.parametrize(
    ("decision", "values", "expected"),
    [
        (Decision(START + HOUR_US, Verdict.NORMAL, author="Ana"), [10, 2000, 2001], "1991"),
        (Decision(START + HOUR_US, Verdict.ROLLOVER, author="Ana"), [60_000, 100], "40100"),
        (Decision(START + HOUR_US, Verdict.RESET, Decimal(1525), author="Ana"), [1520, 2], "7"),
        (Decision(START + HOUR_US, Verdict.RESTART, author="Ana"), [1520, 1519.6, 1520], "0.4"),
        (Decision(START + HOUR_US, Verdict.EXCHANGE, author="Ana"), [1520, 1519.6, 1520], "0.4"),
        (Decision(START + HOUR_US, Verdict.GLITCH, author="Ana"), [10, 2000, 11], "1"),
        (Decision(START + HOUR_US, Verdict.JUMP, author="Ana"), [10, 2000, 2001], "1"),
        (Decision(START + HOUR_US // 2, Verdict.RESET, Decimal(1521), author="Ana"), [1520, 2], "3"),
    ],
)
def test_an_operators_verdict_is_counted_as_said(decision, values, expected):
    found = judged(values, WATER, [decision])
    assert consumed(found) == Decimal(expected)
    event = next(event for event in found.events if event.verdict is decision.verdict)
    assert (event.decided_by, event.needs_review) == ("Ana", False)


def test_a_step_that_was_taken_for_a_glitch_can_be_declared_real():
    kept = Decision(START + HOUR_US, Verdict.EXCHANGE, author="Ana")
    back = Decision(START + 2 * HOUR_US, Verdict.EXCHANGE, author="Ana")
    found = judged([1520, 300, 1520.1, 1520.3], WATER, [kept, back])
    assert (verdicts(found), consumed(found)) == (["exchange", "exchange"], Decimal("0.2"))


def test_a_meter_that_has_not_reported_since_its_exchange_counts_to_the_closing_reading():
    exchange = Decision(START + 2 * HOUR_US, Verdict.EXCHANGE, Decimal(18), Decimal(0), "Ana")
    assert consumed(judged([10, 12], WATER, [exchange])) == 8


def test_a_rollover_of_a_register_of_unknown_length_is_refused():
    with pytest.raises(Malformed):
        judged([60_000, 100], UNKNOWN_SIZE, [Decision(START + HOUR_US, Verdict.ROLLOVER)])


@pytest.mark.parametrize(
    "wrong", [{"multiplier": Decimal(0)}, {"multiplier": Decimal("0.0000001")}, {"digits": 0}, {"max_flow": Decimal(0)}]
)
def test_a_register_that_cannot_be_is_refused(wrong):
    with pytest.raises(Malformed):
        Register("m³", **wrong)


def test_bad_readings_and_numbers_beyond_all_registers_count_nothing():
    found = steps(readings_of([1, float("nan"), 2, LARGEST * 10, 3, 99], quality=[0, 0, 0, 0, 0, 0x80]), [WATER])
    assert consumed(found) == 2


# -- what intervals say


def test_a_hole_has_a_total_but_its_parts_are_estimated():
    readings = readings_of([0, 1, 2, 14, 15])
    late = Readings(
        np.where(readings.value >= 14, readings.at + 11 * HOUR_US, readings.at), readings.value, readings.quality
    )
    bounds = START + np.arange(16, dtype=np.int64) * HOUR_US
    found = consumption(register_curve(steps(late, [WATER]), 2 * HOUR_US), bounds, "m³")
    assert found.total().amount == 15
    assert [one.quality for one in found] == [Quality.GOOD] * 2 + [Quality.ESTIMATED] * 12 + [Quality.GOOD]
    assert [one.coverage for one in found] == [1.0] * 2 + [0.0] * 12 + [1.0]


def test_before_the_first_and_after_the_last_reading_nothing_is_known():
    bounds = START + np.arange(-2, 4, dtype=np.int64) * HOUR_US
    found = consumption(register_curve(judged([5, 7]), HOUR_US), bounds, "m³")
    assert [one.amount for one in found] == [None, None, 2, None, None]
    assert np.isnan(found.amounts()).tolist() == [True, True, False, True, True]
    assert consumption(register_curve(judged([5]), HOUR_US), bounds, "m³").total().amount is None


def test_a_reading_at_midnight_closes_the_day_before():
    bounds = START + np.array([-24, 0, 24], np.int64) * HOUR_US
    readings = readings_of([0, 8, 8], 24 * HOUR_US)
    before = Readings(readings.at - 24 * HOUR_US, readings.value, readings.quality)
    assert [one.amount for one in consumption(register_curve(steps(before, [WATER]), 25 * HOUR_US), bounds, "m³")] == [
        8,
        0,
    ]


def test_litres_are_given_in_cubic_metres_without_losing_a_digit():
    bounds = START + np.array([0, 1], np.int64) * HOUR_US
    found = consumption(register_curve(judged([0, 1234.567891], Register("L")), HOUR_US), bounds, "L")
    assert found.given_in("m³").total().amount == Decimal("1.234567891")


# -- the law


@st.composite
def histories(draw):
    """(times, values) of a register that grows, and now and then rolls over, is reset, glitches, jumps or runs backwards."""
    count = draw(st.integers(2, 60))
    gaps = draw(st.lists(st.integers(1_000_000, 3 * HOUR_US), min_size=count, max_size=count))
    value, values = draw(st.integers(0, 99_999_9)) / 10, []
    for _ in range(count):
        kind = draw(st.sampled_from(["grow"] * 12 + ["back", "reset", "leap", "roll"]))
        amount = draw(st.integers(0, 30)) / 10
        value = {
            "grow": value + amount,
            "back": max(0.0, value - amount),
            "reset": amount,
            "leap": draw(st.integers(0, 99_999)),
            "roll": (value + amount) % 100_000,
        }[kind]
        values.append(round(value % 100_000, 1))
    return START + np.cumsum(gaps).astype(np.int64), np.array(values)


@settings(max_examples=200, deadline=None)
@given(histories(), st.randoms(), st.sampled_from([WATER, UNKNOWN_SIZE, Register("L", Decimal("0.01"), digits=5)]))
def test_order_duplication_and_cut_change_no_interval_and_their_sum_is_what_the_register_shows(
    history, random, register
):
    at, value = history
    quality = np.zeros(len(at), np.uint8)
    found = steps(Readings.of(at, value, quality), [register])
    order = list(range(len(at))) + [random.randrange(len(at)) for _ in range(10)]
    random.shuffle(order)
    again = steps(Readings.of(at[order], value[order], quality[order]), [register])
    assert again.events == found.events
    assert again.volume.tolist() == found.volume.tolist()

    curve = register_curve(found, HOUR_US)
    quarters = consumption(curve, Calendar("15m", SAO_PAULO).bounds(int(at[0]), int(at[-1])), register.unit)
    days = consumption(curve, Calendar("1d", SAO_PAULO).bounds(int(at[0]), int(at[-1])), register.unit)
    assert quarters.total().amount == days.total().amount

    shown = Decimal(register.ticks(float(value[-1])) - register.ticks(float(value[0]))) / TICKS
    kept = {int(one) for one in found.at}
    moved = sum(
        (
            event.volume - Decimal(register.ticks(event.after) - register.ticks(event.before)) / TICKS
            for event in found.events
            if event.verdict is not Verdict.GLITCH
        ),
        Decimal(0),
    )
    if int(at[0]) in kept and int(at[-1]) in kept:
        assert quarters.total().amount == shown + moved


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_a_part_of_the_readings_gives_the_same_intervals_away_from_its_edges(history, data):
    at, value = history
    whole = steps(Readings.of(at, value, np.zeros(len(at), np.uint8)), [WATER])
    first = data.draw(st.integers(0, len(at) - 1))
    part = steps(Readings.of(at[first:], value[first:], np.zeros(len(at) - first, np.uint8)), [WATER])
    in_step = np.intersect1d(whole.at, part.at)
    quiet = [one for one in in_step.tolist() if not any(event.before_at <= one <= event.at for event in whole.events)]
    if quiet and quiet[0] < int(at[-1]):
        assert part.volume[part.at > quiet[0]].tolist() == whole.volume[whole.at > quiet[0]].tolist()
