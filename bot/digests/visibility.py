"""Visibility: who may see a task, a draft, an uploaded file or a digest. Decided only here.

Knowing an id gives no right. A row is visible to the person who asked for it and to the readers of
a channel that shows one of its cards. A private card is in its author's direct messages until they
share it. A row that a person may not see is answered like one that does not exist.

The module stands here because this is the lowest package that may import all of these rows, and
because `bot.digests.history` asks it which drafts a digest may report.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.data.ingest.models import FileUpload
from bot.digests.models import Schedule
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.tasks.models import Task

VisibleItem = Task | Draft | FileUpload | Schedule
I = TypeVar("I", Task, Draft, FileUpload, Schedule)  # noqa: E741
DIRECT_MESSAGE_PREFIX = "D"  # channel ids of direct messages begin with it

GONE = Words("This is no longer there. Please ask for a new draft.")


@dataclass(frozen=True)
class Viewer:
    """A person and the channels that they are known to read: the one in which they pressed a
    button, and those that Slack listed."""

    workspace: str
    person: str
    channels: frozenset[str] = frozenset()
    approver: bool = False


class NotVisible(CannotDo):
    """Raised for a row that does not exist and for one that this person may not see, with the same
    words. `channels` are those that show the row: where Slack confirms that the person reads one of
    them, the caller tries again with that channel in `Viewer.channels`."""

    def __init__(self, words: Words, channels: Collection[str] = ()) -> None:
        super().__init__(words)
        self.channels = frozenset(channels)


def may_see(session: Session, viewer: Viewer, item: VisibleItem | None) -> bool:
    """Whether this person may see the row. False for None."""
    if item is None or item.workspace != viewer.workspace:
        return False
    if find_owner(session, item) == viewer.person:
        return True
    if isinstance(item, Schedule) and viewer.approver and not _is_direct(item.place):
        return True
    return not viewer.channels.isdisjoint(find_channels(session, item))


def demand_visible(session: Session, viewer: Viewer, item: I | None, words: Words = GONE) -> I:
    """Return the row. Raises NotVisible with the same words for a missing row and for one that is
    not visible to this person."""
    if item is not None and may_see(session, viewer, item):
        return item
    known = item is not None and item.workspace == viewer.workspace
    found = find_channels(session, item) if known and item is not None else frozenset[str]()
    raise NotVisible(words, found)


def find_owner(session: Session, item: VisibleItem) -> str:
    """The person who asked for it."""
    if isinstance(item, Schedule):
        return item.owner
    return session.get_one(Task, item.task).author if isinstance(item, Draft) else item.author


def find_channels(session: Session, item: VisibleItem) -> frozenset[str]:
    """The channels that show one of its cards, including direct messages."""
    if isinstance(item, Schedule):
        channel = str(item.place.get("channel") or "")
        return frozenset() if _is_direct(item.place) else frozenset({channel})
    return find_piece_channels(session, item.workspace, _find_pieces(session, item))


def find_piece_channels(
    session: Session, workspace: str, pieces: Collection[str]
) -> frozenset[str]:
    """The channels that show a card of these pieces. A piece is one text of a task, in all its
    versions: see `Draft.piece`."""
    cards = select(OutboxMessage.channel).where(
        OutboxMessage.workspace == workspace,
        OutboxMessage.kind == "card",
        OutboxMessage.piece.in_(pieces),
        OutboxMessage.ts.is_not(None),
        OutboxMessage.channel.is_not(None),
    )
    return frozenset(channel for channel in session.scalars(cards) if channel)


def is_shared_with_team(session: Session, draft: Draft) -> bool:
    """Whether a digest may report the draft: it was requested or shared in a channel."""
    task = session.get_one(Task, draft.task)
    if session.get(OutboxMessage, f"{draft.piece}:shared") is not None:
        return True
    direct = task.place.get("dm") or str(task.place.get("channel") or "").startswith(
        DIRECT_MESSAGE_PREFIX
    )
    return not task.private and not direct


def may_see_receipts(session: Session, viewer: Viewer, task: Task) -> bool:
    """Whether the person may see everything that the receipts of a task quote: all its drafts, the
    draft that was sent back, and the result that it is based on."""
    if task.workspace != viewer.workspace:
        return False
    drafts = list(session.scalars(select(Draft).where(Draft.task == task.id)))
    drafts += [
        one for id in list_quoted_drafts(task) if (one := session.get(Draft, id)) is not None
    ]
    return may_see(session, viewer, task) and all(may_see(session, viewer, one) for one in drafts)


def list_quoted_drafts(task: Task) -> list[str]:
    """The ids of the drafts whose text or facts are used in the prompts of a task."""
    brief = task.parsed_brief
    found = (task.previous, task.form.get("stands_on"), brief.stands_on if brief else None)
    return list(dict.fromkeys(str(one) for one in found if one))


def drop_private_sources(session: Session, task: Task, channels: Collection[str]) -> dict[str, Any]:
    """The changed fields of NewTask for a private task that continues in `channels`: it no longer
    quotes drafts without a card in one of them."""
    hidden = {
        id
        for id in list_quoted_drafts(task)
        if (draft := session.get(Draft, id)) is None
        or find_channels(session, draft).isdisjoint(channels)
    }
    changed: dict[str, Any] = {}
    if task.previous in hidden:
        changed["previous"] = None
    if task.form.get("stands_on") in hidden:
        changed["form"] = {k: v for k, v in task.form.items() if k != "stands_on"}
    return changed


def _find_pieces(session: Session, item: Task | Draft | FileUpload) -> set[str]:
    if isinstance(item, Task):
        pieces = select(Draft.piece).where(Draft.task == item.id).distinct()
        return {item.first_piece, *session.scalars(pieces)}
    return {item.piece if isinstance(item, Draft) else item.card_piece}


def _is_direct(place: dict[str, Any]) -> bool:
    """Whether the place is seen by one person only."""
    channel = str(place.get("channel") or "")
    return bool(place.get("dm")) or not channel.startswith(("C", "G"))
