"""Tools: typed, read-only functions by which a model looks up facts.

Every module in `bot/agent/tools/` is a tool; its name is the tool's name. It defines:

    the module's docstring         what the tool is for, as the model reads it
    class Params(ToolParams)       its parameters: flat, every field required, "none" instead of
                                   null, no recursion and no free keys
    async def run(params, deps)    returns a ToolResult; raises ToolError

`ENDS_LOOP = True` marks a tool whose call ends the conversation instead of being answered. The
notes of `ask_person` are the question and its options; those of any other such tool are the
sentence that the person reads and a short reason for counting. The note of `top_customers` is a
query that code answers.

`ToolRunner` runs the calls of a turn. `render_result` puts a result into text for the model.
"""

import asyncio
import importlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ValidationError, model_validator

from bot.agent.llm.turn import NextCall, ToolReply, ToolSpec, ToolUse
from bot.config.brand import Brand
from bot.core.exhibits import Exhibit, ScopePart
from bot.core.fact_book import FactBook
from bot.core.facts import Fact, spell_base
from bot.core.joined_exhibits import can_join
from bot.core.request import Question, SkillRequest
from bot.db.session import DATABASE_ERRORS
from bot.errors import CannotDo, TryAgain, log_bug, translate_system_error
from bot.i18n.messages import Language, Words, format_value
from bot.privacy import Pseudonymizer
from bot.text.escape import strip_hidden_deep

if TYPE_CHECKING:
    from bot.data.analyses.result import AnalysisFilter
    from bot.data.metrics.answer_log import AnswerLog
    from bot.data.service import WorkspaceData

TOOLS_FOLDER = Path(__file__).parent / "tools"
log = logging.getLogger("bot.agent.tools")
ASK_TOOL, PEOPLE_TOOL = "ask_person", "top_customers"
TOOL_SECONDS = 180.0  # of one call, with its wait for the engine
MAX_FACTS = 60  # of one result
MAX_RESULT_CHARACTERS = 6_000  # about 1,500 tokens
MAX_VALUE_CHARACTERS = 600
NO_MORE_CALLS = "No more calls of tools are possible: give the final answer."
AFTER_BUG = "Ask in another way, or answer without it and say what could not be looked up."
UNUSED: tuple[object, ...] = ("none", "", 0, [])  # what a call says for what it does not use
NOT_A_PARAMETER = "this tool can't narrow by it; call it without, or another tool"
ISO_DAY = re.compile(r"(?<![\w.-])\d{4}-\d\d-\d\d(?![\w-])")
MAX_MISTAKES = 10  # validation errors told at once


class ToolParams(BaseModel, frozen=True, extra="forbid"):
    @model_validator(mode="before")
    @classmethod
    def drop_unused_extras(cls, given: Any) -> Any:
        """Leave out parameters that only another tool has, where the call does not use them."""
        if not isinstance(given, dict):
            return given
        return {
            name: value
            for name, value in given.items()
            if name in cls.model_fields or not is_unused(value)
        }


def is_unused(value: object) -> bool:
    return value is None or (value.strip().lower() if isinstance(value, str) else value) in UNUSED


COUNTS = {  # the units of measures that count something, where an analysis gives none
    **{name: name for name in ("orders", "visits", "purchases", "clicks", "impressions")},
    **{name: name for name in ("days", "regions", "reviews", "customers")},
    "texts": "messages",  # reviews, e-mails, chats
    "mailings": "sends",
    "ratings": "ratings",
    **dict.fromkeys((f"stars-{n}" for n in range(1, 6)), "ratings"),
    **dict.fromkeys(("by-email", "by-sms", "by-ads"), "customers"),
    **dict.fromkeys(("expected-buyers-low", "expected-buyers-high"), "customers"),
    "stock": "units",
}


