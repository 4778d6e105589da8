"""The table of anomalies. Times are µs UTC as readings have them."""

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base


def subject_type() -> String:
    """As `registry.models.key_type`, with room for a word before the key."""
    return String(80).with_variant(VARCHAR(80, collation="utf8mb4_bin"), "mysql", "mariadb")


class Anomaly(Base):
    """See `rows.Found` and `rows.AnomalyRow`. A subject has one anomaly for a start, however often it is found."""

    __tablename__ = "anomaly"
    __table_args__ = (
        UniqueConstraint("subject", "started_at"),
        Index("ix_anomaly_series_started_at", "series", "started_at"),
        Index("ix_anomaly_started_at", "started_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(subject_type())
    series: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    readings: Mapped[int] = mapped_column(Integer)
    peak_at: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[float | None] = mapped_column(Double)
    score: Mapped[float] = mapped_column(Double)
    confidence: Mapped[float] = mapped_column(Double)
    seen: Mapped[float | None] = mapped_column(Double)
    low: Mapped[float | None] = mapped_column(Double)
    high: Mapped[float | None] = mapped_column(Double)
    expected: Mapped[float | None] = mapped_column(Double)
    over_readings: Mapped[int] = mapped_column(Integer)
    shown: Mapped[float] = mapped_column(Double)
    found_at: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(String(500))
    answered_by: Mapped[str | None] = mapped_column(String(120))
    answered_at: Mapped[int | None] = mapped_column(BigInteger)
