"""Net metering by time of use: energy pays for its own post first, and for others by what energy costs in each."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import InvalidTariff
from calha.domain.net_metering import Lot, months_later
from calha.domain.net_posts import Posts, compensate_by_post
from calha.domain.tariff_reader import read_tariff

D = Decimal
JULY = (date(2026, 7, 1), date(2026, 8, 1))
TWO = Posts({"peak": D("0.60"), "off_peak": D("0.30")}, "off_peak")


def by_post(peak, off_peak):
    return {"peak": D(peak), "off_peak": D(off_peak)}


def lot(year, month, amount, post=""):
    on = date(year, month, 1)
    return Lot(on=on, expires=months_later(on, 60), amount=D(amount), post=post)


def compensated(found):
    return tuple(one.compensated for one in found.posts)


@pytest.mark.parametrize(
    ("consumed", "injected", "expected", "left"),
    [
        ((100, 300), (40, 100), (40, 100), {}),
        ((100, 300), (150, 0), (100, 100), {}),  # 50 kWh of peak are worth 100 off-peak
        ((100, 300), (0, 400), (50, 300), {}),  # 100 kWh off-peak are worth 50 at peak
        ((100, 300), (0, 600), (100, 300), {"off_peak": 100}),
        ((100, 300), (300, 0), (100, 300), {"peak": 50}),
        ((0, 0), (10, 20), (0, 0), {"peak": 10, "off_peak": 20}),
        ((100, 300), (0, 0), (0, 0), {}),
    ],
)
def test_energy_pays_for_its_own_post_and_then_by_the_relation_of_te(consumed, injected, expected, left):
    found = compensate_by_post(by_post(*consumed), by_post(*injected), (), JULY, TWO)
    assert compensated(found) == expected
    assert {one.post: one.amount for one in found.closing} == left
    assert {(one.on, one.expires) for one in found.closing} <= {(date(2026, 8, 1), date(2031, 8, 1))}


def test_the_oldest_credit_is_used_first_whatever_its_post():
    lots = (lot(2024, 3, 20, "peak"), lot(2025, 6, 500, "off_peak"))
    found = compensate_by_post(by_post(0, 100), by_post(0, 0), lots, JULY, TWO)
    assert compensated(found) == (0, 100)
    assert found.closing == (lot(2025, 6, 440, "off_peak"),), "20 kWh of peak paid for 40"
    assert (found.own, found.used) == (0, 100)


def test_a_credit_without_a_post_counts_in_the_one_outside_all_windows():
    found = compensate_by_post(by_post(50, 0), by_post(0, 0), (lot(2025, 6, 300),), JULY, TWO)
    assert compensated(found) == (50, 0)
    assert found.closing == (lot(2025, 6, 200),)


def test_the_minimum_is_kept_out_of_the_cheapest_post():
    found = compensate_by_post(by_post(100, 80), by_post(500, 500), (), JULY, TWO, minimum=D(100))
    assert compensated(found) == (80, 0)


def test_a_credit_that_has_expired_is_lost():
    old = Lot(on=date(2021, 7, 1), expires=date(2026, 7, 1), amount=D(10), post="peak")
    found = compensate_by_post(by_post(100, 0), by_post(0, 0), (old,), JULY, TWO)
    assert (compensated(found), found.expired, found.closing) == ((0, 0), 10, ())


AMOUNT = st.decimals(0, 5_000, places=3)
PRICE = st.decimals("0.05", "2.00", places=5)


@given(
    st.tuples(AMOUNT, AMOUNT, AMOUNT),
    st.tuples(AMOUNT, AMOUNT, AMOUNT),
    st.tuples(PRICE, PRICE, PRICE),
    st.lists(st.tuples(AMOUNT, st.sampled_from(["", "a", "b", "c"])), max_size=5),
    AMOUNT,
)
def test_no_value_is_lost_or_made_between_the_posts(consumed, injected, te, saved, minimum):
    names = ("a", "b", "c")
    posts = Posts(dict(zip(names, te, strict=True)), "c")
    taken, fed = (dict(zip(names, one, strict=True)) for one in (consumed, injected))
    opening = tuple(lot(2025, 1 + place, amount, post) for place, (amount, post) in enumerate(saved))
    found = compensate_by_post(taken, fed, opening, JULY, posts, minimum)

    def worth(lots):
        return sum(one.amount * posts.te[one.post or "c"] for one in lots)

    before = worth(opening) + sum(fed[name] * posts.te[name] for name in names)
    paid = sum(one.compensated * posts.te[one.post] for one in found.posts)
    assert abs(before - paid - worth(found.closing)) < D("0.000001")
    assert all(0 <= one.compensated <= one.consumed for one in found.posts)
    assert found.compensated == sum(one.compensated for one in found.posts) <= max(sum(consumed) - minimum, D(0))
    assert all(one.amount > 0 for one in found.closing)


TOLD = (Path(__file__).parents[2] / "docs" / "billing.md").read_text().split("```yaml\n")[1:]
(EXAMPLE,) = (block.split("```")[0] for block in TOLD if block.startswith("key: branca_solar"))


@pytest.mark.parametrize(
    "wrong",
    [
        ("te: {peak: 0.60, off_peak: 0.30}", "te: {peak: 0.60}"),
        (", te: {peak: 0.60, off_peak: 0.30}", ""),
        ("off_peak: 0.30}", "off_peak: 0}"),
        ('    windows:\n      windows: [{post: peak, from: "18:00", until: "21:00"}]\n', ""),
    ],
)
def test_posts_and_their_te_belong_together(wrong):
    assert read_tariff(EXAMPLE).versions[0].net_metering.te == by_post("0.60", "0.30")
    assert wrong[0] in EXAMPLE
    with pytest.raises(InvalidTariff, match=r"net_metering\.te"):
        read_tariff(EXAMPLE.replace(*wrong))
