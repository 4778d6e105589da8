"""Invoices know where a payment provider keeps their charge."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice", sa.Column("charge_url", sa.String(length=99), nullable=True))
