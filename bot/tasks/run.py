"""Run a task: read the words, write the drafts, check and store them.

A run can be restarted after a crash at any step.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.spending import Payer, SpendingCap
from bot.approvals.decision import Decision
from bot.config.access import Admission, Right
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.core.library import Library
from bot.core.request import Question, SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.db.session import Database, lock_one
from bot.drafts.models import Draft, DraftImage
from bot.drafts.tracking import campaign_code
from bot.i18n.messages import parse_language
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import check_unchanged, list_version_history
from bot.tasks.intake import IncomingRequest, understand_request
from bot.tasks.models import Task


class SlackPort(Protocol):
    """The operations of Slack that a task needs."""

    async def show(self, post: str) -> None: ...
    async def deliver(self, delivery: str) -> None: ...
    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str
    ) -> str: ...
    async def locale(self, workspace: str, person: str) -> str | None: ...


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
    person."""

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

    @property
    def spending(self) -> SpendingCap:
        return SpendingCap(self.database, self.policy, self.now)


@dataclass(frozen=True)
class TaskRun:
    """One run of a task."""

    services: TaskServices
    task: Task

    async def run(self) -> None:
        """Turn the words of the task into drafts, or into a question."""
        services, task = self.services, self.task
        await services.slack.show(f"{task.first_piece}:card")
        requests = await self._read_requests()
        for number, request in enumerate(requests):
            await self._write_draft(number, request, is_last=number == len(requests) - 1)
        if not requests:
            await self._finish()

    async def _read_requests(self) -> tuple[SkillRequest, ...]:
        """Return the requests of the task, or an empty tuple when it ends with a question."""
        services, task = self.services, self.task
        await self._demand_budget()
        result = await understand_request(
            await self._build_incoming_request(),
            brand=services.brand(task.workspace),
            library=services.library(task.workspace),
            writer=services.writer,
            today=services.now().date(),
            receipt=self._receipt,
        )
        if isinstance(result, Question):
            await self._end_in_question(result)
            return ()
        await change_task(
            services, task.id, lambda t, s, e: t.store_brief(result.brief, services.now())
        )
        sender = await services.database.run(self._find_sender) if task.previous else None
        return tuple(request.model_copy(update={"sender": sender}) for request in result.requests)

    def _find_sender(self, session: Session) -> str | None:
        """Return the person who sent the previous draft back."""
        decisions = (
            Decision.list_for_draft(session, self.task.previous) if self.task.previous else []
        )
        return next(
            (decision.by for decision in decisions if decision.verdict == "send back"), None
        )

    async def _build_incoming_request(self) -> IncomingRequest:
        slack, task = self.services.slack, self.task
        previous = None
        if task.previous:
            row = await self.services.database.run(lambda s: s.get_one(Draft, task.previous))
            if not row.facts.of_one_customer:  # the model will read the previous text
                previous = "\n\n".join(part.text for part in row.parts)
        return IncomingRequest(
            words=task.words,
            author=task.author,
            material=await slack.read_conversation(task.workspace, task.place, task.words),
            private=task.private,
            ui_language=parse_language(await slack.locale(task.workspace, task.author)),
            reason=task.reason,
            previous=previous,
            answers={str(k): str(v) for k, v in task.form.items()},
        )

    async def _write_draft(self, number: int, request: SkillRequest, *, is_last: bool) -> None:
        """Write and store the draft of one request, unless it was stored before a crash. The task
        ends with its last draft."""
        services, task = self.services, self.task
        piece = f"{task.id}.{number}"
        if await services.database.run(Draft.latest, piece) is not None:
            if is_last:
                await self._finish()
            return
        await self._demand_budget()
        extra_facts = await asyncio.to_thread(
            services.extra_facts, task.workspace, request, task.form
        )
        result = await run_skill(
            request,
            brand=services.brand(task.workspace),
            library=services.library(task.workspace),
            writer=services.writer,
            receipt=self._receipt,
            code=campaign_code(piece),
            today=services.now().date(),
            extra_facts=extra_facts,
            may=partial(services.has_right, task.workspace, task.author),
        )
        if isinstance(result, Question):
            await self._end_in_question(result)
        else:
            await services.database.run(self._store_draft, number, request, result, is_last)

    def _store_draft(
        self,
        session: Session,
        number: int,
        request: SkillRequest,
        result: DraftResult,
        is_last: bool,
    ) -> None:
        services, task = self.services, lock_one(session, Task, self.task.id)
        if task.state != "working":
            return  # stopped in the meantime
        piece = f"{task.id}.{number}"
        if number:  # the first piece uses the card of the task
            OutboxMessage.plan(
                session,
                id=f"{piece}:card",
                workspace=task.workspace,
                kind="card",
                place=task.place,
                piece=piece,
                now=services.now(),
            )
        before = session.get(Draft, task.previous) if task.previous else None
        unchanged: tuple[Check, ...] = ()
        if before and services.writer.by_rules:
            earlier = [
                (version.piece, version.parts) for version in list_version_history(session, before)
            ]
            unchanged = check_unchanged(result.parts, piece, earlier, request.reason)
        Draft.store_new(
            session,
            workspace=task.workspace,
            task=task.id,
            number=number,
            request=request,
            parts=result.parts,
            hooks=result.hooks,
            evidence=result.evidence,
            checks=(*unchanged, *result.checks),
            writer=services.writer.name,
            by_rules=services.writer.by_rules,
            now=services.now(),
            leads=result.leads,
            before=before,
        )
        DraftImage.store(session, task.workspace, result.pictures, services.now())
        if is_last:
            task.finish(session, partial(_enqueue_unless_card, services), services.now())

    async def _finish(self) -> None:
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.finish(s, e, now()))

    async def _demand_budget(self) -> None:
        """Raises SpendingRefused when the spending limit is already reached."""
        if not self.services.writer.by_rules:
            await self.services.spending.demand_budget(self._payer, self.services.writer.name)

    async def _end_in_question(self, question: Question) -> None:
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.ask(s, e, question, now()))

    async def _receipt(self, sent: LlmCall) -> None:
        await self.services.spending.receipt(self._payer, sent)

    @property
    def _payer(self) -> Payer:
        return Payer(self.task.workspace, self.task.id, self.task.person)


async def change_task(
    services: TaskServices, id: str, verb: Callable[[Task, Session, Enqueue], object]
) -> None:
    """Apply `verb` to the locked row of a task. No job for its cards is enqueued, because the
    running job renders them at its end."""

    def change(session: Session) -> None:
        task = lock_one(session, Task, id)
        verb(task, session, partial(_enqueue_unless_card, services))

    await services.database.run(change)


def _enqueue_unless_card(services: TaskServices, session: Session, job: Job) -> None:
    if job.kind != "show":
        services.enqueue(session, job)
