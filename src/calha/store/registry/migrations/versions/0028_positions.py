"""Where sites and devices are on the earth."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("site", "device"):
        for column in ("latitude", "longitude"):
            op.add_column(table, sa.Column(column, sa.Double(), nullable=True))
