"""Metering: registers, decisions, edits, findings of validation, flumes, water balances."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_plate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("multiplier", sa.String(length=48), nullable=True),
        sa.Column("digits", sa.Integer(), nullable=True),
        sa.Column("rolls_at", sa.String(length=48), nullable=True),
        sa.Column("max_flow", sa.String(length=48), nullable=True),
        sa.Column("resolution", sa.String(length=48), nullable=True),
        sa.Column("memory_s", sa.Double(), nullable=True),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["series"], ["channel.id"], name=op.f("fk_register_plate_series"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_plate")),
        sa.UniqueConstraint("series", "valid_from", name=op.f("uq_register_plate_series_valid_from")),
    )
    op.create_table(
        "register_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("closing", sa.String(length=48), nullable=True),
        sa.Column("opening", sa.String(length=48), nullable=True),
        sa.Column("old_serial", sa.String(length=64), nullable=True),
        sa.Column("new_serial", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["series"], ["channel.id"], name=op.f("fk_register_decision_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_decision")),
    )
    op.create_index("ix_register_decision_series_at", "register_decision", ["series", "at"], unique=False)
    op.create_table(
        "manual_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(length=48), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["series"], ["channel.id"], name=op.f("fk_manual_reading_series"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_reading")),
        sa.UniqueConstraint("series", "at", name=op.f("uq_manual_reading_series_at")),
    )
    op.create_table(
        "consumption_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("bounds", sa.JSON(), nullable=False),
        sa.Column("amounts", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["series"], ["channel.id"], name=op.f("fk_consumption_edit_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumption_edit")),
    )
    op.create_index("ix_consumption_edit_series_from_at", "consumption_edit", ["series", "from_at"], unique=False)
    op.create_table(
        "validation_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("edit_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edit_id"], ["consumption_edit.id"], name=op.f("fk_validation_exception_edit_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["series"], ["channel.id"], name=op.f("fk_validation_exception_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validation_exception")),
        sa.UniqueConstraint("series", "rule", "from_at", name=op.f("uq_validation_exception_series_rule_from_at")),
    )
    op.create_index(op.f("ix_validation_exception_edit_id"), "validation_exception", ["edit_id"], unique=False)
    op.create_index("ix_validation_exception_state_id", "validation_exception", ["state", "id"], unique=False)
    op.create_table(
        "validation_progress",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_validation_progress")),
    )
    op.create_table(
        "flume_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("level_series", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("throat", sa.String(length=8), nullable=False),
        sa.Column("k", sa.Double(), nullable=True),
        sa.Column("n", sa.Double(), nullable=True),
        sa.Column("zero_m", sa.Double(), nullable=False),
        sa.Column("cut_off_m", sa.Double(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["level_series"], ["channel.id"], name=op.f("fk_flume_channel_level_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["series"], ["channel.id"], name=op.f("fk_flume_channel_series"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flume_channel")),
        sa.UniqueConstraint("series", "valid_from", name=op.f("uq_flume_channel_series_valid_from")),
    )
    op.create_index(op.f("ix_flume_channel_level_series"), "flume_channel", ["level_series"], unique=False)
    op.create_table(
        "balance_meter",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["series"], ["channel.id"], name=op.f("fk_balance_meter_series"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_balance_meter_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "series", name=op.f("pk_balance_meter")),
    )
    op.create_table(
        "supply_network",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mains_km", sa.Double(), nullable=False),
        sa.Column("private_km", sa.Double(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("pressure_m", sa.Double(), nullable=False),
        sa.Column("hours_a_day", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_supply_network_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_supply_network")),
    )
