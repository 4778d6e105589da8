"""What was paid for a cycle before its invoice was issued again, and what is left to its customer by that.

Rule 1: what was paid of an invoice that is replaced is a line of the one that comes instead, and of all that come after it.
Rule 2: an invoice of less than nothing, be it by what was paid or by the settlement of an estimate, leaves nothing to pay and
        is a credit: the next invoice of its contract, or of the one to which it was moved, is less by it, once.
"""

from collections.abc import Iterator, Sequence
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
    if row.paid_at is None and not (is_in_hand(row) and taker(billing, row)):
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
    left = [row for row in standing if from_ - LOOK_BACK < row.from_day < from_ and is_in_hand(row)]
    moved = billing.credits.moved([row.id for row in left]) if left else {}
    left = [row for row in left if row.id not in moved]
    left += books.moved.get(wanted.contract.number, ())
    elsewhere = taken(billing, standing, (CREDIT,), from_).elsewhere if left else frozenset()
    return [_credit(row) for row in left if row.number not in elsewhere]


def taker(billing: Billing, row: InvoiceRow) -> str | None:
    """The invoice in force that is less by a credit, None as long as none is."""
    moved = billing.credits.moved([row.id]).get(row.id)
    holder = billing.customers.contract(moved).id if moved is not None else row.contract_id
    for one in billing.invoices.standing([holder]).get(holder, ()):
        if one.id != row.id and row.number in referred(billing, one, (CREDIT,)):
            return one.number
    return None


def is_in_hand(row: InvoiceRow) -> bool:
    """Whether it leaves a credit that nobody has paid out; one that was paid out has its day of payment."""
    return row.total < 0 and row.state in ("issued", "paid") and row.paid_at is None


def _lines(billing: Billing, row: InvoiceRow, key: str) -> tuple[Adjustment, ...]:
    inputs = unseal(billing.invoices.content(row.number)).inputs
    return tuple(one for one in inputs.adjustments if one.key == key)


def _credit(row: InvoiceRow) -> Adjustment:
    name: Text = {"pt": f"Crédito da fatura {row.number}", "en": f"Credit of invoice {row.number}"}
    return Adjustment(key=CREDIT, name=name, amount=row.total, invoice=row.number)
