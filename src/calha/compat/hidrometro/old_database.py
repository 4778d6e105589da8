"""Reads the old database, SQLite or MySQL/MariaDB, table by table, and changes nothing in it.

Rows are handed out as `carry_over` takes them: those of a meter carry its serial number, those of a customer his row, because
their numbers alone may mean something else in Calha.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, MetaData, Table, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from calha.domain.errors import InvalidConfiguration

ROWS_AT_ONCE = 5_000
NAMES = {
    "customers": "Cliente",
    "kinds": "TipoDispositivo",
    "meters": "Dispositivo",
    "tariffs": "Tarifa",
    "months": "ConsumoMensal",
    "users": "Usuario",
    "alerts": "Alerta",
    "readings": "Leitura",
    "node_readings": "readings",
}

CONTACTS = ("Endereco", "Telefone")
HISTORY, NODE = "HistoricoStatusDispositivo", "readings"

Row = dict[str, Any]


class OldDatabase:
    """The tables that there are; the newest generation has more than the first, and Node's has one of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        names = {name.lower(): name for name in inspect(engine).get_table_names()}
        self._tables = {
            name: Table(names[name.lower()], MetaData(), autoload_with=engine)
            for name in (*NAMES.values(), *CONTACTS, HISTORY)
            if name.lower() in names
        }

    @classmethod
    def open(cls, url: str) -> Self:
        """Raises InvalidConfiguration for what cannot be read, or is not this system's."""
        try:
            found = cls(_engine(url))
        except SQLAlchemyError as error:
            raise InvalidConfiguration(f"--from: {str(error).splitlines()[0]}") from None
        if not found.tables():
            raise InvalidConfiguration(f"--from: no table of Hidrômetro Inteligente ({', '.join(NAMES.values())})")
        return found

    def tables(self) -> list[str]:
        """Those that there are, in the order in which they have to come."""
        return [table for table, name in NAMES.items() if name in self._tables]

    def count(self, table: str) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(self._tables[NAMES[table]])).scalar_one()

    def parts(self, table: str) -> Iterator[list[Row]]:
        """At most ROWS_AT_ONCE rows at a time."""
        completed, part = self._completing(table), []
        for row in self._rows(NAMES[table]):
            part.append(completed(row))
            if len(part) == ROWS_AT_ONCE:
                yield part
                part = []
        if part:
            yield part

    def serials(self) -> list[str]:
        """The serial numbers of all meters."""
        return [row["numero_serie"] for row in self._rows("Dispositivo")]

    def _rows(self, name: str) -> Iterator[Row]:
        """By their primary key; names of columns in lower case, whatever the database makes of them."""
        table = self._tables.get(name)
        if table is None:
            return
        with self._engine.connect().execution_options(stream_results=True) as connection:
            for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
                yield {key if name == NODE else key.lower(): _plain(value) for key, value in row._mapping.items()}

    def _completing(self, table: str) -> Callable[[Row], Row]:
        """What a table's rows need to be understood without the others."""
        if table == "customers":
            addresses, phones = (self._of(name, "cliente_id") for name in CONTACTS)
            return lambda row: (
                row
                | {"enderecos": addresses.get(row["id_cliente"], []), "telefones": phones.get(row["id_cliente"], [])}
            )
        if table in ("meters", "months"):
            customers = {row["id_cliente"]: row for row in self._rows("Cliente")}
            history = self._of(HISTORY, "dispositivo_id") if table == "meters" else {}
            return lambda row: (
                row
                | {"cliente": customers.get(row["cliente_id"]), "historico": history.get(row.get("id_dispositivo"), [])}
            )
        if table in ("readings", "alerts"):
            serials = {row["id_dispositivo"]: row["numero_serie"] for row in self._rows("Dispositivo")}
            return lambda row: row | {"numero_serie": row.get("serial") or serials.get(row["dispositivo_id"])}
        return lambda row: row

    def _of(self, name: str, column: str) -> Mapping[Any, list[Row]]:
        """The rows of a table by whom they belong to."""
        found: dict[Any, list[Row]] = {}
        for row in self._rows(name):
            found.setdefault(row[column], []).append(row)
        return found


def _engine(url: str) -> Engine:
    """Raises InvalidConfiguration, ArgumentError."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not Path(parsed.database).is_file():
            raise InvalidConfiguration(f"--from: there is no file {parsed.database}")
        engine = create_engine(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")
        event.listen(engine, "connect", _read_only)
        return engine
    if parsed.get_backend_name() not in ("mysql", "mariadb"):
        raise InvalidConfiguration("--from: sqlite:///FILE or mysql://USER:PASSWORD@HOST/NAME")
    return create_engine(parsed.set(drivername="mysql+pymysql"))


def _read_only(connection: Any, _: object) -> None:  # noqa: ANN401 - sqlite3.Connection
    connection.execute("PRAGMA query_only=ON")


def _plain(value: object) -> Any:  # noqa: ANN401 - as JSON can carry it
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
