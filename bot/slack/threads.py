"""Where a request was made (its Place), and the thread or channel around it, read as text.

Other packages only store a Place. `channel` and `thread` are where the request was made, `asked` is
the ts of its message, and `user` its author. With `dm` the messages go to the user's direct
messages. `under` is a thread of the intern that the request continues. `fallback` is the reason why
messages go to the user's direct messages after all. `heirs` receive them when the user has left.

A thread or a channel is material for a request. Names are replaced by "Person 1" unless the request
asks who said what. The intern's own cards are left out. Of a long conversation the latest messages
are kept. Only the place of the request is read.
"""

import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.core.thread_text import (
    ATTACHMENT,
    TRUNCATION_MARK,
    count_days_back,
    find_channel_name,
    format_message,
    wants_channel,
    wants_recap,
)
from bot.errors import TryAgain
from bot.messages.outbox import OutboxMessage
from bot.slack.client import SlackRefusal, call_slack, make_retrying_client, read_pages
from bot.tasks.conversation import SlackMessage
from bot.text.escape import strip_hidden

MAX_THREAD_CARDS = 50  # the newest cards of one thread

Place = dict[str, Any]


@dataclass(frozen=True)
class ChannelThread:
    """A channel, and the thread in it if there is one."""

    channel: str
    thread: str | None = None


def make_place(
    channel: str,
    user: str,
    *,
    thread: str | None = None,
    asked: str | None = None,
    private: bool = False,
) -> Place:
    fields = {"channel": channel, "thread": thread, "asked": asked, "user": user}
    place: Place = {key: value for key, value in fields.items() if value}
    return place | ({"dm": True} if private and not channel.startswith("D") else {})


def add_heirs(place: Place, heirs: Sequence[str], *, private: bool) -> Place:
    """Return the Place of a task that nobody typed, with the people who get it when its owner has
    left."""
    dm = private and not place["channel"].startswith("D")
    return place | {"heirs": list(heirs)} | ({"dm": True} if dm else {})


def continue_in_thread(place: Place, card: OutboxMessage | None) -> Place:
    """Return the Place of what follows this card, in the card's thread."""
    fresh = {key: value for key, value in place.items() if key not in ("fallback", "under")}
    thread = find_card_thread(card) if card is not None else None
    return fresh | (
        {"under": {"channel": thread.channel, "thread": thread.thread}} if thread else {}
    )


def read_whole_thread(place: Place) -> Place:
    """Return the Place of a request that a button makes. It has no message of its own, so that all
    of the thread comes before it."""
    under = place.get("under") or {}
    thread = under.get("thread") if under.get("channel") == place.get("channel") else None
    thread = thread or place.get("thread") or place.get("asked")
    rest = {key: value for key, value in place.items() if key != "asked"}
    return rest | ({"thread": thread} if thread else {})


def resolve_thread(place: Place) -> ChannelThread | None:
    """Return where a message goes; None when a direct message must be opened first."""
    if place.get("fallback"):
        return None
    if target := place.get("under"):
        return ChannelThread(target["channel"], target["thread"])
    if place.get("dm") or "channel" not in place:
        return None
    return ChannelThread(place["channel"], place.get("thread"))


def find_card_thread(card: OutboxMessage) -> ChannelThread | None:
    """Return the thread that a card is in or starts; None while the card is not posted."""
    if not card.ts or not card.channel:
        return None
    thread = resolve_thread(card.place)
    root = thread.thread if thread and thread.channel == card.channel else None
    return ChannelThread(card.channel, root or card.ts)


def find_thread(place: Mapping[str, Any]) -> ChannelThread | None:
    """Return the thread that the request was made in, or the one that it started. None for a
    private request in a channel: nothing about it may be seen there."""
    if place.get("dm") or place.get("fallback") or "channel" not in place:
        return None
    return ChannelThread(place["channel"], place.get("thread") or place.get("asked"))


