"""A file of Slack's onto our disk: asked for by its id, streamed, never larger than the limit."""

import asyncio
import hashlib
from pathlib import Path, PurePath

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import dedupe
from bot.slack.blocks import cut
from bot.slack.client import AWAY, CALL_SECONDS, Busy, Refused, ask, patient, refusal
from bot.slack.sender import Poster
from bot.text.escape import file_name

MOST_BYTES = 200 * 2**20
MEGABYTE = 2**20
PIECE = 2**18
SECONDS = aiohttp.ClientTimeout(total=900, connect=5, sock_read=60)
GONE = ("file_not_found", "file_deleted", "files_disabled_for_org")


async def fetch(client: AsyncWebClient, file: str, name: str, to: Path) -> None:
    """The bytes of this file into `to`. Raises TryAgain; CannotDo when it is gone or too large."""
    try:
        answer = await ask(patient(client).files_info(file=file))
    except Refused as no:
        raise (gone(name) if no.error in GONE else refusal(no)) from None
    told = answer.get("file") or {}
    demand_size(name, int(told.get("size") or 0))
    url = told.get("url_private_download") or told.get("url_private")
    if told.get("mode") in ("tombstone", "external") or told.get("is_external") or not url:
        raise not_here(name)
    await _download(client, str(url), name, to)


def demand_size(name: str, size: int) -> None:
    """Raises CannotDo for a file that is larger than what is taken here."""
    if size > MOST_BYTES:
        raise CannotDo(
            Words(
                "{file} is {size} MB. I take files of up to {most} MB from Slack; whoever runs the "
                "intern takes larger ones in by `super-intern import`.",
                file=name,
                size=-(-size // MEGABYTE),
                most=MOST_BYTES // MEGABYTE,
            )
        )


def gone(name: str) -> CannotDo:
    return CannotDo(Words("{file} is no longer in Slack. Please drop it again.", file=name))


def not_here(name: str) -> CannotDo:
    words = Words(
        "{file} is only a link in Slack, to a file kept elsewhere. Please drop the file itself.",
        file=name,
    )
    return CannotDo(words)


async def _download(client: AsyncWebClient, url: str, name: str, to: Path) -> None:
    session = client.session or aiohttp.ClientSession()
    token = {"Authorization": f"Bearer {client.token}"}
    try:
        async with session.get(url, headers=token, timeout=SECONDS) as response:
            _demand_answer(response, name)
            await _pour(response, name, to)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryAgain(f"Slack is away: {type(error).__name__}", words=AWAY) from None
    finally:
        if session is not client.session:
            await session.close()


def _demand_answer(response: aiohttp.ClientResponse, name: str) -> None:
    """Raises when this is not the file. Slack answers a wrong token with a page, and with 200."""
    if response.status in (403, 404, 410):
        raise gone(name)
    if response.status != 200:
        raise TryAgain(f"Slack: download {response.status}", words=AWAY)
    page = response.content_type == "text/html" and "content-disposition" not in response.headers
    if page and not name.lower().endswith((".html", ".htm")):
        raise refusal(Refused("missing_scope"))


async def _pour(response: aiohttp.ClientResponse, name: str, to: Path) -> None:
    got = 0
    with to.open("wb") as out:
        async for some in response.content.iter_chunked(PIECE):
            got += len(some)
            demand_size(name, got)
            await asyncio.to_thread(out.write, some)


# Uploading once: three calls, and a name that no other file has to find it again by.

ROUNDS = 3
ALT = 1_000  # characters that Slack keeps of what a picture shows
TITLE = 150  # of which fit on a line or two


async def upload(
    poster: Poster,
    id: str,
    name: str,
    content: bytes,
    *,
    comment: str | None = None,
    alt: str = "",
) -> None:
    """The file of this row, shared once where the row says. Raises TryAgain, CannotDo."""
    for _ in range(ROUNDS):
        post = await poster.database.run(lambda s: s.get_one(Post, id))
        if post.ts is not None:
            return None
        try:
            return await _share(poster, post, unique(file_name(name), id), content, comment, alt)
        except Refused as no:
            await poster.give_way(post, no)
    raise CannotDo(refusal(Refused("upload_refused")).words)


def unique(name: str, id: str) -> str:
    """`draft.md` → `draft-1a2b3c4d.md`."""
    path = PurePath(name)
    return f"{path.stem}-{hashlib.sha256(id.encode()).hexdigest()[:8]}{path.suffix}"


async def _share(
    poster: Poster, post: Post, name: str, content: bytes, comment: str | None, alt: str
) -> None:
    spot = await poster.spot(post)
    if await poster.begin(post):
        found = await dedupe.file(patient(poster.client), spot, post, name)
        if found is not None:
            return await poster.sent(post, found, spot.channel)
    try:
        file_id = await _stored(poster, name, content, alt)
        await ask(
            poster.client.files_completeUploadExternal(
                files=[{"id": file_id, "title": _title(alt) or name}],
                channel_id=spot.channel,
                thread_ts=spot.thread,
                initial_comment=comment,
            )
        )
    except (Busy, Refused):
        await poster.not_sent(post)
        raise
    return await poster.sent(post, file_id, spot.channel)


def _title(alt: str) -> str:
    """What stands above a picture: the first sentence of what it shows."""
    return cut(alt.split(". ")[0].rstrip("."), TITLE)


async def _stored(poster: Poster, name: str, content: bytes, alt: str) -> str:
    """The bytes at Slack's, seen by nobody yet; the file's id."""
    told = {"alt_txt": alt[:ALT]} if alt else {}
    asked = patient(poster.client).files_getUploadURLExternal(
        filename=name, length=len(content), **told
    )
    answer = await ask(asked)
    session = poster.client.session or aiohttp.ClientSession(timeout=CALL_SECONDS)
    try:
        async with session.post(str(answer["upload_url"]), data=content) as response:
            if response.status != 200:
                raise TryAgain(f"Slack: upload {response.status}", words=AWAY)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryAgain(f"Slack is away: {type(error).__name__}", words=AWAY) from None
    finally:
        if session is not poster.client.session:
            await session.close()
    return str(answer["file_id"])
