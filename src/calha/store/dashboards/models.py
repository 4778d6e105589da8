"""Tables of dashboards, of the files that they show, and of the links by which somebody sees one without signing in."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.mysql import MEDIUMBLOB
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, Moment


def content_type() -> LargeBinary:
    """Bytes of a file; MariaDB's usual type ends at 64 KB."""
    return LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb")


class Dashboard(Base):
    """document: as `dashboards.document` has let it in. version: grows with each change."""

    __tablename__ = "dashboard"
    __table_args__ = (UniqueConstraint("site_id", "name"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    document: Mapped[Any] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer)
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DashboardFile(Base):
    __tablename__ = "dashboard_file"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    dashboard_id: Mapped[int] = mapped_column(ForeignKey("dashboard.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes] = mapped_column(content_type())
    size_bytes: Mapped[int] = mapped_column(Integer)


class DashboardLink(Base):
    """digest: SHA-256 of what the link says, which is kept nowhere. variables: the values that it shows."""

    __tablename__ = "dashboard_link"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    dashboard_id: Mapped[int] = mapped_column(ForeignKey("dashboard.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    variables: Mapped[Any] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
