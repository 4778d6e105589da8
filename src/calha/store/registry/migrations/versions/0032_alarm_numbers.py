"""Numbers of alarms and of their transitions are never given twice: what is told, and links in messages, go by them.

Only SQLite gave them again, when the newest ones had been deleted with a device.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ALARM = "alarm "


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("CREATE TABLE kept_transition AS SELECT * FROM alarm_transition")
    op.execute("DELETE FROM alarm_transition")  # those that refer to a table go with it when it is laid anew
    for table in ("alarm", "alarm_transition"):
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
    op.execute("INSERT INTO alarm_transition SELECT * FROM kept_transition")
    op.execute("DROP TABLE kept_transition")
    _begin_after_those_in_messages()


def _begin_after_those_in_messages() -> None:
    connection = op.get_bind()
    sources = connection.execute(sa.text("SELECT source FROM notify_notice WHERE source LIKE 'alarm %'")).scalars()
    newest = connection.execute(sa.text("SELECT coalesce(max(id), 0) FROM alarm")).scalar_one()
    number = max([newest, *(int(one.removeprefix(ALARM)) for one in sources)])
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'alarm'"))
    connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('alarm', :number)"), {"number": number})
