"""What an import changed, so that it can be undone"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "import_undos",
        sa.Column("arrival", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("products", sa.Text()),
        sa.Column("stored_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("arrival", name=op.f("pk_import_undos")),
    )
    op.create_index(op.f("ix_import_undos_workspace"), "import_undos", ["workspace"])
