"""The library: what it holds, what arrives, live rows, and whose results are whose"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("understood", sa.Text(), nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("new", sa.Integer(), nullable=True),
        sa.Column("replaced", sa.Integer(), nullable=True),
        sa.Column("same", sa.Integer(), nullable=True),
        sa.Column("rejected", sa.Integer(), nullable=True),
        sa.Column("rejects", sa.String(), nullable=True),
        sa.Column("why", sa.JSON(), nullable=True),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "batches",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("received_at", session.Moment(timezone=True), nullable=False),
        sa.Column("merged_at", session.Moment(timezone=True), nullable=True, index=True),
        sa.PrimaryKeyConstraint("workspace", "kind", "sha256", name=op.f("pk_batches")),
    )
    op.create_table(
        "holdings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("keyed", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("taken_in_at", session.Moment(timezone=True), nullable=False),
        sa.Column("retired_at", session.Moment(timezone=True), nullable=True, index=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
    )
    op.create_table(
        "joinings",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "result", "code", name=op.f("pk_joinings")),
    )
