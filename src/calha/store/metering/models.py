"""Tables of metering: what is known of registers, what operators decided and edited, what waits for them, and balances.

Times are µs UTC as readings have them; amounts are decimals written out, because no database's number keeps them exactly the
same way. Nothing is overwritten: what is taken back stays, with who took it back and when.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.mysql import MEDIUMBLOB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from calha.store.registry.models import Base, key_type

SERIES = "channel.id"


class Exact(TypeDecorator[Decimal]):
    """A decimal, digit by digit."""

    impl = String(48)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return format(value, "f") if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return Decimal(value) if value is not None else None


class RegisterPlate(Base):
    """What holds of a channel's register from a time on, over what its profile says. serial: of the meter there."""

    __tablename__ = "register_plate"
    __table_args__ = (UniqueConstraint("series", "valid_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    valid_from: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str | None] = mapped_column(String(20))
    multiplier: Mapped[Decimal | None] = mapped_column(Exact)
    digits: Mapped[int | None] = mapped_column(Integer)
    rolls_at: Mapped[Decimal | None] = mapped_column(Exact)
    max_flow: Mapped[Decimal | None] = mapped_column(Exact)
    resolution: Mapped[Decimal | None] = mapped_column(Exact)
    memory_s: Mapped[float | None]
    serial: Mapped[str | None] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[int] = mapped_column(BigInteger)


class RegisterDecision(Base):
    """What an operator said of a step of a register: see `domain.registers.Decision`."""

    __tablename__ = "register_decision"
    __table_args__ = (Index("ix_register_decision_series_at", "series", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[str] = mapped_column(String(16))
    closing: Mapped[Decimal | None] = mapped_column(Exact)
    opening: Mapped[Decimal | None] = mapped_column(Exact)
    old_serial: Mapped[str | None] = mapped_column(String(64))
    new_serial: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    author: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[int] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)
    undone_by: Mapped[str | None] = mapped_column(String(120))


class ManualReading(Base):
    """A register that a person has read. The reading itself is in the telemetry store; here is who read it, and why."""

    __tablename__ = "manual_reading"
    __table_args__ = (UniqueConstraint("series", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Decimal] = mapped_column(Exact)
    note: Mapped[str] = mapped_column(String(500))
    author: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[int] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)
    undone_by: Mapped[str | None] = mapped_column(String(120))


class ReadingEvidence(Base):
    """What a person brought with his reading: where he stood, a photo. request_id: so that what is sent twice counts once."""

    __tablename__ = "reading_evidence"
    reading_id: Mapped[int] = mapped_column(
        ForeignKey("manual_reading.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    request_id: Mapped[str] = mapped_column(key_type(), unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    photo: Mapped[bytes | None] = mapped_column(LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"))


class ConsumptionEdit(Base):
    """Amounts that stand instead of the measured ones between bounds. amounts: decimals as texts, in the consumption's unit."""

    __tablename__ = "consumption_edit"
    __table_args__ = (Index("ix_consumption_edit_series_from_at", "series", "from_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    from_at: Mapped[int] = mapped_column(BigInteger)
    until_at: Mapped[int] = mapped_column(BigInteger)
    bounds: Mapped[Any] = mapped_column(JSON)
    amounts: Mapped[Any] = mapped_column(JSON)
    method: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(500))
    author: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[int] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)
    undone_by: Mapped[str | None] = mapped_column(String(120))


class ValidationException(Base):
    """A finding of a validation rule that waits for somebody, or did. data: what was found and what the limit was."""

    __tablename__ = "validation_exception"
    __table_args__ = (
        UniqueConstraint("series", "rule", "from_at"),
        Index("ix_validation_exception_state_id", "state", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(String(24))
    from_at: Mapped[int] = mapped_column(BigInteger)
    until_at: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[Any] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    found_at: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_by: Mapped[str | None] = mapped_column(String(120))
    edit_id: Mapped[int | None] = mapped_column(ForeignKey("consumption_edit.id", ondelete="SET NULL"), index=True)


class ValidationProgress(Base):
    """Through which log sequence readings have been validated."""

    __tablename__ = "validation_progress"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class FlumeChannel(Base):
    """A channel whose flow is made from the level of another one, from a time on: see `domain.flumes.Flume`."""

    __tablename__ = "flume_channel"
    __table_args__ = (UniqueConstraint("series", "valid_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"))
    level_series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"), index=True)
    valid_from: Mapped[int] = mapped_column(BigInteger)
    throat: Mapped[str] = mapped_column(String(8))
    k: Mapped[float | None]
    n: Mapped[float | None]
    zero_m: Mapped[float]
    cut_off_m: Mapped[float]
    author: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[int] = mapped_column(BigInteger)
    behind_series: Mapped[int | None]  # no foreign key: a flume outlives the level behind its throat


class BalanceMeter(Base):
    """What a channel is in the water balance of a site, where it is not simply consumption."""

    __tablename__ = "balance_meter"
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    series: Mapped[int] = mapped_column(ForeignKey(SERIES, ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))


class SupplyNetwork(Base):
    """The network of a site, for unavoidable losses and legitimate night use."""

    __tablename__ = "supply_network"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mains_km: Mapped[float]
    private_km: Mapped[float]
    connections: Mapped[int] = mapped_column(Integer)
    people: Mapped[int] = mapped_column(Integer)
    pressure_m: Mapped[float]
    hours_a_day: Mapped[float]
