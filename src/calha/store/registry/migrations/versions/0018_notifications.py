"""Teams, channels, preferences, escalation chains, notices and the log of their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notify_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("least", sa.String(length=16), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notify_chain_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_chain")),
    )
    op.create_index(op.f("ix_notify_chain_site_id"), "notify_chain", ["site_id"], unique=False)
    op.create_table(
        "notify_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("open_source", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notify_notice_site_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_notice")),
        sa.UniqueConstraint("open_source", name=op.f("uq_notify_notice_open_source")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notify_notice_made_at"), "notify_notice", ["made_at"], unique=False)
    op.create_index(op.f("ix_notify_notice_site_id"), "notify_notice", ["site_id"], unique=False)
    op.create_index(op.f("ix_notify_notice_source"), "notify_notice", ["source"], unique=False)
    op.create_table(
        "notify_team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notify_team_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_team")),
    )
    op.create_index(op.f("ix_notify_team_site_id"), "notify_team", ["site_id"], unique=False)
    op.create_table(
        "notify_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notify_channel_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["notify_team.id"], name=op.f("fk_notify_channel_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_channel")),
    )
    op.create_index(op.f("ix_notify_channel_person_id"), "notify_channel", ["person_id"], unique=False)
    op.create_index(op.f("ix_notify_channel_team_id"), "notify_channel", ["team_id"], unique=False)
    op.create_table(
        "notify_escalation",
        sa.Column("notice_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["notify_chain.id"], name=op.f("fk_notify_escalation_chain_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notify_notice.id"], name=op.f("fk_notify_escalation_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", "chain_id", name=op.f("pk_notify_escalation")),
    )
    op.create_index(op.f("ix_notify_escalation_chain_id"), "notify_escalation", ["chain_id"], unique=False)
    op.create_index(op.f("ix_notify_escalation_due_at"), "notify_escalation", ["due_at"], unique=False)
    op.create_table(
        "notify_preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("least", sa.String(length=16), nullable=False),
        sa.Column("urgent", sa.String(length=16), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=False),
        sa.Column("quiet_until", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("digest_min", sa.Integer(), nullable=False),
        sa.Column("tells_end", sa.Boolean(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notify_preference_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["notify_team.id"], name=op.f("fk_notify_preference_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_preference")),
        sa.UniqueConstraint("person_id", name=op.f("uq_notify_preference_person_id")),
        sa.UniqueConstraint("team_id", name=op.f("uq_notify_preference_team_id")),
    )
    op.create_index(op.f("ix_notify_preference_follows"), "notify_preference", ["follows"], unique=False)
    op.create_table(
        "notify_team_member",
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notify_team_member_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["notify_team.id"], name=op.f("fk_notify_team_member_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "person_id", name=op.f("pk_notify_team_member")),
    )
    op.create_index(op.f("ix_notify_team_member_person_id"), "notify_team_member", ["person_id"], unique=False)
    op.create_table(
        "notify_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("happening", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["notify_channel.id"], name=op.f("fk_notify_delivery_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notify_notice.id"], name=op.f("fk_notify_delivery_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_delivery")),
    )
    op.create_index(
        "ix_notify_delivery_channel_id_ended_at", "notify_delivery", ["channel_id", "ended_at"], unique=False
    )
    op.create_index(op.f("ix_notify_delivery_made_at"), "notify_delivery", ["made_at"], unique=False)
    op.create_index(op.f("ix_notify_delivery_notice_id"), "notify_delivery", ["notice_id"], unique=False)
    op.create_index("ix_notify_delivery_state_due_at", "notify_delivery", ["state", "due_at"], unique=False)
