"""Connections that Calha makes to other systems, and their nodes."""

import sqlalchemy as sa
from alembic import op

from calha.store.registry.models import key_type

revision = "0004"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", key_type(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("endpoint", sa.String(length=500), nullable=False),
        sa.Column("security", sa.String(length=16), nullable=False),
        sa.Column("user_name", sa.String(length=128), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("trusted", sa.String(length=64), nullable=False),
        sa.Column("trust_first", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("publishing_ms", sa.Integer(), nullable=False),
        sa.Column("repeat_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_connection_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("name", name=op.f("uq_connection_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_connection_site_id"), "connection", ["site_id"], unique=False)
    op.create_table(
        "connection_node",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=500), nullable=False),
        sa.Column("sampling_ms", sa.Integer(), nullable=True),
        sa.Column("deadband", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_connection_node_connection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_connection_node_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_node")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_connection_node_channel_id")),
    )
    op.create_index(op.f("ix_connection_node_connection_id"), "connection_node", ["connection_id"], unique=False)
