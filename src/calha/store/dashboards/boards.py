"""Dashboards under their names, each on a site."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound, TooLarge
from calha.domain.search import fold, holds, words_of
from calha.store.dashboards.models import Dashboard
from calha.store.dashboards.rows import DashboardRow
from calha.store.registry.writing import require_site

MAX_OF_SITE = 200
_TABLE = Dashboard.__table__


class Boards:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, site_id: int, name: str, document: Mapping[str, Any], made_by: str) -> DashboardRow:
        """Raises NotFound (site), Conflict (name), TooLarge (as many as a site may have)."""
        values = _values(site_id, name, document, made_by) | {"version": 1}
        try:
            with self._writing.begin() as connection:
                require_site(connection, site_id)
                held = connection.execute(select(func.count()).where(Dashboard.site_id == site_id)).scalar_one()
                if held >= MAX_OF_SITE:
                    raise TooLarge(f"a site has at most {MAX_OF_SITE} dashboards; delete one", "too_many_dashboards")
                key = connection.execute(insert(Dashboard).values(values)).inserted_primary_key
        except IntegrityError:
            raise _taken(name) from None
        assert key is not None
        return self.get(key[0])

    def change(
        self, board_id: int, version: int | None, site_id: int, name: str, document: Mapping[str, Any], changed_by: str
    ) -> DashboardRow:
        """Put another in its place, if it still has that version (any for None). Raises NotFound, Conflict."""
        before = self.get(board_id)
        base = before.version if version is None else version
        where = (Dashboard.id == board_id, Dashboard.version == base)
        values = _values(site_id, name, document, changed_by) | {"version": base + 1}
        try:
            with self._writing.begin() as connection:
                require_site(connection, site_id)
                changed = connection.execute(update(Dashboard).where(*where).values(values)).rowcount
        except IntegrityError:
            raise _taken(name) from None
        if not changed:
            raise Conflict(
                f"{self.get(board_id).changed_by} has changed the dashboard meanwhile; load it again",
                "dashboard_changed",
                by=self.get(board_id).changed_by,
            )
        return self.get(board_id)

    def delete(self, board_id: int) -> None:
        """With its files and links. Raises NotFound."""
        self.get(board_id)
        with self._writing.begin() as connection:
            connection.execute(delete(Dashboard).where(Dashboard.id == board_id))

    def get(self, board_id: int) -> DashboardRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_TABLE).where(Dashboard.id == board_id)).first()
        if row is None:
            raise NotFound(f"there is no dashboard {board_id}", "unknown_dashboard")
        return DashboardRow(**row._mapping)

    def list(
        self, sites: Collection[int] | None, search: str = "", after_id: int = 0, limit: int = 100
    ) -> Sequence[DashboardRow]:
        """Of these sites (None: of all), by id; search: words of the name, whatever accents and case."""
        named = select(Dashboard.id, Dashboard.name).where(Dashboard.id > after_id).order_by(Dashboard.id)
        if sites is not None:
            named = named.where(Dashboard.site_id.in_(sites))
        words = words_of(search)
        with self._engine.connect() as connection:
            fitting = (id_ for id_, name in connection.execute(named) if holds(words, fold(name)))
            ids = list(islice(fitting, limit))
            query = select(_TABLE).where(Dashboard.id.in_(ids)).order_by(Dashboard.id)
            return [DashboardRow(**row._mapping) for row in connection.execute(query)]


def _values(site_id: int, name: str, document: Mapping[str, Any], changed_by: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    values = {"site_id": site_id, "name": name, "document": dict(document)}
    return values | {"changed_by": changed_by, "changed_at": now}


def _taken(name: str) -> Conflict:
    return Conflict(f"there is a dashboard {name!r} on this site already; choose another name", "name_taken")
