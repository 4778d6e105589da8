"""The numbers that clients of a replaced ETA flow system use."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "eta_unit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("symbol", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eta_unit")),
    )
    op.create_table(
        "eta_device",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("location", sa.String(length=100), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_eta_device_device_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eta_device")),
        sa.UniqueConstraint("code", name=op.f("uq_eta_device_code")),
        sa.UniqueConstraint("device_id", name=op.f("uq_eta_device_device_id")),
    )
    op.create_table(
        "eta_sensor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("eta_device_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["eta_device_id"], ["eta_device.id"], name=op.f("fk_eta_sensor_eta_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_eta_sensor_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["eta_unit.id"], name=op.f("fk_eta_sensor_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eta_sensor")),
        sa.UniqueConstraint("code", name=op.f("uq_eta_sensor_code")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_eta_sensor_channel_id")),
    )
    op.create_index(op.f("ix_eta_sensor_eta_device_id"), "eta_sensor", ["eta_device_id"], unique=False)
    op.create_index(op.f("ix_eta_sensor_unit_id"), "eta_sensor", ["unit_id"], unique=False)
