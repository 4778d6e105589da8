"""Invoices and payments. An invoice is added once with all it says; afterwards only its state changes."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.domain.invoices import Event, State, after
from calha.store.billing.credits import leave_moved, require_credits_in_hand
from calha.store.billing.invoice_rows import INVOICE_COLUMNS, invoice_row
from calha.store.billing.models import Contract, Invoice, InvoiceSeries, Payment, TariffRevision
from calha.store.billing.rows import InvoiceRow, NewInvoice, PaymentRow, PaymentState, Seam
from calha.store.registry.models import Device

STATEMENT = "statement"  # source of payments out of a bank's statement
ROWS_AT_ONCE = 500  # databases limit the parameters of a statement

Seal = Callable[[NewInvoice, str, str | None], tuple[bytes, str]]
"""Content and hash of an invoice, given its number and txid."""


class Invoices:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, new: Sequence[NewInvoice], seal: Seal, run_id: int | None = None) -> Sequence[InvoiceRow]:
        """Give numbers to some invoices and keep them, all or none.

        Raises Conflict when the cycle of one is billed already.
        """
        with self._writing.begin() as connection:
            return self._add(connection, new, seal, run_id)

    def replace(self, invoice_id: int, state: State, new: Sequence[NewInvoice], seal: Seal) -> Sequence[InvoiceRow]:
        """Take an invoice out of force and keep its credit note and what comes instead, all or none.

        state: in which it was when that was made. Raises NotFound, Conflict (its state is another, or does not allow it).
        """
        with self._writing.begin() as connection:
            if connection.execute(select(Invoice.state).where(Invoice.id == invoice_id)).scalar() != state:
                raise Conflict("the invoice has changed meanwhile")
            self._change(connection, invoice_id, "replace")
            rows = self._add(connection, new, seal, None)
            for row in rows:
                if row.kind == "invoice":
                    leave_moved(connection, invoice_id, row)
            return rows

    def _add(
        self, connection: Connection, new: Sequence[NewInvoice], seal: Seal, run_id: int | None
    ) -> Sequence[InvoiceRow]:
        self._require_free(connection, new)
        require_credits_in_hand(connection, new)
        rows = []
        numbers = _numbers(connection, [one.issued_on.year for one in new])
        for one, number in zip(new, numbers, strict=True):
            txid = "".join(letter for letter in f"FAT{number}" if letter.isalnum()) if one.kind == "invoice" else None
            content, sha256 = seal(one, number, txid)
            values = asdict(one)
            is_paid = values.pop("is_paid") or one.kind == "credit_note"
            del values["credits_of"]
            values |= {
                "number": number,
                "state": "paid" if is_paid else "issued",
                "total": str(one.total),
                "quantity": str(one.quantity),
                "txid": txid,
                "slot": _slot(one),
                "content": content.decode(),
                "sha256": sha256,
                "run_id": run_id,
                "paid_at": None,
            }
            rows.append(values)
        try:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                connection.execute(insert(Invoice), rows[start : start + ROWS_AT_ONCE])
        except IntegrityError:  # somebody else was quicker
            raise Conflict("one of these cycles is billed already") from None
        found = connection.execute(select(*INVOICE_COLUMNS).where(Invoice.number.in_([row["number"] for row in rows])))
        return sorted((invoice_row(row) for row in found), key=lambda row: numbers.index(row.number))

    def _require_free(self, connection: Connection, new: Sequence[NewInvoice]) -> None:
        slots = [slot for one in new if (slot := _slot(one)) is not None]
        taken = connection.execute(select(Invoice.number).where(Invoice.slot.in_(slots))).scalar()
        if taken is not None:
            raise Conflict(f"that cycle is billed already, by invoice {taken}")

    # -- questions

    def get(self, number: str) -> InvoiceRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(*INVOICE_COLUMNS).where(Invoice.number == number)).first()
        if row is None:
            raise NotFound(f"there is no invoice {number!r}")
        return invoice_row(row)

    def content(self, number: str) -> bytes:
        """What was sealed. Raises NotFound."""
        with self._engine.connect() as connection:
            content = connection.execute(select(Invoice.content).where(Invoice.number == number)).scalar()
        if content is None:
            raise NotFound(f"there is no invoice {number!r}")
        return str(content).encode()

    def list(
        self,
        sites: Collection[int] | None = None,
        *,
        customers: Collection[int] | None = None,
        contract_id: int | None = None,
        state: State | None = None,
        overdue_on: date | None = None,
        month: str | None = None,
        search: str = "",
        before_id: int | None = None,
        limit: int = 100,
    ) -> Sequence[InvoiceRow]:
        """Newest first. sites: of the devices; customers: of these only. overdue_on: only those due before and not paid."""
        query = select(*INVOICE_COLUMNS).order_by(Invoice.id.desc()).limit(limit)
        if sites is not None:
            query = query.join(Contract, Contract.id == Invoice.contract_id).join(
                Device, Device.id == Contract.device_id
            )
            query = query.where(Device.site_id.in_(sites))
        if customers is not None:
            query = query.where(Invoice.customer_id.in_(customers))
        if contract_id is not None:
            query = query.where(Invoice.contract_id == contract_id)
        if state is not None:
            query = query.where(Invoice.state == state)
        if overdue_on is not None:
            query = query.where(Invoice.state == "issued", Invoice.due_on < overdue_on)
        if month is not None:
            first = date.fromisoformat(f"{month}-01")
            next_ = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            query = query.where(Invoice.from_day >= first, Invoice.from_day < next_)
        if search:
            query = query.where(Invoice.number.contains(search, autoescape=True))
        if before_id is not None:
            query = query.where(Invoice.id < before_id)
        with self._engine.connect() as connection:
            return [invoice_row(row) for row in connection.execute(query)]

    def standing(
        self, contracts: Collection[int], from_: date | None = None, until: date | None = None
    ) -> Mapping[int, Sequence[InvoiceRow]]:
        """Invoices in force of some contracts, by contract, oldest first, that overlap a time."""
        query = select(*INVOICE_COLUMNS).where(Invoice.slot.is_not(None), Invoice.contract_id.in_(contracts))
        if until is not None:
            query = query.where(Invoice.from_day < until)
        if from_ is not None:
            query = query.where(Invoice.until_day > from_)
        found: dict[int, list[InvoiceRow]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(Invoice.from_day)):
                found.setdefault(row.contract_id, []).append(invoice_row(row))
        return found

    def made_with(self, tariff: str, sites: Collection[int] | None, limit: int) -> Sequence[InvoiceRow]:
        """Invoices in force by any revision of a tariff, for devices on some sites (None = all), oldest first."""
        revisions = select(TariffRevision.sha256).where(TariffRevision.key == tariff)
        query = select(*INVOICE_COLUMNS).where(Invoice.slot.is_not(None), Invoice.tariff_sha256.in_(revisions))
        if sites is not None:
            query = query.join(Contract, Contract.id == Invoice.contract_id)
            query = query.join(Device, Device.id == Contract.device_id).where(Device.site_id.in_(sites))
        with self._engine.connect() as connection:
            ordered = query.order_by(Invoice.from_day, Invoice.id).limit(limit)
            return [invoice_row(row) for row in connection.execute(ordered)]

    def seams(self, contracts: Collection[int]) -> Sequence[Seam]:
        """Where no invoice in force follows another one of some contracts, by contract, oldest first."""
        next_from = func.lead(Invoice.from_day, type_=Date).over(
            partition_by=Invoice.contract_id, order_by=Invoice.from_day
        )
        columns = Invoice.contract_id, Invoice.number, Invoice.until_day, next_from.label("next_from")
        ends = select(*columns).where(Invoice.slot.is_not(None), Invoice.contract_id.in_(contracts)).subquery()
        query = select(ends).where(or_(ends.c.next_from.is_(None), ends.c.next_from > ends.c.until_day))
        with self._engine.connect() as connection:
            return [Seam(*row) for row in connection.execute(query.order_by(ends.c.contract_id, ends.c.until_day))]

    # -- states

    def change(self, number: str, event: Event) -> InvoiceRow:
        """Raises NotFound, Conflict."""
        invoice = self.get(number)
        with self._writing.begin() as connection:
            self._change(connection, invoice.id, event)
        return self.get(number)

    def _change(self, connection: Connection, invoice_id: int, event: Event, paid_at: datetime | None = None) -> None:
        row = connection.execute(select(Invoice.state, Invoice.kind).where(Invoice.id == invoice_id)).one()
        if row.kind != "invoice":
            raise Conflict("a credit note stands as it is")
        state = after(row.state, event)
        values: dict[str, Any] = {"state": state}
        if event in ("pay", "refund"):
            values["paid_at"] = paid_at
        if state in ("cancelled", "replaced"):
            values["slot"] = None
        where = update(Invoice).where(Invoice.id == invoice_id, Invoice.state == row.state)
        if not connection.execute(where.values(values)).rowcount:
            raise Conflict("the invoice has changed meanwhile")

    # -- charges at a payment provider

    def uncharged(self, after_id: int, limit: int) -> Sequence[InvoiceRow]:
        """Open invoices without a charge, oldest first."""
        return self._some(limit, Invoice.state == "issued", Invoice.charge_url.is_(None), Invoice.id > after_id)

    def void_charges(self, limit: int) -> Sequence[InvoiceRow]:
        """Invoices out of force whose charge could still be paid."""
        return self._some(limit, Invoice.state.in_(["cancelled", "replaced"]), Invoice.charge_url.is_not(None))

    def oldest_open(self) -> date | None:
        """The day on which the oldest invoice was issued that nobody has paid."""
        query = select(func.min(Invoice.issued_on)).where(Invoice.kind == "invoice", Invoice.state == "issued")
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def _some(self, limit: int, *where: ColumnElement[bool]) -> Sequence[InvoiceRow]:
        query = select(*INVOICE_COLUMNS).where(Invoice.kind == "invoice", *where).order_by(Invoice.id).limit(limit)
        with self._engine.connect() as connection:
            return [invoice_row(row) for row in connection.execute(query)]

    def keep_charge(self, invoice_id: int, url: str | None) -> None:
        """Where its charge stands; None for one that has none any more."""
        with self._writing.begin() as connection:
            connection.execute(update(Invoice).where(Invoice.id == invoice_id).values(charge_url=url))

    # -- payments

    def receive(
        self,
        external_id: str,
        source: str,
        txid: str,
        amount: Decimal,
        paid_at: datetime,
        *,
        row_id: str | None = None,
    ) -> PaymentRow:
        """Take a payment once; it pays the invoice of its txid when the amount is right.

        The same external_id again returns what became of it the first time, unless only now its invoice is told. row_id: of
        a line of a statement, which counts instead where the bank gave the same number to another line.
        """
        with self._writing.begin() as connection:
            known = _known(connection, external_id)
            if known is not None and row_id is not None and _is_other(known, txid, amount, paid_at):
                external_id, known = row_id, _known(connection, row_id)
            invoice = connection.execute(select(*INVOICE_COLUMNS).where(Invoice.txid == txid)).first() if txid else None
            if known is not None and (known.state != "unmatched" or invoice is None or known.amount != amount):
                return known
            state: PaymentState = "unmatched"
            if invoice is not None:
                state = _judged(invoice_row(invoice), amount)
            if state == "matched" and invoice is not None:
                self._change(connection, invoice.id, "pay", paid_at)
            values = {
                "external_id": external_id,
                "source": source,
                "txid": txid,
                "amount": str(amount),
                "paid_at": paid_at,
                "state": state,
                "invoice_id": invoice.id if invoice is not None else None,
            }
            same = Payment.external_id == external_id
            connection.execute((insert(Payment) if known is None else update(Payment).where(same)).values(values))
            return _payment(connection.execute(select(Payment.__table__).where(same)).one())

    def payments(
        self,
        state: PaymentState | None = None,
        invoice_id: int | None = None,
        before_id: int | None = None,
        limit: int = 100,
    ) -> Sequence[PaymentRow]:
        """Newest first."""
        query = select(Payment.__table__).order_by(Payment.id.desc()).limit(limit)
        if state is not None:
            query = query.where(Payment.state == state)
        if invoice_id is not None:
            query = query.where(Payment.invoice_id == invoice_id)
        if before_id is not None:
            query = query.where(Payment.id < before_id)
        with self._engine.connect() as connection:
            return [_payment(row) for row in connection.execute(query)]

    def payments_of(self, customers: Collection[int], limit: int) -> Sequence[PaymentRow]:
        """For invoices of these customers, newest first."""
        query = select(Payment.__table__).join(Invoice, Invoice.id == Payment.invoice_id)
        query = query.where(Invoice.customer_id.in_(customers)).order_by(Payment.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_payment(row) for row in connection.execute(query)]


def _known(connection: Connection, external_id: str) -> PaymentRow | None:
    found = connection.execute(select(Payment.__table__).where(Payment.external_id == external_id)).first()
    return _payment(found) if found is not None else None


def _is_other(known: PaymentRow, txid: str, amount: Decimal, paid_at: datetime) -> bool:
    """Whether a line of a statement is about another payment than one that came with a statement, too."""
    return known.source == STATEMENT and (known.txid, known.amount, known.paid_at) != (txid, amount, paid_at)


def _judged(invoice: InvoiceRow, amount: Decimal) -> PaymentState:
    if invoice.state != "issued":
        return "surplus"
    return "matched" if amount == invoice.total else "wrong_amount"


def _slot(new: NewInvoice) -> str | None:
    return f"{new.contract_id}:{new.from_day}" if new.kind == "invoice" else None


def _numbers(connection: Connection, years: Sequence[int]) -> list[str]:
    """The next numbers of each year's series, `2026-000001`; they are used when the transaction holds, so none is skipped."""
    last = {year: _taken(connection, str(year), count) - count for year, count in Counter(years).items()}
    numbers = []
    for year in years:
        last[year] += 1
        numbers.append(f"{year}-{last[year]:06}")
    return numbers


def _taken(connection: Connection, series: str, count: int) -> int:
    """The last of so many numbers that are now taken."""
    step = update(InvoiceSeries).where(InvoiceSeries.name == series).values(last=InvoiceSeries.last + count)
    if not connection.execute(step).rowcount:
        connection.execute(insert(InvoiceSeries).values(name=series, last=count))
    return connection.execute(select(InvoiceSeries.last).where(InvoiceSeries.name == series)).scalar_one()


def _payment(row: Any) -> PaymentRow:  # noqa: ANN401 - a row of Payment
    values = dict(row._mapping)
    paid_at = values["paid_at"]
    return PaymentRow(**{**values, "amount": Decimal(row.amount), "paid_at": paid_at.astimezone(UTC)})
