"""Pictures and drawings that dashboards show: few and small, so they lie in the registry and travel in its backup."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from calha.domain.errors import NotFound, TooLarge
from calha.store.dashboards.models import DashboardFile
from calha.store.dashboards.rows import FileRow

MAX_FILES = 20
_FACTS = (
    DashboardFile.id,
    DashboardFile.dashboard_id,
    DashboardFile.name,
    DashboardFile.media_type,
    DashboardFile.size_bytes,
)


class Files:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, board_id: int, name: str, media_type: str, content: bytes, shown: Collection[int]) -> FileRow:
        """When there are as many as may be, those that the dashboard does not show make room. Raises TooLarge."""
        values = {"dashboard_id": board_id, "name": name, "media_type": media_type, "content": content}
        values |= {"size_bytes": len(content)}
        with self._writing.begin() as connection:
            query = select(DashboardFile.id).where(DashboardFile.dashboard_id == board_id)
            held = [row.id for row in connection.execute(query)]
            if len(held) >= MAX_FILES:
                idle = [one for one in held if one not in shown]
                if not idle:
                    raise TooLarge(f"a dashboard shows at most {MAX_FILES} files; remove one", "too_many_files")
                connection.execute(delete(DashboardFile).where(DashboardFile.id.in_(idle)))
            key = connection.execute(insert(DashboardFile).values(values)).inserted_primary_key
        assert key is not None
        return FileRow(key[0], board_id, name, media_type, len(content))

    def list(self, board_id: int) -> Sequence[FileRow]:
        query = select(*_FACTS).where(DashboardFile.dashboard_id == board_id).order_by(DashboardFile.id)
        with self._engine.connect() as connection:
            return [FileRow(**row._mapping) for row in connection.execute(query)]

    def read(self, board_id: int, file_id: int) -> tuple[FileRow, bytes]:
        """A file of that dashboard, and its bytes. Raises NotFound."""
        where = (DashboardFile.id == file_id, DashboardFile.dashboard_id == board_id)
        with self._engine.connect() as connection:
            row: Any = connection.execute(select(*_FACTS, DashboardFile.content).where(*where)).first()
        if row is None:
            raise NotFound(f"the dashboard has no file {file_id}", "unknown_file")
        facts = {name: value for name, value in row._mapping.items() if name != "content"}
        return FileRow(**facts), bytes(row.content)
