"""The turns of conversations with a model, and what each draft was written with"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0015"
down_revision = "0014"

DRAFT_COLUMNS = ("model", "prompt_hash", "tools_hash")


def upgrade() -> None:
    op.create_table(
        "agent_turns",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("exhibits", sa.Text(), nullable=False),
        sa.Column("read_as", sa.JSON(), nullable=False),
        sa.Column("veil", sa.LargeBinary(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task", "call", "turn", name=op.f("pk_agent_turns")),
    )
    op.create_index(op.f("ix_agent_turns_workspace"), "agent_turns", ["workspace"])
    op.create_index(op.f("ix_agent_turns_at"), "agent_turns", ["at"])
    for name in DRAFT_COLUMNS:
        op.add_column("drafts", sa.Column(name, sa.String()))
