"""Brings a database to the schema of this version. Alembic is loaded only when there is something to do.

Beside a SQLite file its last state before that stays, as `registry.sqlite.schema-0030`, say: with it the version before can
be started again.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from calha.domain.errors import InvalidConfiguration
from calha.store.registry.engines import copy_file

HEAD = "0033"
FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing; quick when there are none. Raises InvalidConfiguration for a newer schema."""
    found = _revision(engine)
    if found == HEAD:
        return
    if found is not None:
        _require_known(found)
        _keep(engine, found)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _require_known(revision: str) -> None:
    if not any((FOLDER / "versions").glob(f"{revision}_*.py")):
        raise InvalidConfiguration(
            f"the registry has schema {revision}, of a newer Calha than this one, which knows {HEAD}; start the newer version, "
            "or restore a backup that was made with this one"
        )


def _keep(engine: Engine, revision: str) -> None:
    """Copy a SQLite file as it is, in place of copies of older schemas."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    file = Path(engine.url.database)
    begun = file.with_name(f"{file.name}.unfinished")
    begun.unlink(missing_ok=True)
    copy_file(engine, begun)
    for older in file.parent.glob(f"{file.name}.schema-*"):
        older.unlink()
    begun.rename(file.with_name(f"{file.name}.schema-{revision}"))


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found is not None else None
