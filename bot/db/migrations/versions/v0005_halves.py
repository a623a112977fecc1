"""Arrivals of several files: orders and their lines, dropped together or one after the other"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("arrivals") as batch:
        batch.add_column(sa.Column("beside", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("half", sa.String(), nullable=True))
