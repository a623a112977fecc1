"""Results: what a draft leads to, and the pictures it shows"""

import sqlalchemy as sa
from alembic import op

from bot import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drawings",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", db.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "sha256", name=op.f("pk_drawings")),
    )
    with op.batch_alter_table("drafts") as batch:
        batch.add_column(sa.Column("leads", sa.Text(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("drafts") as batch:
        batch.drop_column("leads")
    op.drop_table("drawings")
