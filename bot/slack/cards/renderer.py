"""Draws cards from rows. One process at a time draws a card, and repeats it until the card has
not changed meanwhile."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.config.policy import Policy
from bot.core.parts import File
from bot.data.ingest.models import FileUpload
from bot.drafts.models import DraftImage
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Language, Words, parse_language
from bot.messages.outbox import DRAW_LEASE, OutboxMessage
from bot.slack.blocks import Message
from bot.slack.cards.card_data import CardData, load_card_data
from bot.slack.cards.import_card import make_import_card_data, render_import_card
from bot.slack.cards.task_card import render_task_card
from bot.slack.client import SlackRefusal, call_slack, make_retrying_client
from bot.slack.files import upload_file
from bot.slack.location import Place, find_card_thread
from bot.slack.notices import plan_notice, render_notice
from bot.slack.sender import MessageSender
from bot.tasks.models import Task

NAMES_CACHE_SECONDS = 3600.0
POLL_SECONDS = 0.2
CHART_UPLOAD_LIMIT = timedelta(hours=1)  # after that the chart's content is said in words

RequestOrigin = tuple[str, str, Place]  # workspace, person and place of a request
Admits = Callable[[str, str, Place], Awaitable[bool]]  # of a request's origin


async def admit_everyone(_: str, __: str, ___: Place) -> bool:
    return True


@dataclass(frozen=True)
class CardRenderer:
    """Draws rows of kind "card". `process` names this process, so that others can release its
    cards when it has died."""

    sender: MessageSender
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    process: str = ""
    # channel names with their expiry
    names: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def draw_card(self, id: str, admits: Admits = admit_everyone) -> None:
        """Draw this card until it is up to date, whoever draws it. Raise TryAgain or CannotDo.

        A card that was never posted is given up when its requester is not admitted.
        """
        # A lease or a count that a power cut undoes makes the card be drawn once more.
        holder, run = f"{self.process}:{uuid.uuid4().hex}", self.sender.database.run_unsynced
        until = time.monotonic() + DRAW_LEASE.total_seconds() + 5
        while True:
            acquired = await run(_acquire, id, holder, self.now())
            if acquired is None:
                if not await run(_needs_redraw, id):
                    return
                if time.monotonic() > until:
                    raise TryAgain("another process holds this card")
                await asyncio.sleep(POLL_SECONDS)
            elif await self._draw_acquired(*acquired, holder, admits):
                return

    async def _draw_acquired(
        self, post: OutboxMessage, origin: RequestOrigin | None, holder: str, admits: Admits
    ) -> bool:
        """Draw a card that this holder has acquired. Return False when it changed meanwhile."""
        run = self.sender.database.run_unsynced
        try:
            if origin and not await admits(*origin):
                await run(OutboxMessage.give_up_drawing, post.id)
            else:
                await self._draw(post)
        except BaseException:
            await run(OutboxMessage.release, post.id, holder)
            raise
        return bool(await run(OutboxMessage.finish_draw, post.id, holder, post.wanted))

    async def _draw(self, post: OutboxMessage) -> None:
        policy = self.policy(post.workspace)
        names: list[str | None] = []  # the name of the file with what does not fit
        pictures: list[File] = []
        spoken: list[Language] = []

        def read(session: Session, now: OutboxMessage) -> FileUpload | CardData:
            upload = FileUpload.by_card_piece(session, now.piece)
            return upload or load_card_data(session, now, policy)

        async def drawn(now: OutboxMessage, content: FileUpload | CardData) -> Message:
            if isinstance(content, FileUpload):
                names.append(f"details-v{content.turn + 1}")
                return await self._render_upload(content, now)
            card = await self._add_channel_names(content)
            names.append(f"draft-v{card.draft.version}" if card.draft else None)
            pictures[:] = _list_charts(card)
            spoken.append(await self._find_language(card))
            return render_task_card(card, spoken[-1])

        up, message = await self.sender.draw_from(post.id, read, drawn)
        # a card without a draft has its whole content in its text
        if message.rest and (name := names[-1]):
            await self._upload_rest(up, message.rest, name)
        for picture in pictures:
            await self._upload_chart(up, picture, spoken[-1])

    async def _find_language(self, card: CardData) -> Language:
        """Return the author's language; for a message that nobody requested, the one chosen for
        it."""
        task, chosen = card.task, card.task.form.get("language")
        if chosen and not task.is_typed and (card.draft is not None or not task.private):
            return parse_language(str(chosen))
        locale = await self.sender.people.locale(task.workspace, task.author)
        return parse_language(locale or task.locale)

    async def _render_upload(self, upload: FileUpload, post: OutboxMessage) -> Message:
        locale = await self.sender.people.locale(upload.workspace, upload.author)
        card = make_import_card_data(upload, post)
        return render_import_card(card, parse_language(locale or upload.locale))

    async def _add_channel_names(self, card: CardData) -> CardData:
        wanted = {*card.policy.delivery.channels, *filter(None, [card.origin])}
        private = card.private and not card.shared
        if card.draft is None or not (private or card.status == "approved"):
            return card
        return replace(card, channel_names=await self._load_channel_names(wanted))

    async def _load_channel_names(self, channels: set[str]) -> Mapping[str, str]:
        """Return the names of these channels, without those that Slack doesn't give."""
        for channel in channels:
            until, _ = self.names.get(channel, (0.0, ""))
            if until < time.monotonic():
                name = await self._name(channel)
                self.names[channel] = (time.monotonic() + NAMES_CACHE_SECONDS, name)
        return {one: name for one in channels if (name := self.names[one][1])}

    async def _name(self, channel: str) -> str:
        try:
            answer = await call_slack(
                make_retrying_client(self.sender.client).conversations_info(channel=channel)
            )
        except (SlackRefusal, TryAgain):
            return ""
        return str(answer["channel"].get("name") or "")

    async def _upload_rest(self, post: OutboxMessage, rest: str, name: str) -> None:
        """Upload what did not fit as a file in the card's thread, once for each version."""
        id = f"{post.id}:rest:{name.rpartition('-v')[2]}"
        await self.sender.database.run(
            OutboxMessage.plan,
            id=id,
            workspace=post.workspace,
            kind="file",
            place=make_thread_place(post),
            now=self.now(),
        )
        await upload_file(self.sender, id, f"{name}.txt", rest.encode())

    async def _upload_chart(self, post: OutboxMessage, picture: File, language: Language) -> None:
        """Upload a chart of the draft in the card's thread, once. When Slack takes no file, post
        its content in words."""
        run, id = self.sender.database.run, f"{post.id}:picture:{picture.sha256[:16]}"
        png = await run(DraftImage.bytes_of, post.workspace, picture.sha256)
        if png is None:
            return
        place = make_thread_place(post)
        row = await run(
            OutboxMessage.plan,
            id=id,
            workspace=post.workspace,
            kind="file",
            place=place,
            now=self.now(),
        )
        try:
            await upload_file(self.sender, id, picture.name, png, alt=picture.alt)
            return
        except CannotDo as error:
            why = error.words
        except TryAgain:
            if self.now() - row.made_at < CHART_UPLOAD_LIMIT:
                raise
            why = Words("Slack takes no files at the moment.")
        words = Words(
            "The picture can't be shown. {why} What it shows: {alt}", why=why, alt=picture.alt
        )
        await run(
            plan_notice,
            words,
            language,
            id=f"{id}:words",
            workspace=post.workspace,
            place=place,
            now=self.now(),
        )
        await self.sender.draw(f"{id}:words", render_notice)