def name_counts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts, each count with what is counted as its unit."""

    def name(fact: Fact) -> Fact:
        is_bare = fact.unit is None and isinstance(fact.value, Decimal)
        unit = COUNTS.get(fact.parts.measure) if is_bare else None
        return fact.model_copy(update={"unit": unit}) if unit else fact

    return tuple(name(fact) for fact in facts)


class ToolResult(BaseModel, frozen=True):
    """What a tool found; each count has its unit. `notes` are sentences for the model: what was
    left out, what is not in the data, how a word was understood."""

    facts: Annotated[tuple[Fact, ...], AfterValidator(name_counts)] = ()
    exhibits: tuple[Exhibit, ...] = ()
    notes: tuple[str, ...] = ()
    read_as: str = ""  # how the call was read: "customers · ordered · Gold"
    scope: tuple[ScopePart, ...] = ()  # the same, part by part, for the card
    next_calls: tuple[NextCall, ...] = ()  # what should be looked up before it is told


class ToolError(Exception):
    """A call that can't be carried out, in a sentence that the model can act on: "no country called
    Belgique in orders; there are: BE, FR". Holds nothing that the asker may not see."""


class LabelPort(Protocol):
    """Has a model read the themes of texts, before they are counted."""

    async def label(self, where: "AnalysisFilter") -> int: ...


@dataclass(frozen=True)
class ToolDeps:
    """What tools may use. `may` tells whether the asker has a right; `is_private` whether the
    answer is seen by the asker alone. A tool returns only what everybody at that place may see.
    `call` is the one that runs, of the piece that is written."""

    data: "WorkspaceData"
    request: SkillRequest
    brand: Brand
    today: date
    person: str
    is_private: bool = False
    may: Callable[[str], Awaitable[bool]] = field(default=lambda _right: _deny())
    book: FactBook = field(default_factory=FactBook)  # the facts found so far in this task
    labels: LabelPort | None = None
    piece: str = ""
    call: str = ""

    @property
    def answers(self) -> "AnswerLog | None":
        """What the asker was told before; None in a terminal, where there is nobody."""
        log = self.data.answers if self.person else None
        return log.during(self.piece, self.call) if log and self.piece and self.call else log


async def _deny() -> bool:
    return False


@dataclass(frozen=True)
class Tool:
    """One tool, as `load_tools` found it."""

    name: str
    description: str
    params: type[ToolParams]
    run: Callable[[Any, ToolDeps], Awaitable[ToolResult]]
    ends_loop: bool = False


@cache
def load_tools() -> dict[str, Tool]:
    """Return all tools by name, in a fixed order."""
    tools = {}
    for path in sorted(TOOLS_FOLDER.glob("*.py")):
        if not path.stem.startswith("_"):
            module = importlib.import_module(f"bot.agent.tools.{path.stem}")
            tools[path.stem] = Tool(
                name=path.stem,
                description=getdoc(module) or "",
                params=module.Params,
                run=module.run,
                ends_loop=getattr(module, "ENDS_LOOP", False),
            )
    return tools


class AskedPerson(Exception):
    """A tool ended the conversation with a question to the person."""

    def __init__(self, question: Question):
        super().__init__("a question to the person")
        self.question = question


class AskedForPeople(Exception):
    """A tool ended the conversation: code answers this query about single customers, which no model
    may see."""

    def __init__(self, query: str):
        super().__init__("a query about single customers")
        self.query = query


class Refusal(CannotDo):
    """A tool ended the conversation: the question can't be answered. `reason` is a short key for
    counting, without anything that people wrote; `instead` is a question that can be answered."""

    def __init__(self, words: Words, reason: str, instead: str = ""):
        super().__init__(words)
        self.reason, self.instead = reason, instead


