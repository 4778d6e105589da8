"""The migrations make exactly the tables that the models describe, on each database."""

import importlib
import pkgutil
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from calha import store
from calha.domain.errors import InvalidConfiguration
from calha.store.registry import Registry
from calha.store.registry.engines import engine_for
from calha.store.registry.models import Base
from calha.store.registry.schema import FOLDER, HEAD


def test_a_migrated_database_is_as_the_models_say(registry):
    found = [one.name for one in pkgutil.walk_packages(store.__path__, "calha.store.") if one.name.endswith(".models")]
    assert len(found) > 5
    for name in found:
        importlib.import_module(name)
    with registry.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [one for one in differences if "remove" not in one[0] or "fk" not in one[0]] == []


def test_the_state_before_an_upgrade_stays_beside_the_registry_and_opens_again(tmp_path):
    file = tmp_path / "registry.sqlite"
    lay(file, "0028")
    Registry.open(f"sqlite:///{file}").close()
    assert schema_of(file) == HEAD
    kept = file.with_name("registry.sqlite.schema-0028")
    assert schema_of(kept) == "0028"
    lay(tmp_path / "again.sqlite", "0029")
    shutil.move(tmp_path / "again.sqlite", file)
    Registry.open(f"sqlite:///{file}").close()
    assert [path.name for path in tmp_path.glob("*.schema-*")] == ["registry.sqlite.schema-0029"]


def test_the_registry_of_a_newer_calha_is_left_alone(tmp_path):
    file = tmp_path / "registry.sqlite"
    lay(file, "head")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(InvalidConfiguration, match="schema 9999, of a newer Calha"):
        Registry.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def lay(file: Path, revision: str) -> None:
    engine = engine_for(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def schema_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
