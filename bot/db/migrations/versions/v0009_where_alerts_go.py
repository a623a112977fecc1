"""Alerts: once for each place that they go to"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0009"
down_revision = "0008"

KEPT = ("workspace", "series", "muted", "bar", "p", "told_at")


def upgrade() -> None:
    spots = _spots()
    rows = [row | {"spot": spots.get(str(row["workspace"]), "")} for row in _alerts()]
    _made_anew(rows)


def _alerts() -> list[dict[str, Any]]:
    kept = sa.table("alerts", *(sa.column(name, _type(name)) for name in KEPT))
    return [dict(row) for row in op.get_bind().execute(sa.select(kept)).mappings()]


def _spots() -> dict[str, str]:
    """Where all alerts of a workspace went: to the first of its digests that wanted them."""
    kept = sa.table(
        "schedules",
        sa.column("workspace"),
        sa.column("name"),
        sa.column("place", sa.JSON()),
        sa.column("alerts", sa.Boolean()),
    )
    wanted = sa.select(kept.c.workspace, kept.c.place).where(kept.c.alerts.is_(sa.true()))
    found: dict[str, str] = {}
    for row in op.get_bind().execute(wanted.order_by(kept.c.name)).mappings():
        found.setdefault(str(row["workspace"]), str(row["place"].get("channel") or ""))
    return found


def _made_anew(rows: list[dict[str, Any]]) -> None:
    """The table with another key, which SQLite can't change."""
    key = ("workspace", "series", "spot")
    op.drop_table("alerts")
    made = op.create_table(
        "alerts",
        *(sa.Column(name, sa.String(), nullable=False) for name in key),
        *(sa.Column(name, _type(name), nullable=False) for name in KEPT[2:]),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_alerts")),
    )
    if rows:
        op.bulk_insert(made, rows)


def _type(name: str) -> Any:
    if name == "told_at":
        return session.Moment(timezone=True)
    return {"muted": sa.Boolean(), "bar": sa.Double(), "p": sa.Double()}.get(name, sa.String())
