"""Lowest prices of 30 days that people enter"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    with op.batch_alter_table("product_facts") as batch:
        batch.add_column(sa.Column("amount", sa.Numeric(12, 2), nullable=True))
        batch.add_column(sa.Column("currency", sa.String(), nullable=True))
