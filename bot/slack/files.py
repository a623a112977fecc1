"""Downloads of files dropped in Slack, and uploads of files to Slack."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path, PurePath

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.blocks import truncate
from bot.slack.client import (
    CALL_TIMEOUT,
    SLACK_AWAY,
    SlackBusy,
    SlackRefusal,
    call_slack,
    explain_refusal,
    make_retrying_client,
)
from bot.slack.sender import MessageSender, find_file
from bot.text.escape import sanitize_file_name

MAX_FILE_BYTES = 200 * 2**20
MEGABYTE = 2**20
CHUNK_BYTES = 2**18
DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=900, connect=5, sock_read=60)
MISSING_FILE_ERRORS = ("file_not_found", "file_deleted", "files_disabled_for_org")


async def download_file(client: AsyncWebClient, file: str, name: str, to: Path) -> None:
    """Download the file with this id into `to`. Raise TryAgain, or CannotDo when it is gone or too
    large."""
    try:
        answer = await call_slack(make_retrying_client(client).files_info(file=file))
    except SlackRefusal as refusal:
        raise (
            make_missing_file_error(name)
            if refusal.error in MISSING_FILE_ERRORS
            else explain_refusal(refusal)
        ) from None
    file_info = answer.get("file") or {}
    demand_file_size(name, int(file_info.get("size") or 0))
    url = file_info.get("url_private_download") or file_info.get("url_private")
    if (
        file_info.get("mode") in ("tombstone", "external")
        or file_info.get("is_external")
        or not url
    ):
        raise make_unavailable_file_error(name)
    await _stream_file(client, str(url), name, to)


def demand_file_size(name: str, size: int) -> None:
    """Raise CannotDo for a file larger than MAX_FILE_BYTES."""
    if size > MAX_FILE_BYTES:
        raise CannotDo(
            "{file} is {size} MB. I take files of up to {most} MB from Slack; whoever runs the "
            "intern takes larger ones in by `super-intern import`.",
            file=name,
            size=-(-size // MEGABYTE),
            most=MAX_FILE_BYTES // MEGABYTE,
        )


def make_missing_file_error(name: str) -> CannotDo:
    return CannotDo("{file} is no longer in Slack. Please drop it again.", file=name)


def make_unavailable_file_error(name: str) -> CannotDo:
    words = Words(
        "{file} is only a link in Slack, to a file kept elsewhere. Please drop the file itself.",
        file=name,
    )
    return CannotDo(words)


async def _stream_file(client: AsyncWebClient, url: str, name: str, to: Path) -> None:
    token = {"Authorization": f"Bearer {client.token}"}
    async with (
        _open_session(client) as session,
        session.get(url, headers=token, timeout=DOWNLOAD_TIMEOUT) as response,
    ):
        _demand_file_response(response, name)
        await _write_chunks(response, name, to)


@contextlib.asynccontextmanager
async def _open_session(client: AsyncWebClient) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield the client's session, or a new one. Raise TryAgain where Slack can't be reached."""
    session = client.session or aiohttp.ClientSession(timeout=CALL_TIMEOUT)
    try:
        yield session
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryAgain(f"Slack is unreachable: {type(error).__name__}", words=SLACK_AWAY) from None
    finally:
        if session is not client.session:
            await session.close()


def _demand_file_response(response: aiohttp.ClientResponse, name: str) -> None:
    """Raise when the response is not the file. For a wrong token Slack answers 200 with a web
    page."""
    if response.status in (403, 404, 410):
        raise make_missing_file_error(name)
    if response.status != 200:
        raise TryAgain(f"Slack: download {response.status}", words=SLACK_AWAY)
    page = response.content_type == "text/html" and "content-disposition" not in response.headers
    if page and not name.lower().endswith((".html", ".htm")):
        raise explain_refusal(SlackRefusal("missing_scope"))


async def _write_chunks(response: aiohttp.ClientResponse, name: str, to: Path) -> None:
    got = 0
    with to.open("wb") as out:
        async for some in response.content.iter_chunked(CHUNK_BYTES):
            got += len(some)
            demand_file_size(name, got)
            await asyncio.to_thread(out.write, some)


# An upload takes three calls. Its unique file name lets a retry find a file that was already
# shared.

MAX_UPLOAD_TRIES = 3
MAX_ALT_CHARACTERS = 1_000  # characters that Slack keeps of an image's alt text
MAX_TITLE_CHARACTERS = 150  # characters that fit on a line or two


async def upload_file(
    sender: MessageSender,
    id: str,
    name: str,
    content: bytes,
    *,
    comment: str | None = None,
    alt: str = "",
) -> None:
    """Share the file of this row once, in the row's place. Raise TryAgain or CannotDo."""
    for _ in range(MAX_UPLOAD_TRIES):
        post = await sender.database.run(lambda s: s.get_one(OutboxMessage, id))
        if post.ts is not None:
            return None
        try:
            return await _share_file(
                sender, post, make_unique_name(sanitize_file_name(name), id), content, comment, alt
            )
        except SlackRefusal as refusal:
            await sender.plan_retry(post, refusal)
    raise CannotDo(explain_refusal(SlackRefusal("upload_refused")).words)


def make_unique_name(name: str, id: str) -> str:
    """Add a hash of the row's id: `draft.md` → `draft-1a2b3c4d.md`."""
    path = PurePath(name)
    return f"{path.stem}-{hashlib.sha256(id.encode()).hexdigest()[:8]}{path.suffix}"


async def _share_file(
    sender: MessageSender,
    post: OutboxMessage,
    name: str,
    content: bytes,
    comment: str | None,
    alt: str,
) -> None:
    target = await sender.resolve_thread(post)
    if await sender.begin_try(post):
        found_id = await find_file(make_retrying_client(sender.client), target, post, name)
        if found_id is not None:
            await sender.mark_sent(post, found_id, target.channel)
            return
    try:
        file_id = await _upload_bytes(sender, name, content, alt)
        await call_slack(
            sender.client.files_completeUploadExternal(
                files=[{"id": file_id, "title": _make_title(alt) or name}],
                channel_id=target.channel,
                thread_ts=target.thread,
                initial_comment=comment,
            )
        )
    except (SlackBusy, SlackRefusal):
        await sender.mark_not_sent(post)
        raise
    await sender.mark_sent(post, file_id, target.channel)


def _make_title(alt: str) -> str:
    """Return the first sentence of the alt text, as the title above the image."""
    return truncate(alt.split(". ")[0].rstrip("."), MAX_TITLE_CHARACTERS)


async def _upload_bytes(sender: MessageSender, name: str, content: bytes, alt: str) -> str:
    """Upload the content without sharing it, and return the file's id."""
    alt_text = {"alt_txt": alt[:MAX_ALT_CHARACTERS]} if alt else {}
    call = make_retrying_client(sender.client).files_getUploadURLExternal(
        filename=name, length=len(content), **alt_text
    )
    answer = await call_slack(call)
    async with (
        _open_session(sender.client) as session,
        session.post(str(answer["upload_url"]), data=content) as response,
    ):
        if response.status != 200:
            raise TryAgain(f"Slack: upload {response.status}", words=SLACK_AWAY)
    return str(answer["file_id"])
