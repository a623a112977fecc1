"""response_url: what the app says in answer to a command or a click."""

import time

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods.chat import content
from bot.playground.passes import ResponseUrl
from bot.playground.refusals import Refused


def respond(slack: Board, id: str, args: Arguments) -> None:
    """Posts, replaces or deletes; five times within half an hour, in any channel."""
    url = _usable(slack, id)
    original = url.original if url.original and not url.original.deleted else None
    if args.flag("delete_original"):
        if original is None:
            raise Refused("message_not_found", status=404)
        slack.erase(original)
    elif args.flag("replace_original") and original is not None:
        fields = content(slack, args)
        slack.rewrite(original, slack.bot_user, **fields)
    else:
        _say(slack, url, args)
    url.left -= 1


def _usable(slack: Board, id: str) -> ResponseUrl:
    url = slack.response_urls.get(id)
    if url is None or time.monotonic() > url.expires:
        raise Refused("expired_url", status=404)
    if url.left < 1:
        raise Refused("used_url", status=404)
    return url


def _say(slack: Board, url: ResponseUrl, args: Arguments) -> None:
    kind = args.word("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise Refused("invalid_arguments", ["[ERROR] unknown response_type"])
    place = slack.place(url.channel)
    fields = content(slack, args)
    thread_ts = args.word("thread_ts") or url.thread_ts
    message = slack.own_message(place.id, fields.pop("text"), thread_ts=thread_ts, **fields)
    if kind == "in_channel":
        slack.post(place, message)
    else:
        message.ephemeral_to = url.user
        slack.whisper(place, message)
