"""Saved reports, and when the next of each is due."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.domain.report_definitions import Definition
from calha.store.registry.writing import require_site
from calha.store.reports.models import SavedReport
from calha.store.reports.rows import NewReport, SavedRow

_TABLE = SavedReport.__table__


class SavedReports:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, new: NewReport, next_at: Micros | None, made_by: str) -> SavedRow:
        """Raises NotFound (site), Conflict (name)."""
        values = _values(new, next_at, made_by)
        try:
            with self._writing.begin() as connection:
                require_site(connection, new.definition.site_id)
                key = connection.execute(insert(SavedReport).values(values)).inserted_primary_key
        except IntegrityError:
            raise _taken(new) from None
        assert key is not None
        return self.get(key[0])

    def change(self, report_id: int, new: NewReport, next_at: Micros | None, made_by: str) -> SavedRow:
        """Put another in its place. Raises NotFound, Conflict."""
        self.get(report_id)
        try:
            with self._writing.begin() as connection:
                require_site(connection, new.definition.site_id)
                where = SavedReport.id == report_id
                connection.execute(update(SavedReport).where(where).values(_values(new, next_at, made_by)))
        except IntegrityError:
            raise _taken(new) from None
        return self.get(report_id)

    def delete(self, report_id: int) -> None:
        """What was made of it stays. Raises NotFound."""
        self.get(report_id)
        with self._writing.begin() as connection:
            connection.execute(delete(SavedReport).where(SavedReport.id == report_id))

    def get(self, report_id: int) -> SavedRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_TABLE).where(SavedReport.id == report_id)).first()
        if row is None:
            raise NotFound(f"there is no report {report_id}")
        return _row(row)

    def list(
        self, sites: Collection[int] | None, search: str = "", after_id: int = 0, limit: int = 100
    ) -> Sequence[SavedRow]:
        """Of these sites (None: of all), by id."""
        query = select(_TABLE).where(SavedReport.id > after_id).order_by(SavedReport.id).limit(limit)
        if sites is not None:
            query = query.where(SavedReport.site_id.in_(sites))
        if search:
            query = query.where(SavedReport.name.icontains(search, autoescape=True))
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def due(self, now: Micros, limit: int = 20) -> Sequence[SavedRow]:
        """Those whose time has come, longest due first."""
        query = select(_TABLE).where(SavedReport.next_at <= now).order_by(SavedReport.next_at).limit(limit)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def take(self, row: SavedRow, next_at: Micros | None) -> bool:
        """Put off to its next time; whether nobody else has done so before."""
        where = (SavedReport.id == row.id, SavedReport.next_at == row.next_at)
        with self._writing.begin() as connection:
            return connection.execute(update(SavedReport).where(*where).values(next_at=next_at)).rowcount == 1


def _values(new: NewReport, next_at: Micros | None, made_by: str) -> dict[str, Any]:
    return {
        "site_id": new.definition.site_id,
        "name": new.name,
        "definition": msgspec.to_builtins(new.definition),
        "formats": list(new.formats),
        "cron": new.cron,
        "zone": new.zone,
        "recipients": list(new.recipients),
        "folder": new.folder,
        "next_at": next_at,
        "made_by": made_by,
        "changed_at": datetime.now(UTC),
    }


def _row(row: Any) -> SavedRow:  # noqa: ANN401 - a row of SavedReport
    report = NewReport(
        row.name,
        msgspec.convert(row.definition, Definition),
        row.formats,
        row.cron,
        row.zone,
        row.recipients,
        row.folder,
    )
    return SavedRow(row.id, row.site_id, report, row.next_at, row.made_by, row.changed_at)


def _taken(new: NewReport) -> Conflict:
    return Conflict(f"there is a report {new.name!r} on this site already; choose another name", "name_taken")
