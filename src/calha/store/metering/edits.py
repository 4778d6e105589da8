"""Edits of consumption as they are kept: each with its method, author, reason and time; what is taken back stays."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from calha.domain.errors import Conflict, NotFound, TooLarge
from calha.domain.readings import Micros
from calha.store.metering.models import ConsumptionEdit
from calha.store.metering.rows import EditRow

MAX_EDITS = 5_000  # of a channel, that hold
MAX_AMOUNTS = 3_000  # of one edit: a month of quarters of an hour


class EditStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def holding(self, series: Iterable[int], from_: Micros, until: Micros) -> dict[int, list[EditRow]]:
        """Edits that hold and overlap [from_, until), by series, in the order in which they were made."""
        wanted = list(series)
        found: dict[int, list[EditRow]] = {one: [] for one in wanted}
        query = (
            select(ConsumptionEdit.__table__)
            .where(ConsumptionEdit.series.in_(wanted), ConsumptionEdit.undone_at.is_(None))
            .where(ConsumptionEdit.from_at < until, ConsumptionEdit.until_at > from_)
            .order_by(ConsumptionEdit.id)
        )
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found[row.series].append(_row(row))
        return found

    def history(self, series: int, from_: Micros, until: Micros, limit: int = 200) -> list[EditRow]:
        """Edits that overlap [from_, until), also those taken back, newest first."""
        query = (
            select(ConsumptionEdit.__table__)
            .where(ConsumptionEdit.series == series)
            .where(ConsumptionEdit.from_at < until, ConsumptionEdit.until_at > from_)
            .order_by(ConsumptionEdit.id.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def get(self, series: int, edit_id: int) -> EditRow:
        """Raises NotFound."""
        wanted = (ConsumptionEdit.series == series) & (ConsumptionEdit.id == edit_id)
        with self._engine.connect() as connection:
            return _one(connection, wanted, edit_id)

    def add(self, row: EditRow) -> EditRow:
        """Raises TooLarge."""
        with self._engine.execution_options(writes=True).begin() as connection:
            return add_edit(connection, row)

    def undo(self, series: int, edit_id: int, author: str, at: Micros) -> EditRow:
        """Raises NotFound, Conflict if it has been taken back."""
        wanted = (ConsumptionEdit.series == series) & (ConsumptionEdit.id == edit_id)
        with self._engine.execution_options(writes=True).begin() as connection:
            found = _one(connection, wanted, edit_id)
            if found.undone_at is not None:
                raise Conflict("this edit has been taken back already")
            connection.execute(update(ConsumptionEdit).where(wanted).values(undone_at=at, undone_by=author))
            return found


def _one(connection: Connection, wanted: ColumnElement[bool], edit_id: int) -> EditRow:
    found = connection.execute(select(ConsumptionEdit.__table__).where(wanted)).first()
    if found is None:
        raise NotFound(f"there is no edit {edit_id} of this channel")
    return _row(found)


def add_edit(connection: Connection, row: EditRow) -> EditRow:
    """Keep an edit in a transaction. Raises TooLarge."""
    if len(row.amounts) > MAX_AMOUNTS:
        raise TooLarge(f"an edit has at most {MAX_AMOUNTS} intervals, not {len(row.amounts)}; make several")
    holding = (ConsumptionEdit.series == row.series) & ConsumptionEdit.undone_at.is_(None)
    if len(connection.execute(select(ConsumptionEdit.id).where(holding)).all()) >= MAX_EDITS:
        raise TooLarge(f"at most {MAX_EDITS} edits hold for a channel")
    values = {
        "series": row.series,
        "from_at": row.from_at,
        "until_at": row.until_at,
        "bounds": list(row.bounds),
        "amounts": [format(amount, "f") for amount in row.amounts],
        "method": row.method,
        "reason": row.reason,
        "author": row.author,
        "made_at": row.made_at,
    }
    made = connection.execute(insert(ConsumptionEdit).values(values)).inserted_primary_key
    assert made is not None
    return _row(connection.execute(select(ConsumptionEdit.__table__).where(ConsumptionEdit.id == made[0])).one())


def _row(row: Any) -> EditRow:  # noqa: ANN401 - a row of ConsumptionEdit
    return EditRow(
        row.series,
        tuple(row.bounds),
        tuple(Decimal(amount) for amount in row.amounts),
        row.method,
        row.reason,
        row.author,
        row.made_at,
        row.undone_at,
        row.undone_by,
        row.id,
    )
