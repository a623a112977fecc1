"""Run a task: understand the words, write the drafts, check and store them.

A run can be restarted after a crash at any step. With an AI, what a message was understood as is
stored before anything is done about it, so that no crash has it read, or paid for, twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.agent.context import AgentOptions
from bot.agent.llm.turn import TurnModel
from bot.agent.loop import LoopLimits
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.skills import load_skills
from bot.agent.spending import Payer, SpendingCap
from bot.agent.turns import NoTurnLog, TaskTurns, TurnLog
from bot.approvals.decision import Decision, compute_status, send_back
from bot.config.access import Admission, Right
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.core.library import Library, ProductMatch
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import wants_recap
from bot.core.writer import LlmCall, Writer
from bot.data.catalogue.market_prices import choose_library
from bot.db.session import Database, lock_one
from bot.digests.history import load_thread_drafts
from bot.digests.visibility import drop_private_sources
from bot.drafts.models import Draft, DraftImage
from bot.drafts.tracking import campaign_code
from bot.errors import CALM_PARAM, FORMS_PARAM, CannotDo, SpendingRefused, TryAgain
from bot.i18n.messages import Words, parse_language
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.tasks.briefs import plan_requests, revise_request
from bot.tasks.conversation import (
    Conversation,
    ThreadReading,
    build_thread_draft,
    load_conversation,
)
from bot.tasks.draft_versions import check_kept_passages, check_unchanged, list_version_history
from bot.tasks.intake import IncomingRequest, understand_request
from bot.tasks.models import HEARD, OPEN_STATES, Task
from bot.tasks.status import WorkStatus
from bot.tasks.understand import (
    HELP,
    MAX_PRODUCTS,
    Message,
    ThreadDraft,
    Understanding,
    demand_request,
    understand_message,
)


class SlackPort(Protocol):
    """The operations of Slack that a task needs."""

    async def show(self, post: str) -> None: ...
    async def deliver(self, delivery: str) -> None: ...
    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str, *, is_recap: bool = False
    ) -> str: ...
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
    not kept. `task_seconds`: how long a model may work on one text."""

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

    @property
    def spending(self) -> SpendingCap:
        return SpendingCap(self.database, self.policy, self.now)


RECAP_SKILL = "recap"
AI_AWAY = Words("I can't reach the AI at the moment, so I can't read your message.")
CLOSED = Words("All right, I've dropped that question.", **{CALM_PARAM: "yes"})
READING = Words("is reading your message…")
STEPS = {True: Words("is writing…"), False: Words("is looking at your data…")}


def with_forms(words: Words) -> Words:
    """Mark an error beside which the card offers what can be done without the AI."""
    return words.with_params(**{FORMS_PARAM: "yes"})


