"""Workspaces: which of them Slack has named as ours"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("installed_at", session.Moment(timezone=True)))
