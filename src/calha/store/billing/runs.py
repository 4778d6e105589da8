"""Billing runs: how far each has come, so that one that broke off can go on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from calha.domain.errors import NotFound
from calha.store.billing.models import BillingRun
from calha.store.billing.rows import RunRow, RunState
from calha.store.registry.writing import require_site


class Runs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def begin(self, site_id: int | None, month: str, cycle_day: int | None, contracts: int, made_by: str) -> RunRow:
        """Raises NotFound (site)."""
        values: dict[str, Any] = {
            "site_id": site_id,
            "month": month,
            "cycle_day": cycle_day,
            "state": "running",
            "contracts": contracts,
            **dict.fromkeys(("done", "issued", "passed", "failed"), 0),
            "problems": [],
            "made_by": made_by,
            "started_at": datetime.now(UTC),
        }
        with self._writing.begin() as connection:
            require_site(connection, site_id)
            key = connection.execute(insert(BillingRun).values(values)).inserted_primary_key
        assert key is not None
        return self.get(key[0])

    def report(self, run_id: int, **progress: Any) -> None:  # noqa: ANN401 - columns
        with self._writing.begin() as connection:
            connection.execute(update(BillingRun).where(BillingRun.id == run_id).values(progress))

    def end(self, run_id: int, state: RunState) -> RunRow:
        self.report(run_id, state=state, ended_at=datetime.now(UTC))
        return self.get(run_id)

    def get(self, run_id: int) -> RunRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(BillingRun.__table__).where(BillingRun.id == run_id)).first()
        if row is None:
            raise NotFound(f"there is no billing run {run_id}")
        return RunRow(**row._mapping)

    def list(self, state: RunState | None = None, before_id: int | None = None, limit: int = 50) -> Sequence[RunRow]:
        """Newest first."""
        query = select(BillingRun.__table__).order_by(BillingRun.id.desc()).limit(limit)
        if state is not None:
            query = query.where(BillingRun.state == state)
        if before_id is not None:
            query = query.where(BillingRun.id < before_id)
        with self._engine.connect() as connection:
            return [RunRow(**row._mapping) for row in connection.execute(query)]
