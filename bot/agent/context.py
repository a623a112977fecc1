"""The context of a skill: everything that a handler may use to look up facts, write and ask.

`SkillContext.write` has the answer checked and asks for corrections. With tools and a model it is
the loop of `bot.agent.loop`. Personal data is replaced by placeholders before a writer sees it, and
is restored in the answer.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel

from bot.agent.citations import collect_cited_facts, replace_fact_names
from bot.agent.llm.turn import TurnModel
from bot.agent.loop import (
    AgentLoop,
    LoopLimits,
    LoopServices,
    hash_prompt,
    hash_tools,
    ignore_step,
    measure_nothing,
)
from bot.agent.prompts import fill_prompt
from bot.agent.tool import DeliveryPort, DigestPort, ThreadPort, Tool, ToolDeps, load_tools
from bot.agent.tool_calls import FoundThings, describe_facts
from bot.agent.turns import NoTurnLog, TurnLog
from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.charts import ChartPicture
from bot.core.checks import Check, select_blocking
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence, Fact
from bot.core.library import Library, ProductMatch
from bot.core.parts import File, split_output
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import list_speakers
from bot.core.writer import LlmCall, ReceiptWriter, Writer, WriteRequest
from bot.drafts.occasions import load_occasions, set_occasion_days
from bot.i18n.messages import Money, Words
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words
from bot.rules.kept import Kept
from bot.text.escape import strip_hidden_deep

if TYPE_CHECKING:
    from bot.data.service import WorkspaceData

CENT = Decimal("0.01")


def build_rewrite_check(costs: Sequence[Decimal | None], parts: Sequence[str] = ()) -> Check:
    """Build the finding on a draft, or on some of its `parts` (their titles), that the rules wrote
    because the model's answers were rejected. It states the number of tries and their cost in US
    dollars, as far as the prices are known."""
    known = [cost for cost in costs if cost is not None]
    tries = Words.count("{n} try", "{n} tries", len(costs))
    if known:
        spent = Words("{first}, {rest}", first=tries, rest=_format_cost(sum(known, Decimal(0))))
    else:
        spent = tries
    if parts:
        words = Words(
            "By rules, as the AI's words held what no fact bears out: {parts}. "
            "The rest is the AI's ({spent}).",
            parts=_join_titles(parts),
            spent=spent,
        )
    else:
        words = Words(
            "The AI's words held what no fact bears out, so these are by rules. Not kept: {spent}.",
            spent=spent,
        )
    return Check(rule="rewriting", level="warn", words=words)


def _join_titles(titles: Sequence[str]) -> Words:
    """Join the titles of parts as the card shows them."""
    first, *rest = titles
    title = Words("“{quote}”", quote=Words(first))
    return Words("{first}, {rest}", first=title, rest=_join_titles(rest)) if rest else title


def _format_cost(usd: Decimal) -> Money | Words:
    if usd < CENT:
        return Words("less than {amount}", amount=Money(amount=CENT, currency="USD"))
    return Money(amount=usd, currency="USD")


def build_fault_check(count: int) -> Check:
    """Build the finding that the model did not correct everything that was sent back to it."""
    words = Words.count(
        "{n} thing that the checks sent back is not corrected: read it with care.",
        "{n} things that the checks sent back are not corrected: read it with care.",
        count,
    )
    return Check(rule="correction", level="warn", words=words)


MAX_CORRECTIONS = 2
MAX_FACT_CHARACTERS = 60_000  # of the facts in the first message
PRODUCT_NAME_LABELS = (
    "name",
    "vendor",
    "type",
    "colours",
)  # the labels of product facts that are names
PERSON_PLACEHOLDER = re.compile(r"Person \d+")  # a placeholder for a name
T = TypeVar("T", bound=BaseModel)


async def deny_right(_right: str) -> bool:
    """Deny every right: the default when the caller passes no check."""
    return False


@dataclass(frozen=True)
class AgentOptions:
    """What the caller of a skill passes on to the loop. `call` names the piece among those of its
    task. `person` and `is_private` say who asks, and whether they alone see the answer; None: as
    the brief says."""

    turns: TurnLog = field(default_factory=NoTurnLog)
    call: str = "0"
    limits: LoopLimits = field(default_factory=LoopLimits)
    cap_used: Callable[[], Awaitable[float]] = measure_nothing
    on_step: Callable[[Words], None] = ignore_step
    person: str | None = None
    is_private: bool | None = None
    thread: ThreadPort | None = None
    deliveries: DeliveryPort | None = None
    digests: DigestPort | None = None


@dataclass(frozen=True)
class WritingVersion:
    """What a text was written with: the model, and the versions of its prompt and its tools."""

    model: str | None = None
    prompt_hash: str | None = None
    tools_hash: str | None = None


class SkillContext:
    def __init__(
        self,
        request: SkillRequest,
        *,
        brand: Brand,
        channel: Channel | None,
        library: Library,
        writer: Writer,
        receipt: ReceiptWriter,
        grow: Callable[[str], None] = lambda _: None,
        stated: Sequence[Fact] = (),
        today: date | None = None,
        may: Callable[[str], Awaitable[bool]] = deny_right,
        agent: AgentOptions | None = None,
        tools: Mapping[str, Tool] | None = None,
    ):
        """`tools` are the tools that handlers can name; None: those of `bot.agent.tools`."""
        self.request, self.brand, self.channel, self.today = request, brand, channel, today
        self._agent, self._tools = agent or AgentOptions(), tools
        self._found, self._veil, self._writes = FoundThings(FactBook()), Pseudonymizer(), 0
        self.version = WritingVersion()
        self.faults: tuple[str, ...] = ()  # what `check` still found at the end, for the writer
        self.evidence = Evidence(facts=tuple(stated))
        self._all_facts: tuple[Fact, ...] = ()
        self.pictures: dict[str, bytes] = {}  # by SHA-256
        self._library, self._writer, self._may = library, writer, may
        self._receipt, self._grow = receipt, grow
        self.notes: tuple[Check, ...] = ()  # findings on how the draft was written

    async def look_up(
        self, *kinds: str, request: SkillRequest | None = None, replace: bool = False
    ) -> Evidence:
        """Add the facts of these kinds to the evidence. Unknown kinds add nothing.

        `request` replaces the context's own request, for example one without a period. `replace`
        first removes the facts of these kinds that an earlier look-up added."""
        if replace:
            other_facts = tuple(f for f in self.evidence.facts if f.parts.kind not in kinds)
            self.evidence = Evidence(facts=other_facts)
        for kind in kinds:
            asked = request or self.request
            if kind == "past_copy" and self.today:
                dated = set_occasion_days(asked.brief, self.today)
                asked = asked.model_copy(update={"brief": dated})
            found = strip_hidden_deep(await self._library.look_up(kind, asked))
            self.evidence = self.evidence.plus(found)
        return self.evidence

    def keep_facts(self, *facts: Fact | None) -> None:
        """Reduce the evidence to these facts, the facts that people stated, and the facts that say
        what the data cannot answer. The others are neither sent to a writer nor stored."""
        # A handler may pass a changed copy of a fact.
        facts_by_id = {fact.id: fact for fact in facts if fact is not None}
        self._all_facts = self.evidence.facts
        self.evidence = Evidence(
            facts=tuple(
                facts_by_id.get(f.id, f)
                for f in self.evidence.facts
                if f.id in facts_by_id or f.stated_by or f.parts.subject in ("cannot", "age")
            )
        )

    async def may(self, right: str) -> bool:
        """Whether the person who asks has this right."""
        return await self._may(right)

    @property
    def by_rules(self) -> bool:
        """Whether the text is written by rules, without a language model."""
        return self._writer.by_rules

    @property
    def book(self) -> FactBook:
        """The facts that were found while writing with tools, by name."""
        return self._found.book

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """The tables and charts that tools computed."""
        return tuple(self._found.exhibits)

    @property
    def read_as(self) -> tuple[str, ...]:
        """How the tools read their calls, for the card."""
        return tuple(dict.fromkeys(self._found.read_as))

    @property
    def data(self) -> "WorkspaceData":
        """The workspace's data, for reports by code."""
        return cast("WorkspaceData", self._library)

    @property
    def person(self) -> str:
        """The person who asks."""
        return self._agent.person or self.request.brief.author

    @property
    def is_private(self) -> bool:
        """Whether the asker alone sees the answer."""
        private = self._agent.is_private
        return self.request.brief.private if private is None else private

    async def find_products(self, words: str) -> Sequence[ProductMatch]:
        """Return the products that `words` may mean, best match first."""
        return await self._library.find(words)

    def ask(self, words: Words, *options: str) -> Question:
        """Build a question to the person. A handler returns it instead of its output model."""
        return Question(words=words, options=options)

    async def draw(self, picture: ChartPicture) -> File:
        """Render a chart of facts as PNG and return the part that shows it. No model draws."""
        from bot.data.charts import render_png

        png = await asyncio.to_thread(render_png, picture)
        sha256 = hashlib.sha256(png).hexdigest()
        self.pictures[sha256] = png
        return File(
            name=f"{self.request.skill}-{sha256[:8]}.png",
            sha256=sha256,
            alt=picture.alt,
            picture=True,
        )

    async def write(
        self,
        output: type[T],
        *,
        tools: Sequence[str] | None = None,
        check: Callable[[T], list[str]] | None = None,
        by_rules: T | None = None,
        system: str = "system",
        values: Mapping[str, str] | None = None,
    ) -> T:
        """Have the writer fill in `output`. The faults that `check` finds go back to the writer.

        With `tools` and a model, the model looks things up with these tools, at most 8 turns, and
        gets the faults once; those that are left are in `faults`. The evidence becomes what the
        output cites. `system` names the prompt that never changes for a skill, `values` fills more
        placeholders of the skill's own prompt. A tool may end it with a question to the person.

        Without tools the faults go back at most twice. An analysis passes its own text as
        `by_rules`, which a model may reword and the rules keep. Claims that no fact supports are
        detected. A part keeps the text of the rules when the model's text still fails, or when the
        model repeats a fault that it was told about."""
        if tools is not None and not self.by_rules:
            return await self._write_with_tools(output, tools, check, system, values or {})
        pseudonymizer, costs = Pseudonymizer(self._list_own_words()), dict[str, Decimal | None]()
        assignment = self._build_assignment(pseudonymizer, by_rules)
        accepted = Kept(by_rules) if by_rules is not None and self.channel is None else None

        async def receipt(call: LlmCall) -> None:
            # Each call reports twice; the last report counts.
            costs[call.call or str(len(costs))] = call.usd
            await self._receipt(call)

        for _ in range(MAX_CORRECTIONS + 1):
            written = await self._writer.write(assignment, output, receipt=receipt, grow=self._grow)
            faults = check(pseudonymizer.restore(written)) if check else []
            faults = [
                *pseudonymizer.mask(faults),
                *await self._find_inventions(written, assignment),
            ]
            if not faults:
                return pseudonymizer.restore(written)
            if accepted:
                accepted.note(pseudonymizer.restore(written), faults)
            if by_rules is not None and set(faults) & set(assignment.corrections):
                break  # the same fault again: a third call would not fix it either
            assignment = assignment.model_copy(
                update={"corrections": tuple(faults), "last_attempt": written.model_dump_json()}
            )
        if by_rules is None:
            return pseudonymizer.restore(written)
        merged = accepted.output() if accepted and accepted.left else by_rules
        remaining = check(merged) if check else []
        if remaining or await self._find_inventions(pseudonymizer.mask(merged), assignment):
            merged = by_rules
        composed_parts = accepted.left if accepted and merged is not by_rules else ()
        self.notes += (build_rewrite_check([*costs.values()], composed_parts),)
        return merged

    def find_unproven(self, written: BaseModel) -> list[str]:
        """List what would block the approval of this copy, as sentences for the writer: figures,
        claims and quotations that no fact bears out."""
        from bot.rules.proof import prove

        if self.today is None:
            return []
        parts, hooks = split_output(replace_fact_names(written, self.book))
        checks = prove(
            parts,
            hooks,
            self.evidence.plus(self.book.facts),
            request=self.request,
            brand=self.brand,
            channel=self.channel,
            today=self.today,
        )
        return [
            " ".join(filter(None, [f"{check.part}:" if check.part else "", check.words.to("en")]))
            for check in select_blocking(checks)
        ]

    async def write_report(self, *, tools: Sequence[str]) -> BaseModel | Question:
        """Have the model answer the request with these tools. It writes slots where figures stand,
        and code fills them in. The evidence becomes what the report cites. Without a model the
        report is the one of `bot.offline.reports`."""
        if self.by_rules:
            from bot.offline.reports import write_offline_report

            return await write_offline_report(self)
        from bot.agent.report import write_report

        return await write_report(self, tools)

    async def write_digest(self) -> BaseModel | Question:
        """Write what moved: code decides what and whether anything did, the model words it."""
        from bot.agent.digest import write_digest

        return await write_digest(self)

    async def write_ideas(self, *, tools: Sequence[str]) -> BaseModel:
        """Have the model suggest ideas with these tools, each with the fact behind it."""
        from bot.agent.ideas import write_ideas

        return await write_ideas(self, tools)

    async def _write_with_tools(
        self,
        output: type[T],
        names: Sequence[str],
        check: Callable[[T], list[str]] | None,
        system: str,
        values: Mapping[str, str],
    ) -> T:
        known = load_tools() if self._tools is None else self._tools
        tools = [known[name] for name in names]
        from bot.agent.skills import load_skills

        fixed = {"brand": self.brand.as_prompt(), "skills": ", ".join(load_skills())}
        system_text = fill_prompt(system, fixed)
        message = self._build_first_message(values)
        self._writes += 1
        loop = AgentLoop(
            services=LoopServices(
                model=cast(TurnModel, self._writer),
                receipt=self._receipt,
                turns=self._agent.turns,
                limits=self._agent.limits,
                cap_used=self._agent.cap_used,
                on_step=self._agent.on_step,
            ),
            call=f"{self._agent.call}.write{self._writes}",
            system=system_text,
            output=output,
            tools=tools,
            deps=self._build_tool_deps(),
            veil=self._veil,
            found=self._found,
            check=check,
        )
        result = await loop.run(message)
        self.version = WritingVersion(result.model, hash_prompt(system_text), hash_tools(tools))
        self.faults = result.faults
        if result.faults:
            self.notes += (build_fault_check(len(result.faults)),)
        written = replace_fact_names(result.output, self.book)
        stated = tuple(fact for fact in self.evidence.facts if fact.stated_by)
        cited = collect_cited_facts(written, self.book, self.exhibits)
        self.evidence = Evidence(facts=stated).plus(cited)
        return written

    def _build_first_message(self, values: Mapping[str, str]) -> str:
        """The skill's own prompt with the request and the facts looked up, personal data masked."""
        if not self._writes:
            self._veil = Pseudonymizer(self._list_own_words())
        self._hide_speakers(self._veil)
        facts = [fact for fact in self.evidence.facts if fact.stated_by is None]
        listed = describe_facts(
            facts,
            self.book,
            self.request.language,
            self._veil,
            with_ids=True,
            most=len(facts),
            most_characters=MAX_FACT_CHARACTERS,
        )
        request = self._veil.mask(self.request)
        filled = self._build_prompt_values(request, "\n".join(listed.lines), None)
        return fill_prompt(self.request.skill, {**filled, **self._veil.mask(dict(values))})

    def _build_tool_deps(self) -> ToolDeps:
        agent = self._agent
        if self.today is None:
            raise ValueError("tools need to know the day")
        return ToolDeps(
            data=self.data,
            request=self.request,
            brand=self.brand,
            today=self.today,
            person=self.person,
            is_private=self.is_private,
            may=self._may,
            book=self.book,
            thread=agent.thread,
            deliveries=agent.deliveries,
            digests=agent.digests,
        )

    async def _find_inventions(self, written: BaseModel, assignment: WriteRequest) -> list[str]:
        """List the claims that a model added to an analysis and that no fact supports. The texts
        still contain placeholders."""
        if assignment.offline_output is None or written == assignment.offline_output:
            return []
        from bot.rules.proof.rewriting import faults

        return await asyncio.to_thread(
            faults,
            written,
            assignment.offline_output,
            assignment.evidence,
            more=assignment.check_facts,
            request=assignment.request,
            brand=self.brand,
            today=self.today,
        )

    def _list_own_words(self) -> frozenset[str]:
        """Words of the brand and of the products looked up, which are not names of persons."""
        names = [self.brand.name, self.brand.sender or "", *self.brand.use]
        for fact in (*self.evidence.facts, *self._all_facts):
            if fact.id.startswith("product."):
                names += [fact.about, fact.parts.subject]
                names += [str(fact.value)] if fact.label in PRODUCT_NAME_LABELS else []
        return build_own_words(names)

    def _related_facts(self) -> list[Fact]:
        """The facts looked up about the subjects of the evidence that are not part of it."""
        subjects = {fact.id.rpartition(".")[0] for fact in self.evidence.facts}
        return [fact for fact in self._all_facts if fact.id.rpartition(".")[0] in subjects]

    def _build_assignment(
        self, pseudonymizer: Pseudonymizer, by_rules: BaseModel | None
    ) -> WriteRequest:
        self._hide_speakers(pseudonymizer)
        request, evidence = pseudonymizer.mask(self.request), pseudonymizer.mask(self.evidence)
        text_by_rules = pseudonymizer.mask(by_rules) if by_rules is not None else None
        composed = text_by_rules.model_dump_json(indent=1) if text_by_rules is not None else None
        prompt_values = self._build_prompt_values(request, evidence.as_prompt(), composed)
        return WriteRequest(
            skill=request.skill,
            request=request,
            evidence=evidence,
            brand=self.brand,
            channel=self.channel,
            system=fill_prompt("system", {"brand": self.brand.as_prompt()}),
            prompt=fill_prompt(request.skill, prompt_values),
            offline_output=text_by_rules,
            check_facts=pseudonymizer.mask(tuple(self._related_facts()))
            if by_rules is not None
            else (),
        )

    def _hide_speakers(self, pseudonymizer: Pseudonymizer) -> None:
        pseudonymizer.add_names(
            speaker
            for speaker in list_speakers(self.request.brief.material)
            if not PERSON_PLACEHOLDER.fullmatch(speaker)
        )

    def _describe_occasion(self) -> str | None:
        """The occasion of the brief with its days in the market, for the prompt."""
        occasion = load_occasions().get(self.request.brief.occasion or "")
        if occasion is None or self.today is None:
            return None
        period = occasion.coming(self.today, self.request.brief.market)
        days = f", {period.starts} to {period.until}" if period else ""
        return f"{occasion.title[self.request.language]}{days}"

    def _build_prompt_values(
        self, request: SkillRequest, facts: str, composed: str | None
    ) -> dict[str, str]:
        """The values for the placeholders of a skill's prompt. `request` is masked."""
        return {
            "brief": request.brief.as_prompt(),
            "facts": facts or "none",
            "channel": self.channel.as_prompt(request.language) if self.channel else "none",
            "language": {"en": "English", "fr": "French"}[request.language],
            "material": request.brief.material or "none",
            "reason": request.reason or "none",
            "previous": request.describe_previous() or "none",
            "composed": composed or "none",
            "occasion": self._describe_occasion() or "none",
            "brand": self.brand.as_prompt(),
            "today": f"{self.today:%A, %Y-%m-%d}" if self.today else "not known",
        }
