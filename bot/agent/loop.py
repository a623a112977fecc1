"""The loop: a model looks things up with tools, turn by turn, until it gives its final answer.

Each turn is stored before and after the model answers (`bot.agent.turns`). A run after a crash
takes the stored turns as they are and goes on behind them. A question without tools is one turn
(`ask_once`).
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar

from pydantic import BaseModel

from bot.agent.llm.api_request import format_corrections
from bot.agent.llm.turn import (
    ConversationMessage,
    NextCall,
    ToolUse,
    TurnAnswer,
    TurnModel,
    TurnRequest,
)
from bot.agent.tool import (
    FoundThings,
    LabelPort,
    Tool,
    ToolDeps,
    ToolRunner,
    build_tool_spec,
)
from bot.agent.turns import NoTurnLog, StoredTurn, TurnLog
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.core.writer import ReceiptWriter
from bot.errors import TryAgain
from bot.i18n.messages import Words
from bot.privacy import Pseudonymizer

T = TypeVar("T", bound=BaseModel)

FINAL_NOTICE = "No more tools can be called. Give the final answer now, from what you know."
ON, OFF = "on", "off"  # of a policy's setting; any other value names a model
NEARLY_SPENT = 0.75  # the share of a task's cap from which on the model is asked for its answer
LAST_SECONDS = 0.25  # the share of the time that is kept for the final answer
TOO_LONG = Words("This took longer than I may work on one request. Ask for less at once.")
STEP_WORDS = {
    "describe_data": Words("is looking at what your data holds…"),
    "query_metrics": Words("is looking at your figures…"),
    "calculate": Words("is calculating…"),
    "find_products": Words("is looking at your catalogue…"),
    "product": Words("is looking at your catalogue…"),
    "price_history": Words("is looking at your prices…"),
    "feedback_themes": Words("is reading what customers say…"),
    "read_feedback": Words("is reading what customers say…"),
    "funnel": Words("is looking at your visits…"),
    "read_thread": Words("is reading the conversation…"),
    "past_copy": Words("is looking at your earlier texts…"),
}
FIRST_STEP = Words("is thinking about it…")
OTHER_STEP = Words("is looking at your data…")
CHECK_STEP = Words("is checking the answer…")
# A second look at an answer by a model: its faults, as sentences. The number is that of the turn.
Review = Callable[[T, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class LoopLimits:
    """What one conversation may take. `seconds` counts from its start, or its restart."""

    turns: int = 8
    tool_calls: int = 20
    seconds: float = 180.0


async def measure_nothing() -> float:
    """The share of the task's cap that is used, where there is no cap."""
    return 0.0


def ignore_step(_: Words) -> None:
    """Show no step: the default when the caller passes no function."""


@dataclass(frozen=True)
class EarlierWork:
    """What a text continues: the report that it starts from, in words, and the facts that the
    report or the draft before it stands on. `language` is that of the text that it adapts for
    readers of another one."""

    report: str = ""
    language: str | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class AgentOptions:
    """What the caller of a skill passes on to the loop. `call` names the piece among those of its
    task, `piece` among all: what is looked up for it counts as told to `person` as far as it shows
    it, once it is stored (`AnswerLog.settle`). `cap_used` returns the larger share used of the
    task's token and money caps. `on_step` gets what is being done, for people to see. `person` and
    `is_private` say who asks, and whether they alone see the answer; None: as the brief says.
    `claims` is the policy's setting for the second look at the answer. `conversation` is the thread
    before the request, both sides of it."""

    turns: TurnLog = field(default_factory=NoTurnLog)
    call: str = "0"
    piece: str = ""
    limits: LoopLimits = field(default_factory=LoopLimits)
    cap_used: Callable[[], Awaitable[float]] = measure_nothing
    on_step: Callable[[Words], None] = ignore_step
    person: str | None = None
    is_private: bool | None = None
    claims: str = ON
    labels: LabelPort | None = None
    conversation: str = ""
    earlier: EarlierWork = field(default_factory=EarlierWork)


class Wish(str):
    """A fault that an answer may keep: where its correction has faults, the answer stands."""

    __slots__ = ()


@dataclass(frozen=True)
class LoopResult(Generic[T]):
    """The final answer, what the check still found in it after it was sent back, what the review
    finds, and the calls that should have been made for what it cites."""

    output: T
    faults: tuple[str, ...]
    model: str
    remarks: tuple[str, ...] = ()
    open_calls: tuple[NextCall, ...] = ()

    @property
    def is_good(self) -> bool:
        return not (self.faults or self.remarks)


