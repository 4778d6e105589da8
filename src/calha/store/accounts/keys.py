"""API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from calha.domain.access import Permission, Role
from calha.domain.errors import NotFound
from calha.store.accounts.models import ApiKey
from calha.store.accounts.rows import KeyRow
from calha.store.registry.writing import require_site, writing


class Keys:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        name: str,
        start: str,
        digest: str,
        role: Role,
        site_id: int | None,
        scopes: Sequence[Permission],
        made_by: str,
        made_by_id: int | None,
        expires_at: datetime | None,
    ) -> KeyRow:
        """made_by, made_by_id: see `ApiKey`. Raises NotFound (site)."""
        values = {
            "name": name,
            "start": start,
            "digest": digest,
            "role": role,
            "site_id": site_id,
            "scopes": sorted(scopes),
            "made_by": made_by[:100],
            "made_by_id": made_by_id,
            "created_at": datetime.now(UTC),
            "expires_at": expires_at,
        }
        with writing(self._engine) as connection:
            require_site(connection, site_id)
            key = connection.execute(insert(ApiKey).values(values)).inserted_primary_key
            assert key is not None
            return _row(connection.execute(select(ApiKey.__table__).where(ApiKey.id == key[0])).one())

    def find(self, digest: str) -> KeyRow | None:
        """The key, if it has not expired."""
        with self._engine.connect() as connection:
            row = connection.execute(select(ApiKey.__table__).where(ApiKey.digest == digest)).first()
        if row is None or (row.expires_at is not None and row.expires_at < datetime.now(UTC)):
            return None
        return _row(row)

    def get(self, key_id: int) -> KeyRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(ApiKey.__table__).where(ApiKey.id == key_id)).first()
        if row is None:
            raise NotFound(f"there is no API key {key_id}", "unknown_key")
        return _row(row)

    def list(self) -> Sequence[KeyRow]:
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(select(ApiKey.__table__).order_by(ApiKey.id))]

    def used(self, key_id: int) -> None:
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=datetime.now(UTC)))

    def remove(self, key_id: int) -> None:
        """Raises NotFound."""
        with writing(self._engine) as connection:
            if not connection.execute(delete(ApiKey).where(ApiKey.id == key_id)).rowcount:
                raise NotFound(f"there is no API key {key_id}", "unknown_key")


def _row(row: Any) -> KeyRow:  # noqa: ANN401 - a row of ApiKey
    return KeyRow(
        row.id,
        row.name,
        row.start,
        Role(row.role),
        row.site_id,
        frozenset(Permission(scope) for scope in row.scopes),
        row.made_by,
        row.made_by_id,
        row.created_at,
        row.expires_at,
        row.used_at,
    )
