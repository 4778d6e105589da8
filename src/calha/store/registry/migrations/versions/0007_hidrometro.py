"""What Hidrômetro Inteligente keeps beside readings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hidrometro_customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("tax_id", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=100), nullable=True),
        sa.Column("registered_at", sa.DateTime(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("phones", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidrometro_customer")),
        sa.UniqueConstraint("tax_id", name=op.f("uq_hidrometro_customer_tax_id")),
    )
    op.create_table(
        "hidrometro_kind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidrometro_kind")),
        sa.UniqueConstraint("name", name=op.f("uq_hidrometro_kind_name")),
    )
    op.create_table(
        "hidrometro_tariff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("price_m3", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidrometro_tariff")),
    )
    op.create_table(
        "hidrometro_meter",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("kind_id", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_hidrometro_meter_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["hidrometro_customer.id"],
            name=op.f("fk_hidrometro_meter_customer_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["hidrometro_kind.id"], name=op.f("fk_hidrometro_meter_kind_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hidrometro_meter")),
        sa.UniqueConstraint("device_id", name=op.f("uq_hidrometro_meter_device_id")),
    )
    op.create_index(op.f("ix_hidrometro_meter_customer_id"), "hidrometro_meter", ["customer_id"], unique=False)
    op.create_index(op.f("ix_hidrometro_meter_kind_id"), "hidrometro_meter", ["kind_id"], unique=False)
    op.create_table(
        "hidrometro_month",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("litres", sa.String(length=24), nullable=False),
        sa.Column("amount", sa.String(length=24), nullable=True),
        sa.Column("tariff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["hidrometro_customer.id"],
            name=op.f("fk_hidrometro_month_customer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidrometro_month")),
    )
    op.create_index(op.f("ix_hidrometro_month_customer_id"), "hidrometro_month", ["customer_id"], unique=False)
    op.create_table(
        "hidrometro_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("flow", sa.Double(), nullable=True),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("detected_at", sa.DateTime(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_hidrometro_alert_device_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidrometro_alert")),
    )
    op.create_index(op.f("ix_hidrometro_alert_device_id"), "hidrometro_alert", ["device_id"], unique=False)
    op.create_index(op.f("ix_hidrometro_alert_detected_at"), "hidrometro_alert", ["detected_at"], unique=False)