@dataclass
class FoundThings:
    """What tools have found in one conversation. Names are given in the order of the calls."""

    book: FactBook
    exhibits: list[Exhibit] = field(default_factory=list)
    read_as: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class ToolRunner:
    """Runs the calls of one conversation. Everything that goes to the model passes `veil`."""

    tools: Sequence[Tool]
    deps: ToolDeps
    veil: Pseudonymizer
    found: FoundThings
    seconds: float = TOOL_SECONDS

    async def run(self, uses: Sequence[ToolUse], allowed: int) -> tuple[ToolReply, ...]:
        """Run the calls of one turn, one after the other. No two calls use the database engine at
        once; the time limit of a call starts when its turn comes (`run_limited`). Of more than
        `allowed` calls, the last are not run. The widest are run first: what an answer may tell
        depends on those before it, so a total would be lost to its parts, and a ranking would lose
        a row to a single figure.
        Raises AskedPerson, AskedForPeople and Refusal."""
        deps = replace(self.deps, book=self.found.book)
        order = sorted(range(len(uses[:allowed])), key=lambda at: _place_call(uses[at]))
        found = {at: await self._call(uses[at], deps) for at in order}
        results = [found[at] for at in range(len(order))]
        results += [CallError(NO_MORE_CALLS)] * (len(uses) - len(results))
        for use, result in zip(uses, results, strict=True):
            if isinstance(result, ToolResult) and self._ends_loop(use.name):
                _end_loop(use.name, result)
        return tuple(
            ToolReply(
                id=use.id,
                text=render_result(
                    result, self.found, self.veil, deps.request.language, deps.today
                ),
                notes=tuple(self.veil.mask(note) for note in result.notes),
                next_calls=result.next_calls,
            )
            if isinstance(result, ToolResult)
            else self._refuse(use, result)
            for use, result in zip(uses, results, strict=True)
        )

    def _refuse(self, use: ToolUse, error: "CallError") -> ToolReply:
        """Return the reply to a call that found nothing. What it says of the data is a note, with
        what was asked."""
        text, note = self.veil.mask(error.text), ""
        if error.is_about_data:
            asked = {name: one for name, one in use.arguments.items() if not is_unused(one)}
            note = f"{use.name} {json.dumps(asked, ensure_ascii=False)}: {text}"
            self.found.notes.append(self.veil.restore(note))
        return ToolReply(id=use.id, text=text, is_error=True, notes=(note,) if note else ())

    def _ends_loop(self, name: str) -> bool:
        return any(tool.name == name and tool.ends_loop for tool in self.tools)

    async def _call(self, use: ToolUse, deps: ToolDeps) -> "ToolResult | CallError":
        """Run one call; return the error when it can't be carried out."""
        deps = replace(deps, call=use.id)
        tool = next((tool for tool in self.tools if tool.name == use.name), None)
        if tool is None:
            names = ", ".join(tool.name for tool in self.tools)
            return CallError(f"There is no tool {use.name}. There are: {names}.")
        try:
            params = tool.params.model_validate(self.veil.restore(use.arguments))
            async with asyncio.timeout(self.seconds):
                result = strip_hidden_deep(await tool.run(params, deps))
            if deps.piece and deps.answers:
                ids = [fact.id for fact in result.facts]
                await asyncio.to_thread(deps.answers.name_facts, ids)
            if tool.ends_loop:
                return result
            return _spell_days(self._drop_unknown_calls(result), deps.request.language)
        except ValidationError as error:
            return CallError(describe_mistakes(error))
        except ToolError as error:
            return CallError(str(error), is_about_data=True)
        except CannotDo as error:
            return CallError(error.words.to("en"), is_about_data=True)
        except TimeoutError:
            return CallError(f"This took longer than {self.seconds:g} seconds. Ask for less.")
        except (TryAgain, *DATABASE_ERRORS):
            raise  # something outside is away: the whole task waits for it
        except Exception as bug:  # noqa: BLE001  a bug of one call, whatever it is, ends no task
            if (failure := translate_system_error(bug)) is not None:
                raise failure from None  # the machine's fault, which no other call mends
            log_bug(bug)
            return CallError(f"{use.name} failed on this call. {AFTER_BUG}")

    def _drop_unknown_calls(self, result: ToolResult) -> ToolResult:
        """Return a result that asks for no call of a tool that the model was not given."""
        names = {tool.name for tool in self.tools}
        known = tuple(call for call in result.next_calls if call.tool in names)
        return result.model_copy(update={"next_calls": known})


