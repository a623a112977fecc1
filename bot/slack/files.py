"""Uploading once: three calls, and a name that no other file has to find it again by."""

import hashlib
from pathlib import PurePath

import aiohttp

from bot.errors import CannotDo, TryAgain
from bot.post import Post
from bot.safe import file_name
from bot.slack import finding
from bot.slack.blocks import cut
from bot.slack.calls import AWAY, SECONDS, Busy, Refused, ask, patient, refusal
from bot.slack.post import Poster

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
        found = await finding.file(patient(poster.client), spot, post, name)
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
    session = poster.client.session or aiohttp.ClientSession(timeout=SECONDS)
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
