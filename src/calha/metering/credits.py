"""Credits that invoices left: whose next invoice takes them, and what is done by hand where none is to come.

Rule 1: a credit comes off the next invoice of its contract, or of another contract of the same customer to which it was moved.
Rule 2: where that contract has ended and is billed to its end, it is stranded: a person pays it out, or moves it.
Rule 3: what an invoice in force has taken is neither paid out nor moved any more.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from calha.domain.errors import Conflict, Malformed
from calha.metering.books import LOOK_BACK, Billing
from calha.metering.paid_before import is_in_hand, taker
from calha.store.billing import ContractRow, InvoiceRow


@dataclass(frozen=True, slots=True)
class CreditLeft:
    """invoice: of less than nothing. holder: whose next invoice takes it, or of which one has (`taken_by`).

    is_stranded: whether no invoice is to come that would take it.
    """

    invoice: InvoiceRow
    contract: ContractRow
    holder: ContractRow
    taken_by: str | None
    is_stranded: bool

    @property
    def is_open(self) -> bool:
        return self.taken_by is None and is_in_hand(self.invoice)


def open_credits(billing: Billing, sites: Collection[int] | None) -> Iterator[CreditLeft]:
    """Of contracts of devices on some sites (None = all), oldest first."""
    found = (credit_left(billing, row) for row in billing.credits.in_hand(sites))
    yield from (one for one in found if one is not None and one.is_open)


def credit_left(billing: Billing, row: InvoiceRow) -> CreditLeft | None:
    """The credit of an invoice in force; None where it leaves none."""
    if row.kind != "invoice" or row.total >= 0 or row.state not in ("issued", "paid"):
        return None
    contract = billing.customers.contracts_by_id([row.contract_id])[row.contract_id]
    moved = billing.credits.moved([row.id]).get(row.id)
    holder = contract if moved is None else billing.customers.contract(moved)
    taken_by = taker(billing, row)
    return CreditLeft(row, contract, holder, taken_by, taken_by is None and _is_stranded(billing, row, holder))


def pay_out(billing: Billing, number: str, paid_at: datetime, reference: str) -> None:
    """Say that a credit was given back to its customer. Raises NotFound, Conflict."""
    row, seen = _open(billing, number)
    billing.credits.pay_out(row, paid_at, reference, seen)


def move(billing: Billing, number: str, contract: str, at: datetime) -> None:
    """Have a credit come off the next invoice of a contract of the same customer. Raises NotFound, Malformed, Conflict."""
    row, seen = _open(billing, number)
    holder = billing.customers.contract(contract)
    if holder.customer_id != row.customer_id:
        raise Malformed(f"contract {contract!r} is not of the customer whose credit it is", "not_his_contract")
    billing.credits.move(row, None if holder.id == row.contract_id else holder.number, at, seen)


def _open(billing: Billing, number: str) -> tuple[InvoiceRow, int]:
    """An invoice with an open credit, and the newest one of its customer that was looked at."""
    row = billing.invoices.get(number)
    seen = billing.credits.last_of(row.customer_id)
    found = credit_left(billing, row)
    if found is None or not found.is_open:
        raise Conflict(f"invoice {number} has no credit that is open", "no_open_credit")
    return row, seen


def _is_stranded(billing: Billing, row: InvoiceRow, holder: ContractRow) -> bool:
    if holder.id == row.contract_id and row.from_day <= billing.today() - LOOK_BACK:
        return True  # invoices look back no further
    if holder.until_day is None:
        return False
    last = max((one.until_day for one in billing.invoices.standing([holder.id]).get(holder.id, ())), default=None)
    return last is not None and last >= holder.until_day
