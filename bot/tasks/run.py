"""Run a task: understand the words, write the drafts, check and store them.

A run can be restarted after a crash at any step. With an AI, what a message was understood as is
stored before anything is done about it, so that no crash has it read, or paid for, twice.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.agent.claim_check import ClaimChecker, list_sentences
from bot.agent.llm.turn import TurnModel
from bot.agent.loop import AgentOptions, EarlierWork, LoopLimits
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.skills import load_skills
from bot.agent.theme_labelling import ThemeLabeller
from bot.approvals.decision import Decision
from bot.core.channels import list_sender_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.request import Question, SkillRequest, task_id
from bot.core.thread_text import wants_recap
from bot.data.catalogue.library import choose_library
from bot.data.metrics.answer_log import SalesAnswer
from bot.db.base import lock_one
from bot.digests.history import (
    list_waiting_channels,
    load_thread_drafts,
    load_waiting_drafts,
)
from bot.digests.visibility import Viewer, may_see
from bot.drafts.models import Draft, DraftImage, campaign_code
from bot.grounding.figure_checks import list_unproven
from bot.grounding.sources import Sources, list_text_parts
from bot.i18n.messages import Words, parse_language
from bot.messages.outbox import OutboxMessage
from bot.privacy.names import build_own_words
from bot.tasks.audience_report import start_from_report
from bot.tasks.conversation import build_earlier_work, build_work_on_audience
from bot.tasks.draft_versions import (
    check_kept_passages,
    check_unchanged,
    list_version_history,
)
from bot.tasks.intake import OWN_TEXT, build_own_text_requests, understand_request
from bot.tasks.message_prompt import format_thread
from bot.tasks.message_reading import MessageReading, ReadMessage
from bot.tasks.models import OPEN_STATES, Task
from bot.tasks.services import (
    RunningTask,
    TaskServices,
    WorkStatus,
    change_task,
    enqueue_unless_card,
)
from bot.tasks.understanding import Understanding

if TYPE_CHECKING:
    from bot.data.service import WorkspaceData

RECAP_SKILL, ANSWER_SKILL = "recap", "answer"
TOLD_APART = "see the text or the report that this continues"

READING = Words("is reading your message…")
STEPS = {True: Words("is writing…"), False: Words("is looking at your data…")}


@dataclass(frozen=True)
class TaskRun(RunningTask):
    """One run of a task. `thread` is what was written in its thread before, as the AI reads it."""

    thread: str = ""

    @property
    def understands(self) -> bool:
        """Whether the AI reads the words: those that a person typed. The form of an export says all
        that its words do, until somebody sends it back."""
        is_export = {"rule", "platform"} <= self.task.form.keys() and not self.task.previous
        return self.task.is_typed and not is_export and not self.writer.by_rules

    async def run(self) -> None:
        """Turn the words of the task into drafts, a question, a line, or nothing."""
        if self.example is None and (example := await self.find_example()):
            await replace(self, example=example).run()
            return
        services, task = self.services, self.task
        locale = await services.slack.locale(task.workspace, task.author)
        show = partial(services.slack.set_status, task.place)
        async with WorkStatus(show, parse_language(locale)) as status:
            thread = ""
            if task.form.get(OWN_TEXT):
                await services.slack.show(f"{task.first_piece}:card")
                run, requests = self, await build_own_text_requests(self)
            elif self.understands:
                if not task.is_overheard:
                    status.set(READING)
                if not task.can_show_status:
                    await services.slack.show(f"{task.first_piece}:card")
                reading = MessageReading(services, task, self.example, self.is_first_run)
                read = await reading.read()
                task, requests = read.task, read.requests
                thread = _describe_thread(read)
            else:
                await services.slack.show(f"{task.first_piece}:card")
                requests = await self._read_by_rules()
            run = replace(self, task=task, thread=thread)
            sender = await services.database.read(run._find_sender) if task.previous else None
            requests = tuple(
                one.model_copy(update={"sender": sender}).keep_reason() if one.reason else one
                for one in requests
            )
            for number, request in enumerate(requests):
                if run.understands:
                    status.set(STEPS[load_skills()[request.skill].for_channels])
                last = number == len(requests) - 1
                if not await run._write_draft(number, request, status.set, is_last=last):
                    break  # the answer to its question starts all of them
            if not requests:
                await self._finish()

    async def _read_by_rules(self) -> tuple[SkillRequest, ...]:
        """Return the requests of the task without asking an AI: where none is connected, and for
        what the clock starts. Return none when it ends with a question."""
        services, task = self.services, self.task
        await self.demand_budget()
        result = await understand_request(
            await self.build_incoming_request(),
            brand=services.brand(task.workspace),
            library=services.library(task.workspace),
            today=services.now().date(),
        )
        if isinstance(result, Question):
            await self.end_in_question(result)
            return ()
        await change_task(
            services, task.id, lambda t, s, e: t.store_brief(result.brief, services.now())
        )
        return result.requests

    def _find_sender(self, session: Session) -> str | None:
        """Return the person who sent the previous draft back."""
        previous = self.task.previous
        decisions = Decision.list_for_draft(session, previous) if previous else []
        return next(
            (decision.by for decision in decisions if decision.verdict == "send back"), None
        )

    async def _write_draft(
        self,
        number: int,
        request: SkillRequest,
        on_step: Callable[[Words], None],
        *,
        is_last: bool,
    ) -> bool:
        """Write and store the draft of one request, unless it was stored before a crash. The task
        ends with its last draft. Return False when it ended in a question."""
        services, task = self.services, self.task
        piece = f"{task.id}.{number}"
        request = await services.database.read(self._start_from_report, number, request)
        agent = await services.database.read(self._prepare_agent, number, request, on_step)
        if agent is None:
            if is_last:
                await self._finish()
            return True
        extra_facts = await asyncio.to_thread(
            services.extra_facts, task.workspace, request, task.form
        )
        if request.skill == RECAP_SKILL:
            request = await self._add_conversation(request)
            extra_facts = (*extra_facts, *await self._find_drafts(request))
            if not self.writer.by_rules and not request.brief.material:
                # Nobody said anything: a recap of the period's figures and drafts.
                request = request.model_copy(update={"skill": ANSWER_SKILL})
        brief, today = request.brief, services.now().date()
        brand = services.brand(task.workspace).for_market(brief.market, list_sender_channels())
        result = await run_skill(
            request,
            brand=brand,
            library=choose_library(services.library(task.workspace), brand),
            writer=self.writer,
            receipt=self.receipt,
            code=campaign_code(piece),
            today=today,
            extra_facts=extra_facts,
            may=partial(services.has_right, task.workspace, task.author),
            agent=agent,
        )
        if isinstance(result, Question):
            asked_apart = number > 0 and await services.database.run(
                self._ask_apart, number, request, result
            )
            if not asked_apart:
                await self.end_in_question(result)
            elif is_last:
                await self._finish()
            return asked_apart
        await services.database.run(self._store_draft, number, result.request, result, is_last)
        return True

    def _ask_apart(
        self, session: Session, number: int, request: SkillRequest, question: Question
    ) -> bool:
        """Post the question of a request that others stand before as a task of its own, whose
        answer starts that request alone. Return False where nothing tells what to start."""
        services, task = self.services, self.task
        understanding = task.understanding and Understanding.model_validate_json(task.understanding)
        read = understanding and understanding.find_request(
            request.skill, request.channel, request.brief.market
        )
        if not read:
            return False
        new_task = task.retry(
            task_id("ask apart", task.id, str(number)),
            parent=None,  # the drafts that were made are not replaced
            words=task.reason or task.words,
            form={} if task.previous else task.form,
            reason=None,
            previous=None,
        )
        if Task.accept(session, services.enqueue, new_task, services.now()):
            asking = session.get_one(Task, new_task.id)
            stored = Understanding(
                outcome="requests", language=task.message_language, requests=(read,), apart=True
            )
            asking.store_understanding(stored.model_dump_json(), services.now())
            asking.ask(session, services.enqueue, question, services.now())
        return True

    async def _add_conversation(self, request: SkillRequest) -> SkillRequest:
        """Return the request of a recap with its conversation in people's names."""
        slack, task = self.services.slack, self.task
        if wants_recap(task.words):
            return request  # it was read so
        material = await slack.read_conversation(
            task.workspace, task.place, task.words, is_recap=True
        )
        brief = request.brief.model_copy(update={"material": material or request.brief.material})
        return request.model_copy(update={"brief": brief})

    async def _find_drafts(self, request: SkillRequest) -> tuple[Fact, ...]:
        """Return facts on the intern's own drafts: those of this thread with their states, and
        others that wait for approval and that all readers of the answer may see."""
        services, task = self.services, self.task
        workspace, person = task.workspace, task.author
        thread = await services.slack.read_thread(workspace, task.place)
        pieces = [one for one in thread.pieces if one.rpartition(".")[0] != task.id]
        policy, now = services.policy(workspace), services.now()
        viewer, approver = self._build_viewer(), None
        if viewer.person:  # who asks reads the answer alone, and sees what else they may see
            found = await services.database.run(list_waiting_channels, workspace, policy, now)
            channels = await services.slack.readable_channels(workspace, person, found)
            viewer = replace(viewer, channels=channels)
        if await services.has_right(workspace, person, "approve"):
            approver = person
        shown: dict[str, Any] = {"policy": policy, "language": request.language, "now": now}
        load_drafts = partial(load_thread_drafts, **shown)
        load_waiting = partial(load_waiting_drafts, approver=approver, besides=pieces, **shown)
        return (
            *await services.database.run(load_drafts, pieces),
            *await services.database.run(load_waiting, viewer),
        )

    def _build_viewer(self) -> Viewer:
        """Return who will see the answer: the author alone, or the readers of the channel."""
        task = self.task
        channel = str(task.place.get("channel") or "")
        reader = task.author if task.private or channel.startswith("D") else ""
        return Viewer(task.workspace, reader, frozenset({channel}))

    def _prepare_agent(
        self,
        session: Session,
        number: int,
        request: SkillRequest,
        on_step: Callable[[Words], None],
    ) -> AgentOptions | None:
        """Return the options for the draft, None when it is stored already. Raises SpendingRefused
        when the spending limit is reached."""
        services, task = self.services, self.task
        if Draft.latest(session, f"{task.id}.{number}") is not None:
            return None
        if not self.writer.by_rules:
            services.spending.check_budget(session, self.payer, self.writer.name)
        return AgentOptions(
            turns=self.turns,
            call=str(number),
            piece=f"{task.id}.{number}",
            limits=LoopLimits(seconds=services.task_seconds),
            cap_used=partial(services.spending.measure_task, self.payer),
            on_step=on_step,
            person=task.author,
            is_private=task.private,
            claims=services.policy(task.workspace).checks.claims,
            conversation="" if request.skill == RECAP_SKILL else self.thread,
            earlier=self._find_earlier_work(session, request, is_revision=self._revises(number)),
            labels=self._build_theme_labeller(),
        )

    def _build_theme_labeller(self) -> ThemeLabeller | None:
        services, task = self.services, self.task
        if self.writer.by_rules or self.example is not None:
            return None
        return ThemeLabeller(
            cast(TurnModel, self.writer),
            self.receipt,
            cast("WorkspaceData", services.library(task.workspace)),
            services.policy(task.workspace).library,
            services.now,
            partial(services.spending.measure_task, self.payer),
        )

    def _revises(self, number: int) -> bool:
        """Whether this piece is the next version of a draft; what is asked for beside is not."""
        return bool(self.task.previous) and number == 0

    def _start_from_report(
        self, session: Session, number: int, request: SkillRequest
    ) -> SkillRequest:
        """Return the request of a text on a report that the same message asked for."""
        if self._revises(number):
            return request
        before = (Draft.latest(session, f"{self.task.id}.{one}") for one in range(number))
        return start_from_report(request, [one for one in before if one])

    def _find_earlier_work(
        self, session: Session, request: SkillRequest, *, is_revision: bool
    ) -> EarlierWork:
        """Return what a text continues. What it starts from counts only where everybody who will
        see the text may see it."""
        if self.writer.by_rules:
            return EarlierWork()
        task, on = self.task, request.brief.stands_on
        previous = session.get(Draft, task.previous) if is_revision else None
        source = session.get(Draft, on) if on else None
        is_visible = may_see(session, self._build_viewer(), source)
        if request.channel is None:
            return build_work_on_audience(source if is_visible else None)
        return build_earlier_work(request.brief, previous, source if is_visible else None)

    async def check_claims(
        self, draft: Draft, evidence: Evidence
    ) -> tuple[tuple[Check, ...], tuple[Fact, ...]]:
        """Have a model judge the sentences of an edited draft against its facts, and propose
        calculations for figures without a source. Return the findings and the proofs."""
        services = self.services
        checker = ClaimChecker(
            None if self.writer.by_rules else cast(TurnModel, self.writer),
            self.receipt,
            self.turns,
            services.policy(draft.workspace).checks.claims,
        )
        pieces, brief = list_text_parts(draft.parts, draft.other_hooks), draft.brief
        sentences = list_sentences(pieces)
        sources = Sources(evidence, brief, services.brand(draft.workspace))
        names = [known.value for known in draft.facts.facts if known.label in ("name", "title")]
        result = await checker.check(
            sentences,
            evidence,
            draft.skill_request,
            call=f"check.{draft.id}",
            own_words=build_own_words([services.brand(draft.workspace).name, *map(str, names)]),
            figures=list_unproven(pieces, sources, today=services.now().date()),
        )
        return result.build_checks(sentences, evidence), result.proofs

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
        before = session.get(Draft, task.previous) if self._revises(number) else None
        unchanged: tuple[Check, ...] = ()
        if before and self.writer.by_rules:
            earlier = [
                (version.piece, version.parts) for version in list_version_history(session, before)
            ]
            unchanged = check_unchanged(result.parts, piece, earlier, request.reason)
        kept = check_kept_passages(result.parts, request.kept)
        Draft.store_new(
            session,
            workspace=task.workspace,
            task=task.id,
            number=number,
            request=request,
            parts=result.parts,
            hooks=result.hooks,
            evidence=result.evidence,
            checks=(*unchanged, *kept, *result.checks),
            writer=self.writer.name,
            by_rules=self.writer.by_rules,
            now=services.now(),
            leads=result.leads,
            before=before,
            model=result.version.model,
            prompt_hash=result.version.prompt_hash,
            tools_hash=result.version.tools_hash,
        )
        DraftImage.store(session, task.workspace, result.pictures, services.now())
        SalesAnswer.settle(session, task.workspace, piece, result.told)
        if is_last:
            task.finish(session, partial(enqueue_unless_card, services), services.now())

    async def _finish(self) -> None:
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.finish(s, e, now()))


def _describe_thread(read: ReadMessage) -> str:
    """Return the thread for the writer. What a text continues is told apart, so it is not repeated;
    a report is not told what it continues."""
    told = {read.task.previous} - {None}
    if all(request.channel for request in read.requests):
        told |= {request.brief.stands_on for request in read.requests} - {None}
    return format_thread(
        [
            one.model_copy(update={"text": TOLD_APART}) if one.draft in told else one
            for one in read.thread
        ]
    )


STATUS_SECONDS = 180  # longer than Slack shows a status


async def clear_statuses(services: TaskServices) -> None:
    """Clear the status of tasks that ended lately: a process that died can't have done it."""

    def find(session: Session) -> list[dict[str, Any]]:
        since = services.now() - timedelta(seconds=STATUS_SECONDS)
        ended = (Task.changed_at > since, Task.state.not_in(OPEN_STATES))
        return list(session.scalars(select(Task.place).where(*ended)))

    for place in await services.database.run(find):
        await services.slack.set_status(place, "")
