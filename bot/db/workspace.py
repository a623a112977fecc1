"""A Slack workspace and its brand, as rows."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.config.brand import Brand
from bot.db.base import Row, find_row
from bot.db.session import insert_once


class Workspace(Row):
    """A Slack workspace. `installed_at` is when Slack first confirmed that our token belongs to it;
    None when data was only imported for it."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)  # Slack's team id, "T…"
    created_at: Mapped[datetime]
    installed_at: Mapped[datetime | None]

    @staticmethod
    def ensure(session: Session, workspace: str, now: datetime) -> None:
        insert_once(session, Workspace, id=workspace, created_at=now)

    @staticmethod
    def install(session: Session, workspace: str, now: datetime) -> None:
        """Record that Slack confirmed the app's installation in this workspace."""
        Workspace.ensure(session, workspace, now)
        row = session.get_one(Workspace, workspace)
        row.installed_at = row.installed_at or now

    @staticmethod
    def installed(session: Session) -> frozenset[str]:
        """Return the installed workspaces; empty before Slack was ever asked."""
        rows = select(Workspace.id).where(Workspace.installed_at.is_not(None))
        return frozenset(session.scalars(rows))

    @staticmethod
    def known(session: Session) -> frozenset[str]:
        """Return the workspaces for which data may be imported: the installed ones or, before
        Slack was ever asked, all that have a row."""
        return Workspace.installed(session) or frozenset(session.scalars(select(Workspace.id)))


class BrandRow(Row):
    """The brand of a workspace as it was last read from `brand.toml`."""

    __tablename__ = "brands"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[str]
    seeded_at: Mapped[datetime]

    @staticmethod
    def seed(session: Session, workspace: str, brand: Brand, now: datetime) -> None:
        """Store the brand of the file. Writes nothing when it has not changed."""
        body = brand.model_dump_json()
        row = find_row(session, BrandRow, workspace)
        if row is None:
            insert_once(
                session, BrandRow, workspace=workspace, name=brand.name, body=body, seeded_at=now
            )
        elif row.body != body:
            row.name, row.body, row.seeded_at = brand.name, body, now
