"""Tables of alarms. Times are µs UTC as readings have them.

A rule that is removed stays, because its alarms' history speaks of it. Transitions are only inserted.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, key_type


class AlarmRule(Base):
    """definition: see `domain.alarm_rule_reader`. profile, site_id, device_id: to what it applies; of several all must fit."""

    __tablename__ = "alarm_rule"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the audit log names it by its id, so that is never given twice
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    profile: Mapped[str | None] = mapped_column(key_type())
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    definition: Mapped[Any] = mapped_column(JSON)
    cause: Mapped[str] = mapped_column(String(1000))
    consequence: Mapped[str] = mapped_column(String(1000))
    action: Mapped[str] = mapped_column(String(1000))
    respond_s: Mapped[int | None] = mapped_column(Integer)
    is_enabled: Mapped[bool]
    version: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[int] = mapped_column(BigInteger)
    removed_at: Mapped[int | None] = mapped_column(BigInteger)


class AlarmRecord(Base):
    """One limit of one device, as soon as it was not normal once: see `domain.alarm_states.Alarm`."""

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("rule_id", "limit_name", "device_id"),
        Index("ix_alarm_state_id", "state", "id"),
        {"sqlite_autoincrement": True},  # notices name it by its id, so that is never given twice
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("alarm_rule.id", ondelete="CASCADE"))
    limit_name: Mapped[str] = mapped_column(String(8))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    priority: Mapped[str] = mapped_column(String(10))
    first_out: Mapped[str] = mapped_column(String(64))
    latching: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    is_active: Mapped[bool]
    is_acknowledged: Mapped[bool]
    is_first_out: Mapped[bool]
    raised_at: Mapped[int | None] = mapped_column(BigInteger)
    cleared_at: Mapped[int | None] = mapped_column(BigInteger)
    away_until: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(500))
    signal: Mapped[float | None]
    limit_value: Mapped[float | None]
    changed_at: Mapped[int] = mapped_column(BigInteger)


class AlarmTransition(Base):
    """What happened to an alarm. at: when; made_at: when Calha came to know. author: empty where nobody did it."""

    __tablename__ = "alarm_transition"
    __table_args__ = (
        Index("ix_alarm_transition_alarm_id", "alarm_id", "id"),
        Index("ix_alarm_transition_at", "at"),
        {"sqlite_autoincrement": True},  # who is told goes by the last id
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarm.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    signal: Mapped[float | None]
    author: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500))
