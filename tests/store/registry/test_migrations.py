"""The migrations make exactly the tables that the models describe, on each database."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from calha.store.accounts import models
from calha.store.billing import models as billing
from calha.store.eta import models as eta
from calha.store.hidrometro import models as hidrometro
from calha.store.registry.models import Base


def test_a_migrated_database_is_as_the_models_say(registry):
    assert models.Person.metadata is billing.Invoice.metadata is eta.EtaUnit.metadata is Base.metadata
    assert hidrometro.Alert.metadata is Base.metadata
    with registry.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [one for one in found if "remove" not in one[0] or "fk" not in one[0]] == []
