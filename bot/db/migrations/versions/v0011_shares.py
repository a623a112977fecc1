"""What calls have reserved, and whose share of the work a task is"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TASKS = {
    "ix_tasks_workspace_person_state": ["workspace", "person", "state"],
    "ix_tasks_workspace_person_made_at": ["workspace", "person", "made_at"],
}


def upgrade() -> None:
    with op.batch_alter_table("receipts") as batch:
        batch.add_column(sa.Column("reserved", sa.Numeric(12, 6), nullable=True))
        batch.create_index("ix_receipts_workspace_at", ["workspace", "at"])
    with op.batch_alter_table("tasks") as batch:
        batch.add_column(sa.Column("person", sa.String(), nullable=True))
        for name, columns in TASKS.items():
            batch.create_index(name, columns)
