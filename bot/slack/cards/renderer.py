"""Draws cards from rows: a task's, a draft's or a file's.

One process at a time draws a card, and repeats it until the card has not changed meanwhile.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.agent.skills import load_skills
from bot.audit.row_checks import require_unchanged_row
from bot.config.policy import Policy
from bot.core.parts import File
from bot.data.ingest.models import FileUpload
from bot.drafts.models import DraftImage
from bot.errors import CALM_PARAM, FORM_ALONE, FORMS_PARAM, SKILLS_PARAM, CannotDo, TryAgain
from bot.i18n.messages import Language, Words, parse_language
from bot.messages.outbox import DRAW_LEASE, CardHeld, OutboxMessage
from bot.slack.action_ids import ANSWER, BRIEF_FORM, STOP, TRY_AGAIN, ButtonValue
from bot.slack.blocks import (
    Block,
    Message,
    actions_block,
    button,
    context_block,
    quote_in_language,
    render_words,
    section_block,
    translate_title,
)
from bot.slack.cards.card_data import CardData, load_card_data
from bot.slack.cards.draft_card import render_draft_card, render_visibility
from bot.slack.cards.draft_status import MAX_PICK_CHARACTERS, number_action_id
from bot.slack.cards.import_card import render_import_card
from bot.slack.client import ExpiringCache, SlackRefusal, call_slack, make_retrying_client
from bot.slack.files import upload_file
from bot.slack.notices import plan_notice, render_notice
from bot.slack.sender import MessageSender
from bot.slack.threads import Place, find_card_thread

__all__ = ["Message", "render_task_card"]

MAX_QUESTION_OPTIONS = 8
OFFERED_SKILLS = ("answer", "feedback", "trends", "targeting")  # where nothing could be read


def render_task_card(card: CardData, language: str) -> Message:
    """Render the current card within Slack's limits."""
    if card.draft is not None:
        return render_draft_card(card, language)
    state = card.task.state
    if state == "asking" and card.question:
        return _render_question(card, language)
    if state == "failed" or (state == "done" and card.error_words):
        return _render_failed(card, language)
    if state in ("stopped", "done"):
        return _render_ended(card, language)
    return _render_working(card, language)


def _render_working(card: CardData, language: str) -> Message:
    line = Words("Working on it…").to(language)
    stop = button(Words("Stop").to(language), STOP, ButtonValue(task=card.task.id).pack())
    blocks = [section_block(f":pencil2: {line}", stop)]
    return Message(line, blocks + render_placement(card, language))


def _render_question(card: CardData, language: str) -> Message:
    question = card.question
    assert question is not None
    answers: list[Block] = []
    for option in question.options:
        value = ButtonValue(task=card.task.id, pick=option).pack()
        fits = (
            option.strip()
            and len(value) <= MAX_PICK_CHARACTERS
            and len(answers) < MAX_QUESTION_OPTIONS
        )
        if fits and not card.is_continued:
            answers.append(
                button(
                    translate_title(option, language), number_action_id(ANSWER, len(answers)), value
                )
            )
    hint = Words("Tap an answer, or write it in this thread.")
    if card.is_continued:
        hint = Words("Answered. It goes on below.")
    elif not answers:
        hint = Words("Write your answer in this thread.")
    blocks = [
        section_block(f":question: {render_words(question.words, language, 2_900)}"),
        *actions_block(*answers),
        context_block(hint.to(language)),
    ]
    return Message(
        render_words(question.words, language, 3_000), blocks + render_placement(card, language)
    )


def _render_failed(card: CardData, language: str) -> Message:
    why = card.error_words or Words("This could not be done.")
    if why.params.get(CALM_PARAM):
        plainly = [
            section_block(render_words(why, language, 2_900)),
            *render_placement(card, language),
        ]
        return Message(render_words(why, language, 3_000), plainly)
    if why.params.get(FORMS_PARAM):
        blocks = [
            section_block(render_words(why, language, 2_900)),
            *_build_form_buttons(card, language),
        ]
        return Message(
            render_words(why, language, 3_000), blocks + render_placement(card, language)
        )
    blocks = [
        section_block(f":x: {render_words(why, language, 2_900)}"),
        _render_reference(card, language),
        *actions_block(_build_retry_button(card, language)),
    ]
    return Message(render_words(why, language, 3_000), blocks + render_placement(card, language))


