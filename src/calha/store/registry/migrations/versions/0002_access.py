"""People, what they may do, their sessions and keys, the audit log; devices' credentials, claims and commands."""

from alembic import op

from calha.store.accounts import models
from calha.store.registry.models import Base, ClaimCode

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    models.Person,
    models.RoleGrant,
    models.RecoveryCode,
    models.Passkey,
    models.Identity,
    models.Session,
    models.ApiKey,
    models.Link,
    models.AuditEntry,
    models.DeviceCredential,
    ClaimCode,
    models.Ownership,
    models.ProvisioningKey,
    models.Provisioned,
    models.DeviceCommand,
)


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind(), [Base.metadata.tables[table.__tablename__] for table in TABLES])
