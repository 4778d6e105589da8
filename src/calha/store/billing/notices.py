"""Messages to who pays about a running cycle, each once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from calha.domain.forecasts import Warned
from calha.store.billing.models import Notice
from calha.store.billing.rows import NoticeRow

CONTRACTS_AT_ONCE = 500  # databases limit the parameters of a statement


class Notices:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def add(self, contract_id: int, from_day: date, unit: str, warned: Warned) -> bool:
        """Keep it; False when there is one of its kind for the cycle."""
        values: dict[str, Any] = {
            "contract_id": contract_id,
            "from_day": from_day,
            "kind": warned.kind,
            "usual": str(warned.usual),
            "expected": str(warned.expected),
            "begins": None if warned.begins is None else str(warned.begins),
            "unit": unit,
            "made_at": datetime.now(UTC),
        }
        try:
            with self._writing.begin() as connection:
                connection.execute(insert(Notice).values(values))
        except IntegrityError:
            return False
        return True

    def of(self, contracts: Collection[int], since: date) -> Mapping[int, Sequence[NoticeRow]]:
        """Those of cycles that began on a day or later, by contract, oldest first."""
        ids = list(contracts)
        found: dict[int, list[NoticeRow]] = {}
        query = select(Notice.__table__).where(Notice.from_day >= since).order_by(Notice.id)
        with self._engine.connect() as connection:
            for start in range(0, len(ids), CONTRACTS_AT_ONCE):
                part = Notice.contract_id.in_(ids[start : start + CONTRACTS_AT_ONCE])
                for row in connection.execute(query.where(part)):
                    found.setdefault(row.contract_id, []).append(_row(row))
        return found


def _row(row: Any) -> NoticeRow:  # noqa: ANN401 - a row of Notice
    amounts = {name: Decimal(row._mapping[name]) for name in ("usual", "expected")}
    begins = None if row.begins is None else Decimal(row.begins)
    return NoticeRow(**{**row._mapping, **amounts, "begins": begins})
