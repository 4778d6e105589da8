"""Tables of the registry. Times are UTC; texts in two languages and free data are JSON."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC time; stored naive, because SQLite and MariaDB know no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value is not None else None


def key_type() -> String:
    """A key tells upper from lower case, also where the database's usual collation does not (MariaDB)."""
    return String(64).with_variant(VARCHAR(64, collation="utf8mb4_bin"), "mysql", "mariadb")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Change(Base):
    """One row: a number that grows with each change of the registry, so that others see that they must look again."""

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)


class Site(Base):
    __tablename__ = "site"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(64))
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)


class Device(Base):
    """gateway_id: the device through which it reports, if there is one.

    first_event: number from which on events of its key are its own; those before tell of a device that was deleted.
    """

    __tablename__ = "device"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(key_type(), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    serial: Mapped[str | None] = mapped_column(String(64), index=True)
    profile: Mapped[str] = mapped_column(String(64), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    gateway_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    note: Mapped[str] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    created_at: Mapped[datetime] = mapped_column(Moment)
    first_event: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)


class ClaimCode(Base):
    """The code on a device's label. It must be printable again, so it is stored as it is; it only helps who is signed in."""

    __tablename__ = "claim_code"
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(key_type(), unique=True)


class Channel(Base):
    """`id` is the series id: readings keep it for ever, so it is never given twice."""

    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("device_id", "key"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(key_type())
    name: Mapped[Any] = mapped_column(JSON)
    unit: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    minimum: Mapped[float | None]
    maximum: Mapped[float | None]
    precision: Mapped[int | None]
    discovered: Mapped[bool]


class Connection(Base):
    """A connection that Calha makes to another system. secret: encrypted. trusted: SHA-256 of its certificate.

    Events name it by its `id`, so that is never given twice.
    """

    __tablename__ = "connection"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(key_type(), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    endpoint: Mapped[str] = mapped_column(String(500))
    security: Mapped[str] = mapped_column(String(16))
    user_name: Mapped[str] = mapped_column(String(128))
    secret: Mapped[str] = mapped_column(Text)
    trusted: Mapped[str] = mapped_column(String(64))
    trust_first: Mapped[bool]
    enabled: Mapped[bool]
    publishing_ms: Mapped[int] = mapped_column(Integer)
    repeat_s: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(Integer)


class ConnectionNode(Base):
    """A node of a connection, and the one channel that it feeds."""

    __tablename__ = "connection_node"
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), unique=True)
    node: Mapped[str] = mapped_column(String(500))
    sampling_ms: Mapped[int | None] = mapped_column(Integer)
    deadband: Mapped[float] = mapped_column(Double)


class UserProfile(Base):
    __tablename__ = "user_profile"
    name: Mapped[str] = mapped_column(key_type(), primary_key=True)
    yaml: Mapped[str] = mapped_column(Text)


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (Index("ix_event_device_id", "device", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(16))
    text: Mapped[Any] = mapped_column(JSON)
    data: Mapped[Any] = mapped_column(JSON)
