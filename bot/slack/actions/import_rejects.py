"""The rows of a dropped file that stayed out, as a file in the card's thread or for one person."""

import asyncio
from datetime import datetime
from pathlib import Path, PurePath

from sqlalchemy.orm import Session

from bot.data.ingest.models import Arrival
from bot.errors import CannotDo
from bot.i18n.messages import Words, language_of
from bot.messages.outbox import Post
from bot.slack.cards.import_preview import in_their_language
from bot.slack.cards.refresh import beside
from bot.slack.files import upload
from bot.slack.location import Place
from bot.slack.sender import Poster

MOST_BYTES = 20 * 2**20  # a person reads the first ones, and mends their cause


async def attach(poster: Poster, arrival: Arrival, path: Path, now: datetime) -> None:
    """Once, in the thread of the arrival's card. Raises TryAgain, CannotDo."""
    card = await poster.database.run(lambda s: s.get_one(Post, arrival.card))
    if card.ts:
        await _send(poster, arrival, f"{arrival.piece}:rejects", beside(card), path, now)


async def hand(poster: Poster, arrival: Arrival, user: str, path: Path, now: datetime) -> None:
    """Once, in this person's direct messages. Raises TryAgain, CannotDo."""
    place: Place = {"channel": user, "dm": True, "user": user}
    await _send(poster, arrival, f"{arrival.piece}:rejects:{user}", place, path, now)


async def _send(
    poster: Poster, arrival: Arrival, id: str, place: Place, path: Path, now: datetime
) -> None:
    def plan(session: Session) -> None:
        workspace = arrival.workspace
        Post.plan(session, id=id, workspace=workspace, kind="file", place=place, now=now)

    await poster.database.run(plan)
    locale = await poster.people.locale(arrival.workspace, arrival.author)
    language = language_of(locale or arrival.locale)
    content = await asyncio.to_thread(lambda: in_their_language(beginning(path), language))
    said = Words(
        "What stayed out of {file}, each row with its line, column and reason.", file=arrival.title
    )
    name = Words("{file}-stayed-out.csv", file=PurePath(arrival.name).stem)
    await upload(poster, id, name.to(language), content, comment=said.to(language))


def beginning(path: Path) -> bytes:
    """The file, or as many of its first lines as are worth sending. Raises CannotDo."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise CannotDo(Words("That file is no longer kept. Please drop your file again.")) from None
    if len(content) <= MOST_BYTES:
        return content
    return content[: content.rfind(b"\n", 0, MOST_BYTES) + 1]
