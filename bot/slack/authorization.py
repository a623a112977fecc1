"""The authorization of requests: every event, command, button and form passes here before any
listener.

A request goes on only for a full member of a workspace in which the app is installed, in a channel
that no outsider reads or that the policy names. Every other request gets an empty answer and leaves
no trace. A request that only stores a task goes on while Slack can't say who the person is, because
the worker checks again before anything is shown or done. A request that acts at once does not.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_bolt.response import BoltResponse

from bot.errors import TryAgain
from bot.slack import commands
from bot.slack.events import message_changes, message_events
from bot.slack.listeners import ListenerContext, unpack_metadata
from bot.slack.membership import Installation, Membership
from bot.slack.notices import enqueue_channel_closed

T = TypeVar("T")
Body = dict[str, Any]
# seconds to wait for Slack; then a storing request goes on, an acting one fails
STORE_SECONDS, ACT_SECONDS = 1.8, 0.9
SYSTEM_EVENTS = ("channel_shared", "channel_unshared", "user_change")  # no person causes them


@dataclass(frozen=True)
class RequestAuthor:
    """Who does what and where, as the request says it.

    `only_stores`: the request only stores a task, which is checked again later. `is_addressed`: the
    request is certainly meant for the intern, so its person may be told why it was refused.
    """

    workspace: str
    user: str
    channel: str
    thread: str | None = None
    only_stores: bool = False
    is_addressed: bool = True
    shared: bool = False  # Slack says that another company shares the channel


class AuthorizationGate:
    """A Bolt middleware. It shares `context` and `membership` with the listeners behind it."""

    def __init__(self, context: ListenerContext, membership: Membership) -> None:
        self._context = context
        self._membership = membership

    async def check(self, body: Body) -> BoltResponse | None:
        """Return None when a listener may handle the request, else the answer to Slack. Raise
        TryAgain when Slack can't be asked and the request can't wait."""
        installation = await self._installation(body)
        if installation is None:  # Slack sends an event again, so nothing is lost
            raise TryAgain("Slack has not said yet in which workspace the token is installed")
        if not _is_in_installation(body, installation):
            return make_empty_response()
        if (host := _find_our_workspace(body, installation)) and host != body.get("team_id"):
            body["team_id"] = host  # the listeners use our workspace, whoever owns the channel
        self._invalidate_channel(body)
        asker = parse_author(body, has_ai=self._context.services.has_ai)
        if asker is None:
            return None if _is_system_event(body) else make_empty_response()
        if not installation.has(asker.workspace, _find_enterprise(body)):
            return make_empty_response()
        return await self._authorize(asker)

    async def _installation(self, body: Body) -> Installation | None:
        if (installation := self._membership.cached_installation) is not None:
            return installation
        has_ai = self._context.services.has_ai
        is_task = body.get("command") and commands.is_task_command(body, has_ai=has_ai)
        waits = "event" in body or is_task
        limit = STORE_SECONDS if waits else ACT_SECONDS
        try:
            return await wait_within(self._membership.installation(), limit)
        except TryAgain:
            return None

    def _invalidate_channel(self, body: Body) -> None:
        """Forget what is known about a channel that was shared or unshared. Changes of a person are
        handled in bot/slack/events/message_changes.py."""
        event, workspace = body.get("event") or {}, str(body.get("team_id") or "")
        if event.get("type") in ("channel_shared", "channel_unshared"):
            self._membership.forget_channel(workspace, str(event.get("channel") or ""))

    async def _authorize(self, asker: RequestAuthor) -> BoltResponse | None:
        if self._is_known_to_be_admitted(asker):  # answers without yielding to the event loop
            return None
        limit = STORE_SECONDS if asker.only_stores else ACT_SECONDS
        try:
            return await wait_within(self._decide(asker), limit)
        except TryAgain:
            standing = self._membership.cached_standing(asker.workspace, asker.user)
            if standing not in (None, "member"):
                return make_empty_response()
            if asker.only_stores:
                return None
            raise

    def _is_known_to_be_admitted(self, asker: RequestAuthor) -> bool:
        """Return whether Slack confirmed within the last minutes everything that admits this
        person."""
        membership, workspace = self._membership, asker.workspace
        return (
            not asker.shared
            and membership.cached_standing(workspace, asker.user) == "member"
            and membership.knows_groups(workspace)
            and membership.cached_closed(workspace, asker.channel) is False
        )

    async def _decide(self, asker: RequestAuthor) -> BoltResponse | None:
        membership, workspace, user = self._membership, asker.workspace, asker.user
        if not await membership.is_member(workspace, user):
            return make_empty_response()
        if await self._is_closed(asker):
            if asker.is_addressed:
                await self._notify_closed(asker)
            return make_empty_response()
        await membership.resolve_policy(workspace)
        return None

    async def _is_closed(self, asker: RequestAuthor) -> bool:
        policy = self._membership.policy(asker.workspace)
        if asker.shared and asker.channel not in policy.access.shared_channels:
            return True
        return await self._membership.is_closed(asker.workspace, asker.channel)

    async def _notify_closed(self, asker: RequestAuthor) -> None:
        """Tell a member why nothing happens here, visible to them alone, once per channel and
        person."""
        services = self._context.services
        await self._context.run(
            enqueue_channel_closed,
            services.enqueue,
            asker.workspace,
            asker.user,
            asker.channel,
            asker.thread,
            services.now(),
        )


def make_empty_response() -> BoltResponse:
    """Slack needs an answer; it says nothing to anybody else."""
    return BoltResponse(status=200, body="")


async def wait_within(call: Awaitable[T], seconds: float) -> T:
    """Wait for the answer. Raise TryAgain after `seconds`, and leave the call running."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.wait_for(asyncio.shield(task), seconds)
    except TimeoutError:
        raise TryAgain("Slack did not answer in time") from None


