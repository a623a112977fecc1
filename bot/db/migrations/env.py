"""Runs the migrations on the connection that `bot.db.migrate` hands over. Only our own tables."""

from typing import Any

from alembic import context

from bot.db.models import TABLES


def ours(name: str | None, kind: str, parents: Any) -> bool:
    """The durable engine's tables live beside ours and are none of our business."""
    return kind != "table" or name in TABLES.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    include_name=ours,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="db.",
)
with context.begin_transaction():
    context.run_migrations()