def _list_charts(card: CardData) -> list[File]:
    parts = card.draft.parts if card.draft else ()
    return [part.body for part in parts if isinstance(part.body, File) and part.body.picture]


def make_thread_place(post: OutboxMessage) -> Place:
    """Return the place in the thread of a posted message."""
    spot = find_card_thread(post)
    under = {"under": {"channel": spot.channel, "thread": spot.thread}} if spot else {}
    return {key: post.place[key] for key in ("channel", "user") if key in post.place} | under


def _acquire(
    session: Session, id: str, holder: str, now: datetime
) -> tuple[OutboxMessage, RequestOrigin | None] | None:
    post = OutboxMessage.acquire(session, id, holder, now)
    return (post, find_request_origin(session, post)) if post else None


def find_request_origin(session: Session, post: OutboxMessage) -> RequestOrigin | None:
    """Return workspace, person and place of the request behind a card that was never posted.

    Return None for every other message, and for tasks that nobody typed: the readers of those are
    checked when they are posted.
    """
    if post.kind != "card" or post.ts is not None:
        return None
    upload = FileUpload.by_card_piece(session, post.piece)
    if upload is not None:
        return upload.workspace, upload.author, upload.place
    task = session.get(Task, (post.piece or "").rpartition(".")[0])
    return (task.workspace, task.author, task.place) if task and task.is_typed else None


def _needs_redraw(session: Session, id: str) -> bool:
    post = session.get(OutboxMessage, id)
    return post is not None and post.wanted > post.drawn
