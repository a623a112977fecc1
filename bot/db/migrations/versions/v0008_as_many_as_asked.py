"""Decisions: how many approvals were asked for when each was said"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("decisions") as batch:
        batch.add_column(sa.Column("needed", sa.Integer(), nullable=False, server_default="1"))
