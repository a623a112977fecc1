"""What a message was understood to ask for"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("understanding", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.drop_column("understanding")
