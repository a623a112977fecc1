"""Whether a report was useful: one vote of each person on each version, which they can change."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.session import Row, insert_once
from bot.drafts.models import Draft


class Vote(Row):
    """A person's vote on a version of a draft."""

    __tablename__ = "votes"

    draft: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    useful: Mapped[bool]
    at: Mapped[datetime]

    @staticmethod
    def cast(session: Session, draft: Draft, *, by: str, useful: bool, now: datetime) -> None:
        """Store the vote, or take back the same one. Another vote replaces it."""
        key = {"draft": draft.id, "by": by}
        if insert_once(session, Vote, **key, workspace=draft.workspace, useful=useful, at=now):
            return
        row = session.get_one(Vote, key, with_for_update=True)
        if row.useful == useful:
            session.delete(row)
        else:
            row.useful, row.at = useful, now

    @staticmethod
    def count(session: Session, draft: str) -> tuple[int, int]:
        """Return how many found it useful, and how many did not."""
        votes = list(session.scalars(select(Vote.useful).where(Vote.draft == draft)))
        return votes.count(True), votes.count(False)
