"""The history of reports: each that was made, how far it is, and where it went."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, delete, func, insert, select, update

from calha.domain.errors import NotFound
from calha.domain.report_definitions import Definition, ReportFormat
from calha.store.registry.writing import require_site
from calha.store.reports.models import ReportRun
from calha.store.reports.rows import ReportRunRow, ReportState

MAX_PROBLEM = 500
_TABLE = ReportRun.__table__


class ReportHistory:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def begin(
        self,
        name: str,
        definition: Definition,
        formats: Sequence[ReportFormat],
        made_by: str,
        report_id: int | None,
        *,
        is_scheduled: bool,
    ) -> ReportRunRow:
        """Raises NotFound (site)."""
        values: dict[str, Any] = {
            "report_id": report_id,
            "site_id": definition.site_id,
            "name": name,
            "definition": msgspec.to_builtins(definition),
            "formats": list(formats),
            "is_scheduled": is_scheduled,
            "state": "running",
            "share": 0.0,
            "files": [],
            "sent": [],
            "problem": "",
            "made_by": made_by,
            "started_at": datetime.now(UTC),
        }
        with self._writing.begin() as connection:
            require_site(connection, definition.site_id)
            key = connection.execute(insert(ReportRun).values(values)).inserted_primary_key
        assert key is not None
        return self.get(key[0])

    def report(self, run_id: int, **progress: Any) -> None:  # noqa: ANN401 - columns
        with self._writing.begin() as connection:
            connection.execute(update(ReportRun).where(ReportRun.id == run_id).values(progress))

    def end(self, run_id: int, state: ReportState, problem: str = "", **more: Any) -> ReportRunRow:  # noqa: ANN401
        self.report(run_id, state=state, problem=problem[:MAX_PROBLEM], ended_at=datetime.now(UTC), **more)
        return self.get(run_id)

    def get(self, run_id: int) -> ReportRunRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_TABLE).where(ReportRun.id == run_id)).first()
        if row is None:
            raise NotFound(f"there is no report run {run_id}")
        return _row(row)

    def list(
        self,
        sites: Collection[int] | None,
        *,
        report_id: int | None = None,
        state: ReportState | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> Sequence[ReportRunRow]:
        """Of these sites (None: of all), newest first."""
        query = select(_TABLE).order_by(ReportRun.id.desc()).limit(limit)
        if sites is not None:
            query = query.where(ReportRun.site_id.in_(sites))
        if report_id is not None:
            query = query.where(ReportRun.report_id == report_id)
        if state is not None:
            query = query.where(ReportRun.state == state)
        if before_id is not None:
            query = query.where(ReportRun.id < before_id)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def running(self) -> int:
        """How many are at work."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(ReportRun).where(ReportRun.state == "running")
            return int(connection.execute(query).scalar_one())

    def older(self, than: datetime, limit: int = 500) -> Sequence[ReportRunRow]:
        """Runs that ended before a time, oldest first."""
        query = select(_TABLE).where(ReportRun.ended_at < than).order_by(ReportRun.id).limit(limit)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def forget(self, ids: Sequence[int]) -> None:
        with self._writing.begin() as connection:
            connection.execute(delete(ReportRun).where(ReportRun.id.in_(ids)))


def _row(row: Any) -> ReportRunRow:  # noqa: ANN401 - a row of ReportRun
    values = dict(row._mapping)
    return ReportRunRow(**(values | {"definition": msgspec.convert(values["definition"], Definition)}))
