"""The one way in: every event, command, click, form and shortcut passes here before any listener.

It goes on only for a full member of a workspace that we are installed in, in a channel that no
outsider reads or that the policy names. Everybody else gets an empty answer and leaves no trace.
What only stores a task goes on while Slack can't say who somebody is: the worker asks again before
anything is shown or done. What acts at once does not.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from slack_bolt.response import BoltResponse

from bot.errors import TryAgain
from bot.slack import commands
from bot.slack.context import Front, carried
from bot.slack.ephemeral import tell_closed
from bot.slack.events import message_changed, messages
from bot.slack.membership import Installation, Membership

T = TypeVar("T")
Body = dict[str, Any]
STORED_WITHIN, ACTS_WITHIN = 1.8, 0.9  # seconds until a request goes on unknown, or is refused
SILENT = ("channel_shared", "channel_unshared", "user_change")  # events that are nobody's deed
Kind = Literal["event", "command", "interaction"]


@dataclass(frozen=True)
class Asker:
    """Who does what where, as a request says it. `stores`: it only makes a task to be looked at
    again later. `speaks`: it is surely meant for us, so its person may be told why not."""

    kind: Kind
    workspace: str
    user: str
    channel: str
    thread: str | None = None
    stores: bool = False
    speaks: bool = True
    shared: bool = False  # Slack says that the channel is shared with another company


class Gate:
    """A middleware of Bolt's. `front` and `membership` are those of the listeners behind it."""

    def __init__(self, front: Front, membership: Membership) -> None:
        self._front = front
        self._membership = membership

    async def check(self, body: Body) -> BoltResponse | None:
        """None when a listener may have it; else the answer. Raises TryAgain when Slack can't be
        asked and the request can't wait."""
        installation = await self._installation(body)
        if installation is None:  # stored all the same: of an event Slack sends it again
            raise TryAgain("Slack has not said yet whose token this is")
        if not _is_ours(body, installation):
            return refused()
        if (host := _granted(body, installation)) and host != body.get("team_id"):
            body["team_id"] = host  # the listeners' workspace is ours, whoever owns the channel
        self._heed(body)
        asker = asker_of(body)
        if asker is None:
            return None if _is_nobodys(body) else refused()
        if not installation.has(asker.workspace, _enterprise(body)):
            return refused()
        return await self._admitted(asker)

    async def _installation(self, body: Body) -> Installation | None:
        if (known := self._membership.known_installation) is not None:
            return known
        waits = "event" in body or (body.get("command") and commands.only_stores(body))
        limit = STORED_WITHIN if waits else ACTS_WITHIN
        try:
            return await within(self._membership.installation(), limit)
        except TryAgain:
            return None

    def _heed(self, body: Body) -> None:
        """That a channel is shared, or no more, makes what we know of it old. What becomes of a
        person is taken up by bot/slack/events/user_change.py."""
        event, workspace = body.get("event") or {}, str(body.get("team_id") or "")
        if event.get("type") in ("channel_shared", "channel_unshared"):
            self._membership.forget_channel(workspace, str(event.get("channel") or ""))

    async def _admitted(self, asker: Asker) -> BoltResponse | None:
        if self._is_known_to_be_admitted(asker):  # without a turn of the event loop
            return None
        limit = STORED_WITHIN if asker.stores else ACTS_WITHIN
        try:
            return await within(self._decide(asker), limit)
        except TryAgain:
            known = self._membership.known_standing(asker.workspace, asker.user)
            if known not in (None, "member"):
                return refused()
            if asker.stores:
                return None
            raise

    def _is_known_to_be_admitted(self, asker: Asker) -> bool:
        """Whether Slack said all that lets this person in within the last minutes."""
        membership, workspace = self._membership, asker.workspace
        return (
            not asker.shared
            and membership.known_standing(workspace, asker.user) == "member"
            and membership.knows_groups(workspace)
            and membership.known_closed(workspace, asker.channel) is False
        )

    async def _decide(self, asker: Asker) -> BoltResponse | None:
        membership, workspace, user = self._membership, asker.workspace, asker.user
        if not await membership.is_member(workspace, user):
            return refused()
        if await self._closed(asker):
            if asker.speaks:
                await self._tell(asker)
            return refused()
        await membership.resolve(workspace)
        return None

    async def _closed(self, asker: Asker) -> bool:
        policy = self._membership.policy(asker.workspace)
        if asker.shared and asker.channel not in policy.access.shared_channels:
            return True
        return await self._membership.is_closed(asker.workspace, asker.channel)

    async def _tell(self, asker: Asker) -> None:
        """Why nothing happens here, to a member alone, once for each channel and person."""
        house = self._front.house
        await self._front.run(
            tell_closed,
            house.enqueue,
            asker.workspace,
            asker.user,
            asker.channel,
            asker.thread,
            house.now(),
        )


def refused() -> BoltResponse:
    """Slack needs an answer; nobody else gets one."""
    return BoltResponse(status=200, body="")


async def within(asked: Awaitable[T], seconds: float) -> T:
    """The answer in time. Raises TryAgain, and leaves what was asked under way."""
    task = asyncio.ensure_future(asked)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.wait_for(asyncio.shield(task), seconds)
    except TimeoutError:
        raise TryAgain("Slack did not answer in time") from None