@dataclass(frozen=True)
class TaskRun:
    """One run of a task."""

    services: TaskServices
    task: Task

    @property
    def writer(self) -> Writer:
        """The AI, or the writer of standard text where the person asked for it."""
        chosen = self.task.form.get("without_ai") and self.services.offline
        return chosen or self.services.writer

    @property
    def understands(self) -> bool:
        """Whether the AI reads the words: those that a person typed."""
        return self.task.is_typed and not self.writer.by_rules

    async def run(self) -> None:
        """Turn the words of the task into drafts, a question, a line, or nothing."""
        services, task = self.services, self.task
        locale = await services.slack.locale(task.workspace, task.author)
        show = partial(services.slack.set_status, task.place)
        async with WorkStatus(show, parse_language(locale)) as status:
            if self.understands:
                if not task.is_overheard:
                    status.set(READING)
                run, requests = await self._understand()
            else:
                await services.slack.show(f"{task.first_piece}:card")
                run, requests = self, await self._read_requests()
            for number, request in enumerate(requests):
                if run.understands:
                    status.set(STEPS[load_skills()[request.skill].for_channels])
                last = number == len(requests) - 1
                await run._write_draft(number, request, status.set, is_last=last)
            if not requests:
                await self._finish()

    # With an AI.

    async def _understand(self) -> tuple["TaskRun", tuple[SkillRequest, ...]]:
        """Return the requests of the message, with the run of the task as it is now: an answer or a
        revision continues another task. Without a request the task has ended."""
        services, task = self.services, self.task
        conversation = await self._load_conversation()
        if task.understanding:
            understanding = Understanding.model_validate_json(task.understanding)
        else:
            understanding = await self._ask_ai(conversation)
            if task.is_overheard and understanding.outcome == "not_for_us":
                await change_task(
                    services, task.id, lambda t, s, e: t.dismiss(s, e, services.now())
                )
                return self, ()
            stored = understanding.model_dump_json()
            await change_task(
                services, task.id, lambda t, s, e: t.store_understanding(stored, services.now())
            )
        if understanding.line is not None:
            await self._reply(understanding.line)
            return self, ()
        if understanding.outcome == "answer_question" and conversation.question is not None:
            if understanding.closes:
                await services.database.run(self._close_question, conversation)
                await self._reply(CLOSED)
                return self, ()
            await services.database.run(self._continue_question, conversation, understanding)
        if understanding.outcome == "revise" and task.previous is None:
            allowed = await services.has_right(task.workspace, task.author, "approve")
            try:
                await services.database.run(self._continue_draft, understanding, allowed)
            except CannotDo as refusal:  # who may send it back is said as it is
                await self._reply(refusal.words)
                return self, ()
        fresh = await services.database.run(lambda s: s.get_one(Task, task.id))
        run = replace(self, task=fresh)
        return run, await run._plan(understanding, conversation)

    async def _load_conversation(self) -> Conversation:
        services, task = self.services, self.task
        thread = await services.slack.read_thread(task.workspace, task.place)
        return await services.database.run(load_conversation, task, thread)

    async def _ask_ai(self, conversation: Conversation) -> Understanding:
        """Have the message read. When the AI can't be had, the error says so beside the forms."""
        services, task = self.services, self.task
        if task.parent and (known := await services.database.run(self._find_same_reading)):
            return known
        try:
            await self._demand_budget()
            message = await self._build_message(conversation)
            understanding = await understand_message(
                message,
                brand=services.brand(task.workspace),
                model=cast(TurnModel, self.writer),
                receipt=self._receipt,
                turns=self.turns,
            )
            return demand_request(understanding, task.form, message.words)
        except SpendingRefused as refused:
            raise CannotDo(with_forms(refused.words)) from None
        except CannotDo as error:
            raise CannotDo(with_forms(error.words)) from None
        except TryAgain as away:
            words = with_forms(away.words or AI_AWAY)
            raise TryAgain(str(away), words=words, after=away.after) from None

    def _find_same_reading(self, session: Session) -> Understanding | None:
        """Return how the task that this one repeats was understood, if the words are the same: a
        button has changed a value, or the work is tried again."""
        parent = session.get(Task, self.task.parent)
        same = parent is not None and (parent.words, parent.reason) == (
            self.task.words,
            self.task.reason,
        )
        stored = parent.understanding if parent is not None and same else None
        return Understanding.model_validate_json(stored) if stored else None

    async def _build_message(self, conversation: Conversation) -> Message:
        services, task = self.services, self.task
        words = task.reason or task.words
        drafts = conversation.drafts
        if task.previous:  # a form asked for changes
            drafts = (await services.database.run(self._describe_previous),)
        library = services.library(task.workspace)
        products: dict[str, ProductMatch] = {}
        question = conversation.question
        for text in (
            words,
            question.request if question else "",
            *(d.product or "" for d in drafts),
        ):
            for match in await library.find(text) if text else ():
                products.setdefault(match.handle, match)
        return Message(
            words=words,
            today=services.now().date(),
            heard="overheard" if task.is_overheard else "addressed",
            thread=conversation.messages,
            drafts=drafts,
            question=question,
            products=tuple(products.values())[:MAX_PRODUCTS],
        )

    def _describe_previous(self, session: Session) -> ThreadDraft:
        return build_thread_draft(session, session.get_one(Draft, self.task.previous))

    async def _plan(
        self, understanding: Understanding, conversation: Conversation
    ) -> tuple[SkillRequest, ...]:
        """Return the requests, after what comes before them: the card that says that work goes on,
        and the line on what is not done. Return none when the task has ended."""
        services, task = self.services, self.task
        incoming = await self._build_incoming_request()
        brand = services.brand(task.workspace)
        if task.previous and understanding.outcome != "requests":
            before = await services.database.run(lambda s: s.get_one(Draft, task.previous))
            requests = (revise_request(before.skill_request, understanding, incoming, brand),)
            return await self._begin(requests)
        if understanding.outcome == "answer_question" and not understanding.requests:
            understanding, incoming = await services.database.run(
                self._repeat_question, understanding, incoming
            )
        plan = await plan_requests(
            understanding,
            incoming,
            brand=brand,
            library=services.library(task.workspace),
            today=services.now().date(),
            drafts=conversation.drafts,
        )
        if not plan.requests and plan.question is None:
            await self._reply(plan.cannot or HELP)
            return ()
        if plan.cannot is not None:
            language = incoming.ui_language
            id = f"{task.id}:line"
            await services.slack.say(id, task.workspace, task.place, plan.cannot, language)
        if plan.question is not None:
            await self._end_in_question(plan.question)
            return ()
        return await self._begin(plan.requests)

    def _repeat_question(
        self, session: Session, understanding: Understanding, incoming: IncomingRequest
    ) -> tuple[Understanding, IncomingRequest]:
        """Return the requests of the task that asked, with the answer as one more word."""
        asking = session.get(Task, self.task.parent)
        if asking is None or not asking.understanding:
            return understanding, incoming
        before = Understanding.model_validate_json(asking.understanding)
        answers = {**incoming.answers, "answer": understanding.answer or ""}
        return (
            understanding.model_copy(update={"requests": before.requests}),
            incoming.model_copy(update={"answers": answers}),
        )

    async def _begin(self, requests: tuple[SkillRequest, ...]) -> tuple[SkillRequest, ...]:
        services, task = self.services, self.task
        brief = requests[0].brief
        await change_task(services, task.id, lambda t, s, e: t.store_brief(brief, services.now()))
        await services.slack.show(f"{task.first_piece}:card")
        sender = await services.database.run(self._find_sender) if task.previous else None
        return tuple(request.model_copy(update={"sender": sender}) for request in requests)

    async def _reply(self, words: Words) -> None:
        calm = words.with_params(**{CALM_PARAM: "yes"})
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.reply(s, e, calm, now()))

    def _close_question(self, session: Session, conversation: Conversation) -> None:
        services, question = self.services, conversation.question
        if question is not None:
            asking = session.get_one(Task, question.task, with_for_update=True)
            asking.close_question(session, services.enqueue, self.task.author, services.now())

    def _continue_question(
        self, session: Session, conversation: Conversation, understanding: Understanding
    ) -> None:
        """Make this task the continuation of the one that asked."""
        task = session.get_one(Task, self.task.id, with_for_update=True)
        question = conversation.question
        if question is None:
            return
        asking = session.get_one(Task, question.task)
        answer = understanding.answer or task.words
        task.continue_question(asking, answer, self.services.now())
        OutboxMessage.request_redraw(session, self.services.enqueue, asking.first_piece)

    def _continue_draft(
        self, session: Session, understanding: Understanding, may_approve: bool
    ) -> None:
        """Send the draft back, and make this task its revision. A draft that was decided already
        stays as it is, and the revision starts from its text. Raises CannotDo when the person may
        not send it back."""
        services = self.services
        task = session.get_one(Task, self.task.id, with_for_update=True)
        draft = session.get(Draft, understanding.draft) if understanding.draft else None
        if draft is None or task.previous is not None:
            return
        draft = Draft.latest(session, draft.piece) or draft
        policy, reason = services.policy(task.workspace), understanding.instruction or task.words
        if may_approve and task.author not in policy.approvers:  # by a user group
            access = policy.access.model_copy(
                update={"approve": (*policy.access.approve, task.author)}
            )
            policy = policy.model_copy(update={"access": access})
        if compute_status(Decision.list_for_draft(session, draft.id), policy) == "open":
            send_back(
                session,
                services.enqueue,
                draft,
                by=task.author,
                fingerprint=draft.fingerprint,
                reason=reason,
                policy=policy,
                now=services.now(),
            )
        before = session.get_one(Task, draft.task)
        channel = str(task.place.get("channel") or "")
        private = before.private and channel.startswith("D")
        form = {str(k): str(v) for k, v in before.form.items() if k != HEARD}
        if before.private and not private:  # its card was shared here
            form = drop_private_sources(session, before, {channel}).get("form", form)
            form.pop("stands_on", None)
        task.continue_draft(
            before,
            draft=draft.id,
            reason=reason,
            form=form,
            place=task.place,
            private=private,
            now=services.now(),
        )

    # Without an AI, and for what the clock starts.

    async def _read_requests(self) -> tuple[SkillRequest, ...]:
        """Return the requests of the task, or an empty tuple when it ends with a question."""
        services, task = self.services, self.task
        await self._demand_budget()
        result = await understand_request(
            await self._build_incoming_request(),
            brand=services.brand(task.workspace),
            library=services.library(task.workspace),
            writer=self.writer,
            today=services.now().date(),
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

    async def _write_draft(
        self,
        number: int,
        request: SkillRequest,
        on_step: Callable[[Words], None],
        *,
        is_last: bool,
    ) -> None:
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
        if request.skill == RECAP_SKILL:
            request = await self._add_conversation(request)
            extra_facts = (*extra_facts, *await self._find_thread_drafts(request))
        brand = services.brand(task.workspace).for_market(request.brief.market)
        result = await run_skill(
            request,
            brand=brand,
            library=choose_library(services.library(task.workspace), brand),
            writer=self.writer,
            receipt=self._receipt,
            code=campaign_code(piece),
            today=services.now().date(),
            extra_facts=extra_facts,
            may=partial(services.has_right, task.workspace, task.author),
            agent=self._build_agent_options(number, on_step),
        )
        if isinstance(result, Question):
            await self._end_in_question(result)
        else:
            await services.database.run(self._store_draft, number, request, result, is_last)

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

    async def _find_thread_drafts(self, request: SkillRequest) -> tuple[Fact, ...]:
        """Return facts on the intern's own drafts in this thread and their states."""
        services, task = self.services, self.task
        thread = await services.slack.read_thread(task.workspace, task.place)
        pieces = [one for one in thread.pieces if one.rpartition(".")[0] != task.id]
        policy, now = services.policy(task.workspace), services.now()
        load = partial(load_thread_drafts, policy=policy, language=request.language, now=now)
        return await services.database.run(load, pieces)

    def _build_agent_options(self, number: int, on_step: Callable[[Words], None]) -> AgentOptions:
        services, task = self.services, self.task
        return AgentOptions(
            turns=self.turns,
            call=str(number),
            limits=LoopLimits(seconds=services.task_seconds),
            cap_used=partial(services.spending.measure_task, self._payer),
            on_step=on_step,
            person=task.author,
            is_private=task.private,
        )

    @property
    def turns(self) -> TurnLog:
        """Where the turns of this task are kept."""
        services, task = self.services, self.task
        if services.key is None:
            return NoTurnLog()
        return TaskTurns(services.database, task.workspace, task.id, services.key, services.now)

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
        if is_last:
            task.finish(session, partial(_enqueue_unless_card, services), services.now())

    async def _finish(self) -> None:
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.finish(s, e, now()))

    async def _demand_budget(self) -> None:
        """Raises SpendingRefused when the spending limit is already reached."""
        if not self.writer.by_rules:
            await self.services.spending.demand_budget(self._payer, self.writer.name)

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


STATUS_SECONDS = 180  # longer than Slack shows a status


async def clear_statuses(services: TaskServices) -> None:
    """Clear the status of tasks that ended lately: a process that died can't have done it."""

    def find(session: Session) -> list[dict[str, Any]]:
        since = services.now() - timedelta(seconds=STATUS_SECONDS)
        ended = (Task.changed_at > since, Task.state.not_in(OPEN_STATES))
        return list(session.scalars(select(Task.place).where(*ended)))

    for place in await services.database.run(find):
        await services.slack.set_status(place, "")
