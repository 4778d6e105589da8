"""Numbers of alarm rules, teams and chains are never given twice: the audit log and what was told of them go by them.

Only SQLite gave them again, when the newest ones had been deleted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

REFERRING = {
    "alarm_rule": ("alarm", "alarm_transition"),
    "notify_team": ("notify_team_member", "notify_preference", "notify_channel", "notify_delivery"),
    "notify_chain": ("notify_escalation",),
}
"""Tables that are laid anew, and those that refer to them, which go with them then; in the order in which they refer."""

TOLD_AS = {"alarm_rule": "rule", "notify_team": "team", "notify_chain": "chain"}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, referring in REFERRING.items():
        for one in referring:
            op.execute(f"CREATE TABLE kept_{one} AS SELECT * FROM {one}")  # noqa: S608 - names from above
        for one in reversed(referring):
            op.execute(f"DELETE FROM {one}")  # noqa: S608
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
        for one in referring:
            op.execute(f"INSERT INTO {one} SELECT * FROM kept_{one}")  # noqa: S608
            op.execute(f"DROP TABLE kept_{one}")
        _begin_after_those_told(table)


def _begin_after_those_told(table: str) -> None:
    connection, word = op.get_bind(), f"{TOLD_AS[table]} "
    targets = connection.execute(
        sa.text("SELECT DISTINCT target FROM audit WHERE target LIKE :told"), {"told": f"{word}%"}
    ).scalars()
    numbers = [int(one.removeprefix(word)) for one in targets if one.removeprefix(word).isdigit()]
    newest: int = connection.execute(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()  # noqa: S608
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"),
        {"name": table, "number": max([newest, *numbers])},
    )
