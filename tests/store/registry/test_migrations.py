"""The migrations make exactly the tables that the models describe, on each database."""

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from calha import store
from calha.store.registry.models import Base


def test_a_migrated_database_is_as_the_models_say(registry):
    found = [one.name for one in pkgutil.walk_packages(store.__path__, "calha.store.") if one.name.endswith(".models")]
    assert len(found) > 5
    for name in found:
        importlib.import_module(name)
    with registry.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [one for one in differences if "remove" not in one[0] or "fk" not in one[0]] == []