async def set_status(client: AsyncWebClient, place: Mapping[str, Any], text: str) -> None:
    """Show in the request's thread what is being done; an empty text clears it. Where Slack
    refuses or is away, nothing is shown."""
    thread = find_thread(place)
    if thread is None or thread.thread is None:
        return
    arguments = {"channel_id": thread.channel, "thread_ts": thread.thread, "status": text}
    with contextlib.suppress(SlackRefusal, TryAgain):
        await call_slack(client.api_call("assistant.threads.setStatus", json=arguments))


def list_thread_cards(
    session: Session, workspace: str, thread: ChannelThread
) -> list[OutboxMessage]:
    """Return the posted cards in this thread, newest first."""
    root = thread.thread
    in_thread = or_(
        OutboxMessage.ts == root,
        OutboxMessage.place["thread"].as_string() == root,
        OutboxMessage.place["under"]["thread"].as_string() == root,
    )
    cards = (
        select(OutboxMessage)
        .where(
            OutboxMessage.workspace == workspace,
            OutboxMessage.kind == "card",
            OutboxMessage.channel == thread.channel,
            in_thread,
        )
        .order_by(OutboxMessage.ts.desc())
        .limit(MAX_THREAD_CARDS)
    )
    return [card for card in session.scalars(cards) if _is_in_thread(card, root)]


def _is_in_thread(card: OutboxMessage, root: str | None) -> bool:
    spot = find_card_thread(card)
    return spot is not None and spot.thread == root


def is_same_conversation(one: Place, other: Place) -> bool:
    """Return whether two requests belong together: made in one thread, or by one person in one
    channel. A private request belongs only to private requests of the same person."""
    if one["channel"] != other["channel"] or bool(one.get("dm")) != bool(other.get("dm")):
        return False
    if one.get("user") == other.get("user"):
        return True
    thread = None if one.get("dm") else one.get("thread")
    return thread is not None and thread == other.get("thread")


# Reading a thread or a channel.

MAX_THREAD_CHARACTERS = 8_000  # the latest characters are kept
MAX_RECAP_CHARACTERS = 24_000  # for a recap, whose subject is the conversation itself
PAGE, PAGES = 200, 5
MAX_THREADS = 10  # the latest threads of a channel, whose replies are read as well
DAY_SECONDS = 86_400
UNNAMED_PERSON = "Person "
ADDRESSEE = re.compile(r"\s*<@(\w+)")  # the mention that a message begins with
MARKUP = re.compile(r"<([^<>]*)>")

HistoryCall = Callable[..., Awaitable[Any]]
NameLookup = Callable[[str], Awaitable[str | None]]


def needs_history(place: Mapping[str, Any], words: str, *, is_recap: bool = False) -> bool:
    """Return whether there is something to read: a thread, or the channel when the words refer to
    it or a recap is asked for."""
    ts = place.get("thread")
    in_thread = bool(ts) and ts != str(place.get("asked") or "")
    is_recap = is_recap or wants_recap(words)
    return bool(place.get("channel")) and (in_thread or wants_channel(words) or is_recap)


async def read_conversation(
    client: AsyncWebClient,
    place: Mapping[str, Any],
    words: str = "",
    name: NameLookup | None = None,
    *,
    is_recap: bool = False,
) -> str:
    """Return what people said in the request's thread, or in its channel when the words refer to
    the channel or a recap is asked for outside a thread. A recap has people's names, and files.

    Return "" when there is nothing to read or Slack refuses.
    """
    slack, request_ts = make_retrying_client(client), str(place.get("asked") or "")
    channel, ts = place.get("channel"), place.get("thread")
    in_thread = bool(ts) and ts != request_ts
    recap = is_recap or wants_recap(words)
    try:
        if channel and (wants_channel(words) or (recap and not in_thread)):
            messages = await _read_channel(slack, str(channel), words, request_ts)
        elif channel and in_thread:
            messages = await _read_messages(
                slack.conversations_replies, channel=str(channel), ts=str(ts)
            )
        else:
            return ""
    except (SlackRefusal, TryAgain):
        return ""
    people = await _look_up_names(messages, name) if recap and name else {}
    limit = MAX_RECAP_CHARACTERS if recap or wants_channel(words) else MAX_THREAD_CHARACTERS
    return format_messages(messages, until=request_ts, people=people, limit=limit, with_files=recap)


