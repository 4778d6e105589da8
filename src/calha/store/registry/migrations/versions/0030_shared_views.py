"""Saved views that are shared with whoever sees a site."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    never_again = {"sqlite_autoincrement": True}  # a link to a view that is gone leads to no other
    with op.batch_alter_table("saved_view", table_kwargs=never_again) as table:  # SQLite constrains new tables only
        table.add_column(sa.Column("site_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_saved_view_site_id", "site", ["site_id"], ["id"], ondelete="SET NULL")
        table.create_index("ix_saved_view_site_id", ["site_id"])
