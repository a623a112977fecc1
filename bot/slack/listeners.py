"""What all Slack listeners share: their context, the parsed presses and submissions, and the rows
that these are about."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypedDict, TypeVar
from weakref import WeakValueDictionary

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config.policy import Policy, UserStanding
from bot.digests.visibility import NotVisible, Viewer, demand_visible, drop_private_sources
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain, locate_bug
from bot.i18n.messages import Words
from bot.jobs.models import current_requester
from bot.messages.outbox import OutboxMessage
from bot.slack.action_ids import MORE, ButtonValue
from bot.slack.client import (
    SlackRefusal,
    SlackServices,
    call_slack,
    explain_refusal,
    make_retrying_client,
)
from bot.slack.membership import ChannelMembers, Membership
from bot.slack.sender import HISTORY_LAG_SECONDS, MessageSender
from bot.slack.threads import Place, continue_in_thread
from bot.slack.users import UserDirectory
from bot.slack.views.inputs import fit_view
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import NewTask, Task

log = logging.getLogger("bot.slack")


class BackgroundTasks:
    """Runs work after Slack was answered. Work that must not be lost belongs in a job instead."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start this work without waiting for it, so that Slack is answered first."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    async def close(self, seconds: float = 5.0) -> None:
        """Wait for running tasks, and cancel those that take longer than `seconds`."""
        if self._tasks:
            _, slow = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in slow:
                task.cancel()

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("a background task failed: %s", locate_bug(bug))


# The context that every listener gets.

P = ParamSpec("P")
T = TypeVar("T")
MAX_TRANSACTIONS = 2  # transactions that one person may run at the same time
LANGUAGE_SECONDS, OPEN_SECONDS = 0.7, 2.1  # seconds; a trigger is valid for three
INVALID_VIEW_ERRORS = frozenset({"invalid_arguments", "view_too_large"})
FORM_IS_SLOW = Words("Slack is slow to open the form. If it does not appear, press again.")
View = dict[str, Any]


