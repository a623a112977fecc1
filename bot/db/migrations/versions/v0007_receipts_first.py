"""Receipts: the id of the call, so that one is written before its bytes leave"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("receipts") as batch:
        batch.add_column(sa.Column("call", sa.String(), nullable=True))
