"""Results: what a draft leads to, the pictures it shows; digests and their rhythm"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "drawings",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "sha256", name=op.f("pk_drawings")),
    )
    op.create_table(
        "schedules",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("only_when_moved", sa.Boolean(), nullable=False),
        sa.Column("alerts", sa.Boolean(), nullable=False),
        sa.Column("since", session.Moment(timezone=True), nullable=False),
        sa.Column("last", sa.String(), nullable=True),
        sa.Column("next_at", session.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "name", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_next_at"), "schedules", ["next_at"])
    op.create_table(
        "alerts",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("bar", sa.Double(), nullable=False),
        sa.Column("p", sa.Double(), nullable=False),
        sa.Column("told_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "series", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("drafts") as batch:
        batch.add_column(sa.Column("leads", sa.Text(), server_default="[]", nullable=False))
