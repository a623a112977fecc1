"""The thread around a wish, as text: names replaced, our own cards left out, not too long."""

import re
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import TryAgain
from bot.safe import plain
from bot.slack.calls import Refused, ask, patient

MOST = 8_000  # characters; the latest are kept
PAGE, PAGES = 200, 5
MARK = re.compile(r"<([^<>]*)>")


async def thread(client: AsyncWebClient, place: Mapping[str, Any]) -> str:
    """What people said in the thread where this was asked; "" when there is nothing to read."""
    channel, ts = place.get("channel"), place.get("thread")
    if not channel or not ts or ts == place.get("asked"):
        return ""
    try:
        said = await _messages(patient(client), str(channel), str(ts))
    except (Refused, TryAgain):
        return ""
    return as_material(said, until=str(place.get("asked") or ""))


async def _messages(client: AsyncWebClient, channel: str, ts: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(PAGES):
        page = await ask(
            client.conversations_replies(channel=channel, ts=ts, limit=PAGE, cursor=cursor)
        )
        found += page.get("messages") or []
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


def as_material(messages: list[dict[str, Any]], *, until: str = "") -> str:
    """A thread as lines "Person 1: …"; bots and what was said after `until` left out."""
    people: dict[str, str] = {}
    lines = []
    for message in messages:
        late = bool(until) and str(message.get("ts", "")) >= until
        if late or message.get("bot_id") or message.get("subtype") not in (None, "file_share"):
            continue
        text = as_words(str(message.get("text") or ""), people)
        if text:
            lines.append(f"{_called(str(message.get('user')), people)}: {text}")
    return _latest(lines)


def as_words(text: str, people: dict[str, str] | None = None) -> str:
    """A message's text as its author typed it: no mark-up of Slack's, no ids of people."""
    named = {} if people is None else people
    shown = MARK.sub(lambda found: _spelled(found[1], named), text)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return plain(shown).strip()


def _spelled(mark: str, people: dict[str, str]) -> str:
    """`@U1` → Person 1, `#C1|news` → #news, `https://x|our site` → our site (https://x)."""
    target, _, label = mark.partition("|")
    if target.startswith("@"):
        return _called(target[1:], people)
    if target.startswith("#"):
        return f"#{label}" if label else ""
    if target.startswith("!"):
        return label
    target = target.removeprefix("mailto:").removeprefix("tel:")
    bare = re.sub(r"^https?://", "", target)
    return f"{label} ({target})" if label and label not in (target, bare) else target


def _called(user: str, people: dict[str, str]) -> str:
    return people.setdefault(user, f"Person {len(people) + 1}")


def _latest(lines: list[str]) -> str:
    """The last lines, as many as there is room for."""
    kept: list[str] = []
    room = MOST
    for line in reversed(lines):
        if room <= 0:
            break
        kept.append(line if len(line) <= room else f"…{line[len(line) - room + 1 :]}")
        room -= len(line) + 1
    return "\n".join(reversed(kept))