def _place_call(use: ToolUse) -> tuple[int, int, bool]:
    """Return which calls come first: those with the fewest conditions, of these the totals, then
    those for groups in an order or within bounds."""
    asked = use.arguments
    conditions, groups = (_count_parts(asked.get(name)) for name in ("filters", "dimensions"))
    return conditions, groups, not asked.get("having") and asked.get("order") == "natural"


def _count_parts(argument: Any) -> int:
    """Return how many parts a list has; a model may send anything."""
    return len(argument) if isinstance(argument, list) else 0


@dataclass(frozen=True)
class CallError:
    """Why a call found nothing, as a sentence for the model: a mistake in the call, or with
    `is_about_data` what the tool said, such as that too few people are behind a figure."""

    text: str
    is_about_data: bool = False


def _spell_days(result: ToolResult, language: Language) -> ToolResult:
    """Return a result whose notes have days as people read them: the model copies them."""

    def spell(found: re.Match[str]) -> str:
        with suppress(ValueError):  # 2026-02-30
            return format_value(date.fromisoformat(found[0]), language)
        return found[0]

    notes = tuple(ISO_DAY.sub(spell, note) for note in result.notes)
    return result.model_copy(update={"notes": notes})


def _end_loop(name: str, result: ToolResult) -> None:
    """End the conversation as the tool says: with a question, a refusal, or a query for code."""
    sentence, *rest = result.notes
    if name == PEOPLE_TOOL:
        raise AskedForPeople(sentence)
    if name == ASK_TOOL:
        raise AskedPerson(
            Question(words=Words("{sentence}", sentence=sentence), options=tuple(rest))
        )
    reason, instead = rest
    log.info("the request was refused by the tool %s: %s", name, reason)
    raise Refusal(Words("{sentence}", sentence=sentence), reason, instead)


def describe_mistakes(error: ValidationError) -> str:
    """Say what is wrong with the arguments of a call, so that the model can correct it."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [
        f"{'.'.join(map(str, one['loc'])) or 'arguments'}: "
        + (NOT_A_PARAMETER if one["type"] == "extra_forbidden" else one["msg"])
        for one in found[:MAX_MISTAKES]
    ]
    return "The arguments don't fit. " + "; ".join(lines)


# Text for the model.


def render_result(
    result: ToolResult,
    found: FoundThings,
    veil: Pseudonymizer,
    language: Language,
    today: date = date.min,
) -> str:
    """The result as the model reads it. Facts and exhibits get their names here, so in the order of
    calls. Periods are told as a report would say them `today`: the model copies them."""
    facts, trial = result.facts, FactBook(found.book.facts)
    if describe_facts(facts, trial, language, veil, today=today).left_out:
        # What a reader sees in a table, the model can tell.
        printed = {id for one in result.exhibits if one.table for id in one.table.facts}
        facts = tuple(sorted(facts, key=lambda fact: fact.id not in printed))
    listed = describe_facts(facts, found.book, language, veil, today=today)
    lines = [*listed.lines]
    if listed.left_out:
        lines.append(f"Left out: {listed.left_out} more facts. Ask for less to see them.")
    number = sum(bool(exhibit.id) for exhibit in found.exhibits)
    shown = [one for one in result.exhibits if one.table or one.chart]
    apart = {id for one in result.exhibits if one.scope for id in one.all_facts}  # read otherwise
    ids = tuple(fact.id for fact in result.facts if fact.id not in apart)
    found.exhibits += [one for one in result.exhibits if one not in shown]
    for exhibit in shown:
        number += 1
        named = exhibit.model_copy(
            update={
                "id": f"e{number}",
                "read_as": exhibit.read_as or result.read_as,
                "scope": exhibit.scope or result.scope,
                "facts": exhibit.facts or ids,
            }
        )
        lines.append(veil.mask(describe_exhibit(named, found.exhibits)))
        found.exhibits.append(named)
    if result.read_as and ids and not shown:  # how its figures were read
        found.exhibits.append(
            Exhibit(shows="", read_as=result.read_as, scope=result.scope, facts=ids)
        )
    lines += [veil.mask(f"Note: {note}") for note in result.notes]
    lines += [veil.mask(f"Before you tell it, {one.sentence}") for one in result.next_calls]
    found.notes += result.notes
    if result.read_as:
        found.read_as.append(result.read_as)
        lines.insert(0, veil.mask(f"Read as: {result.read_as}"))
    return "\n".join(lines) or "Nothing was found."


@dataclass(frozen=True)
class ListedFacts:
    lines: tuple[str, ...]
    left_out: int


def describe_facts(
    facts: Sequence[Fact],
    book: FactBook,
    language: Language,
    veil: Pseudonymizer,
    *,
    with_ids: bool = False,
    today: date = date.min,
    most: int = MAX_FACTS,
    most_characters: int = MAX_RESULT_CHARACTERS,
) -> ListedFacts:
    """Give the facts their names and list them, one a line: the name, the exact text that its slot
    becomes, what it is a measure of, its period and its source. What all of them share stands once.
    Facts that don't fit are neither listed nor named."""
    sources = {fact.sourced(language) for fact in facts}
    periods = {fact.name_days(language, today) for fact in facts}
    shared = [next(iter(one)) for one in (periods, sources) if len(one) == 1 and len(facts) > 1]
    lines = [veil.mask(f"All of it: {' · '.join(filter(None, shared))}")] if any(shared) else []
    size, left_out = sum(map(len, lines)), 0
    names = FactBook((*book.facts, *facts[:most]))  # those to come too: a figure may follow later
    for number, fact in enumerate(facts):
        hidden = {"source" if len(sources) == 1 else "", "period" if len(periods) == 1 else ""}
        line = _describe_fact(
            fact,
            names,
            language,
            veil,
            hidden if len(facts) > 1 else set(),
            with_ids=with_ids,
            today=today,
        )
        size += len(line) + 1
        if number >= most or size > most_characters:
            left_out = len(facts) - number
            break
        book.add(fact)
        lines.append(line)
    return ListedFacts(tuple(lines), left_out)


