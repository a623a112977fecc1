"""Votes on reports"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "votes",
        sa.Column("draft", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("draft", "by", name=op.f("pk_votes")),
    )
    op.create_index(op.f("ix_votes_workspace"), "votes", ["workspace"])
