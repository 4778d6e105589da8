"""Tables of billing. Amounts and quantities are decimal texts, because SQLite knows only binary numbers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.orm import Mapped, mapped_column

import calha.store.accounts.models  # noqa: F401 - customers refer to persons
from calha.store.registry.models import Base, Moment, key_type

LONG_TEXT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
DECIMAL = String(40)


class Customer(Base):
    """Who pays. site_id: whose people may see and bill him. person_id: the account with which he looks himself."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    document: Mapped[str] = mapped_column(String(20), index=True)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Contract(Base):
    """Which channel a customer pays, from when until before when, by which tariff and on which terms.

    cycle_day: of the month on which its cycles begin. contracted: demand, kW. reactive_channel: what counts reactive energy.
    injected_channel: what counts energy put into the grid.
    alert_percent: by how much consumption or bill may leave the usual before a message is sent; None for no messages.
    """

    __tablename__ = "contract"
    __table_args__ = (Index("ix_contract_device_id_channel", "device_id", "channel"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(key_type(), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    channel: Mapped[str] = mapped_column(key_type())
    tariff: Mapped[str] = mapped_column(key_type(), index=True)
    from_day: Mapped[date] = mapped_column(Date)
    until_day: Mapped[date | None] = mapped_column(Date)
    dwellings: Mapped[int]
    contracted: Mapped[str] = mapped_column(DECIMAL)
    cycle_day: Mapped[int] = mapped_column(index=True)
    due_days: Mapped[int]
    reactive_channel: Mapped[str | None] = mapped_column(key_type())
    injected_channel: Mapped[str | None] = mapped_column(key_type())
    alert_percent: Mapped[int | None]


class TariffRevision(Base):
    """A tariff as it was written; the newest revision of a key counts, older ones stay for the invoices made with them."""

    __tablename__ = "tariff_revision"
    __table_args__ = (UniqueConstraint("key", "revision"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(key_type())
    revision: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[str] = mapped_column(LONG_TEXT)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(Moment)


class Issuer(Base):
    """Who issues the invoices of a site and of those below it."""

    __tablename__ = "issuer"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(100))
    document: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(254))
    pix_key: Mapped[str] = mapped_column(String(77))
    company: Mapped[str] = mapped_column(String(4))


class InvoiceSeries(Base):
    """The last number given out in a series, so that numbers follow each other without a hole."""

    __tablename__ = "invoice_series"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]


class Invoice(Base):
    """content: what was sealed, and its hash; they never change. slot: contract and first day while it stands, so that no
    cycle is billed twice. credits_id: the invoice that a credit note takes back; replaces_id: whose place one has taken.
    charge_url: where a payment provider keeps its charge, without https://.
    """

    __tablename__ = "invoice"
    __table_args__ = (Index("ix_invoice_contract_id_from_day", "contract_id", "from_day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    from_day: Mapped[date] = mapped_column(Date)
    until_day: Mapped[date] = mapped_column(Date)
    issued_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date, index=True)
    total: Mapped[str] = mapped_column(DECIMAL)
    quantity: Mapped[str] = mapped_column(DECIMAL)
    is_estimated: Mapped[bool]
    txid: Mapped[str | None] = mapped_column(String(35), unique=True)
    slot: Mapped[str | None] = mapped_column(String(64), unique=True)
    tariff_sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(LONG_TEXT)
    sha256: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("billing_run.id"), index=True)
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    charge_url: Mapped[str | None] = mapped_column(String(99))


class Payment(Base):
    """Money that came in, a credit that was paid out (an amount less than nothing), or one that was moved to another contract,
    whose number is then the txid. external_id: the bank's or provider's own number, so that nothing counts twice.
    """

    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(100), unique=True)
    source: Mapped[str] = mapped_column(String(32))
    txid: Mapped[str] = mapped_column(String(64), index=True)
    amount: Mapped[str] = mapped_column(DECIMAL)
    paid_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)


class Notice(Base):
    """A message about the cycle of a contract that began on `from_day`, once of each kind. begins: of a higher block."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("contract_id", "from_day", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    from_day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(32))
    usual: Mapped[str] = mapped_column(DECIMAL)
    expected: Mapped[str] = mapped_column(DECIMAL)
    begins: Mapped[str | None] = mapped_column(DECIMAL)
    unit: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(Moment)


class BillingRun(Base):
    """Issuing the invoices of many contracts. month: YYYY-MM in which their cycles begin. problems: the first ones."""

    __tablename__ = "billing_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    month: Mapped[str] = mapped_column(String(7))
    cycle_day: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), index=True)
    contracts: Mapped[int]
    done: Mapped[int]
    issued: Mapped[int]
    passed: Mapped[int]
    failed: Mapped[int]
    problems: Mapped[Any] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
