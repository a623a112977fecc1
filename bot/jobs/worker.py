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
from datetime import datetime

from sqlalchemy.orm import Session

from bot.agent.pipeline import recheck_parts
from bot.agent.turns import AgentTurn
from bot.config.policy import NOBODY_HAS_RIGHT, Admission
from bot.core.channels import list_sender_channels
from bot.core.checks import Check, sort_checks
from bot.core.facts import Evidence
from bot.data.catalogue.models import list_product_facts
from bot.data.ingest.import_job import ImportJob
from bot.data.ingest.models import OPEN_STATES as OPEN_UPLOAD_STATES
from bot.data.ingest.models import FileUpload
from bot.db.base import lock_one
from bot.db.session import DATABASE_ERRORS
from bot.db.workspace import BrandRow
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain, locate_bug, translate_system_error
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job, JobKind
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import list_cards, list_versions
from bot.tasks.models import Task
from bot.tasks.run import TaskRun
from bot.tasks.services import TaskServices, change_task

log = logging.getLogger("bot.jobs.worker")

JobHandler = Callable[[str], Awaitable[None]]
FailureHandler = Callable[[str, Words], Awaitable[None]]  # gets a job's subject and the reason


@dataclass(frozen=True)
class Worker:
    """`extra_handlers` run jobs without a card, such as merging live rows. Their failures are
    logged, and passed to the handler in `failure_handlers` if there is one for the kind."""

    context: TaskServices
    extra_handlers: Mapping[JobKind, JobHandler] = field(default_factory=dict)
    failure_handlers: Mapping[JobKind, FailureHandler] = field(default_factory=dict)
    import_job: ImportJob | None = None  # None: this process imports no files

    @property
    def jobs(self) -> dict[JobKind, JobHandler]:
        """The handlers that the engine runs, by kind of job."""
        handlers: dict[JobKind, JobHandler] = {
            "work": self.work,
            "check": self.check,
            "deliver": self.deliver,
            "show": self.context.slack.show,
            **self._upload_handlers(),
            **self.extra_handlers,
        }
        return {kind: self._report_failures(kind, handler) for kind, handler in handlers.items()}

    def _upload_handlers(self) -> dict[JobKind, JobHandler]:
        """The handlers of dropped files. Each checks first whether the uploader may ask there."""
        if self.import_job is None:
            return {}

        def admitted(handler: JobHandler) -> JobHandler:
            async def do(id: str) -> None:
                if await self._is_upload_admitted(id):
                    await handler(id)

            return do

        return {kind: admitted(handler) for kind, handler in self.import_job.jobs.items()}

    async def _is_upload_admitted(self, id: str) -> bool:
        """Whether a dropped file may be imported: see `_is_admitted`. Raises TryAgain."""
        context = self.context
        upload = await context.database.run(lambda session: session.get_one(FileUpload, id))
        if upload.state not in OPEN_UPLOAD_STATES:
            return True
        who = (upload.workspace, upload.author)
        admission = await context.check_admission(*who, upload.place)
        if admission == "admitted" and await context.has_right(*who, "ask"):
            return True
        await context.database.run(self._refuse_upload, id, admission)
        return False

    def _refuse_upload(self, session: Session, id: str, admission: Admission) -> None:
        """Refuse a file. A member sees the reason; for anybody else no card is shown."""
        upload = session.get_one(FileUpload, id, with_for_update=True)
        if admission != "admitted":
            OutboxMessage.drop_unsent_cards(session, upload.card_piece)
        upload.refuse(session, self.context.enqueue, why=NOBODY_HAS_RIGHT, now=self.context.now())

    async def work(self, id: str) -> None:
        """Run a task from its words to its drafts or its question, and show its cards."""
        context = self.context

        def start(session: Session) -> TaskRun | None:
            task = lock_one(session, Task, id)
            brand = context.brand(task.workspace)
            BrandRow.seed(session, task.workspace, brand, context.now())
            is_new = task.state == "waiting"  # no run of it has begun
            if not task.start(context.now()):
                return None
            is_first_run = is_new or not AgentTurn.exist_for_task(session, task.id)
            return TaskRun(context, task, is_first_run=is_first_run)

        run = await context.database.run(start)
        if run is not None and await self._is_admitted(run.task):
            await run.run()
        await self._show_cards(id)

    async def _is_admitted(self, task: Task) -> bool:
        """Whether this task, which has just started, may be run. A task of an outsider, or from a
        channel that outsiders read, ends without any message. Raises TryAgain, and CannotDo for a
        member without the right to ask."""
        context = self.context
        if not task.is_typed:
            return True
        if await context.check_admission(task.workspace, task.author, task.place) != "admitted":
            now = context.now
            await change_task(context, task.id, lambda t, s, e: t.withdraw(s, e, now()))
            return False
        if not await context.has_right(task.workspace, task.author, "ask"):
            context.policy(task.workspace).require(task.author, "ask")
            raise CannotDo(NOBODY_HAS_RIGHT)
        return True

    async def check(self, id: str) -> None:
        """Check an edited version against its facts and against what was typed."""
        context = self.context

        def load(session: Session) -> tuple[Draft, Draft, Task]:
            edited = session.get_one(Draft, id)
            versions = list_versions(session, edited.piece)
            task = session.get_one(Task, edited.task)
            return edited, versions[versions.index(edited) - 1], task

        edited, before, task = await context.database.read(load)
        added = await context.database.read(
            list_product_facts,
            edited.workspace,
            edited.brief.product,
            edited.brief.market,
            context.now().date(),
        )

        def recheck(facts: Evidence) -> tuple[Evidence, tuple[Check, ...]]:
            return recheck_parts(
                edited.parts,
                edited.other_hooks,
                facts,
                request=edited.skill_request,
                brand=context.brand(edited.workspace).for_market(
                    edited.brief.market, list_sender_channels()
                ),
                today=context.now().date(),
                before=before.parts,
                editor=edited.author or "",
                notes=before.findings or (),
            )

        evidence, checks = recheck(edited.facts.plus(added))
        if edited.checks is None:
            claims, proofs = await TaskRun(context, task).check_claims(edited, evidence)
            if proofs:
                evidence, checks = recheck(evidence.plus(proofs))
            checks = sort_checks((*checks, *claims))

        def keep(session: Session) -> None:
            row = session.get_one(Draft, id, with_for_update=True)
            if row.checks is None:
                row.store_checks(session, context.enqueue, checks, evidence, context.now())

        await context.database.run(keep)

    async def deliver(self, id: str) -> None:
        """Deliver an approved version to its destination, once."""
        context = self.context

        def load(session: Session) -> tuple[Delivery, Draft]:
            delivery = session.get_one(Delivery, id)
            return delivery, session.get_one(Draft, delivery.draft)

        def depart(session: Session) -> bool:
            delivery, draft = load(session)
            return delivery.mark_sending(session, draft)

        def arrive(session: Session) -> None:
            delivery, draft = load(session)
            delivery.mark_sent(session, context.enqueue, draft, context.now())

        if await context.database.run(depart):
            await context.slack.deliver(id)
            await context.database.run(arrive)

    async def give_up(self, job: Job, why: TryAgain | None) -> None:
        """Report a job that has failed, or has crashed its process, too often."""
        reference = format_reference(job.subject)
        log.error("%s %s: given up", reference, job.kind)
        if job.kind == "show" and why is not None:
            return  # Slack is unavailable: the scheduler shows the card when Slack is back
        with retry_database_errors():
            await self._fail(job.kind, job.subject, (why and why.words) or describe_bug(reference))

    def _report_failures(self, kind: JobKind, handler: JobHandler) -> JobHandler:
        async def run(id: str) -> None:
            with retry_database_errors():
                await self._run_or_fail(kind, handler, id)

        return run

    async def _run_or_fail(self, kind: JobKind, handler: JobHandler, id: str) -> None:
        """Run a job; report the reason when it fails for good."""
        try:
            await handler(id)
        except (TryAgain, *DATABASE_ERRORS):
            raise
        except CannotDo as reason:
            if kind in self.extra_handlers:
                log.warning("%s: %s", kind, reason.words.to("en"))
            await self._fail(kind, id, reason.words)
        except Exception as bug:  # noqa: BLE001  the only place that catches bugs
            if isinstance(failure := translate_system_error(bug), TryAgain):
                raise failure from None
            if failure is not None:
                return await self._fail(kind, id, failure.words)
            reference = format_reference(id)
            log.error("%s %s failed: %s", reference, kind, locate_bug(bug))
            await self._fail(kind, id, describe_bug(reference))

    async def _fail(self, kind: JobKind, id: str, words: Words) -> None:
        """Report a failure where people look for it: card, delivery, or the draft's checks."""
        context = self.context
        if kind == "work":
            await change_task(
                context, id, lambda t, s, e: _end_failed(t, s, e, words, context.now())
            )
            await self._show_cards(id)
            task = await context.database.run(lambda session: session.get_one(Task, id))
            await context.slack.set_status(task.place, "")
            if kind in self.failure_handlers:
                await self.failure_handlers[kind](id, words)
        elif kind == "deliver":
            await context.database.run(self._fail_delivery, id, words)
        elif kind == "check":
            await context.database.run(self._fail_check, id, words)
        elif kind == "show":
            await context.database.run(OutboxMessage.give_up_drawing, id)
        elif self.import_job and kind in self.import_job.jobs:
            await self.import_job.fail(id, words)
        elif kind in self.failure_handlers:
            await self.failure_handlers[kind](id, words)

    def _fail_delivery(self, session: Session, id: str, words: Words) -> None:
        delivery = session.get_one(Delivery, id)
        draft = session.get_one(Draft, delivery.draft)
        delivery.fail(session, self.context.enqueue, draft, words, self.context.now())

    def _fail_check(self, session: Session, id: str, words: Words) -> None:
        row = session.get_one(Draft, id)
        row.mark_unchecked(session, self.context.enqueue, words, self.context.now())

    async def _show_cards(self, id: str) -> None:
        for post in await self.context.database.read(list_cards, id):
            await self.context.slack.show(post)


def _end_failed(
    task: Task, session: Session, enqueue: Enqueue, words: Words, now: datetime
) -> None:
    """End a task that failed. A message between colleagues that could not be read is not
    answered."""
    if task.may_fail_silently:
        task.dismiss(session, enqueue, now)
    else:
        task.fail(session, enqueue, words, now)


@contextlib.contextmanager
def retry_database_errors() -> Iterator[None]:
    """Turn errors of a database that is unavailable, locked or full into TryAgain. It can't store
    the reason of a failure either; the engine's retry makes sure that no answer is lost."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise TryAgain(f"the database: {type(error.orig or error).__name__}") from None


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
