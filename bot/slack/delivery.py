"""An approved version on its way: to a thread, another channel, or a person as a file.

Each message and each file of a delivery has its own row, so that a second run sends none again.
What goes out is rendered from the stored canonical text.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.approvals.draft_document import written
from bot.audiences.export import Exported
from bot.audit.row_digests import demand_recorded
from bot.config.brand import Brand
from bot.core.audience_rule import Rule
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words, language_of
from bot.messages.outbox import Post
from bot.slack.actions.audience_export import approved_rule, audience_of, record
from bot.slack.approved_text import letters
from bot.slack.cards.refresh import beside
from bot.slack.files import upload
from bot.slack.location import Place, thread_of
from bot.slack.sender import Poster
from bot.tasks.models import Task


@dataclass(frozen=True)
class Load:
    """What one delivery carries, read in one transaction."""

    delivery: Delivery
    draft: Draft
    task: Task
    card: Post | None
    approvals: tuple[Decision, ...]


@dataclass(frozen=True)
class Carrier:
    """Delivers. The delivery's state is the worker's business."""

    poster: Poster
    brand: Callable[[str], Brand]
    now: Callable[[], datetime]
    audience: Callable[[str, Rule, str], Exported] | None = None  # workspace, rule, platform

    async def deliver(self, id: str) -> None:
        """All of it, once. Raises TryAgain, CannotDo."""
        load: Load = await self.poster.database.run(loaded, id)
        load.delivery.demand_exact(load.draft)
        if load.delivery.destination.get("kind") == "file":
            await self._as_file(load)
        elif load.delivery.destination.get("kind") == "audience":
            await self._as_audience(load)
        else:
            await self._as_messages(load)

    async def _as_file(self, load: Load) -> None:
        format = str(load.delivery.destination["format"])
        brand, reader = self.brand(load.draft.workspace), load.delivery.destination.get("to")
        people = self.poster.people
        language = await people.language(load.draft.workspace, reader or load.task.author)
        text = written(load.draft, brand, format, language, load.approvals)
        id = f"{load.delivery.id}:0"
        await self._plan(load, id, "file", self._place(load))
        await upload(self.poster, id, f"{load.draft.code}.{format}", text.encode())

    async def _as_audience(self, load: Load) -> None:
        """The people of one approved rule, made now, to whoever asked. Nothing of it is stored."""
        told, draft, id = load.delivery.destination, load.draft, f"{load.delivery.id}:0"
        if self.audience is None:
            raise CannotDo(Words("Audiences can't be exported here."))
        rule, platform, to = approved_rule(draft, str(told["audience"])), told["format"], told["to"]
        made = await asyncio.to_thread(self.audience, draft.workspace, rule, platform)
        await self._plan(load, id, "file", self._place(load))
        await self.poster.database.run(record, draft, load.delivery, made, by=to, now=self.now())
        language = await self.poster.people.language(draft.workspace, to)
        name = audience_of(draft, str(told["audience"]))
        lines = [Words("Audience: {name}.", name=name), *made.said]
        said = "\n".join(words.to(language) for words in lines)
        await upload(self.poster, id, made.name, made.content, comment=said)

    async def _as_messages(self, load: Load) -> None:
        place = self._place(load)
        site = self.brand(load.draft.workspace).site
        hosts = {site} if site else set()
        people = self.poster.people
        locale = await people.locale(load.task.workspace, load.task.author)
        for number, message in enumerate(letters(load.draft, language_of(locale), hosts)):
            id = f"{load.delivery.id}:{number}"
            await self._plan(load, id, "delivery", place)
            post, sent = await self.poster.send(id, message)
            if sent.rest:
                await self._plan(load, f"{id}:rest", "file", beside(post))
                await upload(self.poster, f"{id}:rest", "rest.txt", sent.rest.encode())

    def _place(self, load: Load) -> Place:
        """Where it goes. Only the asker's own thread may give way to their direct messages."""
        told = load.delivery.destination
        if told["kind"] == "place":
            return {"channel": told["channel"]}
        if told["kind"] in ("file", "audience") and told.get("to"):
            return {"channel": told["to"], "dm": True, "user": told["to"]}
        spot = thread_of(load.card) if load.card else None
        if spot is None:
            raise TryAgain("the card is not up yet")
        under = {"channel": spot.channel, "thread": spot.thread}
        return {"channel": spot.channel, "user": load.task.author, "under": under}

    async def _plan(self, load: Load, id: str, kind: str, place: Place) -> None:
        await self.poster.database.run(
            Post.plan,
            id=id,
            workspace=load.draft.workspace,
            kind=kind,
            place=place,
            now=self.now(),
        )


def loaded(session: Session, id: str) -> Load:
    """A delivery with what it needs; the card is the shared one, where there is one."""
    delivery = session.get_one(Delivery, id)
    draft = session.get_one(Draft, delivery.draft)
    demand_recorded(session, draft.workspace, draft.task)
    cards = session.scalars(
        select(Post).where(Post.piece == draft.piece, Post.kind == "card", Post.ts.is_not(None))
    )
    found: dict[Any, Post] = {card.id: card for card in cards}
    card = found.get(f"{draft.piece}:shared") or found.get(f"{draft.piece}:card")
    said = Decision.of(session, draft.id)
    return Load(
        delivery=delivery,
        draft=draft,
        task=session.get_one(Task, draft.task),
        card=card,
        approvals=tuple(one for one in said if one.verdict == "approve"),
    )
