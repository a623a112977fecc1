"""The set `multi_step`: play the messages of an ask as tasks in one thread, as the worker does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import Container
from bot.config.policy import Policy
from bot.core.writer import Writer
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words, parse_language
from bot.jobs.models import Job
from bot.messages.outbox import OutboxMessage
from bot.playground.slack_objects import TEAM_ID
from bot.slack.threads import format_messages, make_place
from bot.tasks.conversation import (
    SlackMessage,
    ThreadReading,
    build_thread_draft,
    describe_draft,
)
from bot.tasks.message_prompt import Message, ThreadDraft
from bot.tasks.models import HEARD, OWN_THREAD, NewTask, Task
from bot.tasks.run import TaskRun
from bot.tasks.services import TaskServices
from bot.tasks.understanding import ProductReference, Understanding
from evals.check_sets import Case
from evals.figures import FigureResult, compare_figures, find_others
from evals.questions import HEADLINE, SECONDS, describe_fact, find_verdict, list_cited
from evals.recordings import CaseModel
from evals.shop import NOON, EvalShop
from evals.understanding import NOT_FOR_US, ReadingResult, compare_reading, find_words

PERSON = "UMAX"  # may approve, so a revision may send a draft back
CHANNEL, DIRECT = "C0MARKET", "D0MAX"


@dataclass
class ThreadSlack:
    """The thread in which a case is played, in the place of Slack."""

    messages: list[SlackMessage] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)  # the newest first
    lines: list[str] = field(default_factory=list)  # what was said of what is not done

    async def show(self, post: str) -> None:
        """Show nothing: cards are drawn from rows."""

    async def deliver(self, delivery: str) -> None:
        """Deliver nothing."""

    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str, *, is_recap: bool = False
    ) -> str:
        people = [
            {"user": one.author, "text": one.text, "ts": str(number), "thread_ts": "0"}
            for number, one in enumerate(self.messages)
            if one.author is not None
        ]
        return format_messages(people)

    async def readable_channels(
        self, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]:
        return frozenset(channels)

    async def locale(self, workspace: str, person: str) -> str | None:
        return None

    async def read_thread(self, workspace: str, place: Mapping[str, Any]) -> ThreadReading:
        return ThreadReading(tuple(self.messages), tuple(self.pieces))

    async def say(
        self, id: str, workspace: str, place: Mapping[str, Any], words: Words, language: str
    ) -> None:
        self.lines.append(words.to(parse_language(language)))

    async def set_status(self, place: Mapping[str, Any], text: str) -> None:
        """Show no status."""


@dataclass(frozen=True)
class StepResult:
    """What came of one message. `text` is what people read."""

    reading: ReadingResult
    text: str
    verdict: str = ""  # of the figures, where the step states some
    figures: FigureResult | None = None
    others: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.reading.is_right and self.verdict in ("", "right", "other reading")


@dataclass
class StepPlayer:
    """Plays the messages of one case."""

    case: Case
    shop: EvalShop
    model: CaseModel
    slack: ThreadSlack = field(default_factory=ThreadSlack)
    results: list[StepResult] = field(default_factory=list)

    async def play(self) -> None:
        """Play all steps into `results`. Raises PendingRequest."""
        for number, step in enumerate(self.case["steps"], 1):
            self.model.step = str(number)
            self.results.append(await self._play_step(number, step))

    @property
    def container(self) -> Container:
        if self.shop.container is None:
            raise ValueError("messages in a thread need rows")
        return self.shop.container

    async def _play_step(self, number: int, step: Case) -> StepResult:
        services = self._build_services(self.model)
        database, words = services.database, find_words(step["words"])
        if step["words"].startswith("@") and "@intern" not in step["words"]:
            reading = compare_reading(step, NOT_FOR_US, Message(words=words, today=NOON.date()))
            self.slack.messages.append(SlackMessage(words, author=PERSON))
            return StepResult(reading, "")
        drafts = await database.run(self._list_drafts)
        id = f"{self.case['id']}-{number}"
        new_task = self._build_task(id, number, step, words)

        def start(session: Session) -> Task:
            Task.accept(session, drop_job, new_task, NOON)
            task = session.get_one(Task, id)
            task.start(NOON)
            return task

        task = await database.run(start)
        failed = ""
        try:
            await TaskRun(services, task).run()
        except CannotDo as error:
            failed = error.words.to("en")
        except TryAgain as error:
            failed = str(error)
        self.slack.messages.append(SlackMessage(words, author=PERSON))
        return await database.run(self._read_result, id, step, drafts, failed)

    def _build_services(self, writer: Writer) -> TaskServices:
        container, shop = self.container, self.shop

        def policy(_: str) -> Policy:
            return shop.policy

        async def has_right(workspace: str, person: str, right: Any) -> bool:
            return shop.policy.may(person, right)

        return TaskServices(
            database=container.database,
            enqueue=drop_job,
            slack=self.slack,
            writer=writer,
            library=container.library,
            brand=lambda _: shop.brand,
            policy=policy,
            now=lambda: NOON,
            has_right=has_right,
            task_seconds=SECONDS,
        )

    def _build_task(self, id: str, number: int, step: Case, words: str) -> NewTask:
        is_direct = self.case["place"] == "dm"
        is_reply = number > 1 and not is_direct and "@intern" not in step["words"]
        return NewTask(
            id=id,
            workspace=TEAM_ID,
            author=PERSON,
            words=words,
            place=make_place(
                DIRECT if is_direct else CHANNEL,
                PERSON,
                thread=f"{self.case['id']}.1",
                asked=f"{self.case['id']}.{number}",
            ),
            locale="fr-FR" if self.case["language"] == "fr" else "en-GB",
            form={HEARD: OWN_THREAD} if is_reply else {},
        )

    def _list_drafts(self, session: Session) -> tuple[ThreadDraft, ...]:
        found = [Draft.latest(session, piece) for piece in self.slack.pieces]
        return tuple(build_thread_draft(session, draft) for draft in found if draft is not None)

    def _read_result(
        self, session: Session, id: str, step: Case, drafts: tuple[ThreadDraft, ...], failed: str
    ) -> StepResult:
        """Read what the task came to, and add it to the thread."""
        task = session.get_one(Task, id)
        language = task.message_language or parse_language(task.locale)
        made = list(session.scalars(select(Draft).where(Draft.task == id).order_by(Draft.piece)))
        pieces = [draft.piece for draft in made] or [task.first_piece]
        texts = [describe_draft(draft) for draft in made]
        if question := task.question_asked:
            texts.append(question.words.to(language))
        elif task.trouble_words is not None:
            texts.append(task.trouble_words.to(language))
        elif failed:
            texts.append(failed)
        for card in session.scalars(
            select(OutboxMessage).where(OutboxMessage.piece.in_(pieces), OutboxMessage.ts.is_(None))
        ):
            card.mark_sent(f"{id}.{card.piece}", str(task.place["channel"]))
        for piece, text in zip(pieces, texts, strict=False):
            self.slack.messages.append(SlackMessage(text, piece=piece))
            self.slack.pieces.insert(0, piece)
        understanding = NOT_FOR_US
        if task.understanding:
            understanding = Understanding.model_validate_json(task.understanding)
            understanding = add_kept_products(understanding, made)
        message = Message(words=find_words(step["words"]), today=NOON.date(), drafts=drafts)
        reading = compare_reading(step, understanding, message)
        text = " | ".join([*self.slack.lines, *texts])
        self.slack.lines.clear()
        if not ("answer" in step or step.get("cannot")):
            return StepResult(reading, text)
        parts = [part for draft in made for part in draft.parts]
        facts = [fact for draft in made for fact in draft.facts.facts]
        cited = list_cited(parts, facts)
        headline = list_cited([part for part in parts if part.key == HEADLINE], facts)
        figures, others = compare_figures(step, cited), find_others(step, headline)
        verdict = find_verdict(step, parts, figures, has_figures=bool(cited), others=others)
        return StepResult(
            reading,
            text,
            verdict if made else "nothing",
            figures,
            tuple(map(describe_fact, others)),
        )


def add_kept_products(understanding: Understanding, made: Sequence[Draft]) -> Understanding:
    """Return the reading with the products that requests took over from what they continue."""
    kept = {draft.skill: draft.brief.product for draft in made if draft.brief.product}
    requests = [
        one.model_copy(update={"products": (ProductReference(words="", handle=handle, title=""),)})
        if one.about and not one.products and (handle := kept.get(one.skill))
        else one
        for one in understanding.requests
    ]
    return understanding.model_copy(update={"requests": tuple(requests)})


def drop_job(session: Session, job: Job) -> None:
    """Enqueue nothing: the player runs each task itself."""
