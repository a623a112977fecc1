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
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel

from bot.agent.citations import collect_cited_facts, replace_fact_names
from bot.agent.claim_check import ON as CLAIMS_ON
from bot.agent.claim_check import ClaimChecker
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
from bot.agent.prompts import fill_prompt, read_prompt
from bot.agent.report import write_report
from bot.agent.skills import load_skills
from bot.agent.tool import DeliveryPort, DigestPort, ThreadPort, Tool, ToolDeps, load_tools
from bot.agent.tool_calls import FoundThings, describe_facts
from bot.agent.turns import NoTurnLog, TurnLog
from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.charts import ChartPicture
from bot.core.checks import Check
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence, Fact
from bot.core.library import Library, ProductMatch
from bot.core.parts import File, split_output
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import list_speakers
from bot.core.writer import ReceiptWriter, Writer
from bot.drafts.occasions import list_coming_occasions, load_occasions, set_occasion_days
from bot.grounding.claims import (
    NO_AI,
    NOT_REACHED,
    ClaimResult,
    ClaimSentence,
    list_output_sentences,
)
from bot.i18n.messages import Words
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words
from bot.text.escape import strip_hidden_deep

if TYPE_CHECKING:
    from bot.data.service import WorkspaceData


def build_fault_check(count: int) -> Check:
    """Build the finding that the model did not correct everything that was sent back to it."""
    words = Words.count(
        "{n} thing that the checks sent back is not corrected: read it with care.",
        "{n} things that the checks sent back are not corrected: read it with care.",
        count,
    )
    return Check(rule="correction", level="info", words=words)