@dataclass
class AgentLoop(Generic[T]):
    """One conversation. `call` names it among those of its task. `asks_for` tells whether
    what an answer says asks for a call: it goes back once for those that were not made."""

    model: TurnModel
    receipt: ReceiptWriter
    options: AgentOptions
    call: str
    system: str
    output: type[T]
    tools: Sequence[Tool]
    deps: ToolDeps
    veil: Pseudonymizer
    found: FoundThings
    check: Callable[[T], Sequence[str]] | None = None
    review: Review[T] | None = None
    asks_for: Callable[[T, NextCall], bool] | None = None
    _messages: list[ConversationMessage] = field(default_factory=list)
    _tool_calls: int = 0
    _corrections: int = 0
    _sent_back: set[str] = field(default_factory=set)  # "faults", "remarks", "calls": each once
    _deadline: float = 0.0
    _wished: LoopResult[T] | None = None  # an answer that lacks nothing but wishes and calls

    async def run(self, message: str) -> LoopResult[T]:
        """Return the answer to `message`, in which personal data is already masked. Raises
        AskedPerson, AskedForPeople and Refusal when a tool ended the conversation, TryAgain and
        CannotDo."""
        turns = self.options.turns
        self._deadline = asyncio.get_running_loop().time() + self.options.limits.seconds
        stored = await turns.load(self.call)
        sent = ConversationMessage(role="user", text=message)
        new = self._list_new(sent, 0, 0, 0)
        for turn in range(self.options.limits.turns + 1):
            answer = None
            if turn < len(stored):
                sent, answer = self._restore(stored[turn], is_first=turn == 0), stored[turn].answer
            else:
                await turns.store_sent(self.call, turn, new)
            self._messages.append(sent)
            if answer is None:
                answer = await self._take_turn(sent)
                await turns.store_answer(self.call, turn, answer)
            self._messages.append(answer.as_message())
            if turn + 1 < len(stored):
                if answer.stop_reason == "end":  # it went back: what was found in it is known
                    self._choose_corrections(await self._read(answer, turn))
                self._count(answer)
                continue
            known = (len(self.found.book.facts), len(self.found.exhibits), len(self.found.read_as))
            if answer.stop_reason == "tools":
                sent = await self._run_tools(turn, answer)
            else:
                result = await self._read(answer, turn)
                can_call = not await self._must_answer(turn + 1)
                corrections = self._choose_corrections(result, can_call=can_call)
                if not corrections or turn >= self.options.limits.turns or self._is_late():
                    return result if result.is_good else self._wished or result
                sent = await self._send_back(turn, answer, corrections)
            new = self._list_new(sent, *known)
        raise TryAgain("the model gave no final answer", words=TOO_LONG)

    async def _take_turn(self, sent: ConversationMessage) -> TurnAnswer:
        self.options.on_step(CHECK_STEP if self._corrections else FIRST_STEP)
        request = TurnRequest(
            system=self.system,
            tools=tuple(build_tool_spec(tool) for tool in self.tools),
            messages=tuple(self._messages),
            output=self.output,
            must_answer=sent.text.endswith(FINAL_NOTICE),
        )
        return await self.model.take_turn(request, receipt=self.receipt, deadline=self._deadline)

    async def _run_tools(self, turn: int, answer: TurnAnswer) -> ConversationMessage:
        self.options.on_step(find_step_words(answer.tool_uses))
        runner = ToolRunner(self.tools, self.deps, self.veil, self.found)
        allowed = max(0, self.options.limits.tool_calls - self._tool_calls)
        replies = await runner.run(answer.tool_uses, allowed)
        self._count(answer)
        text = FINAL_NOTICE if await self._must_answer(turn + 1) else ""
        return ConversationMessage(role="user", tool_replies=replies, text=text)

    async def _read(self, answer: TurnAnswer, turn: int) -> LoopResult[T]:
        output = self.veil.restore(self.output.model_validate_json(answer.text))
        # The review first: what it proves is no fault any more.
        remarks = tuple(await self.review(output, turn)) if self.review else ()
        faults = tuple(self.check(output)) if self.check else ()
        result = LoopResult(output, faults, answer.model, remarks, self._list_open_calls(output))
        if not remarks and all(isinstance(fault, Wish) for fault in faults):
            self._wished = self._wished or result
        return result

    def _list_open_calls(self, output: T) -> tuple[NextCall, ...]:
        """Return the calls that what the answer says asks for, and that were not made."""
        if self.asks_for is None:
            return ()
        made = [use for one in self._messages for use in one.tool_uses]
        wanted = [
            call
            for one in self._messages
            for reply in one.tool_replies
            for call in reply.next_calls
            if self.asks_for(output, call)
        ]
        found = [call for call in wanted if not any(map(call.is_made_by, made))]
        return tuple({call.sentence: call for call in found}.values())

    def _choose_corrections(
        self, result: LoopResult[T], *, can_call: bool = True
    ) -> tuple[str, ...]:
        """Return what goes back: the faults that code found, the remarks of the review, and the
        calls that should have been made, each once. What a correction for one brings up in the
        other is still corrected."""
        calls = tuple(one.sentence for one in result.open_calls) if can_call else ()
        kinds = {"faults": result.faults, "remarks": result.remarks, "calls": calls}
        new = {kind for kind, found in kinds.items() if found} - self._sent_back
        if not new:
            return ()
        self._sent_back |= {kind for kind, found in kinds.items() if found}
        return (*result.faults, *result.remarks, *(calls if "calls" in new else ()))

    def _is_late(self) -> bool:
        """Whether a second correction would take the time that is kept for the answer."""
        left = self._deadline - asyncio.get_running_loop().time()
        return self._corrections > 0 and left < self.options.limits.seconds * LAST_SECONDS

    async def _send_back(
        self, turn: int, answer: TurnAnswer, faults: tuple[str, ...]
    ) -> ConversationMessage:
        self._count(answer)
        text = format_corrections(self.veil.mask(faults))
        if await self._must_answer(turn + 1):
            text += f"\n\n{FINAL_NOTICE}"
        return ConversationMessage(role="user", text=text)

    def _count(self, answer: TurnAnswer) -> None:
        self._tool_calls += len(answer.tool_uses)
        self._corrections += answer.stop_reason == "end"

    async def _must_answer(self, turn: int) -> bool:
        """Whether the model may call no more tools in this turn."""
        limits = self.options.limits
        left = self._deadline - asyncio.get_running_loop().time()
        return (
            turn >= limits.turns - 1
            or self._tool_calls >= limits.tool_calls
            or left < limits.seconds * LAST_SECONDS
            or await self.options.cap_used() >= NEARLY_SPENT
        )

    def _list_new(
        self, sent: ConversationMessage, facts: int, exhibits: int, read_as: int
    ) -> StoredTurn:
        """What is stored with a message: what was found since these numbers of things."""
        found = self.found
        return StoredTurn(
            sent=sent,
            veil=self.veil.dump(),
            facts=found.book.facts[facts:],
            exhibits=tuple(found.exhibits[exhibits:]),
            read_as=tuple(found.read_as[read_as:]),
        )

    def _restore(self, stored: StoredTurn, *, is_first: bool) -> ConversationMessage:
        """Take the state from a stored turn. The first one has all that was known at the start,
        which takes the place of what this run has looked up."""
        found = self.found
        if is_first:
            found.book, found.exhibits, found.read_as = FactBook(), [], []
            found.notes = []
        for fact in stored.facts:
            found.book.add(fact)
        found.exhibits += stored.exhibits
        found.read_as += stored.read_as
        self.veil.load(stored.veil)
        found.notes += [
            self.veil.restore(note) for reply in stored.sent.tool_replies for note in reply.notes
        ]
        return stored.sent