async def read_thread(
    client: AsyncWebClient, channel: str, thread: str, until: str, pieces: Mapping[str, str]
) -> list[SlackMessage]:
    """Return the messages of a thread before `until`, oldest first: people's with their author, the
    intern's cards with what they show. `pieces` are those of the cards, by ts. Return nothing when
    Slack refuses or is away."""
    slack = make_retrying_client(client)
    try:
        messages = await _read_messages(slack.conversations_replies, channel=channel, ts=thread)
    except (SlackRefusal, TryAgain):
        return []
    found: list[SlackMessage] = []
    names: dict[str, str] = {}
    own = [f"<@{one['user']}>" for one in messages if one.get("bot_id") and one.get("user")]
    for message in messages:
        ts, author = str(message.get("ts", "")), str(message.get("user") or "")
        if until and ts >= until:
            continue
        typed = str(message.get("text") or "")
        for mention in set(own):  # of the intern, as a message to it begins
            typed = typed.replace(mention, "")
        text = remove_markup(typed, names)
        if ts in pieces:
            found.append(SlackMessage(text, piece=pieces[ts]))
        elif not message.get("bot_id") and text:
            found.append(SlackMessage(text, author=author))
    return found


async def _read_channel(
    slack: AsyncWebClient, channel: str, words: str, request_ts: str
) -> list[dict[str, Any]]:
    """Return the channel's messages of the period that the words name, oldest first, with the
    replies of its latest threads. Return nothing when the words name another channel."""
    if other := find_channel_name(words):
        answer = await call_slack(slack.conversations_info(channel=channel))
        if str((answer.get("channel") or {}).get("name") or "") != other:
            return []
    now = float(request_ts) if request_ts.replace(".", "", 1).isdigit() else time.time()
    since = f"{now - count_days_back(words) * DAY_SECONDS:.6f}"
    roots = await _read_messages(slack.conversations_history, channel=channel, oldest=since)
    roots = sorted(roots, key=_read_ts)
    threads = [one for one in roots if one.get("reply_count")][-MAX_THREADS:]
    messages = list(roots)
    for root in threads:
        try:
            replies = await _read_messages(
                slack.conversations_replies, channel=channel, ts=str(root["ts"])
            )
        except (SlackRefusal, TryAgain):
            break  # Slack refuses more reading now: use what was read so far
        at = next(n for n, one in enumerate(messages) if one is root)
        messages[at + 1 : at + 1] = [one for one in replies if one.get("ts") != root["ts"]]
    return messages


async def _read_messages(call: HistoryCall, **where: str) -> list[dict[str, Any]]:
    pages = read_pages(call, PAGES, **where, limit=PAGE)
    return [message async for page in pages for message in page.get("messages") or []]


async def _look_up_names(messages: list[dict[str, Any]], name: NameLookup) -> dict[str, str]:
    """Return the names of the people who write or are mentioned, where Slack knows them."""
    users = [str(one.get("user")) for one in messages if one.get("user") and not one.get("bot_id")]
    for one in messages:
        users += re.findall(r"<@(\w+)", str(one.get("text") or ""))
    called = {user: await name(user) for user in dict.fromkeys(users)}
    return {user: known for user, known in called.items() if known}


