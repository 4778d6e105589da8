"""Days that no invoice charges are named, and how they come into one."""

from datetime import date

import pytest
from sqlalchemy import update
from test_invoicing import (  # noqa: F401 - fixtures
    AUGUST,
    JULY,
    SEPTEMBER,
    D,
    billing,
    contract,
    contracted,
    hourly,
    pay,
    sealed,
    today,
)

from calha.metering.invoicing import differences, issue, issue_again, verified
from calha.metering.previews import previews
from calha.metering.unbilled import unbilled
from calha.store.billing.models import Contract


def billed(billing, contract, *months):  # noqa: F811
    return [issue(billing, list(previews(billing, [contract], month)))[0] for month in months]


def named(billing):  # noqa: F811
    return [(one.days.from_, one.days.until, one.invoice) for one in unbilled(billing, None)]


@pytest.fixture
def extended(plant, billing):  # noqa: F811
    """A contract that ended on 21 July, was billed, and goes on, as contracts could before that was refused."""
    made = contracted(plant, billing, "m1", until_day=date(2026, 7, 21))
    hourly(plant, JULY, SEPTEMBER, 100)
    (july,) = billed(billing, made, "2026-07")
    assert named(billing) == []
    with plant.registry.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(Contract).where(Contract.id == made.id).values(until_day=None))
    return billing.customers.contract(made.number), july


@pytest.mark.parametrize("is_paid", [False, True])
def test_the_rest_of_a_cycle_is_named_and_billed_by_issuing_again(plant, billing, extended, is_paid):  # noqa: F811
    contract, july = extended  # noqa: F811
    rest = (date(2026, 7, 21), date(2026, 8, 1), july.number)
    assert named(billing) == [rest]
    billed(billing, contract, "2026-08")
    assert named(billing) == [rest], "also behind later invoices"
    if is_paid:
        pay(billing, july)
    (difference,) = differences(billing, [july])
    assert difference.amount == 11 * 24 * D("0.01") * 5
    _, again = issue_again(billing, july.number)
    assert (again.from_day, again.until_day) == (date(2026, 7, 1), date(2026, 8, 1))
    assert again.total == (D("13.20") if is_paid else D("37.20"))
    assert verified(billing, again) == []
    assert named(billing) == []
    assert list(differences(billing, [again])) == []


def test_days_in_which_nothing_was_used_come_into_the_invoice_as_well(plant, billing, extended):  # noqa: F811
    _, july = extended
    hourly(plant, JULY + 20 * 24 * 3_600_000_000, SEPTEMBER, 104.8, 0)
    (difference,) = differences(billing, [july])
    assert (difference.amount, difference.now.cycle.until) == (D(0), date(2026, 8, 1))
    issue_again(billing, july.number)
    assert named(billing) == []


def test_a_cycle_that_is_not_over_is_not_left(billing, extended, today):  # noqa: F811
    _, july = extended
    today[0] = date(2026, 7, 31)
    assert named(billing) == []
    assert list(differences(billing, [july])) == []


def test_cycles_between_invoices_and_at_the_end_of_a_contract_are_named(plant, billing, contract, today):  # noqa: F811
    hourly(plant, JULY, SEPTEMBER, 100)
    assert named(billing) == [], "nothing was ever billed"
    billed(billing, contract, "2026-07")
    assert named(billing) == [], "August is the next run's"
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * 24 * 3_600_000_000, 114.88)
    today[0] = date(2026, 10, 2)
    billed(billing, contract, "2026-09")
    assert named(billing) == [(date(2026, 8, 1), date(2026, 9, 1), None)]
    billing.customers.change_contract(contract.number, until_day=date(2026, 11, 5))
    today[0] = date(2026, 11, 30)
    billed(billing, contract, "2026-08")
    october = (date(2026, 10, 1), date(2026, 11, 1), None)
    assert named(billing) == [october, (date(2026, 11, 1), date(2026, 11, 5), None)], "no run is to come"
    assert list(unbilled(billing, frozenset())) == []
