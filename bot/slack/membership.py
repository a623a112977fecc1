"""Who somebody is in the workspace, what the policy lets them do, and which channels they and
outsiders read.

Everything is asked of Slack and cached for minutes.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.config.policy import (
    Admission,
    Policy,
    Right,
    UserStanding,
    classify_user,
    is_shared_outside,
)
from bot.db.workspace import Workspace
from bot.errors import TryAgain
from bot.slack.client import (
    SLACK_AWAY,
    ExpiringCache,
    SlackRefusal,
    SlackServices,
    call_slack,
    make_retrying_client,
    read_pages,
)
from bot.slack.users import UserDirectory

PRESSED_CACHE_SECONDS, ANSWER_CACHE_SECONDS = 600.0, 60.0
LOOKUP_SECONDS = 1.5  # for all calls of one request: Slack waits three seconds for its answer
PAGE, PAGES = 1_000, 5
MAX_CACHED_MEMBERS, MAX_CHANNELS_ASKED = 20_000, 20

MemberKey = tuple[str, str, str]  # workspace, person, channel


class ChannelMembers:
    """A cache of the channels that people can read; one instance per listening process. Unknown
    means not readable."""

    def __init__(self) -> None:
        self._readable = ExpiringCache[MemberKey, bool](MAX_CACHED_MEMBERS)

    def record_press(self, workspace: str, person: str, channel: str) -> None:
        """Remember that Slack itself reported a press or a command of this person in this
        channel."""
        self._readable.put((workspace, person, channel), True, PRESSED_CACHE_SECONDS)

    def cached(self, workspace: str, person: str, channels: Collection[str]) -> frozenset[str]:
        """Return those of `channels` that the cache says they can read. It never calls Slack."""
        return frozenset(one for one in channels if self._readable.get((workspace, person, one)))

    async def readable_channels(
        self, client: AsyncWebClient, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Return those of `channels` that are public or have this person as a member. A channel for
        which Slack does not answer in time is left out."""
        readable_channels = set(self.cached(workspace, person, channels))
        missing = [
            one for one in channels if one not in readable_channels and not one.startswith("D")
        ]
        calls = [self._is_readable(client, person, one) for one in missing[:MAX_CHANNELS_ASKED]]
        for channel, readable in zip(missing, await asyncio.gather(*calls), strict=False):
            if readable:
                self._readable.put((workspace, person, channel), True, ANSWER_CACHE_SECONDS)
                readable_channels.add(channel)
        return frozenset(readable_channels)

    async def _is_readable(self, client: AsyncWebClient, person: str, channel: str) -> bool:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                return await _is_in_channel(client, person, channel)
        except (SlackRefusal, TryAgain, TimeoutError):
            return False


async def _is_in_channel(client: AsyncWebClient, person: str, channel: str) -> bool:
    slack = make_retrying_client(client)
    answer = await call_slack(slack.conversations_info(channel=channel))
    info = answer.get("channel") or {}
    private = info.get("is_private") or info.get("is_im") or info.get("is_mpim")
    if info.get("is_channel") and private is False:
        return True
    async for page in read_pages(slack.conversations_members, PAGES, channel=channel, limit=PAGE):
        if person in (page.get("members") or []):
            return True
    return False


# Membership of the workspace and readers of a channel, cached for ten minutes.

CACHE_SECONDS = 600.0
GROUPS_PER_PAGE = 200
AUTH_RETRY_SECONDS = 15.0  # seconds until auth.test is tried again
UNKNOWN_CHANNEL_ERRORS = frozenset({"channel_not_found"})

log = logging.getLogger("bot.slack")


@dataclass(frozen=True)
class Installation:
    """Where the bot's token is installed: in one workspace or, if `org_wide`, in an
    organization."""

    workspaces: frozenset[str]
    enterprise: str | None = None
    org_wide: bool = False

    def has(self, workspace: str, enterprise: str | None = None) -> bool:
        """Return whether this workspace belongs to the installation; `enterprise` is the
        organization that the request names."""
        if not workspace:
            return False
        ours = self.org_wide and self.enterprise is not None and enterprise == self.enterprise
        return workspace in self.workspaces or ours


