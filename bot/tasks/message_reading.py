"""Have the AI read a message, and return the requests that it makes.

What a message was understood as is stored before anything is done about it, so that no crash has it
read, or paid for, twice.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from sqlalchemy.orm import Session

from bot.agent.llm.turn import TurnModel
from bot.core.channels import load_channels
from bot.core.library import ProductMatch
from bot.core.parts import Part
from bot.core.request import (
    PICKED_KEY,
    Brief,
    FixedPart,
    IncomingRequest,
    SkillRequest,
    add_answer,
)
from bot.db.base import find_one
from bot.drafts.models import Draft, list_cited_products, list_parts_beside_opening, replace_opening
from bot.errors import CALM_PARAM, FORMS_PARAM, CannotDo, SpendingRefused, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.tasks.briefs import Plan, plan_requests
from bot.tasks.conversation import (
    Conversation,
    build_thread_draft,
    describe_previous,
    load_conversation,
)
from bot.tasks.draft_revisions import DraftRevisions
from bot.tasks.message_prompt import MAX_PRODUCTS, Message, ThreadDraft, ThreadMessage, list_copies
from bot.tasks.models import OPEN_STATES, Task
from bot.tasks.revised_drafts import (
    ask_for_change,
    ask_for_draft,
    choose_revision,
    name_drafts,
)
from bot.tasks.revisions import plan_revision
from bot.tasks.services import change_task
from bot.tasks.understand import HELP, demand_request, understand_message
from bot.tasks.understanding import Understanding
from bot.text.normalize import normalize_text

AI_AWAY = Words("I can't reach the AI at the moment, so I can't read your message.")
CLOSED = Words("All right, I've dropped that question.", **{CALM_PARAM: "yes"})
NOT_CHANGED = Words(
    "Left as they are: {drafts}. Only whoever asked for a draft, its editor or an approver can "
    "change it.",
    **{CALM_PARAM: "yes"},
)
HANDED_ON = Words(
    "Left as they are: {drafts}. Only whoever asked for a draft, its editor or an approver can "
    "change it, so I ask below.",
    **{CALM_PARAM: "yes"},
)
WHOLE_TEXT = ("language", "product", "others", "category", "offer")  # which all its parts tell


def with_forms(words: Words) -> Words:
    """Mark an error beside which the card offers what can be done without the AI."""
    return words.with_params(**{FORMS_PARAM: "yes"})


def _get_root(part: Part) -> str:
    """Return the key of a part in its channel: "headlines" of "headlines.2"."""
    return part.key.partition(".")[0]


def fix_other_parts(plan: Plan, understanding: Understanding, before: Draft) -> Plan:
    """Return the plan of a revision that leaves the parts of a draft as they are which it doesn't
    name, with the subject or title that was picked. One in another language, or about something
    else, changes all of it."""
    revised, *others = plan.requests
    changed = {
        one for one in WHOLE_TEXT if getattr(revised.brief, one) != getattr(before.brief, one)
    }
    named = {key for read in understanding.requests[:1] for key in read.parts}
    left = [one for one in before.parts if one.kind == "copy" and _get_root(one) not in named]
    if understanding.picked and changed <= {"offer"}:
        left = _pick_opening(before, understanding.picked)
        left = [one for one in left if _get_root(one) not in named]
    elif changed:
        return plan
    elif understanding.new_openings:
        left = [one for one in list_parts_beside_opening(before) if _get_root(one) not in named]
    elif named.isdisjoint(load_channels()[before.channel].parts if before.channel else ()):
        return plan
    fixed = tuple(FixedPart(key=part.key, text=part.text, facts=part.facts) for part in left)
    requests = (revised.model_copy(update={"fixed": fixed}), *others)
    return plan.model_copy(update={"requests": requests})


def _pick_opening(draft: Draft, number: int) -> list[Part]:
    """Return the subject or title with another opening; none where the writer has to fit it in."""
    if not list_parts_beside_opening(draft):
        return []
    try:
        texts = replace_opening(draft, str(number - 1))
    except CannotDo:
        return []
    facts = draft.other_hooks[number - 1].facts
    changed = (one.with_text(texts[one.key]) for one in draft.parts if one.key in texts)
    return [one.model_copy(update={"facts": facts}) for one in changed]


@dataclass(frozen=True)
class ReadMessage:
    """What came of a message: its requests, the task as it is now, and the thread before it."""

    task: Task
    requests: tuple[SkillRequest, ...] = ()
    thread: tuple[ThreadMessage, ...] = ()


@dataclass(frozen=True)
class MessageReading(DraftRevisions):
    """A message that the AI reads."""

    async def read(self) -> ReadMessage:
        """Return the requests of the message, with the task as it is now: an answer or a revision
        continues another task. Without a request the task has ended."""
        services, task = self.services, self.task
        conversation = await self._load_conversation()
        if task.understanding:
            understanding = Understanding.model_validate_json(task.understanding)
            return await self._act(understanding, conversation)
        understanding = await self._ask_ai(conversation)
        if understanding.revised and not task.previous:
            allowed = await services.has_right(task.workspace, task.author, "approve")
            list_refused = partial(self._list_refused, understanding, allowed)
            refused = await services.database.run(list_refused)
            understanding = understanding.drop_refused(refused) if refused else understanding
        if task.is_overheard and understanding.outcome == "not_for_us":
            await change_task(services, task.id, lambda t, s, e: t.dismiss(s, e, services.now()))
            return ReadMessage(task)
        is_plain = understanding.line is None and not understanding.refused
        if is_plain and understanding.outcome == "requests" and not task.is_overheard:
            # The failures of what is overheard are silent until it is stored.
            return await self._plan_new(understanding, conversation)
        stored = replace(self, task=await self._store(understanding))
        return await stored._act(understanding, conversation)

    async def _act(self, understanding: Understanding, conversation: Conversation) -> ReadMessage:
        """Do what the message asks for that is no request, and return its requests."""
        services, task = self.services, self.task
        if understanding.outcome == "answer_question" and conversation.question is not None:
            if understanding.closes:
                await services.database.run(self._close_question, conversation)
                await self._reply(CLOSED)
                return ReadMessage(task)
            understanding = await services.database.run(
                self._continue_question, conversation, understanding
            )
        lines = {"reply": understanding.line}
        if understanding.refused:
            lines = {"refused": await self._hand_on(understanding, conversation), **lines}
        said = {name: words for name, words in lines.items() if words is not None}
        last = said.popitem()[1] if said and understanding.outcome == "reply" else None
        for name, words in said.items():
            await self._say(name, words)
        if last is not None:
            await self._reply(last)
            return ReadMessage(task)
        if understanding.choices:
            await self._ask_for_draft(understanding, conversation)
            return ReadMessage(task)
        if understanding.outcome == "revise" and task.previous is None:
            allowed = await services.has_right(task.workspace, task.author, "approve")
            continue_draft = (
                self._continue_draft if understanding.opening is None else self._use_opening
            )
            try:
                await services.database.run(continue_draft, understanding, allowed)
            except CannotDo as refusal:  # who may send it back is said as it is
                await self._reply(refusal.words)
                return ReadMessage(task)
        fresh = await services.database.read(find_one, Task, task.id)
        if fresh.state not in OPEN_STATES:
            return ReadMessage(fresh)
        requests = await replace(self, task=fresh)._plan(understanding, conversation)
        return ReadMessage(fresh, requests, conversation.messages)

    async def _store(self, understanding: Understanding, brief: Brief | None = None) -> Task:
        """Store what the message was understood as, and the brief with it if there is one."""
        services, stored = self.services, understanding.model_dump_json()

        def store(task: Task, *_: Any) -> None:
            task.store_understanding(stored, services.now())
            if brief is not None:
                task.store_brief(brief, services.now())

        return await change_task(services, self.task.id, store)

    async def _load_conversation(self) -> Conversation:
        services, task = self.services, self.task
        thread = await services.slack.read_thread(task.workspace, task.place)
        return await services.database.read(load_conversation, task, thread)

    async def _ask_ai(self, conversation: Conversation) -> Understanding:
        """Have the message read. When the AI can't be had, the error says so beside the forms."""
        services, task = self.services, self.task
        tapped = conversation.question.tapped if conversation.question else ""
        if task.parent and not tapped:
            known = await services.database.run(self._find_same_reading)
            if known:
                return known
        try:
            message = await self._build_message(conversation)
            understanding = await understand_message(
                message,
                brand=services.brand(task.workspace),
                model=cast(TurnModel, self.writer),
                receipt=self.receipt,
                turns=self.turns,
            )
            if tapped:
                return understanding.as_answer(tapped)
            if task.previous:  # its form is that of the first version
                return understanding
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
        button has changed a value or picked a draft, or the work is tried again."""
        parent = session.get(Task, self.task.parent)
        same = parent is not None and (parent.words, parent.reason) == (
            self.task.words,
            self.task.reason,
        )
        if parent is None or not same or not parent.understanding:
            return None
        understanding = Understanding.model_validate_json(parent.understanding)
        picked = self.task.form.get(PICKED_KEY, "")
        chosen = choose_revision(understanding, parent.question_asked, picked)
        return chosen or understanding

    async def _build_message(self, conversation: Conversation) -> Message:
        services, task = self.services, self.task
        question, drafts = conversation.question, conversation.drafts
        words = (question.tapped if question else "") or task.reason or task.words
        if task.previous:  # a form asked for changes
            drafts = (await services.database.run(self._describe_previous),)
        library = services.library(task.workspace)
        products: dict[str, ProductMatch] = {}
        for title in (title for draft in drafts for title in draft.products):
            found = await library.find(title)
            products |= {match.handle: match for match in found if match.title == title}
        for text in (
            words,
            question.request if question else "",
            *(d.product or "" for d in drafts),
            *(idea for d in drafts for idea in d.ideas),
        ):
            for match in await library.find_mentioned(text) if text else ():
                products.setdefault(match.handle, match)
        return Message(
            words=words,
            today=services.now().date(),
            heard="overheard" if task.is_overheard else "addressed",
            thread=conversation.messages,
            drafts=drafts,
            question=question,
            products=tuple(products.values())[:MAX_PRODUCTS],
            ranges=tuple(await library.list_ranges()),
        )

    def _describe_previous(self, session: Session) -> ThreadDraft:
        return build_thread_draft(session, session.get_one(Draft, self.task.previous))

    async def _plan(
        self, understanding: Understanding, conversation: Conversation
    ) -> tuple[SkillRequest, ...]:
        """Return the requests, after what comes before them: the card that says that work goes on,
        and the line on what is not done. Return none when the task has ended."""
        services, task = self.services, self.task
        incoming = await self.build_incoming_request()
        if task.previous and understanding.outcome != "requests":
            before = await services.database.run(lambda s: s.get_one(Draft, task.previous))
            plan = await plan_revision(
                before.skill_request,
                understanding,
                incoming.model_copy(update={"previous": describe_previous(before)}),
                brand=services.brand(task.workspace),
                library=services.library(task.workspace),
                today=services.now().date(),
                draft=await services.database.run(self._describe_previous),
                shown=list_cited_products(before),
            )
            return await self._follow(fix_other_parts(plan, understanding, before))
        if understanding.outcome == "answer_question" and not understanding.requests:
            understanding, incoming = await services.database.run(
                self._repeat_question, understanding, incoming
            )
        return await self._follow(await self._build_plan(understanding, conversation, incoming))

    async def _plan_new(
        self, understanding: Understanding, conversation: Conversation
    ) -> ReadMessage:
        """Plan the requests of a message that was just read. What it was understood as is stored
        with the brief, in one transaction."""
        incoming = await self.build_incoming_request()
        plan = await self._build_plan(understanding, conversation, incoming)
        starts = bool(plan.requests) and plan.question is None and plan.cannot is None
        task = await self._store(understanding, plan.requests[0].brief if starts else None)
        if task.state not in OPEN_STATES:
            return ReadMessage(task)
        if not starts:
            requests = await replace(self, task=task)._follow(plan)
            return ReadMessage(task, requests, conversation.messages)
        if task.can_show_status:  # otherwise the card is there already
            await self.services.slack.show(f"{task.first_piece}:card")
        return ReadMessage(task, plan.requests, conversation.messages)

    async def _build_plan(
        self, understanding: Understanding, conversation: Conversation, incoming: IncomingRequest
    ) -> Plan:
        services, workspace = self.services, self.task.workspace
        return await plan_requests(
            understanding,
            incoming,
            brand=services.brand(workspace),
            library=services.library(workspace),
            today=services.now().date(),
            drafts=conversation.drafts,
        )

    async def _follow(self, plan: Plan) -> tuple[SkillRequest, ...]:
        """Do what comes before the requests, and return them."""
        if not plan.requests and plan.question is None:
            await self._reply(plan.cannot or HELP)
            return ()
        if plan.cannot is not None:
            await self._say("line", plan.cannot)
        if plan.question is not None:
            await self.end_in_question(plan.question)
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
        question = asking.question_asked
        answers = add_answer(incoming.answers, question, understanding.answer or "")
        return (
            understanding.model_copy(update={"requests": before.requests}),
            incoming.model_copy(update={"answers": answers}),
        )

    async def _begin(self, requests: tuple[SkillRequest, ...]) -> tuple[SkillRequest, ...]:
        services, task = self.services, self.task
        brief = requests[0].brief
        await change_task(services, task.id, lambda t, s, e: t.store_brief(brief, services.now()))
        await services.slack.show(f"{task.first_piece}:card")
        return requests

    async def _say(self, name: str, words: Words) -> None:
        """Post a line beside the work, once."""
        services, task = self.services, self.task
        id, language = f"{task.id}:{name}", await self.find_language()
        await services.slack.say(id, task.workspace, task.place, words, language)

    async def _reply(self, words: Words) -> None:
        calm = words.with_params(**{CALM_PARAM: "yes"})
        now = self.services.now
        await change_task(self.services, self.task.id, lambda t, s, e: t.reply(s, e, calm, now()))

    def _close_question(self, session: Session, conversation: Conversation) -> None:
        services, question = self.services, conversation.question
        if question is not None:
            asking = session.get_one(Task, question.task, with_for_update=True)
            asking.close_question(session, services.enqueue, self.task.author, services.now())

    async def _ask_for_draft(
        self, understanding: Understanding, conversation: Conversation
    ) -> None:
        copies, language = list_copies(conversation.drafts), await self.find_language()
        if understanding.asked_by:
            question = ask_for_change(understanding, copies, self.task.author, language)
        else:
            question = ask_for_draft(understanding, copies, language)
        await self.end_in_question(question)

    async def _hand_on(self, understanding: Understanding, conversation: Conversation) -> Words:
        """Ask the owners of drafts for the changes that the author of the message may not make, and
        return the line that says so."""
        names = name_drafts(list_copies(conversation.drafts), await self.find_language())
        said = ", ".join(names[id] for id in understanding.refused if id in names)
        for change in understanding.handed_on:
            await self.services.database.run(self._ask_owner, change)
        return (HANDED_ON if understanding.handed_on else NOT_CHANGED).with_params(drafts=said)

    def _continue_question(
        self, session: Session, conversation: Conversation, understanding: Understanding
    ) -> Understanding:
        """Make this task the continuation of the one that asked, and return what it was understood
        as. Who picks an option may say more in the same message, so the words are kept beside it.
        The answer to which draft is meant picks what was understood before."""
        task = session.get_one(Task, self.task.id, with_for_update=True)
        question = conversation.question
        if question is None:
            return understanding
        asking = session.get_one(Task, question.task)
        answer, now = understanding.answer or task.words, self.services.now()
        stored = asking.understanding  # none, where no AI has read it
        before = Understanding.model_validate_json(stored) if stored else None
        if before is not None and before.choices:
            chosen = choose_revision(before, asking.question_asked, answer) or before
            understanding, answer = chosen, task.words  # an option names a draft, in its own words
        else:
            said = question.tapped or task.words
            if normalize_text(answer).strip() != normalize_text(said).strip():
                answer = f"{answer}\n{said}"
            understanding = understanding if before is None else before.take_answer(understanding)
        task.store_understanding(understanding.model_dump_json(), now)
        options = question.options if before is None or not before.choices else ()
        task.continue_question(asking, answer, now, options)
        OutboxMessage.request_redraw(session, self.services.enqueue, asking.first_piece)
        return understanding
