"""One press of a button: who, where, on what; and the rows it is about."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, demand_open, standing
from bot.config.policy import Policy
from bot.delivery.models import Delivery
from bot.digests.visibility import GONE, Viewer, demand_visible, without_private_sources
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack.action_ids import MORE, Ref
from bot.slack.location import Place, continued
from bot.tasks.draft_versions import of_task
from bot.tasks.models import Task

__all__ = ["GONE", "Click", "card_at", "click_of", "draft_of", "next_place", "task_of"]


@dataclass(frozen=True)
class Click:
    """`name` is what was pressed, or what was chosen in the menu. `proven` are the channels that
    this person is known to read, besides the one in which they pressed."""

    workspace: str
    user: str
    channel: str | None
    thread: str | None
    ts: str | None
    trigger: str
    name: str
    ref: Ref
    proven: frozenset[str] = frozenset()
    approver: bool = False

    @property
    def viewer(self) -> Viewer:
        """Slack says in which channel they pressed: what stands there, they see."""
        here = {self.channel} if self.channel else set()
        return Viewer(self.workspace, self.user, self.proven | here, self.approver)

    @property
    def back(self) -> dict[str, Any]:
        """What a form must bring back to know which card it was opened from."""
        return {"channel": self.channel, "ts": self.ts}


def click_of(body: dict[str, Any]) -> Click:
    """Raises CannotDo for a button that we no longer know."""
    action, container = body["actions"][0], body.get("container") or {}
    value = action.get("value") or (action.get("selected_option") or {}).get("value")
    ref = ref_of(value)
    name = str(action["action_id"]).split(".")[0]
    return Click(
        workspace=workspace_of(body),
        user=str(body["user"]["id"]),
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id"),
        thread=container.get("thread_ts"),
        ts=container.get("message_ts"),
        trigger=str(body.get("trigger_id") or ""),
        name=str(ref.pick) if name == MORE else name,
        ref=ref,
    )


def ref_of(value: Any) -> Ref:
    """What a button or a form carries. Raises CannotDo."""
    try:
        return Ref.unpack(str(value))
    except (ValueError, ValidationError):
        words = Words("This button is from an older version of the intern. Please ask again.")
        raise CannotDo(words) from None


def workspace_of(body: dict[str, Any]) -> str:
    for found in (body.get("team"), body.get("enterprise"), body["user"].get("team_id")):
        id = found.get("id") if isinstance(found, dict) else found
        if id:
            return str(id)
    raise CannotDo(Words("This came from no workspace."))


def draft_of(session: Session, viewer: Viewer, ref: Ref) -> Draft:
    """The version whose words were seen: the newest, when it says the same again. Raises
    NotVisible."""
    found = session.get(Draft, ref.draft) if ref.draft else None
    draft = demand_visible(session, viewer, found)
    newest = Draft.latest(session, draft.piece)
    return newest if newest and newest.fingerprint == ref.seen else draft


def task_of(session: Session, viewer: Viewer, ref: Ref) -> Task:
    """Raises NotVisible."""
    found = session.get(Task, ref.task) if ref.task else None
    return demand_visible(session, viewer, found)


def card_at(session: Session, piece: str, at: dict[str, Any], viewer: Viewer) -> Post | None:
    """The card of this piece that was pressed, else one in a channel that this person reads, else
    its first one."""
    cards = list(session.scalars(select(Post).where(Post.piece == piece, Post.kind == "card")))
    found = {(card.channel, card.ts): card for card in cards}
    if pressed := found.get((at.get("channel"), at.get("ts"))):
        return pressed
    read = (card for card in cards if card.channel in viewer.channels)
    return next(read, None) or session.get(Post, f"{piece}:card")


def next_place(task: Task, card: Post | None) -> tuple[Place, bool]:
    """Where what follows goes, and whether it is private: under a shared card it isn't."""
    shared = card is not None and card.id.endswith(":shared")
    base = {k: v for k, v in task.place.items() if k != "dm"} if shared else task.place
    return continued(base, card), task.private and not shared


def quotable(session: Session, task: Task, card: Post | None, private: bool) -> dict[str, Any]:
    """What changes in a private task's wish that goes on under a shared card: what was not shared
    is not quoted there."""
    if private or not task.private:
        return {}
    here = {card.channel} if card is not None and card.channel else set()
    return without_private_sources(session, task, here)


def form_again(session: Session, task: Task, draft: Draft | None) -> dict[str, str]:
    """What the form said; of several pieces only the one meant is drafted anew, in its language."""
    form = {str(key): str(value) for key, value in task.form.items()}
    if draft is not None:
        form["language"] = draft.brief.language
    if draft is None or not draft.channel or len(of_task(session, task.id)) < 2:
        return form
    return form | {"channels": draft.channel}


def demand_author_or_approver(task: Task, draft: Draft | None, by: str, policy: Policy) -> None:
    """Raises CannotDo for everybody else."""
    mine = by == task.author or (draft is not None and by == draft.author)
    if not mine and by not in policy.approvers:
        raise CannotDo(
            Words("Only whoever asked for this draft, its editor or an approver can do that.")
        )


def demand_changeable(session: Session, draft: Draft, seen: str, policy: Policy) -> None:
    """Raises CannotDo when these words are not the newest, were refused, or have left."""

    draft.demand_current(session, seen)
    said = Decision.of(session, draft.id)
    if standing(said, policy) in ("rejected", "sent back"):
        demand_open(said, policy)
    if any(one.state in ("going", "gone") for one in Delivery.of(session, draft.id)):
        raise CannotDo(
            Words(
                "These words have already gone out, so they can't be edited. "
                "Ask for a new draft instead."
            )
        )
