"""The versions of a piece of work, and what it was before it was sent back."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.drafts.models import Draft
from bot.tasks.models import Task


def of_task(session: Session, task: str) -> list[Draft]:
    """The newest version of each piece of a task."""
    newest = (
        select(Draft.piece, func.max(Draft.version).label("version"))
        .where(Draft.task == task)
        .group_by(Draft.piece)
        .subquery()
    )
    return list(
        session.scalars(
            select(Draft)
            .join(newest, (Draft.piece == newest.c.piece) & (Draft.version == newest.c.version))
            .order_by(Draft.piece)
        )
    )


def of_piece(session: Session, piece: str) -> list[Draft]:
    """All versions of a piece, the oldest first."""
    return list(session.scalars(select(Draft).where(Draft.piece == piece).order_by(Draft.version)))


def history_of(session: Session, draft: Draft) -> list[Draft]:
    """The versions of its piece after those sent back for it, the oldest first."""
    found = of_piece(session, draft.piece)
    while found[0].version > 1:  # it follows on what was sent back
        previous = session.get(Draft, session.get_one(Task, found[0].task).previous)
        if previous is None:
            break
        before = of_piece(session, previous.piece)
        found = [one for one in before if one.version <= previous.version] + found
    return found
