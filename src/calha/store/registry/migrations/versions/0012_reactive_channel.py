"""Contracts name the channel that counts reactive energy."""

import sqlalchemy as sa
from alembic import op

from calha.store.registry.models import key_type

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contract", sa.Column("reactive_channel", key_type(), nullable=True))
