"""Saved views: what a person wants to see again of a page, under a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, update

from calha.domain.errors import Conflict, NotFound
from calha.store.explore.models import SavedView

MAX_VIEWS = 100  # of one person


@dataclass(frozen=True, slots=True)
class ViewRow:
    id: int
    page: str
    name: str
    search: Mapping[str, Any]
    changed_at: datetime


class SavedViews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def of(self, person_id: int, page: str | None) -> Sequence[ViewRow]:
        """A person's own, by name; there are MAX_VIEWS at most."""
        query = select(SavedView.__table__).where(SavedView.person_id == person_id).order_by(SavedView.name)
        if page is not None:
            query = query.where(SavedView.page == page)
        with self._engine.connect() as connection:
            return [
                ViewRow(row.id, row.page, row.name, row.search, row.changed_at) for row in connection.execute(query)
            ]

    def keep(self, person_id: int, page: str, name: str, search: Mapping[str, Any]) -> ViewRow:
        """Under a name, in place of what the person had under it. Raises Conflict (too many)."""
        mine = (SavedView.person_id == person_id, SavedView.page == page, SavedView.name == name)
        values = {"search": dict(search), "changed_at": datetime.now(UTC)}
        with self._writing.begin() as connection:
            if not connection.execute(update(SavedView).where(*mine).values(values)).rowcount:
                count = select(func.count()).where(SavedView.person_id == person_id)
                if connection.execute(count).scalar_one() >= MAX_VIEWS:
                    raise Conflict(f"there are {MAX_VIEWS} saved views already; delete one first", "too_many_views")
                new = {"person_id": person_id, "page": page, "name": name}
                connection.execute(insert(SavedView).values(new | values))
        return next(one for one in self.of(person_id, page) if one.name == name)

    def delete(self, person_id: int, view_id: int) -> None:
        """Raises NotFound, also for another's."""
        where = (SavedView.person_id == person_id, SavedView.id == view_id)
        with self._writing.begin() as connection:
            if not connection.execute(delete(SavedView).where(*where)).rowcount:
                raise NotFound(f"you have no saved view {view_id}", "unknown_view")