@dataclass(frozen=True)
class ListenerContext:
    """One instance per process that listens."""

    services: SlackServices
    people: UserDirectory
    background: BackgroundTasks
    history_lag: float = HISTORY_LAG_SECONDS
    semaphores: WeakValueDictionary[str, asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary
    )
    membership: Membership | None = None
    channel_members: ChannelMembers = field(default_factory=ChannelMembers)

    @property
    def sender(self) -> MessageSender:
        return MessageSender(
            self.services.database,
            self.services.client,
            self.people,
            self.history_lag,
            self.membership,
        )

    def cached_standing(self, workspace: str, user: str) -> UserStanding | None:
        """Return the person's standing in the workspace if it is cached. It never calls Slack."""
        return self.membership.cached_standing(workspace, user) if self.membership else None

    async def run(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one transaction. Each person has a few at a time, so that one person's flood of
        requests does not block the database for everybody else."""
        who = current_requester.get()
        person = who.person if who else ""
        semaphore = self.semaphores.get(person) or asyncio.Semaphore(MAX_TRANSACTIONS)
        self.semaphores[person] = semaphore
        async with semaphore:
            return await self.services.database.run(verb, *args, **kwargs)

    def build_task(
        self,
        workspace: str,
        user: str,
        id: str,
        words: str,
        place: Place,
        *,
        private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> NewTask:
        """Build a task of this person, in the language that is known to be theirs."""
        return NewTask(
            id=id,
            workspace=workspace,
            author=user,
            words=words,
            place=place,
            locale=self.people.cached_locale(workspace, user),
            private=private,
            form=dict(form or {}),
        )

    def accept(self, session: Session, new_task: NewTask) -> bool:
        """Store the task with its job. Return False when it was stored already."""
        return Task.accept(session, self.services.enqueue, new_task, self.services.now())

    def redraw(self, session: Session, piece: str) -> None:
        """Have the cards of this piece drawn again."""
        OutboxMessage.request_redraw(session, self.services.enqueue, piece)

    async def notify(self, action: "BlockAction", words: Words) -> None:
        """Show a message to the person who pressed alone."""
        await self.people.notify(
            action.workspace, action.user, words, action.channel, action.thread
        )

    async def stop_task(self, task: str) -> None:
        """Stop the running job of a task whose row says that it is stopped."""
        await self.services.stop_task(task)

    async def readable_channels(
        self, workspace: str, user: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Return those of these channels that this person can read, as far as Slack confirms it."""
        return await self.channel_members.readable_channels(
            self.services.client, workspace, user, channels
        )

    async def language(self, workspace: str, user: str) -> str:
        """Return the person's screen language, waiting only briefly for Slack."""
        return await self.people.language(workspace, user, within=LANGUAGE_SECONDS)

    async def open_modal(
        self,
        trigger: str,
        view: View,
        origin: dict[str, Any] | None = None,
        *,
        language: str = "en",
    ) -> None:
        """Open a modal. `origin` comes back with the submission, besides the form's own metadata.

        Raise CannotDo when the trigger has expired or Slack refuses the view.
        """
        view = fit_view(view | pack_metadata(view, origin), language)
        client = make_retrying_client(self.services.client)
        try:
            await asyncio.wait_for(
                call_slack(client.views_open(trigger_id=trigger, view=view)), OPEN_SECONDS
            )
        except SlackRefusal as refusal:
            if refusal.error in INVALID_VIEW_ERRORS:
                raise explain_refusal(refusal) from None
            raise CannotDo(FORM_IS_SLOW) from None
        except (TryAgain, TimeoutError):  # Slack may open it all the same
            raise CannotDo(FORM_IS_SLOW) from None


def pack_metadata(view: View, origin: dict[str, Any] | None) -> View:
    """Return the view's private metadata with `origin` added."""
    if not origin:
        return {}
    metadata = json.loads(view.get("private_metadata") or "{}") | {"back": origin}
    return {"private_metadata": json.dumps(metadata, separators=(",", ":"))}


def unpack_metadata(view: View) -> dict[str, Any]:
    """Return the `origin` that pack_metadata added."""
    metadata = json.loads(view.get("private_metadata") or "{}")
    origin = metadata.get("back") if isinstance(metadata, dict) else None
    return origin if isinstance(origin, dict) else {}


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
    raise CannotDo("This came from no workspace.")


def load_visible_draft(session: Session, request: "BlockAction | ViewSubmission") -> Draft:
    """Return the version whose words were shown: the newest one when its words are the same. Raise
    NotVisible."""
    ref = request.ref
    stored = session.get(Draft, ref.draft) if ref.draft else None
    draft = demand_visible(session, request.viewer, stored)
    newest = Draft.latest(session, draft.piece)
    return newest if newest and newest.fingerprint == ref.seen else draft


def load_visible_task(session: Session, action: BlockAction) -> Task:
    """Raise NotVisible when there is none that this person may see."""
    task = session.get(Task, action.ref.task) if action.ref.task else None
    return demand_visible(session, action.viewer, task)


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


class DecisionFields(TypedDict):
    """Who decides on which words, as the functions of bot.approvals.decision take it."""

    by: str
    fingerprint: str
    policy: Policy
    now: datetime


def decision_fields(
    context: ListenerContext, request: "BlockAction | ViewSubmission"
) -> DecisionFields:
    return DecisionFields(
        by=request.user,
        fingerprint=request.ref.seen or "",
        policy=context.services.policy(request.workspace),
        now=context.services.now(),
    )


# Submitted forms.


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


@dataclass(frozen=True)
class FormAnswer:
    """What a submitted form shows instead of closing: an error at some of its fields, or another
    view. It closes where there is neither."""

    errors: Mapping[str, Words] = field(default_factory=dict)
    view: View | None = None


# Visibility.

S = TypeVar("S", BlockAction, ViewSubmission)


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
