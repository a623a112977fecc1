"""A Slack workspace that the intern works in."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.config.brand import Brand
from bot.db.session import Row, insert_once


class Workspace(Row):
    """One team. `installed_at` is when Slack first said that our token is this team's; None: only
    data was taken in for it. The brand is seeded from brand.toml at each start."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)  # Slack's team id, "T…"
    created_at: Mapped[datetime]
    installed_at: Mapped[datetime | None]

    @staticmethod
    def ensure(session: Session, workspace: str, now: datetime) -> None:
        insert_once(session, Workspace, id=workspace, created_at=now)

    @staticmethod
    def install(session: Session, workspace: str, now: datetime) -> None:
        """Slack says that the app is installed there."""
        Workspace.ensure(session, workspace, now)
        row = session.get_one(Workspace, workspace)
        row.installed_at = row.installed_at or now

    @staticmethod
    def installed(session: Session) -> frozenset[str]:
        """The teams that Slack has named; none before it was ever asked."""
        rows = select(Workspace.id).where(Workspace.installed_at.is_not(None))
        return frozenset(session.scalars(rows))

    @staticmethod
    def known(session: Session) -> frozenset[str]:
        """The workspaces that data may be taken in for: those that are installed; before Slack was
        ever asked, all that there are rows of."""
        return Workspace.installed(session) or frozenset(session.scalars(select(Workspace.id)))


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
