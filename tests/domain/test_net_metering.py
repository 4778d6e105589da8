"""Net metering: what is injected pays for what is consumed, the oldest credit first, for sixty months."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.net_metering import Lot, compensate, months_later

D = Decimal
JULY = (date(2026, 7, 1), date(2026, 8, 1))


def lot(year, month, amount):
    on = date(year, month, 1)
    return Lot(on=on, expires=months_later(on, 60), amount=D(amount))


def test_a_surplus_becomes_a_credit_of_sixty_months():
    found = compensate(D(200), D(350), (), JULY)
    assert (found.own, found.used, found.generated, found.compensated) == (200, 0, 150, 200)
    assert found.closing == (Lot(on=date(2026, 8, 1), expires=date(2031, 8, 1), amount=D(150)),)


def test_the_oldest_credit_is_used_first():
    found = compensate(D(300), D(100), (lot(2024, 3, 50), lot(2025, 6, 400)), JULY)
    assert (found.own, found.used, found.compensated, found.generated) == (100, 200, 300, 0)
    assert found.closing == (lot(2025, 6, 250),)


def test_the_minimum_is_never_compensated():
    found = compensate(D(300), D(350), (), JULY, minimum=D(100))
    assert (found.compensated, found.generated) == (200, 150)
    below = compensate(D(80), D(50), (lot(2026, 1, 500),), JULY, minimum=D(100))
    assert (below.compensated, below.generated, below.balance) == (0, 50, 550)


@pytest.mark.parametrize(
    ("from_", "used", "expired"), [(date(2026, 6, 30), 10, 0), (date(2026, 7, 1), 0, 10), (date(2030, 1, 1), 0, 10)]
)
def test_a_credit_is_lost_after_sixty_months(from_, used, expired):
    old = Lot(on=date(2021, 7, 1), expires=date(2026, 7, 1), amount=D(10))
    found = compensate(D(100), D(0), (old,), (from_, months_later(from_, 1)))
    assert (found.used, found.expired, found.closing) == (used, expired, ())


def test_months_are_those_of_the_calendar():
    assert months_later(date(2024, 2, 29), 60) == date(2029, 2, 28)
    assert months_later(date(2026, 12, 1), 1) == date(2027, 1, 1)


AMOUNTS = st.decimals(0, 10_000, places=3)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=80), AMOUNTS)
def test_no_energy_is_lost_or_made_over_the_years(cycles, minimum):
    lots, begin = (), date(2020, 1, 1)
    injected = compensated = expired = D(0)
    for number, (consumed, fed) in enumerate(cycles):
        cycle = months_later(begin, number), months_later(begin, number + 1)
        found = compensate(consumed, fed, lots, cycle, minimum)
        assert found.compensated <= max(consumed - minimum, 0)
        assert sum(one.amount for one in found.opening) + found.generated == found.used + found.expired + found.balance
        assert all(one.expires > cycle[0] for one in found.closing)
        assert sorted(found.closing, key=lambda one: one.on) == list(found.closing)
        injected, compensated = injected + fed, compensated + found.compensated
        expired, lots = expired + found.expired, found.closing
    assert injected == compensated + expired + found.balance
