"""One transaction that changes the registry, and says so to all who follow its version."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, update

from calha.store.registry.models import Change


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(Change).values(version=Change.version + 1))
        yield connection
