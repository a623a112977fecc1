"""Arrivals: what a person said of a file besides its kind"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("arrivals") as batch:
        batch.add_column(sa.Column("told", sa.JSON(), nullable=True))
