"""Flumes name the level behind their throat."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flume_channel", sa.Column("behind_series", sa.Integer(), nullable=True))
