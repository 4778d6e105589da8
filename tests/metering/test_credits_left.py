"""Credits of money that invoices leave: who takes them, and what a person does where no invoice is to come."""

from datetime import UTC, date, datetime

import pytest
from test_invoicing import (  # noqa: F401 - fixtures
    AUGUST,
    JULY,
    SEPTEMBER,
    TERMS,
    D,
    billing,
    contracted,
    hourly,
    lowered,
    pay,
    sealed,
    today,
)

from calha.domain.errors import Conflict, Malformed
from calha.metering.credits import credit_left, move, open_credits, pay_out
from calha.metering.estimating import Decision
from calha.metering.invoicing import differences, issue, issue_again, verified
from calha.metering.previews import previews

AT = datetime(2026, 9, 16, 12, tzinfo=UTC)


def billed(billing, contract, month, decision=None):  # noqa: F811
    (row,) = issue(billing, list(previews(billing, [contract], month, decision)))
    return row


def left(billing):  # noqa: F811
    return [(one.invoice.number, one.holder.number, one.is_stranded) for one in open_credits(billing, None)]


@pytest.fixture
def ended(plant, billing):  # noqa: F811
    """July of a contract that ended with it was paid, and issued again for 10.00 less."""
    made = contracted(plant, billing, "m1", until_day=date(2026, 8, 1))
    hourly(plant, JULY, AUGUST, 100)
    row = billed(billing, made, "2026-07")
    pay(billing, row)
    lowered(plant, 105.44, 300)
    return issue_again(billing, row.number)[1]


@pytest.fixture
def other(plant, billing, ended):  # noqa: F811
    """Another contract of the same customer."""
    plant.device("m2", 3600)
    hourly(plant, JULY, SEPTEMBER, 100, device="m2")
    return billing.customers.add_contract("C-other", ended.customer_id, "m2", **TERMS)


def test_a_credit_of_an_ended_contract_is_named_until_it_is_paid_out(billing, ended):  # noqa: F811
    assert (ended.total, left(billing)) == (D("-10.00"), [(ended.number, "C-m1", True)])
    assert list(open_credits(billing, frozenset())) == []
    pay_out(billing, ended.number, AT, "recibo 17")
    assert left(billing) == []
    (paid,) = billing.invoices.payments()[:1]
    assert (paid.source, paid.amount, paid.paid_at, paid.invoice_id) == ("payout", D("-10.00"), AT, ended.id)
    row = billing.invoices.get(ended.number)
    assert (row.state, row.paid_at) == ("paid", AT)
    with pytest.raises(Conflict, match="no credit that is open"):
        pay_out(billing, ended.number, AT, "again")
    billing.credits.take_payout_back(row)
    assert left(billing) == [(ended.number, "C-m1", True)]
    with pytest.raises(Conflict, match="has not been paid out"):
        billing.credits.take_payout_back(row)


def test_what_was_paid_out_is_due_again_where_the_invoice_becomes_more(plant, billing, ended):  # noqa: F811
    pay_out(billing, ended.number, AT, "recibo 17")
    hourly(plant, JULY, AUGUST, 100)
    _, again = issue_again(billing, ended.number)
    assert (again.total, again.state) == (D("10.00"), "issued")
    assert verified(billing, again) == []


def test_a_credit_comes_off_another_contract_of_the_customer_on_request(billing, ended, other):  # noqa: F811
    assert sealed(billing, billed(billing, other, "2026-07")) == [], "not by itself"
    move(billing, ended.number, "C-other", AT)
    assert left(billing) == [(ended.number, "C-other", False)]
    move(billing, ended.number, "C-m1", AT)
    assert left(billing) == [(ended.number, "C-m1", True)], "and back"
    move(billing, ended.number, "C-other", AT)
    august = billed(billing, other, "2026-08")
    assert sealed(billing, august) == [("credit", ended.number, D("-10.00"))]
    assert august.total == D("27.20")
    assert left(billing) == []
    assert credit_left(billing, ended).taken_by == august.number
    for change in (lambda: pay_out(billing, ended.number, AT, ""), lambda: move(billing, ended.number, "C-m1", AT)):
        with pytest.raises(Conflict, match="no credit that is open"):
            change()
    assert list(differences(billing, [ended, august])) == []
    assert verified(billing, august) == []


def test_a_credit_that_another_contract_took_is_due_where_its_invoice_becomes_more(plant, billing, ended, other):  # noqa: F811
    move(billing, ended.number, "C-other", AT)
    billed(billing, other, "2026-07")
    hourly(plant, JULY, AUGUST, 100)
    _, again = issue_again(billing, ended.number)
    assert again.total == D("10.00")
    assert sealed(billing, again)[-1] == ("paid_before", ended.number, D("10.00"))


def test_a_credit_that_was_moved_stays_moved_where_its_invoice_is_issued_again(plant, billing, ended, other):  # noqa: F811
    move(billing, ended.number, "C-other", AT)
    lowered(plant, 104.44, 300)
    _, again = issue_again(billing, ended.number)
    assert again.total == D("-15.00")
    assert left(billing) == [(again.number, "C-other", False)]
    july = billed(billing, other, "2026-07")
    assert sealed(billing, july) == [("credit", again.number, D("-15.00"))]
    lowered(plant, 103.44, 300)
    _, more = issue_again(billing, again.number)
    assert more.total == D("-5.00"), "the rest was credited already"
    assert left(billing) == [(more.number, "C-other", False)]


def test_nobody_elses_contract_takes_a_credit(plant, billing, ended):  # noqa: F811
    stranger = contracted(plant, billing, "m3")
    with pytest.raises(Malformed, match="not of the customer"):
        move(billing, ended.number, stranger.number, AT)


def test_what_happens_meanwhile_is_noticed(billing, ended, other):  # noqa: F811
    move(billing, ended.number, "C-other", AT)
    computed = list(previews(billing, [other], "2026-07"))
    pay_out(billing, ended.number, AT, "")
    with pytest.raises(Conflict, match="paid out or moved meanwhile"):
        issue(billing, computed)
    billing.credits.take_payout_back(ended)
    seen = billing.credits.last_of(ended.customer_id)
    issue(billing, computed)
    with pytest.raises(Conflict, match="issued meanwhile"):
        billing.credits.pay_out(ended, AT, "", seen)


def test_a_settlement_that_comes_to_more_than_the_bill_is_a_credit(plant, billing, today):  # noqa: F811
    made = contracted(plant, billing, "m1")
    plant.send([JULY], [100])
    billed(billing, made, "2026-07", Decision("stated", "ana", "a guess", D(30)))
    hourly(plant, AUGUST, SEPTEMBER, 107.44)
    august = billed(billing, made, "2026-08")
    assert (august.total, august.state) == (D("37.20") - D("112.80"), "paid"), "nobody has to pay less than nothing"
    assert left(billing) == [(august.number, "C-m1", False)]
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * 24 * 3_600_000_000, 114.88)
    today[0] = date(2026, 10, 2)
    september = billed(billing, made, "2026-09")
    assert sealed(billing, september) == [("credit", august.number, D("-75.60"))]
    assert september.total == D("36.00") - D("75.60")
    assert left(billing) == [(september.number, "C-m1", False)], "the rest goes on"
