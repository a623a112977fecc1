"""Runs a job and reports its result or its failure, whatever happens.

It is independent of Slack, whose operations are passed in as `TaskServices.outside`. The only
`except Exception` of the job pipeline is here: the person gets a sentence and a reference, the log
gets the reference and the place of the error. Neither gets the other's details.
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
DATABASE_ERRORS = (OperationalError, InterfaceError)  # the database is unavailable for a while
FailureHandler = Callable[[str, Words], Awaitable[None]]  # gets a job's subject and the reason


@dataclass(frozen=True)
class Worker:
    """`besides` handles jobs without a card, such as merging live rows. Their failures are logged,
    and passed to the handler in `failing` if there is one for the kind."""

    means: TaskServices
    besides: Mapping[JobKind, JobHandler] = field(default_factory=dict)
    failing: Mapping[JobKind, FailureHandler] = field(default_factory=dict)
    stocktaking: ImportJob | None = None  # None: this process imports no files

    @property
    def jobs(self) -> dict[JobKind, JobHandler]:
        """The handlers that the engine runs, by kind of job."""
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
        """The handlers of dropped files. Each checks first whether the uploader may ask there."""
        if self.stocktaking is None:
            return {}

        def admitted(verb: JobHandler) -> JobHandler:
            async def do(id: str) -> None:
                if await self._arrival_admitted(id):
                    await verb(id)

            return do

        return {kind: admitted(verb) for kind, verb in self.stocktaking.jobs.items()}

    async def _arrival_admitted(self, id: str) -> bool:
        """Whether a dropped file may be imported: see `_admitted`. Raises TryAgain."""
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
        """Refuse a file. A member sees the reason; for anybody else no card is shown."""
        arrival = session.get_one(FileUpload, id, with_for_update=True)
        if admission != "admitted":
            OutboxMessage.not_begun(session, arrival.piece)
        arrival.refuse(session, self.means.enqueue, why=NOBODY_HAS_RIGHT, now=self.means.now())

    async def work(self, id: str) -> None:
        """Run a task from its words to its drafts or its question, and show its cards."""
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
        """Whether this task may be run. A task of an outsider, or from a channel that outsiders
        read, ends without any message. Raises TryAgain, and CannotDo for a member without the
        right to ask."""
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
        """Check an edited version against its facts and against what was typed."""
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
        """Deliver an approved version to its destination, once."""
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
        """Report a job that has failed, or has crashed its process, too often."""
        reference = format_reference(job.subject)
        log.error("%s %s: given up", reference, job.kind)
        if job.kind == "show" and why is not None:
            return  # Slack is unavailable: the scheduler shows the card when Slack is back
        with retry_database_errors():
            await self._fail(job.kind, job.subject, (why and why.words) or describe_bug(reference))

    def _visibly(self, kind: JobKind, verb: JobHandler) -> JobHandler:
        async def visibly(id: str) -> None:
            with retry_database_errors():
                await self._or_why_not(kind, verb, id)

        return visibly

    async def _or_why_not(self, kind: JobKind, verb: JobHandler, id: str) -> None:
        """Run a job; report the reason when it fails for good."""
        try:
            await verb(id)
        except (TryAgain, *DATABASE_ERRORS):
            raise
        except CannotDo as reason:
            if kind in self.besides:
                log.warning("%s: %s", kind, reason.words.to("en"))
            await self._fail(kind, id, reason.words)
        except Exception as bug:  # noqa: BLE001  the only place that catches bugs
            if isinstance(told := translate_system_error(bug), TryAgain):
                raise told from None
            if told is not None:
                return await self._fail(kind, id, told.words)
            reference = format_reference(id)
            log.error("%s %s failed: %s", reference, kind, locate_bug(bug))
            await self._fail(kind, id, describe_bug(reference))

    async def _fail(self, kind: JobKind, id: str, words: Words) -> None:
        """Report a failure where people look for it: card, delivery, or the draft's checks."""
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
            await means.database.run(OutboxMessage.settle, id)
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
        for post in await self.means.database.run(OutboxMessage.cards_of, id):
            await self.means.outside.show(post)


@contextlib.contextmanager
def retry_database_errors() -> Iterator[None]:
    """Turn errors of a database that is unavailable, locked or full into TryAgain. It can't store
    the reason of a failure either; the engine's retry makes sure that no answer is lost."""
    try:
        yield
    except DATABASE_ERRORS as away:
        raise TryAgain(f"the database: {type(away.orig or away).__name__}") from None


def format_reference(subject: str) -> str:
    """Return the reference that a person can quote and that the log holds: the shortened task id.
    Of a subject that is not an id but contains a workspace's name, the hash is used."""
    if "/" in subject:
        subject = hashlib.sha256(subject.encode()).hexdigest()
    return f"SI-{subject[:8].upper()}"


def describe_bug(reference: str) -> Words:
    return Words(
        "Something broke on our side, and your request is kept. Quote {reference} to whoever runs "
        "the intern, or try again.",
        reference=reference,
    )