class Membership:
    """Caches Slack's answers about people and channels; one instance per process."""

    def __init__(self, services: SlackServices, people: UserDirectory) -> None:
        self.people = people
        self._services = services
        self._client: AsyncWebClient = make_retrying_client(services.client)
        self._installation: Installation | None = None
        self._installing = asyncio.Lock()
        self._ask_again_at = 0.0
        self._channels = ExpiringCache[tuple[str, str], bool]()
        self._groups = ExpiringCache[tuple[str, str], frozenset[str]]()

    # Workspaces in which the app is installed.

    async def installation(self) -> Installation:
        """Return where the app is installed; Slack is asked once.

        While Slack is unavailable, the answer stored by an earlier process is used. Raise TryAgain
        when nothing is known yet.
        """
        if self._installation is not None:
            return self._installation
        async with self._installing:
            if self._installation is None and time.monotonic() >= self._ask_again_at:
                try:
                    self._installation = await self._fetch_installation()
                except (SlackRefusal, TryAgain) as why:
                    log.warning("auth.test failed: %s", why)
                    self._ask_again_at = time.monotonic() + AUTH_RETRY_SECONDS
            return self._installation or await self._load_installation()

    @property
    def cached_installation(self) -> Installation | None:
        """The installation if Slack has named it. It never calls Slack."""
        return self._installation

    async def _fetch_installation(self) -> Installation:
        answer = await call_slack(self._client.auth_test())
        team, enterprise = str(answer.get("team_id") or ""), answer.get("enterprise_id") or None
        if team:
            await self._services.database.run(Workspace.install, team, self._services.now())
        org_wide = bool(answer.get("is_enterprise_install"))
        return Installation(frozenset(filter(None, [team])), enterprise, org_wide)

    async def _load_installation(self) -> Installation:
        workspaces: frozenset[str] = await self._services.database.run(Workspace.installed)
        if not workspaces:
            raise TryAgain(
                "Slack has not said yet in which workspace the token is installed", words=SLACK_AWAY
            )
        return Installation(workspaces)

    # People.

    async def standing(self, workspace: str, user: str) -> UserStanding:
        """Return the person's standing in a workspace. Raise TryAgain."""
        installation = await self.installation()
        try:
            profile = await self.people.profile(workspace, user)
        except SlackRefusal as refusal:
            log.error("users.info failed: Slack says %s", refusal.error)
            raise TryAgain(f"Slack: {refusal.error}") from None
        if profile.user is None:
            return "gone"
        return classify_user(profile.user, workspace, installation.enterprise)

    def cached_standing(self, workspace: str, user: str) -> UserStanding | None:
        """Return the standing if it is cached. It never calls Slack."""
        profile = self.people.cached_profile(workspace, user)
        if profile is None or self._installation is None:
            return None
        if profile.user is None:
            return "gone"
        return classify_user(profile.user, workspace, self._installation.enterprise)

    async def is_member(self, workspace: str, user: str) -> bool:
        """Return whether this is a full member of an installed workspace. Raise TryAgain."""
        installation = await self.installation()
        if not (installation.org_wide or installation.has(workspace)):
            # for an organization's token the authorization gate has checked the workspace
            return False
        return await self.standing(workspace, user) == "member"

    # Rights.

    def policy(self, workspace: str) -> Policy:
        """Return the policy with the user groups that are cached. An unknown group has no
        members."""
        policy = self._services.policy(workspace)
        groups = {id: self._groups.get((workspace, id)) for id in policy.access.groups}
        return policy.resolve_groups(
            {id: people for id, people in groups.items() if people is not None}
        )

    async def resolve_policy(self, workspace: str) -> Policy:
        """Return the policy with all its user groups. Raise TryAgain."""
        for group in self._services.policy(workspace).access.groups:
            await self._load_group(workspace, group)
        return self.policy(workspace)

    async def may(self, workspace: str, user: str, right: Right) -> bool:
        """Return whether this person has this right. Raise TryAgain."""
        if not await self.is_member(workspace, user):
            return False
        return (await self.resolve_policy(workspace)).may(user, right)

    def knows_groups(self, workspace: str) -> bool:
        """Return whether the members of all user groups in the policy are cached."""
        groups = self._services.policy(workspace).access.groups
        return all(self._groups.get((workspace, id)) is not None for id in groups)

    async def _load_group(self, workspace: str, id: str) -> frozenset[str]:
        members = self._groups.get((workspace, id))
        if members is not None:
            return members
        try:
            answer = await call_slack(self._client.usergroups_users_list(usergroup=id))
            people = frozenset(str(one) for one in answer.get("users") or ())
        except SlackRefusal as refusal:
            log.error(
                "the members of user group %s can't be read: Slack says %s", id, refusal.error
            )
            people = frozenset()
        self._groups.put((workspace, id), people, CACHE_SECONDS)
        return people

    # Channels.

    def forget_channel(self, workspace: str, channel: str) -> None:
        """Drop a channel from the cache, because it was shared or unshared."""
        self._channels.drop((workspace, channel))

    def cached_closed(self, workspace: str, channel: str) -> bool | None:
        """Return whether a channel is closed if that is cached, else None. A direct message with
        one person is never closed."""
        if channel.startswith(("D", "U", "W")) or not channel:
            return False
        if channel in self.policy(workspace).access.shared_channels:
            return False
        return self._channels.get((workspace, channel))

    async def is_closed(self, workspace: str, channel: str) -> bool:
        """Return whether outsiders read this channel and the policy does not open it. Raise
        TryAgain."""
        closed = self.cached_closed(workspace, channel)
        if closed is not None:
            return closed
        outside = await self._is_read_by_outsiders(workspace, channel)
        self._channels.put((workspace, channel), outside, CACHE_SECONDS)
        return outside

    async def _is_read_by_outsiders(self, workspace: str, channel: str) -> bool:
        try:
            answer = await call_slack(self._client.conversations_info(channel=channel))
        except SlackRefusal as refusal:
            if refusal.error in UNKNOWN_CHANNEL_ERRORS:
                return False  # the intern is not in it, so nothing it writes can be read there
            log.error("conversations.info failed: Slack says %s", refusal.error)
            return True
        info = answer.get("channel") or {}
        if is_shared_outside(info, workspace):
            return True
        return bool(info.get("is_mpim")) and await self._has_outsiders(workspace, channel)

    async def _has_outsiders(self, workspace: str, channel: str) -> bool:
        """Return whether a group direct message has somebody who is no full member. Bots don't
        count."""
        try:
            answer = await call_slack(
                self._client.conversations_members(channel=channel, limit=GROUPS_PER_PAGE)
            )
        except SlackRefusal as refusal:
            log.error("conversations.members failed: Slack says %s", refusal.error)
            return True
        people = [str(one) for one in answer.get("members") or ()]
        standings = [await self.standing(workspace, one) for one in people]
        return any(one not in ("member", "bot") for one in standings)

    # Requests.

    async def admit(self, workspace: str, user: str, channels: Iterable[str]) -> Admission:
        """Return whether a request of this person in these channels may be worked on. Raise
        TryAgain."""
        if not await self.is_member(workspace, user):
            return "outsider"
        for channel in channels:
            if await self.is_closed(workspace, channel):
                return "closed"
        return "admitted"
