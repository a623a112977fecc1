"""Uploads the rejected rows of an import, to the card's thread or to one person."""

import asyncio
from datetime import datetime
from pathlib import Path, PurePath

from sqlalchemy.orm import Session

from bot.data.ingest.models import FileUpload
from bot.data.ingest.rejects import LEGACY_SUFFIX, read_rejects, render_rejects
from bot.errors import CannotDo
from bot.i18n.messages import Words, parse_language
from bot.messages.outbox import OutboxMessage
from bot.slack.cards.renderer import make_thread_place
from bot.slack.files import upload_file
from bot.slack.location import Place
from bot.slack.sender import MessageSender

MAX_REJECTS_BYTES = 20 * 2**20  # a person reads the first rows and corrects their cause


async def attach_rejected_rows(
    sender: MessageSender, upload: FileUpload, path: Path, now: datetime
) -> None:
    """Upload them once, in the thread of the import's card. Raise TryAgain or CannotDo."""
    card = await sender.database.run(lambda s: s.get_one(OutboxMessage, upload.card_post_id))
    if card.ts:
        await _upload_rejected_rows(
            sender, upload, f"{upload.card_piece}:rejects", make_thread_place(card), path, now
        )


async def send_rejected_rows(
    sender: MessageSender, upload: FileUpload, user: str, path: Path, now: datetime
) -> None:
    """Upload them once, in this person's direct messages. Raise TryAgain or CannotDo."""
    place: Place = {"channel": user, "dm": True, "user": user}
    await _upload_rejected_rows(
        sender, upload, f"{upload.card_piece}:rejects:{user}", place, path, now
    )


async def _upload_rejected_rows(
    sender: MessageSender, upload: FileUpload, id: str, place: Place, path: Path, now: datetime
) -> None:
    def plan(session: Session) -> None:
        workspace = upload.workspace
        OutboxMessage.plan(session, id=id, workspace=workspace, kind="file", place=place, now=now)

    await sender.database.run(plan)
    locale = await sender.people.locale(upload.workspace, upload.author)
    language = parse_language(locale or upload.locale)
    content = await asyncio.to_thread(render_stored_rejects, path, language)
    comment = Words(
        "What stayed out of {file}, each row with its line, column and reason.", file=upload.title
    )
    name = Words("{file}-stayed-out.csv", file=PurePath(upload.name).stem)
    await upload_file(sender, id, name.to(language), content, comment=comment.to(language))


def render_stored_rejects(path: Path, language: str) -> bytes:
    """The first rows of a stored file as a CSV in this language. Raises CannotDo."""
    content = read_beginning(path)
    if path.suffix == LEGACY_SUFFIX and language == "en":
        return content
    return render_rejects(read_rejects(content, path.suffix), language)


def read_beginning(path: Path) -> bytes:
    """Return the file, or as many of its first lines as are sent. Raise CannotDo."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_REJECTS_BYTES + 1)
    except FileNotFoundError:
        raise CannotDo(Words("That file is no longer kept. Please drop your file again.")) from None
    if len(content) <= MAX_REJECTS_BYTES:
        return content
    return content[: content.rfind(b"\n", 0, MAX_REJECTS_BYTES) + 1]
