"""The versions of a piece of work, and what it was before it was sent back."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.core.checks import Check
from bot.core.parts import Part
from bot.drafts.models import Draft
from bot.drafts.tracking import campaign_code
from bot.i18n.messages import Words
from bot.tasks.models import Task


def list_newest_drafts(session: Session, task: str) -> list[Draft]:
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


def list_versions(session: Session, piece: str) -> list[Draft]:
    """All versions of a piece, the oldest first."""
    return list(session.scalars(select(Draft).where(Draft.piece == piece).order_by(Draft.version)))


def list_version_history(session: Session, draft: Draft) -> list[Draft]:
    """The versions of its piece after those sent back for it, the oldest first."""
    found = list_versions(session, draft.piece)
    while found[0].version > 1:  # it follows on what was sent back
        previous = session.get(Draft, session.get_one(Task, found[0].task).previous)
        if previous is None:
            break
        before = list_versions(session, previous.piece)
        found = [one for one in before if one.version <= previous.version] + found
    return found


# A version that says what an earlier one said: rules could not take up why it was sent back.

MAX_REASON_CHARACTERS = 120  # characters of a reason that are repeated


def check_unchanged(
    parts: Iterable[Part],
    piece: str,
    before: Iterable[tuple[str, Iterable[Part]]],
    reason: str | None,
) -> tuple[Check, ...]:
    """The finding on these parts of `piece`, where they are those of a version `before`: its piece
    and its parts. Each piece has its own campaign code in its links; that is no other text."""
    said = _strip_campaign_code(parts, piece)
    if not any(_strip_campaign_code(old, its_piece) == said for its_piece, old in before):
        return ()
    told = " ".join((reason or "").split()).rstrip(".")  # the sentence around it has its own
    told = (
        told
        if len(told) <= MAX_REASON_CHARACTERS
        else f"{told[: MAX_REASON_CHARACTERS - 1].rstrip()}…"
    )
    words = Words(
        "Written by rules, I could not take that up: “{reason}”. The text is the same as before. "
        "Edit it, or connect an AI.",
        reason=told,
    )
    return (Check(rule="unchanged", level="warn", words=words),)


def _strip_campaign_code(parts: Iterable[Part], piece: str) -> list[tuple[str, str]]:
    return [(part.key, part.text.replace(campaign_code(piece), "")) for part in parts]
