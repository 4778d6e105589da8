"""Public links to dashboards. What a link says is not kept: only its digest, by which it is found again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, update

from calha.domain.errors import NotFound, TooLarge
from calha.store.dashboards.models import DashboardLink
from calha.store.dashboards.rows import LinkRow

MAX_LINKS = 20
NOTED_EVERY = timedelta(minutes=5)  # that a link was used
_COLUMNS = [column for column in DashboardLink.__table__.columns if column.name != "digest"]


class Links:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(
        self,
        board_id: int,
        name: str,
        digest: str,
        variables: Mapping[str, str | int],
        made_by: str,
        expires_at: datetime,
    ) -> LinkRow:
        """Raises TooLarge: as many as a dashboard may have."""
        values: dict[str, Any] = {"dashboard_id": board_id, "name": name, "digest": digest, "made_by": made_by}
        values |= {"variables": dict(variables), "made_at": datetime.now(UTC), "expires_at": expires_at}
        with self._writing.begin() as connection:
            ended = (DashboardLink.dashboard_id == board_id, DashboardLink.expires_at <= datetime.now(UTC))
            connection.execute(delete(DashboardLink).where(*ended))
            held = connection.execute(select(func.count()).where(DashboardLink.dashboard_id == board_id)).scalar_one()
            if held >= MAX_LINKS:
                raise TooLarge(f"a dashboard has at most {MAX_LINKS} links; revoke one", "too_many_links")
            key = connection.execute(insert(DashboardLink).values(values)).inserted_primary_key
        assert key is not None
        return self._get(board_id, key[0])

    def list(self, board_id: int) -> Sequence[LinkRow]:
        query = select(*_COLUMNS).where(DashboardLink.dashboard_id == board_id).order_by(DashboardLink.id)
        with self._engine.connect() as connection:
            return [LinkRow(**row._mapping) for row in connection.execute(query)]

    def find(self, digest: str, now: datetime) -> LinkRow | None:
        """The link, if it has not expired; that it was used is noted now and then."""
        with self._engine.connect() as connection:
            row = connection.execute(select(*_COLUMNS).where(DashboardLink.digest == digest)).first()
        if row is None or row.expires_at <= now:
            return None
        link = LinkRow(**row._mapping)
        if link.used_at is None or now - link.used_at > NOTED_EVERY:
            with self._writing.begin() as connection:
                connection.execute(update(DashboardLink).where(DashboardLink.id == link.id).values(used_at=now))
        return link

    def revoke(self, board_id: int, link_id: int) -> LinkRow:
        """Raises NotFound."""
        link = self._get(board_id, link_id)
        with self._writing.begin() as connection:
            connection.execute(delete(DashboardLink).where(DashboardLink.id == link_id))
        return link

    def _get(self, board_id: int, link_id: int) -> LinkRow:
        where = (DashboardLink.id == link_id, DashboardLink.dashboard_id == board_id)
        with self._engine.connect() as connection:
            row = connection.execute(select(*_COLUMNS).where(*where)).first()
        if row is None:
            raise NotFound(f"the dashboard has no link {link_id}", "unknown_link")
        return LinkRow(**row._mapping)
