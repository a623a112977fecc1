"""People in Slack: their profile, locale and language, and messages to one of them."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import TryAgain
from bot.i18n.messages import Language, Words, parse_language
from bot.slack.client import (
    ExpiringCache,
    SlackBusy,
    SlackNoAnswer,
    SlackRefusal,
    call_slack,
    make_retrying_client,
)

CACHE_SECONDS, FAILURE_CACHE_SECONDS = 600.0, 60.0
MAX_TRIES = 4
RETRY_SECONDS = 1.0  # between two tries, unless Slack says when
MAX_RETRY_SECONDS = 30.0  # the longest wait that Slack may ask for
UNKNOWN_USER_ERRORS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
# fields of Slack's user object that say whether somebody is a full member, and of which workspace
MEMBER_FIELDS = (
    *("id", "team_id", "deleted", "is_bot", "is_workflow_bot", "is_connector_bot"),
    *("is_stranger", "is_restricted", "is_ultra_restricted", "enterprise_user"),
)

log = logging.getLogger("bot.slack")


@dataclass(frozen=True)
class UserProfile:
    """What `users.info` says about one person. `user` holds MEMBER_FIELDS; it is None for an id
    that Slack does not know."""

    user: Mapping[str, Any] | None
    locale: str | None = None
    name: str = ""


class UserDirectory:
    """Asks Slack at most once in ten minutes for each person: one call for locale, name and
    membership.

    A failed call is not cached, except that an unknown locale is remembered for a minute.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._retrying_client = make_retrying_client(client)
        self._cache = ExpiringCache[tuple[str, str], UserProfile]()
        self._pending: dict[tuple[str, str], asyncio.Task[UserProfile]] = {}
        self._failed = ExpiringCache[tuple[str, str], bool]()

    async def profile(self, workspace: str, user: str) -> UserProfile:
        """Return the profile. Raise TryAgain while Slack can't be asked, SlackRefusal when it
        refuses.

        A cancelled caller leaves the call running for the next one.
        """
        if cached := self.cached_profile(workspace, user):
            return cached
        key = (workspace, user)
        if (pending := self._pending.get(key)) is None:
            pending = asyncio.get_running_loop().create_task(self._fetch(key))
            self._pending[key] = pending
            pending.add_done_callback(partial(self._finish_fetch, key))
        return await asyncio.shield(pending)

    def cached_profile(self, workspace: str, user: str) -> UserProfile | None:
        """Return the profile if it is cached. It never calls Slack."""
        return self._cache.get((workspace, user))

    async def name(self, workspace: str, user: str) -> str | None:
        """Return the display name; None when Slack doesn't say."""
        try:
            return (await self.profile(workspace, user)).name or None
        except (SlackRefusal, TryAgain):
            return None

    def cached_locale(self, workspace: str, user: str) -> str | None:
        """Return the locale if it is cached. It never calls Slack."""
        profile = self.cached_profile(workspace, user)
        return profile.locale if profile else None

    def forget(self, workspace: str, user: str) -> None:
        """Drop the person from the cache. The answer of a running call may be older and is not
        kept."""
        key = (workspace, user)
        self._cache.drop(key)
        self._pending.pop(key, None)
        self._failed.drop(key)

    async def locale(self, workspace: str, user: str) -> str | None:
        """Return the locale, for example "fr-FR"; None when Slack doesn't say."""
        if self._failed.get((workspace, user)):
            return self.cached_locale(workspace, user)
        try:
            return (await self.profile(workspace, user)).locale
        except (SlackRefusal, TryAgain):
            self._failed.put((workspace, user), True, FAILURE_CACHE_SECONDS)
            return None

    async def _fetch(self, key: tuple[str, str]) -> UserProfile:
        try:
            answer = await call_slack(
                self._retrying_client.users_info(user=key[1], include_locale=True)
            )
        except SlackRefusal as refusal:
            if refusal.error not in UNKNOWN_USER_ERRORS:
                raise
            profile = UserProfile(None)
        else:
            profile = _parse_profile(answer.get("user") or {})
        if self._pending.get(key) is asyncio.current_task():  # `forget` was not called meanwhile
            self._cache.put(key, profile, CACHE_SECONDS)
            self._failed.drop(key)
        return profile

    def _finish_fetch(self, key: tuple[str, str], pending: "asyncio.Task[UserProfile]") -> None:
        if self._pending.get(key) is pending:
            del self._pending[key]
        if not pending.cancelled():
            pending.exception()  # a caller that waits gets the exception; without one it is dropped

    async def language(self, workspace: str, user: str, *, within: float = 5.0) -> Language:
        """Return the person's screen language; English when it is not known in `within` seconds."""
        with contextlib.suppress(TimeoutError):
            return parse_language(await asyncio.wait_for(self.locale(workspace, user), within))
        return "en"

    async def open_direct_message(self, user: str) -> str:
        """Return the id of the direct message with them. Raise SlackRefusal or TryAgain."""
        answer = await call_slack(self._retrying_client.conversations_open(users=user))
        return str(answer["channel"]["id"])

    async def notify(
        self, workspace: str, user: str, words: Words, channel: str | None, thread: str | None
    ) -> None:
        """Show a message to one person alone: in the channel, else in their direct messages.

        While Slack is busy it is tried a few times, at the time that Slack names; the last try is a
        direct message.
        """
        text = words.to(await self.language(workspace, user))
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                if channel and tries_left:
                    if await self.send_ephemeral(user, text, channel, thread):
                        return
                    channel = None  # it may have been shown already, so it is not sent there again
                await self._send_direct_message(user, text)
            except SlackBusy as busy:
                await asyncio.sleep(min(busy.after or RETRY_SECONDS, MAX_RETRY_SECONDS))
            except TryAgain:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return
        log.error("a message to one person was dropped: Slack stayed busy")

    async def send_ephemeral(self, user: str, text: str, channel: str, thread: str | None) -> bool:
        """Return whether Slack showed the message in the channel. Raise SlackBusy when Slack took
        nothing."""
        arguments: dict[str, Any] = {"channel": channel, "user": user, "text": text}
        try:
            await call_slack(self._client.chat_postEphemeral(**arguments, thread_ts=thread))
        except SlackBusy:
            raise
        except (SlackRefusal, TryAgain):
            return False
        return True

    async def _send_direct_message(self, user: str, text: str) -> None:
        arguments: dict[str, Any] = {"text": text, "unfurl_links": False, "unfurl_media": False}
        try:
            await call_slack(
                self._client.chat_postMessage(
                    channel=await self.open_direct_message(user), **arguments
                )
            )
        except SlackRefusal as refusal:
            log.error("a message to one person was refused by Slack: %s", refusal.error)
        except SlackNoAnswer:  # it was probably sent; sending again would duplicate it
            log.warning("a message to one person was sent, but Slack gave no answer")


def _parse_profile(user: Mapping[str, Any]) -> UserProfile:
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"))
    name = next((str(one) for one in names if one), "")
    return UserProfile(
        {key: user.get(key) for key in MEMBER_FIELDS}, user.get("locale") or None, name
    )
