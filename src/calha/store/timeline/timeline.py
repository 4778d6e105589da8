"""The timeline of a device: what its tables tell, merged by time, the last first, page by page.

Each source is asked for one page at most, so that a page costs the same however long the device has lived.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Engine, and_, or_

from calha.domain.readings import Micros
from calha.store.registry.rows import Page
from calha.store.timeline.rows import KINDS, Entry, Kind, Place
from calha.store.timeline.sources import SOURCES, Source


class Timeline:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self,
        device: str,
        from_: Micros,
        until: Micros,
        kinds: Collection[Kind] = KINDS,
        after: Place | None = None,
        limit: int = 100,
    ) -> Page[Entry]:
        """What happened in [from_, until), newest first; `after` a place, downwards."""
        found: list[Entry] = []
        with self._engine.connect() as connection:
            for number, source in enumerate(SOURCES):
                if source.kind in kinds:
                    query = source.page(device, from_, _before(source, number, until, after), limit + 1)
                    found += [source.entry(row, number) for row in connection.execute(query)]
        found.sort(key=lambda one: one.place, reverse=True)
        return Page(found[:limit], str(found[limit - 1].place) if len(found) > limit else None)


def _before(source: Source, number: int, until: Micros, after: Place | None) -> ColumnElement[bool]:
    """Of a source, what comes after a place in a list that goes back in time."""
    in_time: ColumnElement[bool] = source.at < source.bound(until)
    if after is None:
        return in_time
    at = source.bound(after.at)
    if number > after.source:  # at the same time it came before
        return and_(in_time, source.at < at)
    if number < after.source:
        return and_(in_time, source.at <= at)
    return and_(in_time, or_(source.at < at, and_(source.at == at, source.number < after.number)))
