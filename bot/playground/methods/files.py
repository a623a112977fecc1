"""files.*: uploads in three steps, and what is known of a file."""

from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.blocks import check_message_blocks, named
from bot.playground.board import Board
from bot.playground.file import StoredFile
from bot.playground.methods.chat import thread_of, writable
from bot.playground.methods.registry import Body, method
from bot.playground.refusals import Refused

MOST_BYTES = 2**30


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(slack: Board, args: Arguments) -> Body:
    """Step one: where to send the bytes."""
    name, size = args.need("filename"), args.number("length", 0, most=MOST_BYTES)
    file = StoredFile(
        slack.stamps.id("F"),
        name,
        name,
        slack.bot_user,
        size,
        slack.base_url,
        int(float(slack.stamps.ts())),
        alt_txt=args.word("alt_txt") or None,
    )
    slack.files[file.id] = file
    return {"upload_url": f"{slack.base_url}upload/v1/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(slack: Board, args: Arguments) -> Body:
    """Step three: the files are there, and shared where they should be."""
    files = [uploaded(slack, entry) for entry in args.array("files", "invalid_arguments") or []]
    if not files:
        raise Refused("invalid_arguments", ["[ERROR] missing required field: files"])
    channels = args.names("channels") or args.names("channel_id")
    places = [writable(slack, channel) for channel in channels]
    threads = [thread_of(place, args) for place in places]
    blocks = args.array("blocks", "invalid_blocks_format") or []
    check_message_blocks(blocks)
    for file in files:
        file.complete = True
    for place, thread_ts in zip(places, threads, strict=True):
        message = slack.own_message(
            place.id,
            args.word("initial_comment"),
            thread_ts=thread_ts,
            files=files,
            blocks=named(blocks, slack.stamps),
            subtype="file_share",
        )
        slack.post(place, message)
    return {"files": [file.as_slack() for file in files]}


@method("files.info", "files:read")
def show(slack: Board, args: Arguments) -> Body:
    """What is known of a file."""
    file = slack.files.get(args.need("file", "file_not_found"))
    if file is None or not file.complete:
        raise Refused("file_not_found")
    return {"file": file.as_slack(), "comments": [], "response_metadata": {"next_cursor": ""}}


def uploaded(slack: Board, entry: Any) -> StoredFile:
    """A file whose bytes have come, with the title it should have."""
    file = slack.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise Refused("file_not_found")
    file.title = str(entry.get("title") or file.title)
    return file
