"""People in Slack: which language they read, and a word to one of them alone."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import TryAgain
from bot.slack.calls import Busy, Lost, Refused, ask, patient
from bot.words import Language, Words, language_of

KEPT, FAILURE_KEPT = 3600.0, 60.0  # seconds
MOST = 10_000
TOLD, PAUSE, LONGEST = 4, 1.0, 30.0  # tries; seconds between two, and when Slack names them

log = logging.getLogger("bot.slack")


class People:
    """Asks Slack once an hour for each person."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._patient = patient(client)
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}
        self._names: dict[tuple[str, str], tuple[float, str]] = {}

    async def name(self, workspace: str, user: str) -> str | None:
        """What they are called on the screen; None when Slack doesn't say."""
        until, kept = self._names.get((workspace, user), (0.0, ""))
        if until > time.monotonic():
            return kept or None
        try:
            answer = await ask(self._patient.users_info(user=user))
        except (Refused, TryAgain):
            return None
        found = answer.get("user") or {}
        profile = found.get("profile") or {}
        names = (profile.get("display_name"), profile.get("real_name"), found.get("real_name"))
        name = next((str(one) for one in names if one), "")
        if len(self._names) >= MOST:
            self._names.clear()
        self._names[workspace, user] = (time.monotonic() + KEPT, name)
        return name or None

    def known(self, workspace: str, user: str) -> str | None:
        """Their locale, if it was asked lately; never a call."""
        until, locale = self._known.get((workspace, user), (0.0, None))
        return locale if until > time.monotonic() else None

    def forget(self, workspace: str, user: str) -> None:
        """Ask again next time."""
        self._known.pop((workspace, user), None)

    async def locale(self, workspace: str, user: str) -> str | None:
        """Their locale ("fr-FR"); None when Slack doesn't say."""
        until, kept = self._known.get((workspace, user), (0.0, None))
        if until > time.monotonic():
            return kept
        try:
            answer = await ask(self._patient.users_info(user=user, include_locale=True))
        except (Refused, TryAgain):
            return self._keep(workspace, user, None, FAILURE_KEPT)
        return self._keep(workspace, user, answer.get("user", {}).get("locale"), KEPT)

    def _keep(self, workspace: str, user: str, locale: str | None, seconds: float) -> str | None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[workspace, user] = (time.monotonic() + seconds, locale or None)
        return locale or None

    async def language(self, workspace: str, user: str, *, within: float = 5.0) -> Language:
        """The language they read on the screen; English when it isn't known in time."""
        with contextlib.suppress(TimeoutError):
            return language_of(await asyncio.wait_for(self.locale(workspace, user), within))
        return "en"

    async def direct(self, user: str) -> str:
        """The id of our direct message with them. Raises Refused or TryAgain."""
        answer = await ask(self._patient.conversations_open(users=user))
        return str(answer["channel"]["id"])

    async def tell(
        self, workspace: str, user: str, words: Words, channel: str | None, thread: str | None
    ) -> None:
        """A sentence that only they see, where they are; else in their direct messages. Where Slack
        has no time for it, again when it says so, a few times, and the last time directly."""
        text = words.to(await self.language(workspace, user))
        for left in reversed(range(TOLD)):
            try:
                if channel and left:
                    if await self.whispered(user, text, channel, thread):
                        return
                    channel = None  # it may have been shown after all: not there again
                await self._written(user, text)
            except Busy as busy:
                await asyncio.sleep(min(busy.after or 1.0, LONGEST))
            except TryAgain:
                await asyncio.sleep(PAUSE)
            else:
                return
        log.error("a sentence could not be told: Slack was busy")

    async def whispered(self, user: str, text: str, channel: str, thread: str | None) -> bool:
        """Whether Slack has shown them this where they are. Raises Busy when it took nothing."""
        told: dict[str, Any] = {"channel": channel, "user": user, "text": text}
        try:
            await ask(self._client.chat_postEphemeral(**told, thread_ts=thread))
        except Busy:
            raise
        except (Refused, TryAgain):
            return False
        return True

    async def _written(self, user: str, text: str) -> None:
        told: dict[str, Any] = {"text": text, "unfurl_links": False, "unfurl_media": False}
        try:
            await ask(self._client.chat_postMessage(channel=await self.direct(user), **told))
        except Refused as no:
            log.error("a sentence could not be told: %s", no.error)
        except Lost:  # it was most likely told; a second time would be one too many
            log.warning("a sentence was told, and Slack did not say so")
