"""Parsed button presses and form submissions, and the rows that they are about."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status, demand_open
from bot.config.policy import Policy
from bot.delivery.models import Delivery
from bot.digests.visibility import GONE, NotVisible, Viewer, demand_visible, drop_private_sources
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.action_ids import MORE, ButtonValue
from bot.slack.listener_context import ListenerContext, unpack_metadata
from bot.slack.location import Place, continue_in_thread
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import Task

__all__ = [
    "GONE",
    "BlockAction",
    "choose_next_place",
    "find_card",
    "load_visible_draft",
    "load_visible_task",
    "parse_block_action",
]


@dataclass(frozen=True)
class BlockAction:
    """One press of a button or choice in a menu.

    `name` is the action id, or the option chosen in the overflow menu. `readable_channels` are the
    channels that this person is known to read, besides the one they pressed in.
    """

    workspace: str
    user: str
    channel: str | None
    thread: str | None
    ts: str | None
    trigger: str
    name: str
    ref: ButtonValue
    readable_channels: frozenset[str] = frozenset()
    approver: bool = False

    @property
    def viewer(self) -> Viewer:
        """The person with the channels they can read. Slack itself names the channel they pressed
        in, so they see what is posted there."""
        channels = {self.channel} if self.channel else set()
        return Viewer(self.workspace, self.user, self.readable_channels | channels, self.approver)

    @property
    def origin(self) -> dict[str, Any]:
        """What a form must bring back to know the card it was opened from."""
        return {"channel": self.channel, "ts": self.ts}


def parse_block_action(body: dict[str, Any]) -> BlockAction:
    """Parse Slack's block_actions payload. Raise CannotDo for an unknown button."""
    action, container = body["actions"][0], body.get("container") or {}
    value = action.get("value") or (action.get("selected_option") or {}).get("value")
    ref = parse_button_value(value)
    name = str(action["action_id"]).split(".")[0]
    return BlockAction(
        workspace=find_workspace(body),
        user=str(body["user"]["id"]),
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id"),
        thread=container.get("thread_ts"),
        ts=container.get("message_ts"),
        trigger=str(body.get("trigger_id") or ""),
        name=str(ref.pick) if name == MORE else name,
        ref=ref,
    )


def parse_button_value(value: Any) -> ButtonValue:
    """Decode what a button or a form carries. Raise CannotDo."""
    try:
        return ButtonValue.unpack(str(value))
    except (ValueError, ValidationError):
        words = Words("This button is from an older version of the intern. Please ask again.")
        raise CannotDo(words) from None


def find_workspace(body: dict[str, Any]) -> str:
    for value in (body.get("team"), body.get("enterprise"), body["user"].get("team_id")):
        id = value.get("id") if isinstance(value, dict) else value
        if id:
            return str(id)
    raise CannotDo(Words("This came from no workspace."))


def load_visible_draft(session: Session, viewer: Viewer, ref: ButtonValue) -> Draft:
    """Return the version whose words were shown: the newest one when its words are the same. Raise
    NotVisible."""
    stored = session.get(Draft, ref.draft) if ref.draft else None
    draft = demand_visible(session, viewer, stored)
    newest = Draft.latest(session, draft.piece)
    return newest if newest and newest.fingerprint == ref.seen else draft


def load_visible_task(session: Session, viewer: Viewer, ref: ButtonValue) -> Task:
    """Raise NotVisible when there is none that this person may see."""
    task = session.get(Task, ref.task) if ref.task else None
    return demand_visible(session, viewer, task)


def load_asked_task(session: Session, action: BlockAction) -> Task:
    """Return the task of the pressed card. Raise NotVisible."""
    return load_visible_task(session, action.viewer, action.ref)


