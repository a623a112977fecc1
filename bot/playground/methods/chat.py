"""chat.*, assistant.threads.* and files.*: messages, thread status and uploads."""

import asyncio
from typing import Any

from bot.playground.block_kit import assign_ids, check_message_blocks
from bot.playground.errors import ApiRefusal
from bot.playground.methods import MethodArguments, ResponseBody, register_method
from bot.playground.slack_objects import Place, SlackMessage, StoredFile
from bot.playground.workspace import SlackWorkspace

MAX_TEXT_CHARACTERS = 4_000
MAX_METADATA_CHARACTERS = 16_000


@register_method("chat.postMessage", "chat:write")
def post_message(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    place = find_writable_place(slack, args.require_string("channel", "channel_not_found"))
    thread_ts = read_thread_ts(place, args)
    fields = read_content(slack, args)
    message = slack.build_bot_message(
        place.id,
        fields.pop("text"),
        thread_ts=thread_ts,
        metadata=read_metadata(args),
        **fields,
    )
    slack.publish_message(place, message)
    return {"channel": place.id, "ts": message.ts, "message": message.as_slack(slack.team)}


@register_method("chat.update", "chat:write")
def update_message(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Update one of the bot's messages; fields that are not given stay as they are."""
    message = find_own_message(slack, args, "cant_update_message")
    new = {
        name: value
        for name, value in read_content(slack, args, keep=message).items()
        if name == "text" or args.has(name) or value
    }
    if args.has("metadata"):
        new["metadata"] = read_metadata(args)
    slack.update_message(message, slack.bot_user, **new)
    shown = message.as_slack(slack.team)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@register_method("chat.postEphemeral", "chat:write")
def post_ephemeral(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Post a message that only one member of a channel sees."""
    place = find_writable_place(slack, args.require_string("channel", "channel_not_found"))
    user = args.require_string("user", "user_not_found")
    if user not in slack.people:
        raise ApiRefusal("user_not_found")
    if user not in place.members:
        raise ApiRefusal("user_not_in_channel")
    thread_ts = read_thread_ts(place, args)
    fields = read_content(slack, args)
    message = slack.build_bot_message(
        place.id, fields.pop("text"), thread_ts=thread_ts, ephemeral_to=user, **fields
    )
    slack.post_ephemeral(place, message)
    return {"message_ts": message.ts}


def find_visible_place(slack: SlackWorkspace, channel: str) -> Place:
    """Return a place that the bot can see: a public channel, or one where it is a member."""
    place = slack.get_place(channel)
    if place.kind != "channel" and slack.bot_user not in place.members:
        raise ApiRefusal("channel_not_found")
    return place


def find_writable_place(slack: SlackWorkspace, channel: str) -> Place:
    """Return a place where the bot may write.

    `channel` is an id, a name such as #marketing, or a person's id for the direct message."""
    if channel in slack.people:
        return slack.open_conversation([channel])
    if channel.startswith("#"):
        by_name = {place.name: place.id for place in slack.places.values()}
        channel = by_name.get(channel[1:], channel)
    place = find_visible_place(slack, channel)
    if slack.bot_user not in place.members:
        raise ApiRefusal("not_in_channel")
    if place.archived:
        raise ApiRefusal("is_archived")
    return place


def read_thread_ts(place: Place, args: MethodArguments) -> str | None:
    """Return the thread to write in; its ts must be that of a top-level message."""
    thread_ts = args.read_string("thread_ts")
    if not thread_ts:
        return None
    root = place.by_ts.get(thread_ts)
    if root is None:
        raise ApiRefusal("thread_not_found")
    if root.is_reply:
        raise ApiRefusal("cannot_reply_to_message")
    return thread_ts


def find_own_message(slack: SlackWorkspace, args: MethodArguments, error_name: str) -> SlackMessage:
    """Return the bot's message with the given channel and ts.

    `error_name` is the error for a message of somebody else."""
    place = find_visible_place(slack, args.require_string("channel", "channel_not_found"))
    message = place.by_ts.get(args.require_string("ts", "message_not_found"))
    if message is None or message.deleted:
        raise ApiRefusal("message_not_found")
    if message.bot_id != slack.bot_id:
        raise ApiRefusal(error_name)
    if place.archived:
        raise ApiRefusal("is_archived")
    return message


def read_content(
    slack: SlackWorkspace, args: MethodArguments, keep: SlackMessage | None = None
) -> dict[str, Any]:
    """Read and check a message's text and blocks.

    The text of `keep`, the message before an update, is used if none is given."""
    text, blocks = args.read_string("text"), args.read_array("blocks", "invalid_blocks_format")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ApiRefusal("msg_too_long")
    if not (text.strip() or blocks):
        raise ApiRefusal("no_text")
    check_message_blocks(blocks or [])
    kept_text = keep.text if keep and not args.has("text") else text
    return {"text": kept_text, "blocks": assign_ids(blocks or [], slack.ids)}


def read_metadata(args: MethodArguments) -> dict[str, Any] | None:
    """Read a message's metadata (event_type and event_payload), or None."""
    given = args.read_json("metadata", "invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_payload"), dict):
        raise ApiRefusal("invalid_metadata_format")
    if not given.get("event_type") or set(given) - {"event_type", "event_payload", "entities"}:
        raise ApiRefusal("invalid_metadata_format")
    if len(str(given)) > MAX_METADATA_CHARACTERS:
        raise ApiRefusal("metadata_too_large")
    return given


# assistant.threads.*: a thread's status and suggested prompts.

MAX_PROMPTS = 4
MAX_LOADING_MESSAGES = 10


@register_method("assistant.threads.setStatus", "assistant:write", "chat:write")
def set_status(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Set a thread's status; an empty status, the app's next reply, or two minutes clear it."""
    place, thread_ts = find_thread(slack, args)
    if not args.has("status"):
        raise ApiRefusal("invalid_arguments", ["[ERROR] missing required field: status"])
    loading = args.read_json("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > MAX_LOADING_MESSAGES:
        raise ApiRefusal("invalid_arguments", ["[ERROR] no more than 10 loading_messages"])
    slack.set_status(place.id, thread_ts, args.read_string("status"))
    slack.notify_change("status", place.id, thread_ts)
    loop = asyncio.get_running_loop()
    loop.call_later(slack.status_seconds, slack.notify_change, "status", place.id, thread_ts)
    return {}


@register_method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_suggested_prompts(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Set up to four suggested prompts of a thread, or without thread_ts of the whole place."""
    place = find_writable_place(slack, args.require_string("channel_id", "channel_not_found"))
    prompts = args.read_array("prompts", "invalid_arguments") or []
    if not 1 <= len(prompts) <= MAX_PROMPTS:
        raise ApiRefusal("invalid_arguments", ["[ERROR] from 1 to 4 prompts"])
    if not all(isinstance(one, dict) and set(one) == {"title", "message"} for one in prompts):
        raise ApiRefusal("invalid_arguments", ["[ERROR] a prompt has title and message"])
    slack.prompts[(place.id, args.read_string("thread_ts"))] = prompts
    slack.notify_change("status", place.id, args.read_string("thread_ts"))
    return {}


def find_thread(slack: SlackWorkspace, args: MethodArguments) -> tuple[Place, str]:
    """Return the place and thread_ts of a call; raise ApiRefusal if the thread does not exist."""
    place = find_writable_place(slack, args.require_string("channel_id", "channel_not_found"))
    thread_ts = args.require_string("thread_ts")
    if thread_ts not in place.by_ts:
        raise ApiRefusal("thread_not_found")
    return place, thread_ts


# files.*: uploads in three steps, and file information.

MAX_FILE_BYTES = 2**30


@register_method("files.getUploadURLExternal", "files:write")
def get_upload_url(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Step one of an upload: return the URL for the bytes."""
    name, size = (
        args.require_string("filename"),
        args.read_integer("length", 0, maximum=MAX_FILE_BYTES),
    )
    file = StoredFile(
        slack.ids.new_id("F"),
        name,
        name,
        slack.bot_user,
        size,
        slack.base_url,
        int(float(slack.ids.new_ts())),
        alt_txt=args.read_string("alt_txt") or None,
    )
    slack.files[file.id] = file
    return {"upload_url": f"{slack.base_url}upload/v1/{file.id}", "file_id": file.id}


@register_method("files.completeUploadExternal", "files:write")
def complete_upload(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    """Step three of an upload: mark the files as complete and share them in the channels."""
    files = [
        find_uploaded_file(slack, entry)
        for entry in args.read_array("files", "invalid_arguments") or []
    ]
    if not files:
        raise ApiRefusal("invalid_arguments", ["[ERROR] missing required field: files"])
    channels = args.read_list("channels") or args.read_list("channel_id")
    places = [find_writable_place(slack, channel) for channel in channels]
    threads = [read_thread_ts(place, args) for place in places]
    blocks = args.read_array("blocks", "invalid_blocks_format") or []
    check_message_blocks(blocks)
    for file in files:
        file.complete = True
    for place, thread_ts in zip(places, threads, strict=True):
        message = slack.build_bot_message(
            place.id,
            args.read_string("initial_comment"),
            thread_ts=thread_ts,
            files=files,
            blocks=assign_ids(blocks, slack.ids),
            subtype="file_share",
        )
        slack.publish_message(place, message)
    return {"files": [file.as_slack() for file in files]}


@register_method("files.info", "files:read")
def show_file(slack: SlackWorkspace, args: MethodArguments) -> ResponseBody:
    file = slack.files.get(args.require_string("file", "file_not_found"))
    if file is None or not file.complete:
        raise ApiRefusal("file_not_found")
    return {"file": file.as_slack(), "comments": [], "response_metadata": {"next_cursor": ""}}


def find_uploaded_file(slack: SlackWorkspace, entry: Any) -> StoredFile:
    """Return an uploaded file and set its title if one is given."""
    file = slack.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise ApiRefusal("file_not_found")
    file.title = str(entry.get("title") or file.title)
    return file
