"""Contracts name the channel that counts energy put into the grid."""

import sqlalchemy as sa
from alembic import op

from calha.store.registry.models import key_type

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contract", sa.Column("injected_channel", key_type(), nullable=True))
