"""Facts of products that people added"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "product_facts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("market", sa.String()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("draft", sa.String(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("revoked_by", sa.String()),
        sa.Column("revoked_at", session.Moment(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_facts")),
    )
    op.create_index(op.f("ix_product_facts_workspace"), "product_facts", ["workspace"])
    op.create_index(op.f("ix_product_facts_product"), "product_facts", ["product"])
