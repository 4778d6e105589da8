"""Readings by people come with a photo, a position, and a mark of the request, so that none is entered twice."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.String(length=64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql", "mariadb")
PHOTO = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "reading_evidence",
        sa.Column("reading_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("photo", PHOTO, nullable=True),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["manual_reading.id"],
            name=op.f("fk_reading_evidence_reading_id_manual_reading"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_reading_evidence")),
        sa.UniqueConstraint("request_id", name=op.f("uq_reading_evidence_request_id")),
    )