def format_messages(
    messages: list[dict[str, Any]],
    *,
    until: str = "",
    people: Mapping[str, str] | None = None,
    limit: int = MAX_THREAD_CHARACTERS,
    with_files: bool = False,
) -> str:
    """Format messages as lines "Person 1: …" (see bot.core.thread_text).

    Leaves out bots, messages that a bot answered, and messages after `until`. `people` maps user
    ids to names.
    """
    names = dict(people or {})
    lines, started_threads = [], set()
    several = len({_read_thread_ts(one) for one in messages}) > 1
    for message in _sort_by_thread(messages):
        late = bool(until) and str(message.get("ts", "")) >= until
        if late or message.get("bot_id") or message.get("subtype") not in (None, "file_share"):
            continue
        if _is_answered_by_bot(message, messages):
            continue
        text = remove_markup(str(message.get("text") or ""), names)
        if with_files:
            files = [strip_hidden(str(one.get("name"))) for one in message.get("files") or ()]
            text = "\n".join([*filter(None, [text]), *(f"{ATTACHMENT}{name}" for name in files)])
        if text:
            replies = several and _read_thread_ts(message) in started_threads
            started_threads.add(_read_thread_ts(message))
            lines.append(
                format_message(_name_person(str(message.get("user")), names), text, replies=replies)
            )
    return _keep_latest(lines, limit)


def _read_thread_ts(message: dict[str, Any]) -> Any:
    return message.get("thread_ts") or message.get("ts")


def _sort_by_thread(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order the messages so that each thread's replies follow its first message."""
    first = {_read_thread_ts(one): n for n, one in reversed(list(enumerate(messages)))}
    return sorted(messages, key=lambda one: first[_read_thread_ts(one)])


def _is_answered_by_bot(message: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    """Return whether the message begins with a bot's mention and that bot wrote later in the same
    thread: it is then a request to the bot. Of a thread that was not read only the number of
    replies is known."""
    first = ADDRESSEE.match(str(message.get("text") or ""))
    if first is None:
        return False
    bots = {other.get("user") for other in messages if other.get("bot_id")}
    if message.get("reply_count") and first[1] in bots:
        return True
    thread = _read_thread_ts(message)
    return any(
        other.get("bot_id")
        and other.get("user") == first[1]
        and _read_ts(other) > _read_ts(message)
        for other in messages
        if _read_thread_ts(other) == thread
    )


def _read_ts(message: dict[str, Any]) -> float:
    return float(message.get("ts") or 0)


def remove_markup(text: str, people: dict[str, str] | None = None) -> str:
    """Return a message's text as its author typed it, without Slack's mark-up and user ids."""
    names = {} if people is None else people
    plain = MARKUP.sub(lambda match: _render_markup(match[1], names), text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return strip_hidden(plain).strip()


def _render_markup(mark: str, people: dict[str, str]) -> str:
    """`@U1` → Person 1, `#C1|news` → #news, `https://x|our site` → our site (https://x)."""
    target, _, label = mark.partition("|")
    if target.startswith("@"):
        name = _name_person(target[1:], people)
        return name if name.startswith(UNNAMED_PERSON) else f"@{name}"
    if target.startswith("#"):
        return f"#{label}" if label else ""
    if target.startswith("!"):
        return label
    target = target.removeprefix("mailto:").removeprefix("tel:")
    bare = re.sub(r"^https?://", "", target)
    return f"{label} ({target})" if label and label not in (target, bare) else target


def _name_person(user: str, people: dict[str, str]) -> str:
    return people.setdefault(user, f"{UNNAMED_PERSON}{len(people) + 1}")


def _keep_latest(lines: list[str], limit: int) -> str:
    """Keep the last messages that fit, with a mark when older ones are left out."""
    latest: list[str] = []
    room = limit
    for line in reversed(lines):
        if room <= 0:
            break
        if len(line) > room and latest:
            break  # never keep a part of a message
        latest.append(line if len(line) <= room else f"{line[: room - 1]}…")
        room -= len(line) + 1
    return "\n".join([*([TRUNCATION_MARK] if len(latest) < len(lines) else []), *reversed(latest)])