def asker_of(body: Body) -> Asker | None:
    """Who asks. None for an event that is nobody's deed, or no business of ours."""
    if "event" in body:
        return _of_event(body, body["event"] or {})
    if body.get("command"):
        return Asker(
            "command",
            str(body.get("team_id") or body.get("enterprise_id") or ""),
            str(body.get("user_id") or ""),
            str(body.get("channel_id") or ""),
            stores=commands.only_stores(body),
        )
    return _of_interaction(body)


def _of_event(body: Body, event: Mapping[str, Any]) -> Asker | None:
    workspace = str(body.get("team_id") or event.get("team") or "")
    shared = bool(body.get("is_ext_shared_channel"))
    kind = event.get("type")
    if kind in ("message", "app_mention"):
        return _of_message(body, event, workspace, shared=shared)
    user = event.get("user")
    if kind in SILENT or not isinstance(user, str) or not user:
        return None
    return Asker(
        "event", workspace, user, _channel(event.get("channel")), speaks=False, shared=shared
    )


def _of_message(
    body: Body, event: Mapping[str, Any], workspace: str, *, shared: bool
) -> Asker | None:
    """A message that may be for us, or a change of one. None for what people say to each other."""
    channel, thread = str(event.get("channel") or ""), event.get("thread_ts") or None
    if event.get("subtype") in (message_changed.CHANGED, message_changed.DELETED):
        change = message_changed.change_of(body)
        if change is None:
            return None
        user, surely = str((event.get("previous_message") or {}).get("user") or ""), False
    else:
        mine = messages.our_user(body)
        if not messages.written_by_a_person(dict(event), mine):
            return None
        user, surely = str(event["user"]), messages.is_for_us(dict(event), mine)
        if not surely and not thread:
            return None
    return Asker(
        "event", workspace, user, channel, thread, stores=True, speaks=surely, shared=shared
    )


def _of_interaction(body: Body) -> Asker | None:
    user, container = body.get("user") or {}, body.get("container") or {}
    if not isinstance(user, Mapping) or not user.get("id"):
        return None
    workspace = next(
        filter(
            None,
            (_id(body.get("team")), _id(body.get("enterprise")), str(user.get("team_id") or "")),
        ),
        "",
    )
    channel = _id(body.get("channel")) or str(container.get("channel_id") or "")
    if not channel and isinstance(body.get("view"), Mapping):
        channel = str(carried(body["view"]).get("channel") or "")
    return Asker("interaction", workspace, str(user["id"]), channel, container.get("thread_ts"))


def _is_ours(body: Body, installation: Installation) -> bool:
    """Whether all the teams that a request names are ones that may act here."""
    enterprise = _enterprise(body)

    def ours(team: str) -> bool:
        return installation.has(team, enterprise) or _same(team, installation.enterprise)

    granted = [one for one in body.get("authorizations") or () if isinstance(one, Mapping)]
    if granted and not any(ours(team) for one in granted for team in _teams_of(one)):
        return False
    # Of a channel that another company owns, Slack's envelope may name that company's workspace.
    foreign_host = bool(granted) and body.get("is_ext_shared_channel") is True
    if not foreign_host and not all(ours(team) for team in _where(body)):
        return False
    in_organization = _same(enterprise, installation.enterprise)
    return all(ours(team) or in_organization for team in _whose(body))


def _granted(body: Body, installation: Installation) -> str | None:
    """The workspace of ours that an event is told to, where Slack says it."""
    granted = [one for one in body.get("authorizations") or () if isinstance(one, Mapping)]
    teams = (str(one.get("team_id") or "") for one in granted)
    return next((team for team in teams if team in installation.workspaces), None)


def _where(body: Body) -> Iterator[str]:
    """The workspaces that a request says it happens in."""
    view = body.get("view") or {}
    found = (body.get("team_id"), _id(body.get("team")), view.get("app_installed_team_id"))
    return (str(one) for one in found if one)


def _whose(body: Body) -> Iterator[str]:
    """The teams that a request says its person is of."""
    user, event = body.get("user"), body.get("event") or {}
    if isinstance(user, Mapping):
        yield from (str(user[key]) for key in ("team_id", "team") if user.get(key))
    for said in (event, event.get("message"), event.get("previous_message")):
        if isinstance(said, Mapping) and not said.get("bot_id"):
            keys = ("team", "user_team", "source_team")
            yield from (str(said[key]) for key in keys if isinstance(said.get(key), str))


def _teams_of(granted: Mapping[str, Any]) -> Iterator[str]:
    return (str(granted[key]) for key in ("team_id", "enterprise_id") if granted.get(key))


def _enterprise(body: Body) -> str | None:
    return str(body.get("enterprise_id") or _id(body.get("enterprise")) or "") or None


def _same(one: str | None, other: str | None) -> bool:
    return bool(one) and one == other


def _id(found: Any) -> str:
    return str((found.get("id") if isinstance(found, Mapping) else found) or "")


def _channel(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _is_nobodys(body: Body) -> bool:
    """An event without a person: listeners take nothing from it but what it is about."""
    return "event" in body
