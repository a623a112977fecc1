"""What work on a task needs: the services of the process, the task, and its status in Slack."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.agent.examples import ExampleBook, ExampleModel
from bot.agent.spending import Payer, SpendingCap
from bot.agent.turns import NoTurnLog, TaskTurns
from bot.config.brand import Brand
from bot.config.policy import Admission, Policy, Right
from bot.core.facts import Fact
from bot.core.library import Library
from bot.core.request import IncomingRequest, Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.db.base import lock_one
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.i18n.messages import Language, Words, parse_language
from bot.jobs.models import Enqueue, Job
from bot.tasks.conversation import ThreadReading
from bot.tasks.models import Task


class SlackPort(Protocol):
    """The operations of Slack that a task needs."""

    async def show(self, post: str) -> None: ...
    async def deliver(self, delivery: str) -> None: ...
    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str, *, is_recap: bool = False
    ) -> str: ...
    async def readable_channels(
        self, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]: ...
    async def locale(self, workspace: str, person: str) -> str | None: ...
    async def read_thread(self, workspace: str, place: Mapping[str, Any]) -> ThreadReading: ...
    async def say(
        self, id: str, workspace: str, place: Mapping[str, Any], words: Words, language: str
    ) -> None: ...
    async def set_status(self, place: Mapping[str, Any], text: str) -> None: ...


def find_no_facts(_: str, __: SkillRequest, ___: Mapping[str, Any]) -> Sequence[Fact]:
    """Return no extra facts: the default when the caller passes no source."""
    return ()


async def check_default_right(_: str, person: str, right: Right) -> bool:
    """Check a right against the default policy, which names nobody."""
    return Policy().may(person, right)


async def admit_everyone(_: str, __: str, ___: Mapping[str, Any]) -> Admission:
    """Admit everybody: for the command line, where the person owns the machine."""
    return "admitted"


@dataclass(frozen=True)
class TaskServices:
    """The services that a task needs. The keys of `brand`, `policy` and `library` are workspaces.

    `extra_facts`: facts from outside the library, by workspace, request and form. `has_right`:
    whether a person of a workspace has a right; False for guests. `check_admission`: whether a
    request of a person at a place may run. Both raise TryAgain while Slack can't identify the
    person. `offline`: the writer of standard text, for whoever asks for it while the AI is away.
    `key` returns the home's key, with which the turns of a model are sealed; without it they are
    not kept. `task_seconds`: how long a model may work on one text. `examples`: answers to the
    demo's own questions, where no AI is connected."""

    database: Database
    enqueue: Enqueue
    slack: SlackPort
    writer: Writer
    library: Callable[[str], Library]
    brand: Callable[[str], Brand]
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    extra_facts: Callable[[str, SkillRequest, Mapping[str, Any]], Sequence[Fact]] = find_no_facts
    has_right: Callable[[str, str, Right], Awaitable[bool]] = check_default_right
    check_admission: Callable[[str, str, Mapping[str, Any]], Awaitable[Admission]] = admit_everyone
    offline: Writer | None = None
    key: Callable[[], bytes] | None = None
    task_seconds: float = 180.0
    examples: ExampleBook | None = None

    @property
    def spending(self) -> SpendingCap:
        return SpendingCap(self.database, self.policy, self.now)


