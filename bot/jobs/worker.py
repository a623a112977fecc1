"""Take a job, do it, and end it visibly, whatever happens.

It knows nothing of Slack: it is handed `show`, `deliver`, `read` and `locale`. The one
`except Exception` of the line is here: people get a sentence and a reference, the log the
reference and where it happened, and neither gets the other's part.
"""

import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bot.agent.pipeline import recheck_parts
from bot.config.access import Admission
from bot.config.policy import NOBODY_HAS_RIGHT
from bot.data.ingest.import_job import ImportJob
from bot.data.ingest.models import OPEN_STATES as ARRIVING
from bot.data.ingest.models import FileUpload
from bot.db.workspace import BrandRow
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain, locate_bug, translate_system_error
from bot.i18n.messages import Words
from bot.jobs.models import Job, JobKind
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import list_versions
from bot.tasks.models import OPEN_STATES, Task
from bot.tasks.run import TaskRun, TaskServices, change_task

log = logging.getLogger("bot.jobs.worker")

JobHandler = Callable[[str], Awaitable[None]]
DATABASE_ERRORS = (OperationalError, InterfaceError)  # the database, for a while
FailureHandler = Callable[[str, Words], Awaitable[None]]  # a job's subject, and why it failed


@dataclass(frozen=True)
class Worker:
    """`besides`: jobs that no card shows, such as merging live rows; done as visibly as they can
    be, which is in the log, and to whoever `failing` tells of it."""

    means: TaskServices
    besides: Mapping[JobKind, JobHandler] = field(default_factory=dict)
    failing: Mapping[JobKind, FailureHandler] = field(default_factory=dict)
    stocktaking: ImportJob | None = None  # None: this process takes no files in

    @property
    def jobs(self) -> dict[JobKind, JobHandler]:
        """What the engine runs, by kind."""
        verbs: dict[JobKind, JobHandler] = {
            "work": self.work,
            "check": self.check,
            "deliver": self.deliver,
            "show": self.means.outside.show,
            **self._arriving(),
            **self.besides,
        }
        return {kind: self._visibly(kind, verb) for kind, verb in verbs.items()}

    def _arriving(self) -> dict[JobKind, JobHandler]:
        """The jobs of dropped files, each done only for whoever may ask where it was dropped."""
        if self.stocktaking is None:
            return {}

        def admitted(verb: JobHandler) -> JobHandler:
            async def do(id: str) -> None:
                if await self._arrival_admitted(id):
                    await verb(id)

            return do

        return {kind: admitted(verb) for kind, verb in self.stocktaking.jobs.items()}

    async def _arrival_admitted(self, id: str) -> bool:
        """The same for a dropped file. Raises TryAgain."""
        means = self.means
        arrival = await means.database.run(lambda session: session.get_one(FileUpload, id))
        if arrival.state not in ARRIVING:
            return True
        who = (arrival.workspace, arrival.author)
        admission = await means.admit(*who, arrival.place)
        if admission == "admitted" and await means.may(*who, "ask"):
            return True
        await means.database.run(self._not_taken, id, admission)
        return False

    def _not_taken(self, session: Session, id: str, admission: Admission) -> None:
        """A file that is not read: a member sees why; of anybody else's nothing is drawn."""
        arrival = session.get_one(FileUpload, id, with_for_update=True)
        if admission != "admitted":
            OutboxMessage.drop_unsent_cards(session, arrival.piece)
        arrival.refuse(session, self.means.enqueue, why=NOBODY_HAS_RIGHT, now=self.means.now())

    async def work(self, id: str) -> None:
        """A task, from its words to its drafts or its question, and its cards drawn."""
        means = self.means

        def start(session: Session) -> Task | None:
            task = session.get_one(Task, id, with_for_update=True)
            brand = means.brand(task.workspace)
            BrandRow.seed(session, task.workspace, brand, means.now())
            return task if task.start(means.now()) else None

        if await self._admitted(id) and (task := await means.database.run(start)):
            await TaskRun(means, task).to_the_end()
        await self._show_cards(id)

    async def _admitted(self, id: str) -> bool:
        """Whether this task may be worked on. What an outsider asked for, or somebody in a closed
        channel, ends without a trace where people are. Raises TryAgain, and CannotDo for a member
        who may not ask."""
        means = self.means
        task = await means.database.run(lambda session: session.get_one(Task, id))
        if not task.typed or task.state not in OPEN_STATES:
            return True
        if await means.admit(task.workspace, task.author, task.place) != "admitted":
            await change_task(means, id, lambda t, s, e: t.take_back(s, e, means.now()))
            return False
        if not await means.may(task.workspace, task.author, "ask"):
            means.policy(task.workspace).demand(task.author, "ask")
            raise CannotDo(NOBODY_HAS_RIGHT)
        return True

    async def check(self, id: str) -> None:
        """An edited version: held against what was known and what was typed."""
        means = self.means

        def load(session: Session) -> tuple[Draft, Draft]:
            edited = session.get_one(Draft, id)
            versions = list_versions(session, edited.piece)
            return edited, versions[versions.index(edited) - 1]

        edited, before = await means.database.run(load)
        evidence, checks = recheck_parts(
            edited.parts,
            edited.other_hooks,
            edited.facts,
            request=edited.asked,
            brand=means.brand(edited.workspace),
            today=means.now().date(),
            before=before.parts,
            editor=edited.author or "",
        )

        def keep(session: Session) -> None:
            row = session.get_one(Draft, id, with_for_update=True)
            if row.checks is None:
                row.judge(session, means.enqueue, checks, evidence, means.now())

        await means.database.run(keep)

    async def deliver(self, id: str) -> None:
        """An approved version to its destination, once."""
        means = self.means

        def load(session: Session) -> tuple[Delivery, Draft]:
            delivery = session.get_one(Delivery, id)
            return delivery, session.get_one(Draft, delivery.draft)

        def depart(session: Session) -> bool:
            delivery, draft = load(session)
            return delivery.depart(session, draft)

        def arrive(session: Session) -> None:
            delivery, draft = load(session)
            delivery.arrive(session, means.enqueue, draft, means.now())

        if await means.database.run(depart):
            await means.outside.deliver(id)
            await means.database.run(arrive)

    async def give_up(self, job: Job, why: TryAgain | None) -> None:
        """A job that has failed too often, or has killed its process too often."""
        reference = format_reference(job.subject)
        log.error("%s %s: given up", reference, job.kind)
        if job.kind == "show" and why is not None:
            return  # Slack is away: the clock has it drawn when Slack is back
        with retry_database_errors():
            await self._fail(job.kind, job.subject, (why and why.words) or describe_bug(reference))

    def _visibly(self, kind: JobKind, verb: JobHandler) -> JobHandler:
        async def visibly(id: str) -> None:
            with retry_database_errors():
                await self._or_why_not(kind, verb, id)

        return visibly

    async def _or_why_not(self, kind: JobKind, verb: JobHandler, id: str) -> None:
        """Do it, or say why not."""
        try:
            await verb(id)
        except (TryAgain, *DATABASE_ERRORS):
            raise
        except CannotDo as reason:
            if kind in self.besides:
                log.warning("%s: %s", kind, reason.words.to("en"))
            await self._fail(kind, id, reason.words)
        except Exception as bug:  # noqa: BLE001  the one place
            if isinstance(told := translate_system_error(bug), TryAgain):
                raise told from None
            if told is not None:
                return await self._fail(kind, id, told.words)
            reference = format_reference(id)
            log.error("%s %s failed: %s", reference, kind, locate_bug(bug))
            await self._fail(kind, id, describe_bug(reference))

    async def _fail(self, kind: JobKind, id: str, words: Words) -> None:
        """Say it where it is looked for: on the card, on the delivery, among the checks."""
        means = self.means
        if kind == "work":
            await change_task(means, id, lambda t, s, e: t.fail(s, e, words, means.now()))
            await self._show_cards(id)
            if kind in self.failing:
                await self.failing[kind](id, words)
        elif kind == "deliver":
            await means.database.run(self._fail_delivery, id, words)
        elif kind == "check":
            await means.database.run(self._fail_check, id, words)
        elif kind == "show":
            await means.database.run(OutboxMessage.give_up_drawing, id)
        elif self.stocktaking and kind in self.stocktaking.jobs:
            await self.stocktaking.fail(id, words)
        elif kind in self.failing:
            await self.failing[kind](id, words)

    def _fail_delivery(self, session: Session, id: str, words: Words) -> None:
        delivery = session.get_one(Delivery, id)
        draft = session.get_one(Draft, delivery.draft)
        delivery.fail(session, self.means.enqueue, draft, words, self.means.now())

    def _fail_check(self, session: Session, id: str, words: Words) -> None:
        row = session.get_one(Draft, id)
        row.not_checked(session, self.means.enqueue, words, self.means.now())

    async def _show_cards(self, id: str) -> None:
        for post in await self.means.database.run(OutboxMessage.list_cards, id):
            await self.means.outside.show(post)


@contextlib.contextmanager
def retry_database_errors() -> Iterator[None]:
    """A database that is away, locked or full can't even keep why something failed: the engine
    tries again, and nobody waits for an answer that was lost."""
    try:
        yield
    except DATABASE_ERRORS as away:
        raise TryAgain(f"the database: {type(away.orig or away).__name__}") from None


def format_reference(subject: str) -> str:
    """What a person can quote and the log carries: the task's id, shortened; of a subject that is
    no id but says whose it is, its hash."""
    if "/" in subject:
        subject = hashlib.sha256(subject.encode()).hexdigest()
    return f"SI-{subject[:8].upper()}"


def describe_bug(reference: str) -> Words:
    return Words(
        "Something broke on our side, and your request is kept. Quote {reference} to whoever runs "
        "the intern, or try again.",
        reference=reference,
    )
