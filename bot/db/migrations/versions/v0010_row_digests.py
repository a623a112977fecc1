"""Digests of rows under the journal, its signatures, and the policies in force"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0010"
down_revision = "0009"

SIGNED = ("journal", "journal_heads")


def upgrade() -> None:
    op.create_table(
        "row_digests",
        sa.Column("row", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False, index=True),
        sa.Column("columns", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row", "workspace", "seq", name=op.f("pk_row_digests")),
    )
    op.create_table(
        "policies_in_force",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("since", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "file", name=op.f("pk_policies_in_force")),
    )
    for name in SIGNED:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("signature", sa.String(), nullable=True))
