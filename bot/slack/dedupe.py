"""Finding a message or a file of ours again, when the answer to its sending was lost."""

import time
from collections.abc import AsyncIterator
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.messages.outbox import Post
from bot.slack.action_ids import EVENT_TYPE
from bot.slack.client import Refused, ask
from bot.slack.location import Spot

PAGE, PAGES = 200, 5
CLOCKS = 86_400.0  # seconds that our clock may run before Slack's


async def message(client: AsyncWebClient, spot: Spot, post: Post) -> str | None:
    """The ts of the message that carries this post's id. Raises TryAgain."""
    async for one in _since(client, spot, post):
        told = one.get("metadata") or {}
        payload = told.get("event_payload") or {}
        if told.get("event_type") == EVENT_TYPE and payload.get("post") == post.id:
            return str(one["ts"])
    return None


async def file(client: AsyncWebClient, spot: Spot, post: Post, name: str) -> str | None:
    """The id of the file with this name, which no other file has. Raises TryAgain."""
    async for one in _since(client, spot, post):
        for shared in one.get("files") or []:
            if shared.get("name") == name:
                return str(shared["id"])
    return None


async def _since(client: AsyncWebClient, spot: Spot, post: Post) -> AsyncIterator[dict[str, Any]]:
    """What was said there since the row was made; nothing where we may not read."""
    made = min(post.made_at.timestamp(), time.time())  # a clock set ahead tells of days to come
    oldest, cursor = f"{made - CLOCKS:.6f}", None
    for _ in range(PAGES):
        asked: dict[str, Any] = {
            "channel": spot.channel,
            "oldest": oldest,
            "limit": PAGE,
            "cursor": cursor,
            "include_all_metadata": True,
        }
        try:
            if spot.thread:
                page = await ask(client.conversations_replies(ts=spot.thread, **asked))
            else:
                page = await ask(client.conversations_history(**asked))
        except Refused:
            return
        for one in page.get("messages") or []:
            yield one
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
