"""Tables of Hidrômetro Inteligente. Ids are those of the old system, so that its addresses stay what they were.

Money and volumes are decimal numbers written as texts: SQLite has no other exact kind.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, Dialect, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from calha.store.registry.models import Base, Moment


class Exact(TypeDecorator[Decimal]):
    """A decimal number, exactly as it is."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return format(value, "f") if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return Decimal(value) if value is not None else None


class Customer(Base):
    """addresses, phones: [{"id": …, …}]."""

    __tablename__ = "hidrometro_customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    tax_id: Mapped[str | None] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(100))
    registered_at: Mapped[datetime] = mapped_column(Moment)
    addresses: Mapped[Any] = mapped_column(JSON)
    phones: Mapped[Any] = mapped_column(JSON)


class Kind(Base):
    __tablename__ = "hidrometro_kind"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(Text)


class Meter(Base):
    """number: its id in this system. status_history: [{"at": ISO time, "from": …, "to": …, "note": …}], oldest first."""

    __tablename__ = "hidrometro_meter"
    number: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), unique=True)
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("hidrometro_customer.id", ondelete="SET NULL"), index=True
    )
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("hidrometro_kind.id", ondelete="SET NULL"), index=True)
    model: Mapped[str] = mapped_column(String(100))
    installed_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(20))
    status_history: Mapped[Any] = mapped_column(JSON)


class Tariff(Base):
    __tablename__ = "hidrometro_tariff"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    price_m3: Mapped[Decimal] = mapped_column(Exact)
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    active: Mapped[bool]


class Month(Base):
    """A month as it was typed in the old system, whose amount somebody may have paid."""

    __tablename__ = "hidrometro_month"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("hidrometro_customer.id", ondelete="CASCADE"), index=True)
    month: Mapped[date] = mapped_column(Date)
    litres: Mapped[Decimal] = mapped_column(Exact)
    amount: Mapped[Decimal | None] = mapped_column(Exact)
    tariff_id: Mapped[int | None]


class Alert(Base):
    __tablename__ = "hidrometro_alert"
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(50))
    message: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float | None]
    flow: Mapped[float | None]
    total: Mapped[float | None]
    duration_s: Mapped[float | None]
    detected_at: Mapped[datetime] = mapped_column(Moment, index=True)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    resolved_by: Mapped[str | None] = mapped_column(String(120))
