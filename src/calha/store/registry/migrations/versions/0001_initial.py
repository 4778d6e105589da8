"""The first schema: change, site, device, channel, user_profile, event."""

import sqlalchemy as sa
from alembic import op

from calha.store.registry.models import key_type

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    change = op.create_table(
        "change",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(change, [{"id": 1, "version": 1}])
    op.create_table(
        "site",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("site.id", name="fk_site_parent_id"), index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", key_type(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("serial", sa.String(64), index=True),
        sa.Column("profile", sa.String(64), nullable=False, index=True),
        sa.Column(
            "site_id", sa.Integer, sa.ForeignKey("site.id", name="fk_device_site_id"), nullable=False, index=True
        ),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("key", name="uq_device_key"),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "device_id",
            sa.Integer,
            sa.ForeignKey("device.id", name="fk_channel_device_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("key", key_type(), nullable=False),
        sa.Column("name", sa.JSON, nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("minimum", sa.Double),
        sa.Column("maximum", sa.Double),
        sa.Column("precision", sa.Integer),
        sa.Column("discovered", sa.Boolean, nullable=False),
        sa.UniqueConstraint("device_id", "key", name="uq_channel_device_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_profile",
        sa.Column("name", key_type(), primary_key=True),
        sa.Column("yaml", sa.Text, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64)),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("text", sa.JSON, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_event_device_id", "event", ["device", "id"])
