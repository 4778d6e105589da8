"""Consumption, amounts and leaks of Hidrômetro Inteligente: arithmetic, against vectors and laws."""

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat.hidrometro.bill import NOTHING, Counted, Reading, amount, counted, spans, tariff_on
from calha.compat.hidrometro.leaks import LeakWatch
from calha.domain.times import SECOND_US
from calha.store.hidrometro import TariffRow
from calha.store.hidrometro.billing import following

MINUTE = 60 * SECOND_US


def register(*litres, every=MINUTE):
    return [Reading(number * every, value) for number, value in enumerate(litres)]


def tariff(number, price, first, last=None, active=True):
    return TariffRow(number, f"T{number}", Decimal(price), first, last, active)


@pytest.mark.parametrize(
    ("litres", "expected"),
    [
        ((), Counted(Decimal("0.000"))),
        ((100.0,), Counted(Decimal("0.000"))),
        ((100.0, 112.5, 112.5, 120.0), Counted(Decimal("20.000"))),
        ((100.0, 250.0, 0.0, 12.0), Counted(Decimal("162.000"), resets=1)),
        ((100.0, 250.0, 30.0, 42.0), Counted(Decimal("192.000"), resets=1)),  # the first reading since is not 0
        ((1000.5, 998.2, 1010.0), Counted(Decimal("11.800"), back=1)),  # it lost the minute since it saved last
        ((100_000.0, 40_000.0, 40_001.0), Counted(Decimal("1.000"), back=1)),  # so much cannot have flowed in a minute
        ((0.1, 0.2, 0.3), Counted(Decimal("0.200"))),
    ],
)
def test_a_register_counts_over_resets_and_steps_back(litres, expected):
    assert counted(register(*litres)) == expected


@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=60), st.integers(0, 60))
def test_months_add_up_to_the_year_wherever_they_are_cut(steps, cut):
    total, readings = 0.0, []
    for number, step in enumerate(steps):
        total += step
        readings.append(Reading(number * MINUTE, total))
    first, second = readings[: cut + 1], readings[cut:]
    parts = counted(first) + counted(second) if second else counted(first)
    assert math.isclose(parts.litres, counted(readings).litres, abs_tol=0.002)


@given(st.lists(st.floats(0, 10_000), max_size=40))
def test_nothing_is_ever_counted_twice_or_below_zero(litres):
    found = counted(register(*litres))
    assert 0 <= found.litres <= Decimal(repr(sum(litres))) + Decimal("0.01")
    assert NOTHING + found == found


def test_the_amount_is_that_of_the_old_system():
    assert amount([(Decimal(12345), Decimal("5.25"))]) == Decimal("64.81")


@pytest.mark.parametrize(("litres", "expected"), [("5000", "0.12"), ("15000", "0.38"), ("25000", "0.62")])
def test_an_amount_is_rounded_half_to_even(litres, expected):
    assert amount([(Decimal(litres), Decimal("0.025"))]) == Decimal(expected)


def test_parts_are_rounded_together_and_not_one_by_one():
    assert amount([(Decimal(1), Decimal("4.00"))] * 5) == Decimal("0.02")


def test_the_tariff_of_a_day_is_the_active_one_that_began_last():
    old, new = tariff(1, "5.25", date(2025, 1, 1)), tariff(2, "6.00", date(2025, 8, 16))
    off, past = tariff(3, "9", date(2025, 8, 20), active=False), tariff(4, "1", date(2025, 1, 2), date(2025, 1, 31))
    every = [new, old, off, past]
    assert tariff_on(date(2025, 8, 15), every) is old
    assert tariff_on(date(2025, 8, 31), every) is new
    assert tariff_on(date(2025, 1, 31), every) is past
    assert tariff_on(date(2024, 12, 31), every) is None
    assert list(spans(date(2025, 8, 1), date(2025, 9, 1), every)) == [
        (date(2025, 8, 1), date(2025, 8, 16), old),
        (date(2025, 8, 16), date(2025, 9, 1), new),
    ]
    assert list(spans(date(2024, 12, 31), date(2025, 1, 2), every)) == [
        (date(2024, 12, 31), date(2025, 1, 1), None),
        (date(2025, 1, 1), date(2025, 1, 2), old),
    ]


def test_months_follow_each_other_over_the_year():
    assert following(date(2025, 12, 1)) == date(2026, 1, 1)
    assert following(date(2025, 1, 1)) == date(2025, 2, 1)


# Leaks


def told(watch, flows, every=SECOND_US, start=0):
    """At which readings a leak is told."""
    return [number for number, flow in enumerate(flows) if watch.take("m", start + number * every, flow)]


def test_a_leak_is_told_once_after_its_time():
    watch = LeakWatch(0.2, 10)
    assert told(watch, [0.2] * 40) == [10], "ten seconds are ten seconds"
    leak = LeakWatch(0.2, 10)
    found = [one for number in range(20) if (one := leak.take("m", number * SECOND_US, 0.5 + (number == 3)))]
    assert [(one.duration_s, one.flow, one.peak) for one in found] == [(10.0, 0.5, 1.5)]


def test_water_that_stops_is_no_leak_and_the_next_one_is_told_anew():
    assert told(LeakWatch(0.2, 10), ([0.5] * 9 + [0.0]) * 5) == []
    assert told(LeakWatch(0.2, 2), [0.5] * 5 + [0.1] + [0.5] * 5) == [2, 8]
    assert told(LeakWatch(0.2, 0), [0.0, 0.5, 0.5, 0.0, 0.5]) == [1, 4]


def test_a_silence_ends_what_nobody_has_seen():
    watch = LeakWatch(0.2, 400)
    assert told(watch, [0.5] * 200) == []
    assert told(watch, [0.5] * 300, start=10 * MINUTE) == []


def test_what_comes_late_or_is_no_number_changes_nothing():
    watch = LeakWatch(0.2, 10)
    watch.take("m", 100 * SECOND_US, 0.5)
    assert watch.take("m", 50 * SECOND_US, 0.0) is None
    assert watch.take("m", 105 * SECOND_US, math.nan) is None
    assert watch.take("m", 110 * SECOND_US, 0.5) is not None
    watch.forget("m")
    assert watch.take("m", 121 * SECOND_US, 0.5) is None
