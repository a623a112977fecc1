"""Answers about sales: what each person was told, for differences to be refused"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "sales_answers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_answers")),
    )
    op.create_index(op.f("ix_sales_answers_workspace"), "sales_answers", ["workspace"])
