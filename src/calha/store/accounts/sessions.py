"""Sessions of browsers and API clients, and links that work once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, and_, delete, insert, or_, select, update

from calha.store.accounts.models import Link, Session
from calha.store.accounts.rows import SessionRow
from calha.store.registry.writing import writing

_COLUMNS = (
    Session.id,
    Session.person_id,
    Session.kind,
    Session.created_at,
    Session.seen_at,
    Session.expires_at,
    Session.address,
    Session.agent,
)


class Sessions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, row: SessionRow, digest: str) -> None:
        values = {column.key: getattr(row, column.key) for column in _COLUMNS}
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(Session).where(Session.expires_at < datetime.now(UTC)))
            connection.execute(insert(Session).values(**values, digest=digest))

    def find(self, digest: str) -> SessionRow | None:
        """The session of a token that is valid now."""
        return self._one(Session.digest == digest)

    def get(self, session_id: str) -> SessionRow | None:
        return self._one(Session.id == session_id)

    def replaced(self, digest: str) -> SessionRow | None:
        """The session whose refresh token this was before the last rotation: somebody uses a token twice."""
        return self._one(Session.previous == digest)

    def rotate(self, session_id: str, old: str, new: str, expires_at: datetime) -> bool:
        """Put a new refresh token in place of the old one; False if somebody was quicker."""
        chosen = update(Session).where(Session.id == session_id, Session.digest == old)
        values = {"digest": new, "previous": old, "seen_at": datetime.now(UTC), "expires_at": expires_at}
        with self._engine.execution_options(writes=True).begin() as connection:
            return bool(connection.execute(chosen.values(values)).rowcount)

    def seen(self, session_id: str, expires_at: datetime) -> None:
        with self._engine.execution_options(writes=True).begin() as connection:
            changed = update(Session).where(Session.id == session_id)
            connection.execute(changed.values(seen_at=datetime.now(UTC), expires_at=expires_at))

    def of(self, person_id: int) -> Sequence[SessionRow]:
        query = select(*_COLUMNS).where(Session.person_id == person_id, Session.expires_at > datetime.now(UTC))
        with self._engine.connect() as connection:
            return [SessionRow(*row) for row in connection.execute(query.order_by(Session.seen_at.desc()))]

    def close(self, session_id: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(Session).where(Session.id == session_id))

    def close_all(self, person_id: int, but: str | None = None) -> None:
        chosen = delete(Session).where(Session.person_id == person_id)
        with writing(self._engine) as connection:
            connection.execute(chosen.where(Session.id != but) if but is not None else chosen)

    def _one(self, condition: Any) -> SessionRow | None:  # noqa: ANN401 - a condition of SQLAlchemy
        query = select(*_COLUMNS).where(condition, Session.expires_at > datetime.now(UTC))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            return SessionRow(*row) if row is not None else None


class Links:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, digest: str, purpose: str, person_id: int | None, expires_at: datetime) -> None:
        """A new link takes the place of older ones of its purpose and person."""
        same_person = Link.person_id.is_(None) if person_id is None else Link.person_id == person_id
        with self._engine.execution_options(writes=True).begin() as connection:
            replaced = and_(same_person, Link.purpose == purpose)
            connection.execute(delete(Link).where(or_(replaced, Link.expires_at < datetime.now(UTC))))
            values = {"digest": digest, "purpose": purpose, "person_id": person_id, "expires_at": expires_at}
            connection.execute(insert(Link).values(values))

    def look(self, digest: str) -> tuple[str, int | None] | None:
        """(purpose, person) of a link that still works."""
        query = select(Link.purpose, Link.person_id).where(Link.digest == digest, Link.expires_at > datetime.now(UTC))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            return (row.purpose, row.person_id) if row is not None else None

    def use(self, digest: str) -> bool:
        """Whether it had not been used yet; it is used up now, and so are all others of its person."""
        with self._engine.execution_options(writes=True).begin() as connection:
            own = Link.digest == digest, Link.expires_at > datetime.now(UTC)
            person_id = connection.execute(select(Link.person_id).where(*own)).scalar()
            is_used = bool(connection.execute(delete(Link).where(*own)).rowcount)
            if is_used and person_id is not None:
                connection.execute(delete(Link).where(Link.person_id == person_id))
            return is_used
