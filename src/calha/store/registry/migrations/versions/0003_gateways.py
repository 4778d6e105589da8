"""The device through which another one reports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = "fk_device_gateway_id"
    if op.get_bind().dialect.name == "sqlite":  # which adds no constraint to a table, unless with the column itself
        op.execute(f"ALTER TABLE device ADD COLUMN gateway_id INTEGER CONSTRAINT {name} REFERENCES device (id)")
    else:
        op.add_column("device", sa.Column("gateway_id", sa.Integer(), nullable=True))
        op.create_foreign_key(name, "device", "device", ["gateway_id"], ["id"])
    op.create_index("ix_device_gateway_id", "device", ["gateway_id"], unique=False)
