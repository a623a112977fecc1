"""The library's files: how they were written, and since when one is damaged"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("holdings", sa.Column("size", sa.BigInteger()))
    op.add_column("holdings", sa.Column("sha256", sa.String()))
    op.add_column("holdings", sa.Column("damaged_at", session.Moment(timezone=True)))
    op.add_column("holdings", sa.Column("set_aside", sa.String()))
