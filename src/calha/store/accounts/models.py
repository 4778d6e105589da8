"""Tables of people, what they may do, how they prove who they are, and what they did.

No secret is stored: of passwords an Argon2id (or imported bcrypt) hash, of everything that Calha makes itself (session and
refresh tokens, API keys, links, recovery codes) a SHA-256 digest, because those are long random numbers. The key of a
second factor must be known to check a code; it is encrypted with a key that lies beside the database, not in it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, Moment, key_type


class Person(Base):
    """email, user_name: in lower case; one of them at least."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    user_name: Mapped[str | None] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    second_factor: Mapped[str | None] = mapped_column(String(255))
    second_factor_step: Mapped[int] = mapped_column(BigInteger, default=0)
    language: Mapped[str] = mapped_column(String(8), default="pt-BR")
    state: Mapped[str] = mapped_column(String(16), default="active")
    created_at: Mapped[datetime] = mapped_column(Moment)


class RoleGrant(Base):
    __tablename__ = "role_grant"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)


class RecoveryCode(Base):
    __tablename__ = "recovery_code"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class Passkey(Base):
    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential: Mapped[str] = mapped_column(String(512), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Identity(Base):
    """An account at an OpenID Connect provider that signs a person in."""

    __tablename__ = "identity"
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class Session(Base):
    """kind: browser (digest of the cookie) or client (digest of the refresh token; `previous` of the one before)."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    previous: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))


class ApiKey(Base):
    """made_by: as he was called then. made_by_id: of the person, also where he did it with another key of his.

    The audit log knows it by its `id`, so that is never given twice.
    """

    __tablename__ = "api_key"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    start: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[Any] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String(100))
    made_by_id: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Link(Base):
    """A link that works once. purpose: set_up, invite, reset."""

    __tablename__ = "link"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class AuditEntry(Base):
    """Appended only; `hash` covers the entry and the hash of the one before.

    actor: as he was called then. actor_id: `person 7`, `key 3`, empty for others; None in entries from before there were any.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_target", "target"), Index("ix_audit_actor", "actor"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[str | None] = mapped_column(String(40), index=True)
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(160))
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class DeviceCredential(Base):
    """kind: secret (SHA-256 of it) or certificate (SHA-256 fingerprint). expires_at: end of an overlap, or None."""

    __tablename__ = "device_credential"
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)


class Ownership(Base):
    """Whose a device was, from when until when; until None: it still is."""

    __tablename__ = "ownership"
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    from_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime | None] = mapped_column(Moment)


class ProvisioningKey(Base):
    """With which the devices of a fleet ask for credentials of their own. devices: how many have."""

    __tablename__ = "provisioning_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    start: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    profile: Mapped[str] = mapped_column(String(64))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    most_devices: Mapped[int] = mapped_column(Integer)
    devices: Mapped[int] = mapped_column(Integer, default=0)
    made_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Provisioned(Base):
    """A device that has asked. again_until: until when an administrator lets it ask once more."""

    __tablename__ = "provisioned"
    device_id: Mapped[int] = mapped_column(
        ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(Moment)
    again_until: Mapped[datetime | None] = mapped_column(Moment)


class DeviceCommand(Base):
    """state: see `domain.commands`. history: [[state, µs, who, note], …].

    requester: kind and id of who asked; for an API key also of who made it. approved_by_id: likewise. due_at: µs of what
    comes next without anybody's doing: its expiry, a time-out, the end of the read-back. log_seq: of the message to the
    device, so that it can be taken back. given: digest of the request, by which a repeated one is known. answer_s: how long
    the device may take. missed: the device was away when it was sent, so that it is sent once more when the device is back.
    """

    __tablename__ = "device_command"
    __table_args__ = (
        Index("ix_device_command_device_id_id", "device_id", "id"),
        Index("ix_device_command_due_at", "due_at"),
        UniqueConstraint("device_id", "idempotency_key"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    command: Mapped[str] = mapped_column(key_type())
    parameters: Mapped[Any] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    requested_by: Mapped[str] = mapped_column(String(120))
    requester: Mapped[Any] = mapped_column(JSON)
    requested_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    answer_s: Mapped[float]
    due_at: Mapped[int | None] = mapped_column(BigInteger)
    missed: Mapped[bool]
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    given: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_by_id: Mapped[str | None] = mapped_column(String(40))
    read_back: Mapped[Any | None] = mapped_column(JSON)
    verification: Mapped[str | None] = mapped_column(String(16))
    log_seq: Mapped[int | None] = mapped_column(BigInteger)
    history: Mapped[Any] = mapped_column(JSON)