def _build_form_buttons(card: CardData, language: str) -> list[Block]:
    """Build the buttons of what can be done without the AI: while it is away, and where none is
    connected."""
    if card.is_continued:
        return []
    id, params = card.task.id, card.error_words.params if card.error_words else {}
    new = button(Words("New brief").to(language), BRIEF_FORM, ButtonValue(task=id).pack())
    if params.get(FORMS_PARAM) == FORM_ALONE:
        return actions_block(new)
    if SKILLS_PARAM in params:
        chosen = str(params[SKILLS_PARAM]).split() or OFFERED_SKILLS
        skills = [(Words(load_skills()[name].title), "skill", name) for name in chosen]
        choices = [*skills, (Words("Preview what the AI would get"), "preview", "yes")]
    else:
        choices = [(Words("Standard text, without the AI"), "without_ai", "yes")]
    buttons: list[Block | None] = [new]
    for number, (words, name, pick) in enumerate(choices):
        value = ButtonValue(task=id, field=name, pick=pick).pack()
        action_id = number_action_id(ANSWER, number) if number else ANSWER
        buttons.append(button(words.to(language), action_id, value))
    if SKILLS_PARAM not in params:
        buttons.append(_build_retry_button(card, language))
    return actions_block(*filter(None, buttons))


def _render_ended(card: CardData, language: str) -> Message:
    line = Words("Stopped. Nothing was drafted.")
    if card.task.state == "done":
        line = Words("Done, without a draft.")
    stopped = section_block(
        f":black_square_for_stop: {line.to(language)}", _build_retry_button(card, language)
    )
    blocks = [stopped, _render_reference(card, language)]
    return Message(line.to(language), blocks + render_placement(card, language))


def _build_retry_button(card: CardData, language: str) -> Block | None:
    if card.is_continued or not (
        card.task.words.strip() or card.task.form
    ):  # the request was deleted
        return None
    return button(Words("Try again").to(language), TRY_AGAIN, ButtonValue(task=card.task.id).pack())


def _render_reference(card: CardData, language: str) -> Block:
    """Render the reference that a person can quote, and the request."""
    small = Words("Reference {reference}", reference=card.task.reference).to(language)
    words = card.task.words.strip()
    quote = quote_in_language(words, 150, language) if words else ""
    below = Words("It goes on below.").to(language) if card.is_continued else ""
    return context_block(" · ".join(filter(None, [small, quote, below])))


def render_placement(card: CardData, language: str) -> list[Block]:
    """Say where this card is, when that is not where the request was made."""
    lines = render_visibility(card, language)
    return [context_block(*lines)] if lines else []


# Drawing.

NAMES_CACHE_SECONDS = 3600.0
POLL_SECONDS = 0.2
CHART_UPLOAD_LIMIT = timedelta(hours=1)  # after that the chart's content is said in words

RequestOrigin = tuple[str, str, Place]  # workspace, person and place of a request
CardContent = FileUpload | CardData
Admits = Callable[[str, str, Place], Awaitable[bool]]  # of a request's origin


