"""conversations.history and conversations.replies, page by page; reactions."""

import re

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.message import Message
from bot.playground.methods.chat import visible
from bot.playground.methods.registry import Body, method
from bot.playground.place import Place, between
from bot.playground.refusals import Refused

HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
TS = re.compile(r"\d{1,10}(\.\d{1,6})?")


@method("conversations.history", *HISTORY)
def history(slack: Board, args: Arguments) -> Body:
    """What stands in a channel itself, the newest first."""
    place = readable(slack, args)
    oldest, latest, inclusive = span(args)
    if cursor := cursor_of(args):
        latest, inclusive = cursor, False
    found = between(place.roots, oldest, latest, inclusive=inclusive)[::-1]
    return page(slack, args, found)


@method("conversations.replies", *HISTORY)
def replies(slack: Board, args: Arguments) -> Body:
    """A thread: the message that started it, then the replies, the oldest first."""
    place = readable(slack, args)
    ts = args.need("ts")
    message = place.by_ts.get(ts)
    if message is None:
        raise Refused("thread_not_found")
    root = place.by_ts.get(message.thread_ts or ts, message)
    oldest, latest, inclusive = span(args)
    cursor = cursor_of(args)
    if cursor:
        oldest, inclusive = cursor, False
    found = between(root.replies, oldest, latest, inclusive=inclusive)
    return page(slack, args, found if cursor else [root, *found])


@method("reactions.add", "reactions:write")
def add_reaction(slack: Board, args: Arguments) -> Body:
    """Adds the bot's emoji to a message."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    name = args.need("name", "invalid_name")
    message = place.by_ts.get(args.need("timestamp", "no_item_specified"))
    if message is None:
        raise Refused("message_not_found")
    users = message.reactions.setdefault(name, [])
    if slack.bot_user in users:
        raise Refused("already_reacted")
    users.append(slack.bot_user)
    slack.changed("edit", place.id, message.ts)
    return {}


def readable(slack: Board, args: Arguments) -> Place:
    """A place whose messages the bot may read: one that it is in."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    if slack.bot_user not in place.members:
        raise Refused("not_in_channel")
    return place


def span(args: Arguments) -> tuple[str, str, bool]:
    """oldest, latest, and whether these two belong to it."""
    oldest, latest = args.word("oldest"), args.word("latest")
    if oldest and not TS.fullmatch(oldest):
        raise Refused("invalid_ts_oldest")
    if latest and not TS.fullmatch(latest):
        raise Refused("invalid_ts_latest")
    return oldest, latest, args.flag("inclusive")


def cursor_of(args: Arguments) -> str:
    """The ts after which the next page begins; empty on the first page."""
    cursor = args.word("cursor")
    if not cursor:
        return ""
    if not cursor.startswith("ts:") or not TS.fullmatch(cursor[3:]):
        raise Refused("invalid_cursor")
    return cursor[3:]


def page(slack: Board, args: Arguments, found: list[Message]) -> Body:
    """The first of these messages, and the cursor to the rest."""
    limit = args.number("limit", 100, most=1000)
    shown, more = found[:limit], len(found) > limit
    metadata = args.flag("include_all_metadata")
    body: Body = {
        "messages": [one.as_slack(slack.team_of(one.user), metadata=metadata) for one in shown],
        "has_more": more,
    }
    if more:
        body["response_metadata"] = {"next_cursor": f"ts:{shown[-1].ts}"}
    return body
