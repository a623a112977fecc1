"""chat.startStream, appendStream, stopStream: messages that grow before people's eyes."""

import time
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.blocks import check_message_blocks, named
from bot.playground.board import Board
from bot.playground.message import Message
from bot.playground.methods.chat import MOST_MARKDOWN, metadata, own, thread_of, writable
from bot.playground.methods.registry import Body, method
from bot.playground.refusals import Faults, Refused
from bot.playground.shapes import Shape, anything, by_type, list_of, one_of, words

SESSION_STATUSES = ("active", "processing", "suspended", "closed")
TOO_LONG = f"must be less than {MOST_MARKDOWN + 1} characters"
CHUNK = by_type(
    {
        "markdown_text": Shape({"text": words(MOST_MARKDOWN)}),
        "plan_update": Shape({"title": words(255)}),
        "task_update": Shape(
            {
                "id": words(255),
                "title": words(255),
                "status": one_of("pending", "in_progress", "complete", "error"),
            },
            {
                "details": words(3000, 0),
                "output": words(3000, 0),
                "sources": list_of(anything, 100, 0),
            },
        ),
        "blocks": Shape({"blocks": list_of(anything, 50)}),
    }
)


@method("chat.startStream", "chat:write")
def start(slack: Board, args: Arguments) -> Body:
    """Begins a message in a thread; in a channel it must say for whom."""
    place = writable(slack, args.need("channel", "channel_not_found"))
    thread_ts = thread_of(place, args)
    if thread_ts is None:
        raise Refused("invalid_arguments", ["[ERROR] missing required field: thread_ts"])
    if not place.is_direct:
        team = args.need("recipient_team_id", "missing_recipient_team_id")
        user = args.need("recipient_user_id", "missing_recipient_user_id")
        if user not in slack.people or team != slack.team:
            raise Refused("user_not_found")
    if args.word("task_display_mode", "timeline") not in ("timeline", "plan", "dense"):
        raise Refused("invalid_arguments", ["[ERROR] unknown task_display_mode"])
    message = slack.own_message(place.id, "", thread_ts=thread_ts)
    message.streaming_until = time.monotonic() + slack.stream_seconds
    grow(slack, message, chunks_of(args))
    slack.post(place, message)
    return {"channel": place.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append(slack: Board, args: Arguments) -> Body:
    """Lets a message grow."""
    message = streaming(slack, args)
    chunks = chunks_of(args)
    if not chunks:
        raise Refused("no_text")
    grow(slack, message, chunks)
    slack.changed("edit", message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop(slack: Board, args: Arguments) -> Body:
    """Ends a message; now its blocks may come too."""
    message = streaming(slack, args)
    chunks = chunks_of(args)
    blocks = args.array("blocks", "invalid_blocks_format") or []
    check_message_blocks(message.blocks + blocks)
    status = args.word("session_status")
    if status and status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", ["[ERROR] unknown session_status"])
    described = metadata(args)
    grow(slack, message, chunks)
    message.streaming_until = None
    whole = message.blocks + named(blocks, slack.stamps)
    slack.rewrite(message, slack.bot_user, blocks=whole, metadata=described or message.metadata)
    if status and message.thread_ts:
        slack.sessions[(message.channel, message.thread_ts)] = status
    shown = message.as_slack(slack.team)
    return {"channel": message.channel, "ts": message.ts, "message": shown}


def streaming(slack: Board, args: Arguments) -> Message:
    """A message that still grows: begun by the bot less than some five minutes ago."""
    message = own(slack, args, "message_not_owned_by_app")
    if not message.streaming_until or time.monotonic() > message.streaming_until:
        if message.streaming_until:
            slack.end_stream(message)
        raise Refused("message_not_in_streaming_state")
    return message


def chunks_of(args: Arguments) -> list[dict[str, Any]]:
    """The chunks of a call; markdown_text alone is one too."""
    markdown, chunks = args.word("markdown_text"), args.array("chunks", "invalid_chunks") or []
    if markdown and chunks:
        raise Refused("invalid_arguments", ["[ERROR] markdown_text and chunks exclude each other"])
    if markdown:
        chunks = [{"type": "markdown_text", "text": markdown}]
    faults = Faults()
    for place, chunk in enumerate(chunks):
        CHUNK(faults, chunk, f"/chunks/{place}")
    if any(TOO_LONG in fault for fault in faults.found):
        raise Refused("msg_too_long")
    faults.refuse("invalid_chunks")
    for chunk in chunks:
        check_message_blocks(chunk.get("blocks") or [])
    return chunks


def grow(slack: Board, message: Message, chunks: list[dict[str, Any]]) -> None:
    """Adds chunks to a message."""
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            message.text += chunk["text"]
        elif chunk["type"] == "blocks":
            message.blocks = message.blocks + named(chunk["blocks"], slack.stamps)
        elif chunk["type"] == "plan_update":
            message.plan = chunk["title"]
        else:
            message.tasks.setdefault(chunk["id"], {}).update(chunk)
