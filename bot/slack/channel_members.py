"""Which channels a person reads: those in which they pressed something, and what Slack says."""

import asyncio
import time
from collections.abc import Collection

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import TryAgain
from bot.slack.client import Refused, ask, patient

PRESSED_FOR, KEPT_FOR = 600.0, 60.0  # seconds
WITHIN = 1.5  # seconds for all questions of one press: Slack waits three for its answer
PAGE, PAGES = 1_000, 5
MOST_KEPT, MOST_ASKED = 20_000, 20

Key = tuple[str, str, str]  # workspace, person, channel


class ChannelMembers:
    """One for each process that listens. What is not known is not readable."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}

    def pressed_in(self, workspace: str, person: str, channel: str) -> None:
        """Slack itself said that they pressed or typed something there."""
        self._keep((workspace, person, channel), PRESSED_FOR)

    def known(self, workspace: str, person: str, channels: Collection[str]) -> frozenset[str]:
        """Those of `channels` that they were found to read lately; never a call."""
        now = time.monotonic()
        return frozenset(
            one for one in channels if self._until.get((workspace, person, one), 0.0) > now
        )

    async def readable(
        self, client: AsyncWebClient, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Those of `channels` that are public or have this person in them. A channel that Slack
        doesn't tell of in time is not among them."""
        found = set(self.known(workspace, person, channels))
        missing = [one for one in channels if one not in found and not one.startswith("D")]
        asked = [self._is_readable(client, person, one) for one in missing[:MOST_ASKED]]
        for channel, readable in zip(missing, await asyncio.gather(*asked), strict=False):
            if readable:
                self._keep((workspace, person, channel), KEPT_FOR)
                found.add(channel)
        return frozenset(found)

    async def _is_readable(self, client: AsyncWebClient, person: str, channel: str) -> bool:
        try:
            async with asyncio.timeout(WITHIN):
                return await _reads(client, person, channel)
        except (Refused, TryAgain, TimeoutError):
            return False

    def _keep(self, key: Key, seconds: float) -> None:
        if len(self._until) >= MOST_KEPT:
            self._until.clear()
        now = time.monotonic()
        self._until[key] = max(now + seconds, self._until.get(key, 0.0))


async def _reads(client: AsyncWebClient, person: str, channel: str) -> bool:
    slack = patient(client)
    answer = await ask(slack.conversations_info(channel=channel))
    told = answer.get("channel") or {}
    private = told.get("is_private") or told.get("is_im") or told.get("is_mpim")
    if told.get("is_channel") and private is False:
        return True
    cursor = None
    for _ in range(PAGES):
        page = await ask(slack.conversations_members(channel=channel, limit=PAGE, cursor=cursor))
        if person in (page.get("members") or []):
            return True
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return False