def _describe_fact(
    fact: Fact,
    book: FactBook,
    language: Language,
    veil: Pseudonymizer,
    hidden: set[str],
    *,
    with_ids: bool,
    today: date,
) -> str:
    text = fact.shown(language)
    if isinstance(fact.value, str):
        text = text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}…"
        text = veil.mask(f" {text}").strip()  # a text of its own may have the shape of an id
    before = book.find_name(fact.compared_with) if fact.compared_with else None
    about = [
        ", ".join(filter(None, (fact.titled(language), fact.name_about(language)))),
        spell_base(fact, language),
        "" if "period" in hidden else fact.name_days(language, today),
        f"compared with {before}" if before else "",
    ]
    described = " · ".join(filter(None, about))
    end = "" if "source" in hidden else f" ({fact.sourced(language)})"
    if fact.stated_by:
        end += " (stated by a person, not proven)"
    id = f" [{fact.id}]" if with_ids else ""
    name = book.next_name(fact)
    masked = veil.mask(f" · {described}{end}")
    return f"{name}{id}: {text}{masked}".replace("\n", "\n  ")


def describe_exhibit(exhibit: Exhibit, others: Sequence[Exhibit] = ()) -> str:
    """One line about an exhibit, from which the model chooses. `others`: those before it, of which
    some may become one table with it."""
    shapes = []
    if exhibit.table:
        columns = ", ".join(exhibit.table.columns)
        shapes.append(f"table of {len(exhibit.table.rows)} rows ({columns})")
    if exhibit.chart:
        kind = "bar chart" if exhibit.chart.kind == "bars" else "line chart"
        shapes.append(f"{kind} of {len(exhibit.chart.points)} points")
    alike = ", ".join(one.id for one in others if can_join([one], exhibit))
    join = f" (can be one table with {alike})" if alike else ""
    return f"{exhibit.id}: {' and '.join(shapes)}: {exhibit.shows}{join}"


@lru_cache(maxsize=128)
def build_tool_spec(tool: Tool) -> ToolSpec:
    """The tool as the model sees it. Its schema is shared: callers copy what they change."""
    return ToolSpec(
        name=tool.name, description=tool.description, schema=tool.params.model_json_schema()
    )
