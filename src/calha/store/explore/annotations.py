"""Notes: what somebody has to say of a moment or a period of a device or a site."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, and_, delete, func, insert, or_, select, update

from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.store.explore.models import Annotation
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of, require_site


class Place(NamedTuple):
    """A device by its key, or else a site."""

    device: str | None
    site: int | None


@dataclass(frozen=True, slots=True)
class NewAnnotation:
    """until_at None: of a moment."""

    place: Place
    from_at: Micros
    until_at: Micros | None
    text: str


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    id: int
    note: NewAnnotation
    made_by: str
    person_id: int | None
    made_at: datetime
    changed_at: datetime | None


class Annotations:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, new: NewAnnotation, made_by: str, person_id: int | None) -> AnnotationRow:
        """Raises NotFound (device, site)."""
        author = {"made_by": made_by, "person_id": person_id, "made_at": datetime.now(UTC)}
        with self._writing.begin() as connection:
            if new.place.device is not None:
                where: dict[str, Any] = {"device_id": device_id_of(connection, new.place.device)}
            else:
                require_site(connection, new.place.site)
                where = {"site_id": new.place.site}
            key = connection.execute(insert(Annotation).values(where | _said(new) | author)).inserted_primary_key
        assert key is not None
        return self.get(key[0])

    def change(self, annotation_id: int, new: NewAnnotation) -> AnnotationRow:
        """Say something else, or of another time; the place stays. Raises NotFound."""
        self.get(annotation_id)
        with self._writing.begin() as connection:
            values = _said(new) | {"changed_at": datetime.now(UTC)}
            connection.execute(update(Annotation).where(Annotation.id == annotation_id).values(values))
        return self.get(annotation_id)

    def delete(self, annotation_id: int) -> None:
        """Raises NotFound."""
        self.get(annotation_id)
        with self._writing.begin() as connection:
            connection.execute(delete(Annotation).where(Annotation.id == annotation_id))

    def get(self, annotation_id: int) -> AnnotationRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(_all().where(Annotation.id == annotation_id)).first()
        if row is None:
            raise NotFound(f"there is no note {annotation_id}", "unknown_annotation")
        return _row(row)

    def of_person(self, person_id: int, limit: int) -> Sequence[AnnotationRow]:
        """Those that a person has written, the newest first."""
        query = _all().where(Annotation.person_id == person_id).order_by(Annotation.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def of(
        self,
        devices: Collection[str],
        sites: Collection[int],
        from_at: Micros,
        until_at: Micros,
        after: int,
        limit: int,
    ) -> Sequence[AnnotationRow]:
        """Those of the devices and of the sites themselves that touch a time, by number."""
        query = (
            _all()
            .where(or_(Device.key.in_(devices), Annotation.site_id.in_(sites)))
            .where(
                and_(Annotation.from_at < until_at, func.coalesce(Annotation.until_at, Annotation.from_at) >= from_at)
            )
            .where(Annotation.id > after)
            .order_by(Annotation.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]


def _all() -> Select[Any]:
    return select(Annotation.__table__, Device.key.label("device")).join(
        Device, Device.id == Annotation.device_id, isouter=True
    )


def _said(new: NewAnnotation) -> dict[str, Any]:
    return {"from_at": new.from_at, "until_at": new.until_at, "text": new.text}


def _row(row: Any) -> AnnotationRow:  # noqa: ANN401 - a row of Annotation
    note = NewAnnotation(Place(row.device, row.site_id), row.from_at, row.until_at, row.text)
    return AnnotationRow(row.id, note, row.made_by, row.person_id, row.made_at, row.changed_at)
