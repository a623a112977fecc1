"""chat.*: posting, changing and deleting messages, links to them."""

from typing import Any

from bot.playground import people as seed
from bot.playground.arguments import Arguments
from bot.playground.blocks import check_message_blocks, named
from bot.playground.board import Board
from bot.playground.message import Message
from bot.playground.methods.registry import Body, method
from bot.playground.place import Place
from bot.playground.refusals import Refused

MOST_TEXT = 4_000
MOST_MARKDOWN = 12_000
MOST_ATTACHMENTS = 100
MOST_METADATA = 16_000


@method("chat.postMessage", "chat:write")
def post_message(slack: Board, args: Arguments) -> Body:
    """Posts a message as the bot."""
    place = writable(slack, args.need("channel", "channel_not_found"))
    thread_ts = thread_of(place, args)
    broadcast = thread_ts is not None and args.flag("reply_broadcast")
    fields = content(slack, args)
    message = slack.own_message(
        place.id,
        fields.pop("text"),
        thread_ts=thread_ts,
        reply_broadcast=broadcast,
        subtype="thread_broadcast" if broadcast else None,
        metadata=metadata(args),
        username=args.word("username") or None,
        **fields,
    )
    slack.post(place, message)
    return {"channel": place.id, "ts": message.ts, "message": message.as_slack(slack.team)}


@method("chat.update", "chat:write")
def update(slack: Board, args: Arguments) -> Body:
    """Changes one of the bot's messages; blocks that are not given stay."""
    message = own(slack, args, "cant_update_message")
    if message.streaming_until:
        raise Refused("streaming_state_conflict")
    new = {
        name: value
        for name, value in content(slack, args, keep=message).items()
        if name == "text" or args.has(name) or value
    }
    if args.has("metadata"):
        new["metadata"] = metadata(args)
    slack.rewrite(message, slack.bot_user, **new)
    shown = message.as_slack(slack.team)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", "chat:write")
def delete(slack: Board, args: Arguments) -> Body:
    """Deletes one of the bot's messages."""
    message = own(slack, args, "cant_delete_message")
    slack.erase(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(slack: Board, args: Arguments) -> Body:
    """Shows a message to one person in a channel."""
    place = writable(slack, args.need("channel", "channel_not_found"))
    user = args.need("user", "user_not_found")
    if user not in slack.people:
        raise Refused("user_not_found")
    if user not in place.members:
        raise Refused("user_not_in_channel")
    thread_ts = thread_of(place, args)
    fields = content(slack, args)
    message = slack.own_message(
        place.id, fields.pop("text"), thread_ts=thread_ts, ephemeral_to=user, **fields
    )
    slack.whisper(place, message)
    return {"message_ts": message.ts}


@method("chat.getPermalink")
def get_permalink(slack: Board, args: Arguments) -> Body:
    """The address of a message."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    message = place.by_ts.get(args.need("message_ts", "message_not_found"))
    if message is None:
        raise Refused("message_not_found")
    path = f"archives/{place.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={place.id}" if message.is_reply else ""
    link = f"https://{seed.TEAM_DOMAIN}.slack.com/{path}{thread}"
    return {"channel": place.id, "permalink": link}


def visible(slack: Board, channel: str) -> Place:
    """A place the bot may know of: a public one, or one that it is in."""
    place = slack.place(channel)
    if place.kind != "channel" and slack.bot_user not in place.members:
        raise Refused("channel_not_found")
    return place


def writable(slack: Board, channel: str) -> Place:
    """A place the bot may write in; a person's id means their direct message."""
    if channel in slack.people:
        return slack.direct([channel])
    if channel.startswith("#"):
        by_name = {place.name: place.id for place in slack.places.values()}
        channel = by_name.get(channel[1:], channel)
    place = visible(slack, channel)
    if slack.bot_user not in place.members:
        raise Refused("not_in_channel")
    if place.archived:
        raise Refused("is_archived")
    return place


def thread_of(place: Place, args: Arguments) -> str | None:
    """The thread to write in; it must be the ts of a message that starts one."""
    thread_ts = args.word("thread_ts")
    if not thread_ts:
        return None
    root = place.by_ts.get(thread_ts)
    if root is None:
        raise Refused("thread_not_found")
    if root.is_reply:
        raise Refused("cannot_reply_to_message")
    return thread_ts


def own(slack: Board, args: Arguments, otherwise: str) -> Message:
    """A message of the bot's, by channel and ts."""
    place = visible(slack, args.need("channel", "channel_not_found"))
    message = place.by_ts.get(args.need("ts", "message_not_found"))
    if message is None or message.deleted:
        raise Refused("message_not_found")
    if message.bot_id != slack.bot_id:
        raise Refused(otherwise)
    if place.archived:
        raise Refused("is_archived")
    return message


def content(slack: Board, args: Arguments, keep: Message | None = None) -> dict[str, Any]:
    """What a message says: text, blocks, attachments, after all of Slack's checks."""
    text, markdown = args.word("text"), args.word("markdown_text")
    blocks = args.array("blocks", "invalid_blocks_format")
    attachments = args.array("attachments", "invalid_attachments") or []
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(text) > MOST_TEXT or len(markdown) > MOST_MARKDOWN:
        raise Refused("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    if not (text.strip() or markdown.strip() or blocks or attachments):
        raise Refused("no_text")
    if markdown:
        blocks = [{"type": "markdown", "text": markdown}]
    check_message_blocks(blocks or [])
    given_text = args.has("text") or bool(markdown) or keep is None
    return {
        "text": (text or markdown) if given_text else keep.text if keep else "",
        "blocks": named(blocks or [], slack.stamps),
        "attachments": attachments,
    }


def metadata(args: Arguments) -> dict[str, Any] | None:
    """A message's metadata: event_type, and event_payload without nesting beyond reason."""
    given = args.json("metadata", "invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not given.get("event_type") or set(given) - {"event_type", "event_payload", "entities"}:
        raise Refused("invalid_metadata_format")
    if len(str(given)) > MOST_METADATA:
        raise Refused("metadata_too_large")
    return given
