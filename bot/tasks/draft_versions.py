"""The versions of a piece, including the versions before it was sent back."""

import re
from collections.abc import Iterable
from itertools import pairwise

from sqlalchemy import String, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from bot.core.checks import Check
from bot.core.parts import Part
from bot.core.request import KeptPassage
from bot.db.base import list_rows
from bot.drafts.models import Draft, campaign_code
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.tasks.models import Task
from bot.text.normalize import collapse_spaces


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


# Built once, since it runs for every task. Each piece but the first has a draft. A union, because
# PostgreSQL would look for the alternatives of an OR in the whole table.
_PIECES = union_all(
    select(bindparam("first", type_=String)),
    select(Draft.piece).where(Draft.task == bindparam("task")),
)
SELECT_CARDS = (
    select(OutboxMessage.id)
    .where(OutboxMessage.kind == "card", OutboxMessage.piece.in_(_PIECES))
    .order_by(OutboxMessage.id)
)


def list_cards(session: Session, task: str) -> list[str]:
    """The ids of a task's cards, in the order of its pieces."""
    return list(session.scalars(SELECT_CARDS, {"first": f"{task}.0", "task": task}))


def list_versions(session: Session, piece: str) -> list[Draft]:
    """All versions of a piece, oldest first."""
    return list_rows(session, Draft, "piece", piece, "version")


def list_version_history(session: Session, draft: Draft) -> list[Draft]:
    """The versions of the draft's piece, oldest first, preceded by those of the pieces that were
    sent back for it."""
    found = list_versions(session, draft.piece)
    while found[0].version > 1:  # the first version continues a draft that was sent back
        previous = session.get(Draft, session.get_one(Task, found[0].task).previous)
        if previous is None:
            break
        previous_versions = list_versions(session, previous.piece)
        found = [
            draft_before
            for draft_before in previous_versions
            if draft_before.version <= previous.version
        ] + found
    return found


# Passages that people wrote.

STOPS = ".!?…"
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def list_kept_passages(session: Session, draft: Draft) -> tuple[KeptPassage, ...]:
    """Return the sentences of the draft that a person wrote in an edit, in the order of the text.
    An opening that a person picked is the intern's."""
    versions = list_version_history(session, draft)
    typed: set[tuple[str, str]] = set()
    for before, after in pairwise(versions):
        if after.author is not None:
            openings = _list_openings(before)
            texts = {part.key: collapse_spaces(part.text) for part in before.parts}
            typed |= {
                (part, sentence)
                for part, sentence in _collapse(after) - _collapse(before)
                if (said := sentence.rstrip(STOPS)) not in openings
                and not _is_piece(said, texts.get(part, ""))
            }
    return tuple(
        KeptPassage(part=part, text=text)
        for part, text in _list_sentences(draft.parts)
        if (part, collapse_spaces(text)) in typed and "://" not in text  # a link gets another code
    )


def _list_openings(draft: Draft) -> set[str]:
    return {
        collapse_spaces(sentence).rstrip(STOPS)
        for hook in draft.other_hooks
        for sentence in SENTENCE_END.split(hook.text)
    }


def _collapse(draft: Draft) -> set[tuple[str, str]]:
    """Return the sentences of a draft with plain spaces: a later version sets them in type."""
    return {(part, collapse_spaces(text)) for part, text in _list_sentences(draft.parts)}


def _is_piece(sentence: str, text: str) -> bool:
    """Whether a sentence is what an edit left of another one."""
    first, rest = re.escape(sentence[:1]), re.escape(sentence[1:])
    return re.search(rf"(?<!\w)(?i:{first}){rest}(?!\w)", text) is not None


def check_kept_passages(
    parts: Iterable[Part], passages: Iterable[KeptPassage]
) -> tuple[Check, ...]:
    """Block when a passage that a person wrote is gone from a revision, although nobody asked to
    change it."""
    whole = collapse_spaces("\n".join(part.text for part in parts))
    return tuple(
        Check(
            rule="kept",
            level="block",
            words=Words("Written by a person, and gone: “{passage}”", passage=passage.text),
            override=True,
        )
        for passage in passages
        if collapse_spaces(passage.text) not in whole
    )


def _list_sentences(parts: Iterable[Part]) -> list[tuple[str, str]]:
    return [
        (part.key, sentence.strip())
        for part in parts
        if part.kind == "copy"
        for sentence in SENTENCE_END.split(part.text)
        if sentence.strip()
    ]


MAX_REASON_CHARACTERS = 120  # how much of the reason is quoted


def check_unchanged(
    parts: Iterable[Part],
    piece: str,
    before: Iterable[tuple[str, Iterable[Part]]],
    reason: str | None,
) -> tuple[Check, ...]:
    """Warn when the parts of `piece` are the same as those of an earlier version, which means that
    the rules could not follow the reason. `before` holds the piece and the parts of each earlier
    version. The campaign code in the links differs for each piece and is ignored."""
    texts = _strip_campaign_code(parts, piece)
    if not any(
        _strip_campaign_code(old_parts, old_piece) == texts for old_piece, old_parts in before
    ):
        return ()
    # The surrounding sentence has its own full stop.
    shown_reason = " ".join((reason or "").split()).rstrip(".")
    shown_reason = (
        shown_reason
        if len(shown_reason) <= MAX_REASON_CHARACTERS
        else f"{shown_reason[: MAX_REASON_CHARACTERS - 1].rstrip()}…"
    )
    words = Words(
        "Written by rules, I could not take that up: “{reason}”. The text is the same as before. "
        "Edit it, or connect an AI.",
        reason=shown_reason,
    )
    return (Check(rule="unchanged", level="info", words=words),)


def _strip_campaign_code(parts: Iterable[Part], piece: str) -> list[tuple[str, str]]:
    return [(part.key, part.text.replace(campaign_code(piece), "")) for part in parts]
