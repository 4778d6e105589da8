"""What the account tables answer: plain frozen rows."""

from dataclasses import dataclass
from datetime import datetime

from calha.domain.access import Actor, Grant, Permission, PersonState, Role


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    name: str
    email: str | None
    user_name: str | None
    language: str
    state: PersonState
    created_at: datetime
    has_password: bool
    has_second_factor: bool

    @property
    def label(self) -> str:
        """As the audit log names a person."""
        return self.email or self.user_name or f"person {self.id}"

    @property
    def actor(self) -> Actor:
        return Actor(self.label, f"person {self.id}")


@dataclass(frozen=True, slots=True)
class GrantRow:
    id: int
    role: Role
    site_id: int | None

    @property
    def grant(self) -> Grant:
        return Grant(self.role, self.site_id)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a person proves to be himself with. second_factor: encrypted."""

    password_hash: str | None
    second_factor: str | None
    second_factor_step: int


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    id: int
    person_id: int
    credential: str
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: str
    person_id: int
    kind: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """made_by_id: see `ApiKey`."""

    id: int
    name: str
    start: str
    role: Role
    site_id: int | None
    scopes: frozenset[Permission]
    made_by: str
    made_by_id: int | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """actor_id: see `AuditEntry`. before, after: JSON texts. hash: hex of SHA-256, over the entry and the hash before."""

    id: int
    at: datetime
    actor: str
    actor_id: str | None
    action: str
    target: str
    before: str
    after: str
    address: str
    hash: str
