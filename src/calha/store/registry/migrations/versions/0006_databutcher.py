"""DataButcher: the codes of its machines and users, and with what its machines are started."""

import sqlalchemy as sa
from alembic import op

from calha.store.registry.models import key_type

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "databutcher_machine",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", key_type(), nullable=False),
        sa.Column("maker", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("voltage", sa.Double(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("temperature", sa.Double(), nullable=False),
        sa.Column("reset_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_databutcher_machine_device_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_databutcher_machine")),
        sa.UniqueConstraint("code", name=op.f("uq_databutcher_machine_code")),
    )
    op.create_table(
        "databutcher_person",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", key_type(), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_databutcher_person_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_databutcher_person")),
        sa.UniqueConstraint("code", name=op.f("uq_databutcher_person_code")),
    )
