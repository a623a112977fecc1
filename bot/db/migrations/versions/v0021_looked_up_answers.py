"""Answers about sales that a model looked up and that no piece has shown yet"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("sales_answers") as batch:
        batch.add_column(sa.Column("piece", sa.String(), nullable=True))
        batch.add_column(sa.Column("call", sa.String(), nullable=True))
        batch.add_column(sa.Column("facts", sa.Text(), nullable=True))
