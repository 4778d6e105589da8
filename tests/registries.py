"""An empty registry on SQLite for tests, brought to this version once in each process of theirs, then copied."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from calha.store.registry.engines import engine_for
from calha.store.registry.schema import migrate

NAME = "registry.sqlite"


def lay_empty_registry(folder: Path) -> str:
    """Its URL. All migrations, one after another, take a registry half a second."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(_empty())
    return f"sqlite:///{folder / NAME}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / NAME
        engine = engine_for(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()
        return file.read_bytes()
