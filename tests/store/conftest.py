"""The same registry tests on SQLite, MariaDB and PostgreSQL, each of which a process lays out once."""

from collections.abc import Iterator

import pytest

from calha.store.registry import Registry
from databases import mariadb, postgresql
from registries import lay_empty_registry

DATABASES = ("sqlite", *(pytest.param(name, marks=pytest.mark.databases) for name in ("mariadb", "postgresql")))


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory) -> str:
    return lay_empty_registry(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def on_mariadb(tmp_path_factory) -> Iterator[str]:
    with mariadb(tmp_path_factory.mktemp("mariadb")) as url:
        yield url


@pytest.fixture(scope="session")
def on_postgresql(tmp_path_factory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(scope="session", params=DATABASES)
def database(request) -> str:
    """Its URL. By name, because a fixture with parameters ends with each of them, and a server with it."""
    return str(request.getfixturevalue(f"on_{request.param}"))


@pytest.fixture(scope="session")
def opened(database) -> Iterator[Registry]:
    """Once, because a connection to a server takes as long as a test."""
    registry = Registry.open(database)
    yield registry
    registry.close()


@pytest.fixture
def registry(opened) -> Registry:
    """Without any row but those that tell of changes."""
    from calha.store.registry.models import Base

    with opened.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            for column in table.columns:  # what refers to its own table
                if any(key.column.table is table for key in column.foreign_keys):
                    connection.execute(table.update().values({column.name: None}))
            if table.name != "change":
                connection.execute(table.delete())
    return opened


@pytest.fixture
def site(registry) -> int:
    return registry.create_site("Companhia", None, "America/Sao_Paulo").id