def find_step_words(uses: Sequence[ToolUse]) -> Words:
    """Return what people read while these tools run."""
    return next((STEP_WORDS[use.name] for use in uses if use.name in STEP_WORDS), OTHER_STEP)


def hash_prompt(system: str) -> str:
    """The version of a prompt, short enough to compare by eye."""
    return hashlib.sha256(system.encode()).hexdigest()[:16]


def hash_tools(tools: Sequence[Tool]) -> str:
    """The version of a set of tools: names, descriptions and parameters."""
    return _hash_tools(tuple(tools))


@lru_cache(maxsize=64)
def _hash_tools(tools: tuple[Tool, ...]) -> str:
    specs = [build_tool_spec(tool) for tool in tools]
    listed = json.dumps([[one.name, one.description, one.schema] for one in specs])
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class WritingVersion:
    """What a text was written with: the model, and the versions of its prompt and its tools."""

    model: str | None = None
    prompt_hash: str | None = None
    tools_hash: str | None = None


async def ask_once(
    model: TurnModel,
    system: str,
    message: str,
    output: type[T],
    *,
    receipt: ReceiptWriter,
    task: TurnLog | None = None,
    call: str,
    masked_by: Pseudonymizer | None = None,
    model_name: str | None = None,
    deadline: float = math.inf,
) -> T:
    """Return the form `output` as the model filled it in. Raises TryAgain or CannotDo.

    `system` stays the same for all calls of a kind, so that the server can cache it; `message` is
    what varies. Personal data in `message` is replaced before the model sees it, unless `masked_by`
    has done so already, and is restored in the answer. `model_name` names another model than the
    small one. `deadline` is a time of the event loop's clock. `task` keeps the answer under
    the name `call`: a run after a crash gets the same answer and pays nothing, even when `message`
    has changed since."""
    log, veil = task or NoTurnLog(), masked_by or Pseudonymizer()
    prompt = message if masked_by else veil.mask(message)
    stored = next(iter(await log.load(call)), None)
    if stored is None:
        sent = ConversationMessage(role="user", text=prompt)
        stored = StoredTurn(sent=sent, veil=veil.dump())
        await log.store_sent(call, 0, stored)
    else:
        veil.load(stored.veil)
    answer = stored.answer
    if answer is None:
        request = TurnRequest(
            system=system,
            tools=(),
            messages=(stored.sent,),
            output=output,
            size="small",
            model=model_name,
        )
        # The model's own deadline for a call holds, too.
        answer = await model.take_turn(request, receipt=receipt, deadline=deadline)
        await log.store_answer(call, 0, answer)
    return veil.restore(output.model_validate_json(answer.text))