@dataclass(frozen=True)
class RunningTask:
    """A task that is worked on, and what all work on it shares. `is_first_run`: no earlier run of
    it has asked a model."""

    services: TaskServices
    task: Task
    example: ExampleModel | None = None
    is_first_run: bool = False

    @property
    def writer(self) -> Writer:
        """The AI, an example of the demo, or the writer of standard text where the person asked for
        it."""
        chosen = self.task.form.get("without_ai") and self.services.offline
        return chosen or self.example or self.services.writer

    async def find_example(self) -> ExampleModel | None:
        """Return the example that answers the task's words, where no AI is connected."""
        services, task = self.services, self.task
        if services.examples is None or not services.writer.by_rules or not task.is_typed:
            return None
        example = services.examples.find(task.reason or task.words)
        if example is None:
            return None
        if example.after is not None:
            thread = await services.slack.read_thread(task.workspace, task.place)
            earlier = await services.database.run(_list_requests, thread.pieces)
            if not services.examples.belongs(example, earlier):
                return None
        return services.examples.open(example, task.workspace)

    @cached_property
    def turns(self) -> TaskTurns | NoTurnLog:
        services, task = self.services, self.task
        if services.key is None:
            return NoTurnLog()
        return TaskTurns(
            services.database,
            task.workspace,
            task.id,
            services.key,
            services.now,
            with_receipts=True,
            is_first_run=self.is_first_run,
        )

    async def find_language(self) -> Language:
        """Return the language of the task's message, else the one in which its author reads
        Slack."""
        task = self.task
        locale = await self.services.slack.locale(task.workspace, task.author)
        return task.message_language or parse_language(locale)

    async def build_incoming_request(self) -> IncomingRequest:
        slack, task = self.services.slack, self.task
        previous = product = None
        if task.previous:
            row = await self.services.database.run(lambda s: s.get_one(Draft, task.previous))
            product = None if row.brief.others else row.brief.product
            if not row.facts.of_one_customer:  # the model will read the previous text
                previous = "\n\n".join(part.text for part in row.parts)
        return IncomingRequest(
            words=task.words,
            author=task.author,
            material=await slack.read_conversation(task.workspace, task.place, task.words),
            private=task.private,
            product=product,
            ui_language=parse_language(await slack.locale(task.workspace, task.author)),
            reason=task.reason,
            previous=previous,
            answers={str(k): str(v) for k, v in task.form.items()},
        )

    async def demand_budget(self) -> None:
        """Raises SpendingRefused when the spending limit is already reached."""
        if not self.writer.by_rules:
            await self.services.spending.demand_budget(self.payer, self.writer.name)

    async def end_in_question(self, question: Question) -> None:
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.ask(s, e, question, now()))

    async def receipt(self, sent: LlmCall) -> None:
        await self.turns.store_receipt(self.services.spending, self.payer, sent)

    @property
    def payer(self) -> Payer:
        return Payer(self.task.workspace, self.task.id, self.task.person)


def _list_requests(session: Session, pieces: Sequence[str]) -> list[str]:
    """Return the words of the tasks that made these pieces."""
    ids = {piece.rpartition(".")[0] for piece in pieces}
    return [task.words for id in ids if (task := session.get(Task, id)) is not None]


async def change_task(
    services: TaskServices, id: str, verb: Callable[[Task, Session, Enqueue], object]
) -> Task:
    """Apply `verb` to the locked row of a task, and return it. No job for its cards is enqueued,
    because the running job renders them at its end."""

    def change(session: Session) -> Task:
        task = lock_one(session, Task, id)
        verb(task, session, partial(enqueue_unless_card, services))
        return task

    return await services.database.run(change)


def enqueue_unless_card(services: TaskServices, session: Session, job: Job) -> None:
    if job.kind != "show":
        services.enqueue(session, job)


REARM_SECONDS = 60.0

ShowStatus = Callable[[str], Awaitable[None]]  # an empty text clears it; never raises


class WorkStatus:
    """Slack's own status of the thread while a task is worked on: "is looking at your orders…".

    `show` sets the text. Slack drops a status after two minutes, so it is set again while the work
    goes on, and cleared at its end, however it ends.
    """

    def __init__(self, show: ShowStatus, language: str, *, rearm: float = REARM_SECONDS) -> None:
        self._show, self._language, self._rearm = show, language, rearm
        self._words: Words | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def set(self, words: Words) -> None:
        """Show this step from now on. Returns at once."""
        self._words = words
        self._changed.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def __aenter__(self) -> "WorkStatus":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._show("")

    async def _keep(self) -> None:
        while True:
            self._changed.clear()
            if self._words is not None:
                await self._show(self._words.to(self._language))
            # Not `wait_for`: it swallows a cancellation that comes together with a change.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rearm):
                    await self._changed.wait()
