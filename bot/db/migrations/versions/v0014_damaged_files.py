"""The library's files: how they were written, and since when one is damaged"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holdings", sa.Column("size", sa.BigInteger()))
    op.add_column("holdings", sa.Column("sha256", sa.String()))
    op.add_column("holdings", sa.Column("damaged_at", session.Moment(timezone=True)))
    op.add_column("holdings", sa.Column("set_aside", sa.String()))


def downgrade() -> None:
    with op.batch_alter_table("holdings") as table:
        for name in ("set_aside", "damaged_at", "sha256", "size"):
            table.drop_column(name)
