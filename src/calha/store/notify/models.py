"""Tables of notifications: teams, channels, preferences, chains, notices, and the log of deliveries, which is the queue too.

Addresses are encrypted with a key that lies beside the database; `shown` is as much of them as anybody is told. A channel and
preferences are of a person or of a team: one of the two is set. Times that are compared are µs since the epoch.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base


class Team(Base):
    __tablename__ = "notify_team"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the audit log names it by its id, so that is never given twice
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(8))


class TeamMember(Base):
    __tablename__ = "notify_team_member"
    team_id: Mapped[int] = mapped_column(
        ForeignKey("notify_team.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )


class Channel(Base):
    __tablename__ = "notify_channel"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("notify_team.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    shown: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]
    created_at: Mapped[int] = mapped_column(BigInteger)


class Preference(Base):
    """quiet_from, quiet_until: local times as HH:MM; empty for none."""

    __tablename__ = "notify_preference"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("notify_team.id", ondelete="CASCADE"), unique=True)
    least: Mapped[str] = mapped_column(String(16))
    urgent: Mapped[str] = mapped_column(String(16))
    quiet_from: Mapped[str] = mapped_column(String(5))
    quiet_until: Mapped[str] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64))
    digest_min: Mapped[int] = mapped_column(Integer)
    tells_end: Mapped[bool]
    follows: Mapped[bool] = mapped_column(index=True)
    per_hour: Mapped[int] = mapped_column(Integer)


class Chain(Base):
    """steps: [{"wait_min": 5, "persons": [1], "teams": [2]}, …]."""

    __tablename__ = "notify_chain"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    least: Mapped[str] = mapped_column(String(16))
    steps: Mapped[Any] = mapped_column(JSON)
    repeats: Mapped[int] = mapped_column(Integer)
    enabled: Mapped[bool]


class Notice(Base):
    """state: open, acknowledged or over. open_source: the source while it is not over, so that there is one of it."""

    __tablename__ = "notify_notice"
    __table_args__ = ({"sqlite_autoincrement": True},)  # links name it by its id, so that is never given twice
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(100), index=True)
    open_source: Mapped[str | None] = mapped_column(String(100), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    what: Mapped[Any] = mapped_column(JSON)
    place: Mapped[str] = mapped_column(String(200))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"), index=True)
    priority: Mapped[str] = mapped_column(String(16))
    link: Mapped[str] = mapped_column(String(200))
    since: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[int] = mapped_column(BigInteger, index=True)
    acknowledged_at: Mapped[int | None] = mapped_column(BigInteger)
    acknowledged_by: Mapped[str] = mapped_column(String(120))
    comment: Mapped[str] = mapped_column(String(500))
    over_at: Mapped[int | None] = mapped_column(BigInteger)


class Escalation(Base):
    """How far a chain has come with a notice. step: the next one, counted through all repeats, at due_at."""

    __tablename__ = "notify_escalation"
    notice_id: Mapped[int] = mapped_column(
        ForeignKey("notify_notice.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    chain_id: Mapped[int] = mapped_column(
        ForeignKey("notify_chain.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    step: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Delivery(Base):
    """One message of a notice for one channel. state: waiting, sent, failed or dropped. due_at: of the next try.

    reason: why it failed or was dropped, or what the last try said. bundle: those that left as one message have the same.
    """

    __tablename__ = "notify_delivery"
    __table_args__ = (
        Index("ix_notify_delivery_state_due_at", "state", "due_at"),
        Index("ix_notify_delivery_channel_id_ended_at", "channel_id", "ended_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notify_notice.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("notify_channel.id", ondelete="CASCADE"))
    happening: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[int] = mapped_column(BigInteger, index=True)
    due_at: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[bool]
    tries: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(300))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


class MessageTemplate(Base):
    """What messages of a kind say in a language, where somebody wrote it; otherwise what Calha comes with counts."""

    __tablename__ = "notify_template"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[str] = mapped_column(String(120))
