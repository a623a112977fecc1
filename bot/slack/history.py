"""What was said around a wish, as text: a thread, or the channel itself where that is meant.

Names are replaced by "Person 1" unless who said what is asked for; our own cards are left out; of
what is too long the latest is kept. Only the place where it was asked is read.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.core.thread_text import CUT, channel_named, days_back, wants_channel, wants_recap, written
from bot.errors import TryAgain
from bot.slack.client import Refused, ask, patient
from bot.text.escape import without_hidden

MOST = 8_000  # characters; the latest are kept
MOST_RECAP = 24_000  # of a conversation that is itself what is asked about
PAGE, PAGES = 200, 5
THREADS = 10  # of a channel, the latest, whose replies are read as well
DAY = 86_400  # seconds
NAMELESS = "Person "
TO = re.compile(r"\s*<@(\w+)")  # whom a message begins with
MARK = re.compile(r"<([^<>]*)>")

Call = Callable[..., Awaitable[Any]]
Name = Callable[[str], Awaitable[str | None]]


def wanted(place: Mapping[str, Any], words: str) -> bool:
    """Whether there is something to read: a thread, or the channel where the words mean it."""
    ts = place.get("thread")
    in_thread = bool(ts) and ts != str(place.get("asked") or "")
    return bool(place.get("channel")) and (in_thread or wants_channel(words) or wants_recap(words))


async def around(
    client: AsyncWebClient, place: Mapping[str, Any], words: str = "", name: Name | None = None
) -> str:
    """What people said in the thread where this was asked, or in its channel when the words mean
    that, or mean no thread that there is; "" when there is nothing to read, or we may not."""
    slack, asked = patient(client), str(place.get("asked") or "")
    channel, ts = place.get("channel"), place.get("thread")
    in_thread = bool(ts) and ts != asked
    recap = wants_recap(words)
    try:
        if channel and (wants_channel(words) or (recap and not in_thread)):
            said = await _channel(slack, str(channel), words, asked)
        elif channel and in_thread:
            said = await _pages(slack.conversations_replies, channel=str(channel), ts=str(ts))
        else:
            return ""
    except (Refused, TryAgain):
        return ""
    people = await _people(said, name) if recap and name else {}
    most = MOST_RECAP if recap or wants_channel(words) else MOST
    return as_material(said, until=asked, people=people, most=most)


async def _channel(
    slack: AsyncWebClient, channel: str, words: str, asked: str
) -> list[dict[str, Any]]:
    """The channel's messages of the days that are meant, the oldest first, with the replies in its
    latest threads. Nothing when another channel is named."""
    if other := channel_named(words):
        answer = await ask(slack.conversations_info(channel=channel))
        if str((answer.get("channel") or {}).get("name") or "") != other:
            return []
    now = float(asked) if asked.replace(".", "", 1).isdigit() else time.time()
    since = f"{now - days_back(words) * DAY:.6f}"
    roots = await _pages(slack.conversations_history, channel=channel, oldest=since)
    roots = sorted(roots, key=_ts)
    talked = [one for one in roots if one.get("reply_count")][-THREADS:]
    found = list(roots)
    for root in talked:
        try:
            replies = await _pages(slack.conversations_replies, channel=channel, ts=str(root["ts"]))
        except (Refused, TryAgain):
            break  # Slack lets us read no more now: what we have is told
        at = next(n for n, one in enumerate(found) if one is root)
        found[at + 1 : at + 1] = [one for one in replies if one.get("ts") != root["ts"]]
    return found


async def _pages(call: Call, **where: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(PAGES):
        page = await ask(call(**where, limit=PAGE, cursor=cursor))
        found += page.get("messages") or []
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


async def _people(said: list[dict[str, Any]], name: Name) -> dict[str, str]:
    """What those who speak or are spoken to are called, where Slack says it."""
    users = [str(one.get("user")) for one in said if one.get("user") and not one.get("bot_id")]
    users += [user for one in said for user in re.findall(r"<@(\w+)", str(one.get("text") or ""))]
    called = {user: await name(user) for user in dict.fromkeys(users)}
    return {user: known for user, known in called.items() if known}


def as_material(
    messages: list[dict[str, Any]],
    *,
    until: str = "",
    people: Mapping[str, str] | None = None,
    most: int = MOST,
) -> str:
    """Messages as lines "Person 1: …" (see bot.core.thread_text). Bots, what a bot was asked and
    answered, and what was said after `until` are left out. `people` are names by user."""
    named = dict(people or {})
    lines, begun = [], set()
    several = len({_thread(one) for one in messages}) > 1
    for message in _threaded(messages):
        late = bool(until) and str(message.get("ts", "")) >= until
        if late or message.get("bot_id") or message.get("subtype") not in (None, "file_share"):
            continue
        if _was_answered(message, messages):
            continue
        text = as_words(str(message.get("text") or ""), named)
        if text:
            replies = several and _thread(message) in begun
            begun.add(_thread(message))
            lines.append(written(_called(str(message.get("user")), named), text, replies=replies))
    return _latest(lines, most)


def _thread(message: dict[str, Any]) -> Any:
    return message.get("thread_ts") or message.get("ts")


def _threaded(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thread's replies behind the message that it begins with."""
    first = {_thread(one): n for n, one in reversed(list(enumerate(messages)))}
    return sorted(messages, key=lambda one: first[_thread(one)])


def _was_answered(message: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    """Whether it was said to a bot, by its name at the beginning, and the bot wrote in the same
    thread since: that is between the two of them. Of a thread that was not read we know that there
    are replies."""
    first = TO.match(str(message.get("text") or ""))
    if first is None:
        return False
    bots = {other.get("user") for other in messages if other.get("bot_id")}
    if message.get("reply_count") and first[1] in bots:
        return True
    thread = _thread(message)
    return any(
        other.get("bot_id") and other.get("user") == first[1] and _ts(other) > _ts(message)
        for other in messages
        if _thread(other) == thread
    )


def _ts(message: dict[str, Any]) -> float:
    return float(message.get("ts") or 0)


def as_words(text: str, people: dict[str, str] | None = None) -> str:
    """A message's text as its author typed it: no mark-up of Slack's, no ids of people."""
    named = {} if people is None else people
    shown = MARK.sub(lambda found: _spelled(found[1], named), text)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return without_hidden(shown).strip()


def _spelled(mark: str, people: dict[str, str]) -> str:
    """`@U1` → Person 1, `#C1|news` → #news, `https://x|our site` → our site (https://x)."""
    target, _, label = mark.partition("|")
    if target.startswith("@"):
        name = _called(target[1:], people)
        return name if name.startswith(NAMELESS) else f"@{name}"
    if target.startswith("#"):
        return f"#{label}" if label else ""
    if target.startswith("!"):
        return label
    target = target.removeprefix("mailto:").removeprefix("tel:")
    bare = re.sub(r"^https?://", "", target)
    return f"{label} ({target})" if label and label not in (target, bare) else target


def _called(user: str, people: dict[str, str]) -> str:
    return people.setdefault(user, f"{NAMELESS}{len(people) + 1}")


def _latest(lines: list[str], most: int) -> str:
    """The last messages, as many as there is room for; marked where older ones are left out."""
    kept: list[str] = []
    room = most
    for line in reversed(lines):
        if room <= 0:
            break
        if len(line) > room and kept:
            break  # a piece of a message would be nobody's
        kept.append(line if len(line) <= room else f"{line[: room - 1]}…")
        room -= len(line) + 1
    return "\n".join([*([CUT] if len(kept) < len(lines) else []), *reversed(kept)])
