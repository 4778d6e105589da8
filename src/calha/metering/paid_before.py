"""What was paid for a cycle before its invoice was issued again, and what is left to its customer by that.

Rule 1: what was paid of an invoice that is replaced is a line of the one that comes instead, and of all that come after it.
Rule 2: where more was paid than is due by now, nothing is left to pay, and the next invoice is less by the rest, once.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from calha.domain.billing import ZERO
from calha.domain.invoices import Adjustment, unseal
from calha.domain.tariffs import Text
from calha.metering.books import LOOK_BACK, Billing, Books
from calha.metering.cycles import Wanted
from calha.metering.taken_over import referred, taken
from calha.store.billing import InvoiceRow

PAID, CREDIT = "paid_before", "credit"


def paid_lines(billing: Billing, row: InvoiceRow) -> tuple[Adjustment, ...]:
    """What an invoice that was issued instead of others says was paid by then."""
    return _lines(billing, row, PAID) if row.replaces_id is not None else ()


def cost(billing: Billing, row: InvoiceRow) -> Decimal:
    """What an invoice comes to, whatever of it was paid before it was issued."""
    return row.total - sum((one.amount for one in paid_lines(billing, row)), ZERO)


def own_payment(billing: Billing, row: InvoiceRow) -> tuple[Adjustment, ...]:
    """What was paid of an invoice itself, for the one that comes instead; of one that was less than nothing, what was given."""
    if row.paid_at is None and not _is_credited(billing, row):
        return ()
    name: Text = (
        {"pt": f"Já pago pela fatura {row.number}", "en": f"Paid already by invoice {row.number}"}
        if row.total > 0
        else {"pt": f"Já creditado pela fatura {row.number}", "en": f"Credited already by invoice {row.number}"}
    )
    return (Adjustment(key=PAID, name=name, amount=-row.total, invoice=row.number),)


def paid_instead(billing: Billing, row: InvoiceRow) -> Iterator[InvoiceRow]:
    """Invoices of the same cycle that were paid before this one came instead."""
    if row.replaces_id is not None:
        yield from (billing.invoices.get(number) for number in referred(billing, row, (PAID,)))


def credits_left(billing: Billing, wanted: Wanted, books: Books) -> Sequence[Adjustment]:
    """What was paid too much for cycles before this one, unless another invoice in force is less by it.

    A cycle that is billed keeps the credits that it took, also of invoices that were issued again since.
    """
    standing, from_ = books.standing.get(wanted.contract.id, ()), wanted.cycle.from_
    own = next((row for row in standing if row.from_day == from_), None)
    if own is not None:
        return _lines(billing, own, CREDIT)
    left = [row for row in standing if from_ - LOOK_BACK < row.from_day < from_ and _is_in_hand(row)]
    elsewhere = taken(billing, standing, (CREDIT,), from_).elsewhere if left else frozenset()
    return [_credit(row) for row in left if row.number not in elsewhere]


def leaves_nothing_to_pay(adjustments: Sequence[Adjustment]) -> bool:
    """Whether a total of nothing or less comes of what was paid, and not of what was used."""
    return any(one.key in (PAID, CREDIT) for one in adjustments)


def _lines(billing: Billing, row: InvoiceRow, key: str) -> tuple[Adjustment, ...]:
    inputs = unseal(billing.invoices.content(row.number)).inputs
    return tuple(one for one in inputs.adjustments if one.key == key)


def _credit(row: InvoiceRow) -> Adjustment:
    name: Text = {"pt": f"Crédito da fatura {row.number}", "en": f"Credit of invoice {row.number}"}
    return Adjustment(key=CREDIT, name=name, amount=row.total, invoice=row.number)


def _is_in_hand(row: InvoiceRow) -> bool:
    """Whether it says that more was paid than is due; one that a person paid out has its day of payment."""
    return row.total < 0 and row.state == "paid" and row.paid_at is None


def _is_credited(billing: Billing, row: InvoiceRow) -> bool:
    if not _is_in_hand(row):
        return False
    standing = billing.invoices.standing([row.contract_id], row.until_day).get(row.contract_id, ())
    return row.number in taken(billing, standing, (CREDIT,), date.max).elsewhere
