"""Outcomes: what came back for a piece that went out"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "outcomes",
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=True),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("piece", name=op.f("pk_outcomes")),
    )
