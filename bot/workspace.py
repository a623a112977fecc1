"""A Slack workspace that the intern works in."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.brand import Brand
from bot.db import Row, insert_once


class Workspace(Row):
    """One team. `brand` is seeded from brand.toml at each start."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)  # Slack's team id, "T…"
    created_at: Mapped[datetime]

    @staticmethod
    def ensure(session: Session, workspace: str, now: datetime) -> None:
        insert_once(session, Workspace, id=workspace, created_at=now)


class BrandRow(Row):
    """The brand of a workspace as it was last seeded."""

    __tablename__ = "brands"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[str]
    seeded_at: Mapped[datetime]

    @staticmethod
    def seed(session: Session, workspace: str, brand: Brand, now: datetime) -> None:
        """The file's word is the row's; unchanged, nothing is written."""
        body = brand.model_dump_json()
        row = session.scalar(select(BrandRow).where(BrandRow.workspace == workspace))
        if row is None:
            insert_once(
                session, BrandRow, workspace=workspace, name=brand.name, body=body, seeded_at=now
            )
        elif row.body != body:
            row.name, row.body, row.seeded_at = brand.name, body, now
