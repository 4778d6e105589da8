"""The same registry tests on SQLite, MariaDB and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calha.store.registry import Registry
from databases import mariadb, postgresql

SERVERS = {"mariadb": mariadb, "postgresql": postgresql}


@pytest.fixture(
    scope="session",
    params=["sqlite", *(pytest.param(name, marks=pytest.mark.databases) for name in SERVERS)],
)
def database(request, tmp_path_factory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield f"sqlite:///{folder}/registry.sqlite"
    else:
        with SERVERS[request.param](folder) as url:
            yield url


@pytest.fixture
def registry(database) -> Iterator[Registry]:
    from calha.store.registry.models import Base

    opened = Registry.open(database)
    with opened._engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            for column in table.columns:  # what refers to its own table
                if any(key.column.table is table for key in column.foreign_keys):
                    connection.execute(table.update().values({column.name: None}))
            if table.name != "change":
                connection.execute(table.delete())
    yield opened
    opened.close()


@pytest.fixture
def site(registry) -> int:
    return registry.create_site("Companhia", None, "America/Sao_Paulo").id