@dataclass(frozen=True)
class CardRenderer:
    """Draws rows of kind "card". `process` names this process, so that others can release its
    cards when it has died."""

    sender: MessageSender
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    process: str = ""
    names: ExpiringCache[str, str] = field(default_factory=ExpiringCache)  # of channels

    async def draw_card(self, id: str, admits: Admits) -> None:
        """Draw this card until it is up to date, whoever draws it. Raise TryAgain or CannotDo.

        A card that was never posted is given up when its requester is not admitted.
        """
        # A lease or a count that a power cut undoes makes the card be drawn once more.
        holder, run = f"{self.process}:{uuid.uuid4().hex}", self.sender.database.run_unsynced
        until = time.monotonic() + DRAW_LEASE.total_seconds() + 5
        while True:
            try:
                acquired = await run(self._acquire, id, holder)
            except CardHeld:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(POLL_SECONDS)
                continue
            if acquired is None or await self._draw_acquired(*acquired, holder, admits):
                return

    def _acquire(
        self, session: Session, id: str, holder: str
    ) -> tuple[OutboxMessage, CardContent, RequestOrigin | None] | None:
        """Hold the card and read what it shows now: see `OutboxMessage.acquire`."""
        post = OutboxMessage.acquire(session, id, holder, self.now())
        if post is None:
            return None
        require_unchanged_row(session, post)
        content = self._read(session, post)
        return post, content, find_request_origin(post, content)

    def _read(self, session: Session, post: OutboxMessage) -> CardContent:
        upload = FileUpload.by_card_piece(session, post.piece)
        return upload or load_card_data(session, post, self.policy(post.workspace))

    async def _draw_acquired(
        self,
        post: OutboxMessage,
        content: CardContent,
        origin: RequestOrigin | None,
        holder: str,
        admits: Admits,
    ) -> bool:
        """Draw a card that this holder has acquired. Return False when it changed meanwhile."""
        run = self.sender.database.run_unsynced
        try:
            if origin and not await admits(*origin):
                await run(OutboxMessage.give_up_drawing, post.id)
            else:
                await self._draw(post, content)
        except BaseException:
            await run(OutboxMessage.release, post.id, holder)
            raise
        return bool(await run(OutboxMessage.finish_draw, post.id, holder, post.wanted))

    async def _draw(self, post: OutboxMessage, content: CardContent) -> None:
        names: list[str | None] = []  # the name of the file with what does not fit
        pictures: list[File] = []
        spoken: list[Language] = []

        async def drawn(now: OutboxMessage, content: CardContent) -> Message:
            if isinstance(content, FileUpload):
                names.append(f"details-v{content.turn + 1}")
                return await self._render_upload(content, now)
            card = await self._add_channel_names(content)
            names.append(f"draft-v{card.draft.version}" if card.draft else None)
            pictures[:] = _list_charts(card)
            spoken.append(await self._find_language(card))
            return render_task_card(card, spoken[-1])

        up, message = await self.sender.draw_from(post.id, self._read, drawn, (post, content))
        # a card without a draft has its whole content in its text
        if message.rest and (name := names[-1]):
            await self._upload_rest(up, message.rest, name)
        for picture in pictures:
            await self._upload_chart(up, picture, spoken[-1])

    async def _find_language(self, card: CardData) -> Language:
        """Return the language of the message that the card answers, where that is known, else the
        author's; for a report the one that they asked it in, and for a message that nobody
        requested the one chosen for it."""
        task, chosen = card.task, card.task.form.get("language")
        if card.draft is not None and card.draft.channel is None and task.is_typed:
            return card.draft.language
        if chosen and not task.is_typed and (card.draft is not None or not task.private):
            return parse_language(str(chosen))
        if task.message_language:
            return task.message_language
        locale = await self.sender.people.locale(task.workspace, task.author)
        return parse_language(locale or task.locale)

    async def _render_upload(self, upload: FileUpload, post: OutboxMessage) -> Message:
        locale = await self.sender.people.locale(upload.workspace, upload.author)
        return render_import_card(upload, parse_language(locale or upload.locale), post.place)

    async def _add_channel_names(self, card: CardData) -> CardData:
        wanted = {*card.policy.delivery.channels, *filter(None, [card.origin])}
        private = card.private and not card.shared
        if card.draft is None or not (private or card.status == "approved"):
            return card
        return replace(card, channel_names=await self._load_channel_names(wanted))

    async def _load_channel_names(self, channels: set[str]) -> Mapping[str, str]:
        """Return the names of these channels, without those that Slack doesn't give."""
        found = {}
        for channel in channels:
            if (name := self.names.get(channel)) is None:
                name = await self._name(channel)
                self.names.put(channel, name, NAMES_CACHE_SECONDS)
            found[channel] = name
        return {channel: name for channel, name in found.items() if name}

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
        place = make_thread_place(post)
        await self.sender.plan(id, post.workspace, "file", place, self.now())
        await upload_file(self.sender, id, f"{name}.txt", rest.encode())

    async def _upload_chart(self, post: OutboxMessage, picture: File, language: Language) -> None:
        """Upload a chart of the draft in the card's thread, once. When Slack takes no file, post
        its content in words."""
        run, id = self.sender.database.run, f"{post.id}:picture:{picture.sha256[:16]}"
        png = await run(DraftImage.bytes_of, post.workspace, picture.sha256)
        if png is None:
            return
        place = make_thread_place(post)
        row = await self.sender.plan(id, post.workspace, "file", place, self.now())
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
    spot = find_card_thread(post)
    under = {"under": {"channel": spot.channel, "thread": spot.thread}} if spot else {}
    return {key: post.place[key] for key in ("channel", "user") if key in post.place} | under


def find_request_origin(post: OutboxMessage, content: CardContent) -> RequestOrigin | None:
    """Return workspace, person and place of the request behind a card that was never posted.

    Return None for every other message, and for tasks that nobody typed: the readers of those are
    checked when they are posted.
    """
    if post.kind != "card" or post.ts is not None:
        return None
    if isinstance(content, FileUpload):
        return content.workspace, content.author, content.place
    task = content.task
    return (task.workspace, task.author, task.place) if task.is_typed else None
