"""People and programs are known by id where they did something, and devices begin with their first event.

What was written before keeps the names alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("actor_id", sa.String(length=40), nullable=True))
    op.create_index("ix_audit_actor_id", "audit", ["actor_id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    again = (
        {"recreate": "always", "table_kwargs": {"sqlite_autoincrement": True}} if is_sqlite else {"recreate": "never"}
    )
    with op.batch_alter_table("api_key", **again) as table:  # SQLite would give the number of a deleted key to another
        table.add_column(sa.Column("made_by_id", sa.Integer(), nullable=True))
    op.add_column("device_command", sa.Column("approved_by_id", sa.String(length=40), nullable=True))
    op.add_column("device", sa.Column("first_event", sa.Integer(), nullable=True))
    device = sa.table("device", sa.column("key"), sa.column("first_event"))
    event = sa.table("event", sa.column("id"), sa.column("device"), sa.column("kind"))
    deleted = sa.select(event.c.device, event.c.id).where(event.c.kind == "device_deleted").order_by(event.c.id)
    last = {row.device: row.id for row in op.get_bind().execute(deleted)}
    for key, number in last.items():
        op.execute(device.update().where(device.c.key == key).values(first_event=number + 1))
