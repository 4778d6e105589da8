"""Saved views: what a person wants to see again of a page, under a name; for himself, or shared with whoever sees a site."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.domain.search import fold, holds, words_of
from calha.store.accounts.models import Person
from calha.store.explore.models import SavedView
from calha.store.registry.writing import require_site

MAX_VIEWS = 100  # of one person
MAX_OF_SITE = 200  # that are shared with it


@dataclass(frozen=True, slots=True)
class ViewRow:
    """site_id: whoever sees it sees the view; None: only its owner. owner: None for one who was anonymised."""

    id: int
    page: str
    name: str
    search: Mapping[str, Any]
    changed_at: datetime
    site_id: int | None
    person_id: int
    owner: str | None


class SavedViews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def of(self, person_id: int, page: str | None = None) -> Sequence[ViewRow]:
        """A person's own, by name; there are MAX_VIEWS at most."""
        query = _all().where(SavedView.person_id == person_id).order_by(SavedView.name)
        with self._engine.connect() as connection:
            return _rows(connection, query if page is None else query.where(SavedView.page == page))

    def shared(
        self,
        sites: Collection[int] | None,
        page: str | None = None,
        search: str = "",
        after_id: int = 0,
        limit: int = 100,
        but_of: int | None = None,
    ) -> Sequence[ViewRow]:
        """Those of these sites (None: of all) by id, without one person's own; search: words of the name."""
        named = select(SavedView.id, SavedView.name).where(SavedView.id > after_id).order_by(SavedView.id)
        named = named.where(SavedView.site_id.is_not(None) if sites is None else SavedView.site_id.in_(sites))
        if page is not None:
            named = named.where(SavedView.page == page)
        if but_of is not None:
            named = named.where(SavedView.person_id != but_of)
        words = words_of(search)
        with self._engine.connect() as connection:
            fitting = (id_ for id_, name in connection.execute(named) if holds(words, fold(name)))
            ids = list(islice(fitting, limit))
            return _rows(connection, _all().where(SavedView.id.in_(ids)).order_by(SavedView.id))

    def get(self, view_id: int) -> ViewRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            found = _rows(connection, _all().where(SavedView.id == view_id))
        if not found:
            raise unknown_view(view_id)
        return found[0]

    def keep(
        self, person_id: int, page: str, name: str, search: Mapping[str, Any], site_id: int | None = None
    ) -> ViewRow:
        """Under a name, in place of what the person had under it. Raises NotFound (site), Conflict (too many)."""
        mine = (SavedView.person_id == person_id, SavedView.page == page, SavedView.name == name)
        with self._writing.begin() as connection:
            values = _values(connection, search, site_id, but_of=mine)
            if not connection.execute(update(SavedView).where(*mine).values(values)).rowcount:
                _require_room(connection, SavedView.person_id == person_id, MAX_VIEWS)
                new = {"person_id": person_id, "page": page, "name": name}
                connection.execute(insert(SavedView).values(new | values))
        return next(one for one in self.of(person_id, page) if one.name == name)

    def change(self, view_id: int, name: str, search: Mapping[str, Any], site_id: int | None) -> ViewRow:
        """Its owner stays. Raises NotFound (view, site), Conflict (the owner has one of that name; too many)."""
        self.get(view_id)
        chosen = SavedView.id == view_id
        try:
            with self._writing.begin() as connection:
                values = _values(connection, search, site_id, but_of=(chosen,)) | {"name": name}
                connection.execute(update(SavedView).where(chosen).values(values))
        except IntegrityError:
            raise Conflict(
                f"there is a view {name!r} of this page already; choose another name", "view_taken"
            ) from None
        return self.get(view_id)

    def delete(self, view_id: int) -> None:
        """Raises NotFound."""
        with self._writing.begin() as connection:
            if not connection.execute(delete(SavedView).where(SavedView.id == view_id)).rowcount:
                raise unknown_view(view_id)


def unknown_view(view_id: int) -> NotFound:
    return NotFound(f"there is no saved view {view_id}", "unknown_view")


def _all() -> Select[Any]:
    owner = case((Person.state != "anonymised", Person.name))
    return select(SavedView.__table__, owner.label("owner")).join(Person, Person.id == SavedView.person_id)


def _rows(connection: Connection, query: Select[Any]) -> list[ViewRow]:
    return [ViewRow(**row._mapping) for row in connection.execute(query)]


def _values(
    connection: Connection, search: Mapping[str, Any], site_id: int | None, but_of: Collection[ColumnElement[bool]]
) -> dict[str, Any]:
    """What may be written. but_of: the view itself, which need not find room beside itself."""
    require_site(connection, site_id)
    if site_id is not None:
        is_there = select(SavedView.id).where(*but_of, SavedView.site_id == site_id)
        if connection.execute(is_there).first() is None:
            _require_room(connection, SavedView.site_id == site_id, MAX_OF_SITE)
    return {"search": dict(search), "site_id": site_id, "changed_at": datetime.now(UTC)}


def _require_room(connection: Connection, where: ColumnElement[bool], most: int) -> None:
    if connection.execute(select(func.count()).select_from(SavedView).where(where)).scalar_one() >= most:
        raise Conflict(f"there are {most} saved views already; delete one first", "too_many_views")
