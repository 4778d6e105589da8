"""What became of credits: invoices of less than nothing whose amount was paid out, or moved to another contract.

Rule 1: both are kept as payments of the invoice, one of each at most; who did it stands in the audit log.
Rule 2: what comes instead of an invoice leaves its credit to the same contract, to which it was moved.
Rule 3: a credit is in hand as long as its invoice is in force and has no day of payment. Which invoice takes it is told by
        what that one has sealed; so whoever changes a credit says up to which invoice he has looked.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from calha.domain.errors import Conflict
from calha.store.billing.invoice_rows import INVOICE_COLUMNS, invoice_row
from calha.store.billing.models import Contract, Invoice, Payment
from calha.store.billing.rows import InvoiceRow, NewInvoice
from calha.store.registry.models import Device

PAYOUT, MOVED = "payout", "credit"  # sources of payments


class Credits:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def in_hand(self, sites: Collection[int] | None) -> Sequence[InvoiceRow]:
        """Invoices with credits that nobody paid out, for devices on some sites (None = all), oldest first."""
        query = select(*INVOICE_COLUMNS).where(*_in_hand()).order_by(Invoice.id)
        if sites is not None:
            query = query.join(Contract, Contract.id == Invoice.contract_id)
            query = query.join(Device, Device.id == Contract.device_id).where(Device.site_id.in_(sites))
        with self._engine.connect() as connection:
            return [invoice_row(row) for row in connection.execute(query)]

    def moved(self, invoices: Collection[int]) -> Mapping[int, str]:
        """To which contract, by its number, the credits of some invoices were moved."""
        with self._engine.connect() as connection:
            return _moved(connection, invoices)

    def moved_to(self, contracts: Collection[str]) -> Mapping[str, Sequence[InvoiceRow]]:
        """Invoices whose credits were moved to some contracts and not paid out, by the number of the contract."""
        moves = select(Payment.invoice_id, Payment.txid).where(Payment.source == MOVED, Payment.txid.in_(contracts))
        found: dict[str, list[InvoiceRow]] = {}
        with self._engine.connect() as connection:
            contract_of = {row.invoice_id: row.txid for row in connection.execute(moves)}
            given = select(*INVOICE_COLUMNS).where(Invoice.id.in_(contract_of), *_in_hand()).order_by(Invoice.id)
            for row in connection.execute(given):
                found.setdefault(contract_of[row.id], []).append(invoice_row(row))
        return found

    def last_of(self, customer_id: int) -> int:
        """The newest invoice of a customer."""
        with self._engine.connect() as connection:
            return _last_of(connection, customer_id)

    def pay_out(self, row: InvoiceRow, paid_at: datetime, reference: str, seen: int) -> None:
        """seen: the customer's newest invoice when it was found that none takes the credit. Raises Conflict."""
        with self._writing.begin() as connection:
            _require_seen(connection, row, seen)
            paid = {"paid_at": paid_at, "state": "paid"}
            if not connection.execute(update(Invoice).where(Invoice.id == row.id, *_in_hand()).values(paid)).rowcount:
                raise Conflict(f"invoice {row.number} has no credit that is open", "no_open_credit")
            values = {"external_id": f"{row.number} {PAYOUT} {reference}".strip(), "source": PAYOUT, "txid": ""}
            _keep(connection, row, **values, amount=str(row.total), paid_at=paid_at)

    def take_payout_back(self, row: InvoiceRow) -> None:
        """Raises Conflict where it was not paid out, or is not in force any more."""
        with self._writing.begin() as connection:
            if not _forget(connection, row, PAYOUT):
                raise Conflict(f"the credit of invoice {row.number} has not been paid out", "not_paid_out")
            open_ = update(Invoice).where(Invoice.id == row.id, Invoice.slot.is_not(None)).values(paid_at=None)
            if not connection.execute(open_).rowcount:
                raise Conflict(f"invoice {row.number} is not in force any more", "not_in_force")

    def move(self, row: InvoiceRow, contract: str | None, at: datetime, seen: int) -> None:
        """contract: None for its own one. Raises Conflict."""
        with self._writing.begin() as connection:
            _require_seen(connection, row, seen)
            _forget(connection, row, MOVED)
            if contract is not None:
                _keep_move(connection, row, contract, at)


def require_credits_in_hand(connection: Connection, new: Sequence[NewInvoice]) -> None:
    """Raises Conflict where an invoice would take a credit that was paid out or moved since it was computed."""
    for one in new:
        if not one.credits_of:
            continue
        given = connection.execute(
            select(Invoice.id, Invoice.contract_id).where(Invoice.number.in_(one.credits_of), *_in_hand())
        ).all()
        moved = _moved(connection, [row.id for row in given])
        own = connection.execute(select(Contract.number).where(Contract.id == one.contract_id)).scalar_one()
        is_own = [moved[row.id] == own if row.id in moved else row.contract_id == one.contract_id for row in given]
        if len(given) != len(one.credits_of) or not all(is_own):
            raise Conflict("a credit has been paid out or moved meanwhile", "credit_changed")


def leave_moved(connection: Connection, replaced_id: int, row: InvoiceRow) -> None:
    """Leave the credit of an invoice to the contract to which that of the one that it replaces was moved."""
    moved = select(Payment.txid, Payment.paid_at).where(Payment.source == MOVED, Payment.invoice_id == replaced_id)
    found = connection.execute(moved).first()
    if found is not None and row.total < 0:
        _keep_move(connection, row, found.txid, found.paid_at)


def _keep_move(connection: Connection, row: InvoiceRow, contract: str, at: datetime) -> None:
    values = {"external_id": f"{row.number} {MOVED}", "source": MOVED, "txid": contract}
    _keep(connection, row, **values, amount=str(-row.total), paid_at=at)


def _in_hand() -> tuple[ColumnElement[bool], ...]:
    """Amounts are texts."""
    is_open = Invoice.state.in_(["issued", "paid"]), Invoice.paid_at.is_(None), Invoice.slot.is_not(None)
    return Invoice.kind == "invoice", Invoice.total.startswith("-"), *is_open


def _moved(connection: Connection, invoices: Collection[int]) -> dict[int, str]:
    query = select(Payment.invoice_id, Payment.txid).where(Payment.source == MOVED, Payment.invoice_id.in_(invoices))
    return {row.invoice_id: row.txid for row in connection.execute(query)}


def _last_of(connection: Connection, customer_id: int) -> int:
    return connection.execute(select(func.max(Invoice.id)).where(Invoice.customer_id == customer_id)).scalar() or 0


def _require_seen(connection: Connection, row: InvoiceRow, seen: int) -> None:
    if _last_of(connection, row.customer_id) != seen:
        raise Conflict("an invoice of this customer has been issued meanwhile; look again", "issued_meanwhile")


def _keep(connection: Connection, row: InvoiceRow, **values: Any) -> None:  # noqa: ANN401 - columns
    connection.execute(insert(Payment).values(**values, state="matched", invoice_id=row.id))


def _forget(connection: Connection, row: InvoiceRow, source: str) -> bool:
    """Whether there was one."""
    return (
        connection.execute(delete(Payment).where(Payment.invoice_id == row.id, Payment.source == source)).rowcount > 0
    )
