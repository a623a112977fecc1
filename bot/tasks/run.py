"""One task being worked on: understood, written, checked, kept; safe to begin again anywhere."""

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
from bot.db.session import Database
from bot.drafts.models import Draft, DraftImage
from bot.drafts.tracking import campaign_code
from bot.i18n.messages import parse_language
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import check_unchanged, list_version_history
from bot.tasks.intake import IncomingRequest, understand_request
from bot.tasks.models import Task


class SlackPort(Protocol):
    """What may be done where people are."""

    async def show(self, post: str) -> None: ...
    async def deliver(self, delivery: str) -> None: ...
    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str
    ) -> str: ...
    async def locale(self, workspace: str, person: str) -> str | None: ...


def find_no_facts(_: str, __: SkillRequest, ___: Mapping[str, Any]) -> Sequence[Fact]:
    """No facts besides the library's."""
    return ()


async def check_default_right(_: str, person: str, right: Right) -> bool:
    """What a policy that names nobody allows."""
    return Policy().may(person, right)


async def admit_everyone(_: str, __: str, ___: Mapping[str, Any]) -> Admission:
    """Where whoever asks is the machine's owner."""
    return "admitted"


@dataclass(frozen=True)
class TaskServices:
    """What work is done with. Brand, policy and library are a workspace's. `besides` gives facts
    that are not the library's, for a workspace's request and what its form said. `may` says
    whether a person of a workspace has a right: False for everybody who is no full member. `admit`
    says whether what a person of a workspace asked for at a place may be worked on. Both raise
    TryAgain while Slack can't say who somebody is."""

    database: Database
    enqueue: Enqueue
    outside: SlackPort
    writer: Writer
    library: Callable[[str], Library]
    brand: Callable[[str], Brand]
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]
    besides: Callable[[str, SkillRequest, Mapping[str, Any]], Sequence[Fact]] = find_no_facts
    may: Callable[[str, str, Right], Awaitable[bool]] = check_default_right
    admit: Callable[[str, str, Mapping[str, Any]], Awaitable[Admission]] = admit_everyone

    @property
    def spending(self) -> SpendingCap:
        return SpendingCap(self.database, self.policy, self.now)


@dataclass(frozen=True)
class TaskRun:
    """A task and what it is done with."""

    means: TaskServices
    task: Task

    async def to_the_end(self) -> None:
        """From words to drafts, or to a question."""
        means, task = self.means, self.task
        await means.outside.show(f"{task.first_piece}:card")
        for number, request in enumerate(await self._understand()):
            await self._one_draft(number, request)
        await change_task(means, task.id, lambda t, s, e: t.finish(s, e, means.now()))

    async def _understand(self) -> tuple[SkillRequest, ...]:
        """The task's Requests; none when it ends in a question."""
        means, task = self.means, self.task
        await self._demand_budget()
        taken = await understand_request(
            await self._asked(),
            brand=means.brand(task.workspace),
            library=means.library(task.workspace),
            writer=means.writer,
            today=means.now().date(),
            receipt=self._receipt,
        )
        if isinstance(taken, Question):
            await self._ask(taken)
            return ()
        await change_task(means, task.id, lambda t, s, e: t.understand(taken.brief, means.now()))
        sender = await means.database.run(self._sender)
        return tuple(one.model_copy(update={"sender": sender}) for one in taken.requests)

    def _sender(self, session: Session) -> str | None:
        """Who sent the last draft back."""
        said = Decision.of(session, self.task.previous) if self.task.previous else []
        return next((one.by for one in said if one.verdict == "send back"), None)

    async def _asked(self) -> IncomingRequest:
        outside, task = self.means.outside, self.task
        previous = None
        if task.previous:
            row = await self.means.database.run(lambda s: s.get_one(Draft, task.previous))
            if not row.facts.of_one_customer:  # an AI reads what was there before
                previous = "\n\n".join(part.text for part in row.parts)
        return IncomingRequest(
            words=task.words,
            author=task.author,
            material=await outside.read_conversation(task.workspace, task.place, task.words),
            private=task.private,
            ui_language=parse_language(await outside.locale(task.workspace, task.author)),
            reason=task.reason,
            previous=previous,
            answers={str(k): str(v) for k, v in task.form.items()},
        )

    async def _one_draft(self, number: int, request: SkillRequest) -> None:
        """One Request to one kept draft, unless it was kept before a crash."""
        means, task = self.means, self.task
        piece = f"{task.id}.{number}"
        if await means.database.run(Draft.latest, piece) is not None:
            return
        await self._demand_budget()
        known = await asyncio.to_thread(means.besides, task.workspace, request, task.form)
        made = await run_skill(
            request,
            brand=means.brand(task.workspace),
            library=means.library(task.workspace),
            writer=means.writer,
            receipt=self._receipt,
            code=campaign_code(piece),
            today=means.now().date(),
            known=known,
            may=partial(means.may, task.workspace, task.author),
        )
        if isinstance(made, Question):
            await self._ask(made)
        else:
            await means.database.run(self._keep, number, request, made)

    def _keep(
        self, session: Session, number: int, request: SkillRequest, made: DraftResult
    ) -> None:
        means, task = self.means, session.get_one(Task, self.task.id, with_for_update=True)
        if task.state != "working":
            return  # stopped meanwhile
        piece = f"{task.id}.{number}"
        if number:  # the first piece has the task's own card
            OutboxMessage.plan(
                session,
                id=f"{piece}:card",
                workspace=task.workspace,
                kind="card",
                place=task.place,
                piece=piece,
                now=means.now(),
            )
        before = session.get(Draft, task.previous) if task.previous else None
        same: tuple[Check, ...] = ()
        if before and means.writer.by_rules:
            earlier = [(one.piece, one.parts) for one in list_version_history(session, before)]
            same = check_unchanged(made.parts, piece, earlier, request.reason)
        Draft.keep(
            session,
            workspace=task.workspace,
            task=task.id,
            number=number,
            request=request,
            parts=made.parts,
            hooks=made.hooks,
            evidence=made.evidence,
            checks=(*same, *made.checks),
            writer=means.writer.name,
            by_rules=means.writer.by_rules,
            now=means.now(),
            leads=made.leads,
            before=before,
        )
        DraftImage.keep(session, task.workspace, made.pictures, means.now())

    async def _demand_budget(self) -> None:
        """Raises SpendingRefused when the limit is reached before anything is begun."""
        if not self.means.writer.by_rules:
            await self.means.spending.demand(self._payer, self.means.writer.name)

    async def _ask(self, question: Question) -> None:
        now = self.means.now
        await change_task(self.means, self.task.id, lambda t, s, e: t.ask(s, e, question, now()))

    async def _receipt(self, sent: LlmCall) -> None:
        await self.means.spending.receipt(self._payer, sent)

    @property
    def _payer(self) -> Payer:
        return Payer(self.task.workspace, self.task.id, self.task.person)


async def change_task(
    means: TaskServices, id: str, verb: Callable[[Task, Session, Enqueue], object]
) -> None:
    """Change a task's row. Its cards are drawn by the job itself, at its end."""

    def but_cards(session: Session, job: Job) -> None:
        if job.kind != "show":
            means.enqueue(session, job)

    def changed(session: Session) -> None:
        verb(session.get_one(Task, id, with_for_update=True), session, but_cards)

    await means.database.run(changed)