def parse_author(body: Body, *, has_ai: bool) -> RequestAuthor | None:
    """Return who makes the request; None for an event that no person caused or that does not
    concern the intern."""
    if "event" in body:
        return _parse_event_author(body, body["event"] or {})
    if body.get("command"):
        return RequestAuthor(
            str(body.get("team_id") or body.get("enterprise_id") or ""),
            str(body.get("user_id") or ""),
            str(body.get("channel_id") or ""),
            only_stores=commands.is_task_command(body, has_ai=has_ai),
        )
    return _parse_interaction_author(body)


def _parse_event_author(body: Body, event: Mapping[str, Any]) -> RequestAuthor | None:
    workspace = str(body.get("team_id") or event.get("team") or "")
    shared = bool(body.get("is_ext_shared_channel"))
    kind = event.get("type")
    if kind in ("message", "app_mention"):
        return _parse_message_author(body, event, workspace, shared=shared)
    user = event.get("user")
    if kind in SYSTEM_EVENTS or not isinstance(user, str) or not user:
        return None
    return RequestAuthor(
        workspace,
        user,
        _read_channel(event.get("channel")),
        is_addressed=False,
        shared=shared,
    )


def _parse_message_author(
    body: Body, event: Mapping[str, Any], workspace: str, *, shared: bool
) -> RequestAuthor | None:
    """Return the author of a message that may be for the intern, or of a change of one; None for a
    conversation between people."""
    channel, thread = str(event.get("channel") or ""), event.get("thread_ts") or None
    if event.get("subtype") in (message_changes.CHANGED, message_changes.DELETED):
        change = message_changes.parse_message_change(body)
        if change is None:
            return None
        user, surely = str((event.get("previous_message") or {}).get("user") or ""), False
    else:
        bot_user = message_events.find_bot_user(body)
        if not message_events.is_from_person(dict(event), bot_user):
            return None
        user, surely = str(event["user"]), message_events.is_addressed_to_bot(dict(event), bot_user)
        if not surely and not thread:
            return None
    return RequestAuthor(
        workspace,
        user,
        channel,
        thread,
        only_stores=True,
        is_addressed=surely,
        shared=shared,
    )


def _parse_interaction_author(body: Body) -> RequestAuthor | None:
    user, container = body.get("user") or {}, body.get("container") or {}
    if not isinstance(user, Mapping) or not user.get("id"):
        return None
    teams = (_read_id(body.get("team")), _read_id(body.get("enterprise")), user.get("team_id"))
    workspace = str(next(filter(None, teams), ""))
    channel = _read_id(body.get("channel")) or str(container.get("channel_id") or "")
    if not channel and isinstance(body.get("view"), Mapping):
        channel = str(unpack_metadata(body["view"]).get("channel") or "")
    return RequestAuthor(workspace, str(user["id"]), channel, container.get("thread_ts"))


def _is_in_installation(body: Body, installation: Installation) -> bool:
    """Return whether all teams named in the request belong to the installation."""
    enterprise = _find_enterprise(body)

    def ours(team: str) -> bool:
        return installation.has(team, enterprise) or _is_same_id(team, installation.enterprise)

    granted = [one for one in body.get("authorizations") or () if isinstance(one, Mapping)]
    if granted and not any(ours(team) for one in granted for team in _list_teams(one)):
        return False
    # For a channel that another company owns, Slack's envelope may name that company's workspace.
    foreign_host = bool(granted) and body.get("is_ext_shared_channel") is True
    if not foreign_host and not all(ours(team) for team in _list_workspaces(body)):
        return False
    in_organization = _is_same_id(enterprise, installation.enterprise)
    return all(ours(team) or in_organization for team in _list_author_teams(body))


def _find_our_workspace(body: Body, installation: Installation) -> str | None:
    """Return the workspace of the installation that received the event, where Slack says it."""
    granted = [one for one in body.get("authorizations") or () if isinstance(one, Mapping)]
    teams = (str(one.get("team_id") or "") for one in granted)
    return next((team for team in teams if team in installation.workspaces), None)


def _list_workspaces(body: Body) -> Iterator[str]:
    """List the workspaces that the request says it happens in."""
    view = body.get("view") or {}
    ids = (body.get("team_id"), _read_id(body.get("team")), view.get("app_installed_team_id"))
    return (str(one) for one in ids if one)


def _list_author_teams(body: Body) -> Iterator[str]:
    """List the teams that the request says its author belongs to."""
    user, event = body.get("user"), body.get("event") or {}
    if isinstance(user, Mapping):
        yield from (str(user[key]) for key in ("team_id", "team") if user.get(key))
    for message in (event, event.get("message"), event.get("previous_message")):
        if isinstance(message, Mapping) and not message.get("bot_id"):
            keys = ("team", "user_team", "source_team")
            yield from (str(message[key]) for key in keys if isinstance(message.get(key), str))


def _list_teams(granted: Mapping[str, Any]) -> Iterator[str]:
    return (str(granted[key]) for key in ("team_id", "enterprise_id") if granted.get(key))


def _find_enterprise(body: Body) -> str | None:
    return str(body.get("enterprise_id") or _read_id(body.get("enterprise")) or "") or None


def _is_same_id(one: str | None, other: str | None) -> bool:
    return bool(one) and one == other


def _read_id(value: Any) -> str:
    return str((value.get("id") if isinstance(value, Mapping) else value) or "")


def _read_channel(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_system_event(body: Body) -> bool:
    """Return whether this is an event without a person. Listeners use it only as a notification."""
    return "event" in body