def find_card(
    session: Session, piece: str, origin: dict[str, Any], viewer: Viewer
) -> OutboxMessage | None:
    """Return the card of this piece that was pressed, else one in a channel that this person reads,
    else its first card."""
    cards = list(
        session.scalars(
            select(OutboxMessage).where(OutboxMessage.piece == piece, OutboxMessage.kind == "card")
        )
    )
    by_message = {(card.channel, card.ts): card for card in cards}
    if pressed := by_message.get((origin.get("channel"), origin.get("ts"))):
        return pressed
    read = (card for card in cards if card.channel in viewer.channels)
    return next(read, None) or session.get(OutboxMessage, f"{piece}:card")


def choose_next_place(task: Task, card: OutboxMessage | None) -> tuple[Place, bool]:
    """Return where a follow-up goes and whether it is private. Under a shared card it is not
    private."""
    shared = card is not None and card.id.endswith(":shared")
    base = {k: v for k, v in task.place.items() if k != "dm"} if shared else task.place
    return continue_in_thread(base, card), task.private and not shared


def remove_private_sources(
    session: Session, task: Task, card: OutboxMessage | None, private: bool
) -> dict[str, Any]:
    """Return the fields to change in a private task that goes on under a shared card, so that it
    quotes nothing that was not shared."""
    if private or not task.private:
        return {}
    channels = {card.channel} if card is not None and card.channel else set()
    return drop_private_sources(session, task, channels)


def copy_task_form(session: Session, task: Task, draft: Draft | None) -> dict[str, str]:
    """Return the form's fields. When a task has several pieces, only the chosen one is drafted
    again, in its language."""
    form = {str(key): str(value) for key, value in task.form.items()}
    if draft is not None:
        form["language"] = draft.brief.language
    if draft is None or not draft.channel or len(list_newest_drafts(session, task.id)) < 2:
        return form
    return form | {"channels": draft.channel}


def demand_author_or_approver(task: Task, draft: Draft | None, by: str, policy: Policy) -> None:
    """Raise CannotDo unless `by` requested or edited the draft, or is an approver."""
    is_own = by == task.author or (draft is not None and by == draft.author)
    if not is_own and by not in policy.approvers:
        raise CannotDo(
            Words("Only whoever asked for this draft, its editor or an approver can do that.")
        )


def demand_editable(session: Session, draft: Draft, fingerprint: str, policy: Policy) -> None:
    """Raise CannotDo when these words are not the newest, were refused, or have been sent."""

    draft.demand_current(session, fingerprint)
    decisions = Decision.list_for_draft(session, draft.id)
    if compute_status(decisions, policy) in ("rejected", "sent back"):
        demand_open(decisions, policy)
    if any(one.state in ("going", "gone") for one in Delivery.list_for_draft(session, draft.id)):
        raise CannotDo(
            Words(
                "These words have already gone out, so they can't be edited. "
                "Ask for a new draft instead."
            )
        )


# Submitted forms.

View = dict[str, Any]


@dataclass(frozen=True)
class ViewSubmission:
    """One submitted form. `readable_channels` are the channels that its sender is known to read;
    a form itself belongs to no channel."""

    workspace: str
    user: str
    view: View
    readable_channels: frozenset[str] = frozenset()
    approver: bool = False

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.workspace, self.user, self.readable_channels, self.approver)

    @property
    def ref(self) -> ButtonValue:
        return parse_button_value(self.view.get("private_metadata") or "{}")

    @property
    def origin(self) -> dict[str, Any]:
        """The card that the form was opened from."""
        return unpack_metadata(self.view)


# Visibility.

S = TypeVar("S", BlockAction, ViewSubmission)
T = TypeVar("T")


async def run_for_viewer(
    context: ListenerContext, request: S, do: Callable[[S], Awaitable[T]]
) -> T:
    """Run `do` for a person who may see its row.

    When the row is not known to be visible to them, ask Slack which of its channels they read, and
    run it again with the answer. Raise NotVisible.
    """
    approvers = context.services.policy(request.workspace).approvers
    request = replace(request, approver=request.user in approvers)
    try:
        return await do(request)
    except NotVisible as error:
        channels = await context.readable_channels(request.workspace, request.user, error.channels)
        if not channels:
            raise
    return await do(replace(request, readable_channels=request.readable_channels | channels))
