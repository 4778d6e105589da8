"""Forecasts of running cycles: how often the interval holds, and what is worth a message."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from calha.domain.forecasts import MIN_DAYS, Range, forecast, higher_block, warnings
from calha.domain.tariffs import Block, Usage, Version

D = Decimal
BEGIN = date(2026, 6, 1)
REST = [date(2026, 7, 11) + timedelta(days=number) for number in range(21)]  # of July


def days(count: int, value=lambda _: 1.0, until: date = date(2026, 7, 11)) -> dict[date, float]:
    return {until - timedelta(days=n): value(until - timedelta(days=n)) for n in range(1, count + 1)}


def test_like_days_go_on_as_they_were():
    found = forecast(10.0, days(20), REST)
    assert found == Range(D("31.000"), D("31.000"), D("31.000"))


def test_each_weekday_goes_on_as_its_own():
    def sundays(day: date) -> float:
        return 7.0 if day.weekday() == 6 else 0.0

    found = forecast(7.0, days(42, sundays), REST)
    assert found is not None
    assert found.expected == D("28.000"), "three Sundays are missing"


def test_too_little_is_known_at_first():
    assert forecast(1.0, days(MIN_DAYS - 1), REST) is None
    assert forecast(31.5, {}, []) == Range(D("31.500"), D("31.500"), D("31.500"))


def test_nothing_that_was_used_is_given_back():
    wild = dict(zip(days(8), [0, 0, 0, 9, 0, 0, 0, 0], strict=True))
    found = forecast(9.0, wild, REST)
    assert found is not None
    assert found.low == D("9.000")


@pytest.mark.parametrize(("memory", "history", "missing"), [(0.0, 56, 20), (0.0, 14, 10), (0.5, 56, 20), (0.5, 56, 5)])
def test_four_of_five_cycles_end_within_the_interval(memory, history, missing):
    """Weekly rhythm, days that resemble the day before, and uneven use; the seeds are fixed, so is the count."""
    source, held, cycles = np.random.default_rng(7), 0, 400
    today = BEGIN + timedelta(days=history)
    for _ in range(cycles):
        noise = source.normal(0, 0.3, history + missing)
        for place in range(1, len(noise)):
            noise[place] += memory * noise[place - 1]
        used = [max(0.0, 2 + 0.5 * ((n % 7) >= 5) + float(noise[n])) for n in range(history + missing)]
        known = {BEGIN + timedelta(days=n): used[n] for n in range(history)}
        found = forecast(0.0, known, [today + timedelta(days=n) for n in range(missing)])
        assert found is not None
        held += found.low <= D(sum(used[history:])) <= found.high
    assert 0.7 <= held / cycles <= 0.92


def test_a_message_is_sent_only_of_what_is_likely():
    beyond, within = Range(D(14), D(16), D(18)), Range(D(12), D(16), D(20))
    assert [one.kind for one in warnings(beyond, D(10), within, D(10), 30)] == ["consumption_varies"]
    assert [one.kind for one in warnings(within, D(20), beyond, D(30), 30)] == ["bill_varies"], "less is told as well"
    assert warnings(beyond, D(0), beyond, D(0), 30) == [], "nothing is usual yet"


@pytest.mark.parametrize(
    ("usual", "expected", "dwellings", "limit"),
    [(8, 9, 1, None), (8, 11, 1, D(10)), (8, 25, 1, D(20)), (12, 18, 1, None), (18, 22, 2, D(20)), (25, 8, 1, None)],
)
def test_a_higher_block_is_told_with_where_it_begins(usual, expected, dwellings, limit):
    blocks = (Block(up_to=D(10), price=D(1)), Block(up_to=D(20), price=D(2)), Block(price=D(3)))
    water = Usage(key="water", name={"pt": "Água"}, unit="m³", blocks=blocks, per_dwelling=True)
    version = Version(valid_from=BEGIN, components=(water,))
    found = higher_block(version, dwellings, D(usual), D(expected), D(1))
    assert (found.begins if found is not None else None) == limit