OCCASION_DAYS = 30  # how far ahead a market's occasions are named to the writer
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
    the brief says. `claims` is the policy's setting for the second look at the answer."""

    turns: TurnLog = field(default_factory=NoTurnLog)
    call: str = "0"
    limits: LoopLimits = field(default_factory=LoopLimits)
    cap_used: Callable[[], Awaitable[float]] = measure_nothing
    on_step: Callable[[Words], None] = ignore_step
    person: str | None = None
    is_private: bool | None = None
    claims: str = CLAIMS_ON
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
        self._receipt = receipt
        self.claims: ClaimResult | None = None  # of the second look at the last answer
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
    def _model(self) -> TurnModel:
        if self.request.brief.preview:
            from bot.agent.preview import PreviewModel

            return PreviewModel()
        return cast(TurnModel, self._writer)

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
        tools: Sequence[str] = (),
        check: Callable[[T], list[str]] | None = None,
        system: str = "system",
        values: Mapping[str, str] | None = None,
        list_claims: Callable[[T], Sequence[ClaimSentence]] | None = None,
    ) -> T:
        """Have the model fill in `output`, looking things up with these tools, at most 8 turns. The
        faults that `check` finds go back to it once; those that are left are in `faults`.

        The evidence becomes what the output cites. `system` names the prompt that never changes for
        a skill, `values` fills more placeholders of the skill's own prompt. A tool may end it with
        a question to the person. `list_claims` gives the sentences that a second model judges; of
        copy, all of it. Without a model, the text is the template of `bot.offline.drafts`."""
        if self.by_rules and not self.request.brief.preview:
            return self._write_standard_text(output)
        if list_claims is None and self.channel is not None:
            list_claims = self._list_copy_sentences
        return await self._write_with_tools(output, tools, check, system, values or {}, list_claims)

    def find_unproven(self, written: BaseModel) -> list[str]:
        """List what code would block or mark in this copy, as sentences for the writer. What the
        model was told counts, also where a restart has found another value since."""
        from bot.grounding.copy_checks import check_draft, list_faults

        if self.today is None:
            return []
        parts, hooks = split_output(replace_fact_names(written, self.book))
        checks = check_draft(
            parts,
            hooks,
            Evidence(facts=self.book.facts).plus(self.evidence.facts),
            request=self.request,
            brand=self.brand,
            channel=self.channel,
            today=self.today,
        )
        return list_faults(checks)

    async def _review_claims(self, sentences: Sequence[ClaimSentence], call: str) -> Sequence[str]:
        """Have a model judge the sentences. Return what is not supported, for the writer."""
        evidence = self.evidence.plus(self.book.facts)
        self.claims = await self.claim_checker.check(
            sentences, evidence, self.request, call=call, own_words=self.list_own_words()
        )
        return self.claims.list_faults(sentences)

    async def find_text_to_check(self, *, product: str = "", whole: bool = False) -> str:
        """Return the text of the request that is to be checked, after looking up the product that
        it names, or the one that `product` means. `whole`: all words are the text."""
        from bot.agent.text_check import find_own_text, look_up_product

        text = self.request.brief.words if whole else find_own_text(self.request.brief.words)
        await look_up_product(self, text, product)
        return text

    async def check_text(self, text: str) -> tuple[Check, ...]:
        """Return the findings on a text that somebody wrote."""
        from bot.agent.text_check import check_text

        return await check_text(self, text)

    def find_text_faults(self, text: str) -> list[str]:
        """List what code would block or mark in a text, as sentences for the writer."""
        from bot.agent.text_check import find_text_faults

        return find_text_faults(self, text)

    async def use_own_text(self, output: type[T]) -> T:
        """Fill in `output` with the text that the person wrote, and have its claims judged."""
        from bot.offline.drafts import fill_own_text

        written = fill_own_text(output, self.request.brief.own_text)
        self.claims = await self.claim_checker.check(
            list_output_sentences(written),
            self.evidence,
            self.request,
            call=f"{self._agent.call}.own.claims",
            own_words=self.list_own_words(),
        )
        return written

    @property
    def claim_checker(self) -> ClaimChecker:
        model = None if self.by_rules else cast(TurnModel, self._writer)
        return ClaimChecker(model, self._receipt, self._agent.turns, self._agent.claims)

    def list_claim_checks(
        self, output: BaseModel, sentences: Sequence[ClaimSentence] | None = None
    ) -> tuple[Check, ...]:
        """Return the findings of the second call on an output, or on these of its `sentences`."""
        found = list_output_sentences(output) if sentences is None else sentences
        claims = self.claims or ClaimResult(failure=NO_AI if self.by_rules else NOT_REACHED)
        return claims.build_checks(found)

    async def write_report(self, *, tools: Sequence[str]) -> BaseModel | Question:
        """Have the model answer the request with these tools. It writes slots where figures stand,
        and code fills them in. The evidence becomes what the report cites. Without a model the
        report is the one of `bot.offline.reports`."""
        if self.by_rules and not self.request.brief.preview:
            from bot.offline.reports import write_offline_report

            return await write_offline_report(self)
        return await write_report(self, tools)

    def _write_standard_text(self, output: type[T]) -> T:
        """Fill in the template without a model."""
        from bot.offline.drafts import list_notes, write_offline_draft

        written = write_offline_draft(self, output)
        self.notes += list_notes(self)
        return written

    async def write_audience(self) -> BaseModel:
        """Build the draft of the audience of the brief's rule, to be approved and exported. No
        model writes in it."""
        from bot.agent.audience_draft import write_audience_draft

        return await write_audience_draft(self)

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
        list_claims: Callable[[T], Sequence[ClaimSentence]] | None,
    ) -> T:
        known = load_tools() if self._tools is None else self._tools
        tools = [known[name] for name in names]
        fixed = {"brand": self.brand.as_prompt(), "skills": ", ".join(load_skills())}
        if self.channel:
            fixed["channel_rules"] = read_prompt(f"channels/{self.channel.key}").rstrip()
        system_text = fill_prompt(system, fixed)
        message = self._build_first_message(values)
        self._writes += 1
        call = f"{self._agent.call}.write{self._writes}"

        async def review(written: T, turn: int) -> Sequence[str]:
            if list_claims is None:
                return ()
            return await self._review_claims(list_claims(written), f"{call}.claims{turn}")

        loop = AgentLoop(
            services=LoopServices(
                model=self._model,
                receipt=self._receipt,
                turns=self._agent.turns,
                limits=self._agent.limits,
                cap_used=self._agent.cap_used,
                on_step=self._agent.on_step,
            ),
            call=call,
            system=system_text,
            output=output,
            tools=tools,
            deps=self._build_tool_deps(),
            veil=self._veil,
            found=self._found,
            check=check,
            review=review,
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

    def _list_copy_sentences(self, written: BaseModel) -> Sequence[ClaimSentence]:
        return list_output_sentences(replace_fact_names(written, self.book))

    def _build_first_message(self, values: Mapping[str, str]) -> str:
        """The skill's own prompt with the request and the facts looked up, personal data masked."""
        if not self._writes:
            self._veil = Pseudonymizer(self.list_own_words())
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
        filled = self._build_prompt_values(request, "\n".join(listed.lines))
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

    def list_own_words(self) -> frozenset[str]:
        """Words of the brand and of the products looked up, which are not names of persons."""
        names = [self.brand.name, self.brand.sender or "", *self.brand.use]
        for fact in (*self.evidence.facts, *self._all_facts):
            if fact.id.startswith("product."):
                names += [fact.about, fact.parts.subject]
                names += [str(fact.value)] if fact.label in PRODUCT_NAME_LABELS else []
        return build_own_words(names)

    def _hide_speakers(self, pseudonymizer: Pseudonymizer) -> None:
        pseudonymizer.add_names(
            speaker
            for speaker in list_speakers(self.request.brief.material)
            if not PERSON_PLACEHOLDER.fullmatch(speaker)
        )

    def _describe_occasion(self) -> str | None:
        """The occasion of the brief with its days in the market, for the prompt. Without one, the
        next occasions that the market's settings name."""
        brief, language = self.request.brief, self.request.language
        if self.today is None:
            return None
        own = self.brand.list_occasions(brief.market)
        if occasion := load_occasions().get(brief.occasion or ""):
            period = occasion.coming(self.today, brief.market)
            days = f", {period.starts} to {period.until}" if period else ""
            unusual = f" (not among the occasions of {brief.market})" if own else ""
            unusual = "" if occasion.key in own else unusual
            return f"{occasion.title[language]}{days}{unusual}"
        coming = list_coming_occasions(own, self.today, brief.market, OCCASION_DAYS)
        named = [f"{one.title[language]} from {period.starts}" for one, period in coming]
        if not named:
            return None
        return f"none asked for; coming in {brief.market}: {', '.join(named)}"

    def _build_prompt_values(self, request: SkillRequest, facts: str) -> dict[str, str]:
        """The values for the placeholders of a skill's prompt. `request` is masked."""
        return {
            "brief": request.brief.as_prompt(),
            "facts": facts or "none",
            "channel": self.channel.as_prompt(request.language) if self.channel else "none",
            "language": {"en": "English", "fr": "French"}[request.language],
            "material": request.brief.material or "none",
            "reason": request.reason or "none",
            "previous": request.describe_previous() or "none",
            "occasion": self._describe_occasion() or "none",
            "brand": self.brand.as_prompt(),
            "today": f"{self.today:%A, %Y-%m-%d}" if self.today else "not known",
        }
