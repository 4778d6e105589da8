"""Hidrômetro Inteligente: which states each meter has gone through."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hidrometro_meter", sa.Column("status_history", sa.JSON(), nullable=True))
    op.execute("UPDATE hidrometro_meter SET status_history = '[]'")
    with op.batch_alter_table("hidrometro_meter") as table:
        table.alter_column("status_history", existing_type=sa.JSON(), nullable=False)
