"""Database engines by URL: the driver is chosen here, and SQLite is set up for one writer and many readers."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from calha.domain.errors import InvalidConfiguration
from calha.store.registry.outages import CONNECT_ARGUMENTS, tell_outages

_DRIVERS = {
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
    "postgres": "postgresql+pg8000",
    "postgresql": "postgresql+pg8000",
}
BUSY_TIMEOUT_MS = 10_000


def engine_for(url: str) -> Engine:
    """An engine for a SQLite, MariaDB or PostgreSQL URL. Raises InvalidConfiguration."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidConfiguration(f"registry.url is no database URL: {error}") from None
    if parsed.drivername in _DRIVERS:
        parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(str(parsed), parsed.database)
    try:
        patience = CONNECT_ARGUMENTS.get(parsed.get_driver_name(), {})
        engine = create_engine(parsed, pool_recycle=1_800, connect_args=patience)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidConfiguration(
            f"registry.url: {error}; supported are sqlite, mariadb (pip install 'calha[mariadb]') "
            "and postgresql (pip install 'calha[postgresql]')"
        ) from None
    tell_outages(engine)
    return engine


def copy_file(engine: Engine, path: Path) -> None:
    """Copy the database of a SQLite engine into a new file, as one moment of it, while it is used."""
    with engine.connect() as connection, closing(sqlite3.connect(path)) as target:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(target)


def _sqlite(url: str, database: str | None) -> Engine:
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - sqlite3.Connection
        connection.isolation_level = None  # BEGIN is ours, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401 - sqlalchemy.Connection
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    tell_outages(engine)
    return engine
