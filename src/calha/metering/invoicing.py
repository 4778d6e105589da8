"""Invoices of contracts: previews, issuing, what a change would do to those in force, and issuing again.

Rule 1: a preview is computed from what the store has now; what is issued is exactly a preview.
Rule 2: what was estimated is settled in the next invoice once it is known: by the difference at the prices of its own time.
Rule 3: nothing in force changes by itself. A difference is shown, and a person issues again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import msgspec

from calha.domain.errors import Conflict, NotFound
from calha.domain.invoices import Adjustment, Sealed, credit_note, faults, made_from, seal, unseal
from calha.domain.tariffs import CONSUMPTION
from calha.metering.as_billed import as_billed
from calha.metering.books import Billing, books_of
from calha.metering.cycles import Cycle, in_one
from calha.metering.earlier import is_decided, is_settled
from calha.metering.paid_before import CREDIT, own_payment, paid_lines
from calha.metering.previews import Preview, in_order, previews_of
from calha.metering.unbilled import cycle_of
from calha.store.billing import ContractRow, InvoiceRow, NewInvoice


@dataclass(frozen=True, slots=True)
class Difference:
    """An invoice in force, and what it would be now."""

    invoice: InvoiceRow
    now: Preview

    @property
    def amount(self) -> Decimal | None:
        return self.now.total - self.invoice.total if self.now.total is not None else None


def issue(billing: Billing, found: Sequence[Preview], run_id: int | None = None) -> Sequence[InvoiceRow]:
    """Issue previews, all or none. Raises Conflict for one with a problem, and a cycle that is billed already or not over."""
    new, sealed = [], {}
    for one in found:
        if one.inputs is None or one.bill is None or one.problem is not None:
            raise Conflict(f"contract {one.contract.number} cannot be billed: {one.problem}")
        if one.inputs.until > billing.today():
            raise Conflict(f"the cycle of contract {one.contract.number} ends on {one.inputs.until}; it is not over")
        credits_of = tuple(line.invoice for line in one.inputs.adjustments if line.key == CREDIT)
        row = replace(_new(billing, one), credits_of=credits_of)
        new.append(row)
        sealed[row.contract_id, row.from_day] = one
    return billing.invoices.add(
        new, lambda row, number, _: _seal(sealed[row.contract_id, row.from_day], row, number), run_id
    )


def differences(billing: Billing, invoices: Iterable[InvoiceRow]) -> Iterator[Difference]:
    """What invoices in force would be with today's readings, edits and tariffs; only those that would differ.

    The terms are those of their own time, as a contract changes from the next invoice on. Where it goes on by now, though the
    invoice is for a part of its cycle, that is the whole cycle.
    """
    rows: list[InvoiceRow] = []
    cycles: list[tuple[ContractRow, Cycle]] = []
    known = list(invoices)
    contracts = billing.customers.contracts_by_id({row.contract_id for row in known})
    for row in known:
        contract = contracts[row.contract_id]
        cycle = cycle_of(contract, row, billing.today())
        try:
            cycles.append((_as_billed(billing, contract, row), cycle))
            rows.append(row)
        except NotFound as error:
            yield Difference(row, Preview(contract, cycle, problem=str(error)))
    books = books_of(billing, [one for one, _ in cycles], (row.from_day for row in rows))
    for row, found in zip(rows, in_order(cycles, previews_of(billing, cycles, books)), strict=True):
        now = _with(billing, found, paid_lines(billing, row))
        if _is_same(billing, row, now) or (now.is_short and is_decided(billing, row)):
            continue
        if not is_settled(billing, row, books):
            yield Difference(row, now)


def issue_again(billing: Billing, number: str) -> Sequence[InvoiceRow]:
    """Take an invoice back by a credit note and issue it with today's readings, edits and tariff, less what was paid of it.

    Returns the credit note and the new invoice. Raises NotFound, Conflict (its state; nothing would change; a problem).
    """
    row = billing.invoices.get(number)
    found = list(differences(billing, [row]))
    if not found:
        raise Conflict(f"invoice {number} would be the same again")
    now = _with(billing, found[0].now, own_payment(billing, row))
    if now.inputs is None or now.bill is None or now.problem is not None:
        raise Conflict(f"invoice {number} cannot be issued again: {now.problem}")
    old = unseal(billing.invoices.content(number))
    today = billing.today()
    note = replace(_row_of(row, today), kind="credit_note", total=-row.total, quantity=-row.quantity, credits_id=row.id)
    again = replace(_new(billing, now), replaces_id=row.id)

    def seal_one(new: NewInvoice, own_number: str, _: str | None) -> tuple[bytes, str]:
        return seal(credit_note(old, own_number, today)) if new.kind == "credit_note" else _seal(now, new, own_number)

    return billing.invoices.replace(row.id, row.state, [note, again], seal_one)


def cancel(billing: Billing, number: str) -> InvoiceRow:
    """Take an unpaid invoice out of force. Raises NotFound, Conflict (its state; what was paid of it would be lost)."""
    if paid_lines(billing, billing.invoices.get(number)):
        raise Conflict(f"a part of invoice {number} is paid; it can only be issued again", "paid_in_part")
    return billing.invoices.change(number, "cancel")


def verified(billing: Billing, row: InvoiceRow) -> Sequence[str]:
    """What does not hold of a kept invoice; nothing when computing it anew gives the same to the last byte."""
    return faults(
        billing.invoices.content(row.number), row.sha256, billing.tariffs.by_hash(row.tariff_sha256), row.tariff_sha256
    )


def _is_same(billing: Billing, row: InvoiceRow, now: Preview) -> bool:
    """Whether nothing that counts would be another: the days, the total, and the credits that are left."""
    if now.total != row.total or (now.cycle is not None and now.cycle.until != row.until_day):
        return False
    ledger = now.inputs.net_metering if now.inputs is not None else msgspec.UNSET
    return ledger is msgspec.UNSET or ledger == unseal(billing.invoices.content(row.number)).inputs.net_metering


def _as_billed(billing: Billing, contract: ContractRow, row: InvoiceRow) -> ContractRow:
    """Raises NotFound."""
    inputs = unseal(billing.invoices.content(row.number)).inputs
    return as_billed(contract, inputs, billing.tariffs.by_hash(row.tariff_sha256))


def _with(billing: Billing, preview: Preview, more: Sequence[Adjustment]) -> Preview:
    """A preview with more adjustments."""
    if preview.inputs is None or not more:
        return preview
    adjustments = (*preview.inputs.adjustments, *more)
    inputs = msgspec.structs.replace(preview.inputs, adjustments=adjustments)
    return replace(preview, inputs=inputs, bill=made_from(inputs, billing.tariffs.by_hash(inputs.tariff)))


# -- below: from previews to rows


def _new(billing: Billing, preview: Preview) -> NewInvoice:
    inputs, made = preview.inputs, preview.bill
    assert inputs is not None
    assert made is not None
    return NewInvoice(
        kind="invoice",
        contract_id=preview.contract.id,
        customer_id=preview.contract.customer_id,
        from_day=inputs.from_,
        until_day=inputs.until,
        issued_on=billing.today(),
        due_on=inputs.due_on,
        total=made.total,
        quantity=in_one(inputs.metered, CONSUMPTION),
        is_estimated=any(span.is_estimated for span in inputs.metered),
        tariff_sha256=inputs.tariff,
        is_paid=made.total <= 0,
    )


def _row_of(row: InvoiceRow, today: date) -> NewInvoice:
    return NewInvoice(
        kind=row.kind,
        contract_id=row.contract_id,
        customer_id=row.customer_id,
        from_day=row.from_day,
        until_day=row.until_day,
        issued_on=today,
        due_on=row.due_on,
        total=row.total,
        quantity=row.quantity,
        is_estimated=row.is_estimated,
        tariff_sha256=row.tariff_sha256,
    )


def _seal(preview: Preview, row: NewInvoice, number: str) -> tuple[bytes, str]:
    assert preview.inputs is not None
    assert preview.bill is not None
    return seal(
        Sealed(kind="invoice", number=number, issued_on=row.issued_on, inputs=preview.inputs, bill=preview.bill)
    )
