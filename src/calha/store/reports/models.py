"""Tables of reports: those that are saved, and each that was made."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, Moment, key_type


class SavedReport(Base):
    """A definition under a name, and to whom it goes when. cron: empty without a schedule. next_at: µs, None when not due."""

    __tablename__ = "saved_report"
    __table_args__ = (UniqueConstraint("site_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    definition: Mapped[Any] = mapped_column(JSON)
    formats: Mapped[Any] = mapped_column(JSON)
    cron: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(64))
    recipients: Mapped[Any] = mapped_column(JSON)
    folder: Mapped[str] = mapped_column(key_type())
    next_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    made_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ReportRun(Base):
    """A report as it was made. share: of the work that is done. files: of each its format, name, size and rows.

    sent: to whom or where it went, and what was said when it could not. from_at, until_at: its period, µs.
    """

    __tablename__ = "report_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("saved_report.id", ondelete="SET NULL"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    definition: Mapped[Any] = mapped_column(JSON)
    formats: Mapped[Any] = mapped_column(JSON)
    is_scheduled: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), index=True)
    share: Mapped[float] = mapped_column(Double)
    files: Mapped[Any] = mapped_column(JSON)
    sent: Mapped[Any] = mapped_column(JSON)
    from_at: Mapped[int | None] = mapped_column(BigInteger)
    until_at: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(String(500))
    made_by: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
