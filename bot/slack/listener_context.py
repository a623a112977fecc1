"""What all Slack listeners share: services, caches, transactions, modals and background tasks."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from bot.config.policy import UserStanding
from bot.errors import CannotDo, TryAgain, locate_bug
from bot.i18n.messages import Words
from bot.jobs.models import current_requester
from bot.slack.client import SlackRefusal, call_slack, explain_refusal, make_retrying_client
from bot.slack.membership import ChannelMembers, Membership
from bot.slack.sender import HISTORY_LAG_SECONDS, MessageSender
from bot.slack.services import SlackServices
from bot.slack.users import UserDirectory
from bot.slack.view_limits import fit_view

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
