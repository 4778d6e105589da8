"""Numbers after those that were taken over from another system."""

from typing import Any

from sqlalchemy import Connection, func, select


def go_on_after(connection: Connection, column: Any) -> None:  # noqa: ANN401 - a primary key
    """Give the next row a number above all there are. Only PostgreSQL does not see numbers that it has not given itself."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(column.table.name, column.name)
        connection.execute(select(func.setval(sequence, func.coalesce(func.max(column), 1))))
