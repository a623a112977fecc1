"""A person's word on whether a campaign's results belong to one of our deliveries."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import journal
from bot.db import Row, insert_once


class Joining(Row):
    """One campaign of the files (`result`, its id there) and the code that it was said to carry.
    One answer a campaign and code; whoever answers later changes nothing."""

    __tablename__ = "joinings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    same: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]

    @staticmethod
    def say(
        session: Session,
        *,
        workspace: str,
        result: str,
        code: str,
        same: bool,
        by: str,
        now: datetime,
    ) -> bool:
        """Write down what this person said; False when it was answered before."""
        made = insert_once(
            session,
            Joining,
            workspace=workspace,
            result=result,
            code=code,
            same=same,
            by=by,
            at=now,
        )
        if made:
            journal.record(
                session,
                workspace=workspace,
                event="campaign results joined" if same else "campaign results kept apart",
                subject=code,
                by=by,
                now=now,
            )
        return made

    @staticmethod
    def said(session: Session, workspace: str) -> dict[tuple[str, str], bool]:
        """What people said: (result, code) → whether they belong together."""
        rows = select(Joining).where(Joining.workspace == workspace)
        return {(row.result, row.code): row.same for row in session.scalars(rows)}
