"""The context of a skill: everything that a handler may use to look up facts, write and ask.

`SkillContext.write` has the answer checked and asks for corrections. With tools and a model it is
the loop of `bot.agent.loop`. Personal data is replaced by placeholders before a writer sees it, and
is restored in the answer.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

from pydantic import BaseModel

from bot.agent import (
    audience_draft,
    copy_audience,
    copy_notes,
    digest_wording,
    report_writer,
    text_check,
)
from bot.agent.answer_checks import AnswerChecks, ListClaims, ListFigures, OutlineCard
from bot.agent.claim_check import list_output_sentences
from bot.agent.llm.api_request import PreviewModel
from bot.agent.llm.turn import NextCall, TurnModel
from bot.agent.loop import AgentLoop, WritingVersion, hash_prompt, hash_tools
from bot.agent.prompts import RequestPrompt, fill_prompt, read_prompt
from bot.agent.request_state import RequestState
from bot.agent.skills import load_skills
from bot.agent.tool import ToolDeps, load_tools
from bot.core.charts import ChartPicture, render_png
from bot.core.checks import Check
from bot.core.parts import Copy, File, Part, fill_own_text, fix_parts
from bot.core.report import ComputedOutput
from bot.core.request import Question
from bot.i18n.messages import Words
from bot.offline.drafts import list_notes, write_offline_draft
from bot.offline.reports import mark_unread, write_offline_report
from bot.privacy import Pseudonymizer

T = TypeVar("T", bound=BaseModel)


class SkillContext(RequestState):
    @cached_property
    def answer_checks(self) -> AnswerChecks:
        return AnswerChecks(self, self.claim_checker, self._agent.call)

    @property
    def _model(self) -> TurnModel:
        if self.request.brief.preview:
            return PreviewModel()
        return cast(TurnModel, self._writer)

    def ask(self, words: Words, *options: str) -> Question:
        """Build a question to the person. A handler returns it instead of its output model."""
        return Question(words=words, options=options)

    async def draw(self, picture: ChartPicture) -> File:
        """Render a chart of facts as PNG and return the part that shows it. No model draws."""
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
        list_claims: ListClaims[T] = None,
        list_figures: ListFigures[T] = None,
        outline_card: OutlineCard[T] = None,
        asks_for: Callable[[T, NextCall], bool] | None = None,
    ) -> T:
        """Have the model fill in `output`, looking things up with these tools, at most 8 turns. The
        faults that `check` finds, and those that code finds in copy, go back to it once. What is
        left of those in copy is a finding on the draft.

        The evidence becomes what the output cites. `system` names the prompt that never changes for
        a skill, `values` fills more placeholders of the skill's own prompt. A tool may end it with
        a question to the person. An output with parts is copy. Of a form that code turns into
        a report, `list_claims` gives the sentences that a second model judges, and `list_figures`
        the figures without a source, for which it may propose a calculation, `outline_card` what
        the card shows beside them, and `asks_for` whether what it says asks for a call of a tool:
        `open_calls` become those that it left out. Without a model, the text is the template of
        `bot.offline.drafts`."""
        if issubclass(output, ComputedOutput):
            raise TypeError(f"code fills in {output.__name__}: have the model write a form for it")
        if self.by_rules and not self.request.brief.preview:
            written = write_offline_draft(self, output)
            self.notes += list_notes(self)
            return written
        known = load_tools() if self._tools is None else self._tools
        used = [known[name] for name in tools]
        rules = {"brand": self.brand.as_prompt(), "skills": ", ".join(load_skills())}
        if self.channel:
            rules["channel_rules"] = read_prompt(f"channels/{self.channel.key}").rstrip()
        system_text = fill_prompt(system, rules)
        self.evidence = self.evidence.plus(self.earlier.facts)
        if list_claims is None:
            self.add_brand_facts()
        message = await self._build_first_message(values or {})
        self._writes += 1
        call = f"write{self._writes}"

        fixed = {one.key: Copy(text=one.text, facts=one.facts) for one in self.request.fixed}

        async def review(written: T, turn: int) -> Sequence[str]:
            claims_call = f"{call}.claims{turn}"
            written = fix_parts(written, fixed)
            return await self.answer_checks.review(
                written, claims_call, list_claims, list_figures, outline_card
            )

        def find_faults(written: T) -> list[str]:
            written = fix_parts(written, fixed)
            faults = check(written) if check else []
            return list(dict.fromkeys([*faults, *self.find_unproven(written)]))

        loop = AgentLoop(
            model=self._model,
            receipt=self._receipt,
            options=self._agent,
            call=f"{self._agent.call}.{call}",
            system=system_text,
            output=output,
            tools=used,
            deps=self._build_tool_deps(),
            veil=self._veil,
            found=self._found,
            check=find_faults,
            review=review,
            asks_for=asks_for,
        )
        result = await loop.run(message)
        self.open_calls = result.open_calls
        self.version = WritingVersion(result.model, hash_prompt(system_text), hash_tools(used))
        written = self.answer_checks.read_output(fix_parts(result.output, fixed))
        self.evidence = self.answer_checks.collect_evidence(written)
        return written

    def find_unproven(self, written: BaseModel) -> list[str]:
        """List what code would block or mark in this copy, as sentences for the writer."""
        return self.answer_checks.find_unproven(written)

    async def find_text_to_check(self, *, product: str = "", whole: bool = False) -> str:
        """Return the text of the request that is to be checked, after looking up the product that
        it names, or the one that `product` means. `whole`: all words are the text."""
        text = (
            self.request.brief.words
            if whole
            else text_check.find_own_text(self.request.brief.words)
        )
        await text_check.look_up_product(self, text, product)
        return text

    async def check_text(self, text: str) -> tuple[Check, ...]:
        """Return the findings on a text that somebody wrote."""
        return await text_check.check_text(self, text)

    def find_text_faults(self, text: str) -> list[str]:
        """List what code would block or mark in a text, as sentences for the writer."""
        return text_check.find_text_faults(self, text)

    async def use_own_text(self, output: type[T]) -> T:
        """Fill in `output` with the text that the person wrote, and have its claims judged."""
        written = fill_own_text(output, self.request.brief.own_text)
        self.add_brand_facts()
        checks = self.answer_checks
        await checks.check_claims(
            list_output_sentences(written),
            self.evidence,
            "own.claims",
            checks.list_unproven(written),
        )
        self.evidence = self.evidence.plus(checks.proofs)
        return written

    async def write_report(self, *, tools: Sequence[str]) -> BaseModel | Question:
        """Have the model answer the request with these tools. It writes slots where figures stand,
        and code fills them in. The evidence becomes what the report cites. Without a model the
        report is the one of `bot.offline.reports`."""
        if self.by_rules and not self.request.brief.preview:
            return await write_offline_report(self, load_skills()[self.request.skill].title)
        return await report_writer.write_report(self, tools)

    def describe_audience(self) -> str:
        """Say for whom a text is, as far as the data tell it."""
        return copy_audience.describe_audience(self)

    def ask_for_wider_audience(self) -> Question | None:
        """Ask whom a text shall be for, where too few of its audience may be written to."""
        return copy_audience.ask_for_wider_audience(self)

    def choose_language(self) -> bool:
        """Take the language that the counted readers read, where nothing names one; return whether
        it is another now, and the text is to be written with facts in it."""
        return copy_audience.choose_language(self)

    async def keep_counted_audience(self) -> None:
        """After writing, store in the brief the audience that the model counted with a tool."""
        await copy_audience.keep_counted_audience(self)

    def add_offer_prices(self) -> None:
        """Add what the products cost with the offer of the brief, as far as code can tell."""
        prices = copy_notes.find_offer_prices(self.evidence, self.request, self.today)
        self.evidence = self.evidence.plus(prices)

    def describe_copy_notes(self) -> str:
        """Return what code works out for the writer of copy, a note a line, for the prompt."""
        notes = copy_notes.list_copy_notes(
            self.request, self.evidence, self.brand, self.channel, self.today
        )
        return "\n".join(f"- {note}" for note in notes) or "none"

    def find_style_faults(self, parts: Sequence[Part]) -> list[str]:
        """Return faults of style as sentences for the writer, which no finding tells it."""
        return copy_notes.find_style_faults(
            parts, request=self.request, brand=self.brand, channel=self.channel
        )

    def note_open_questions(self) -> None:
        """Note on the draft what readers will ask and code can't answer, and what to know of a
        launch and of a price."""
        self.notes += copy_notes.find_old_launch(self.request, self.evidence, self.today)
        self.notes += tuple(copy_notes.find_reductions(self.request, self.evidence, self.today))
        if not self.by_rules:
            self.notes += copy_notes.list_open_questions(
                self.request, self.evidence, self.channel, self.today
            )

    def drop_answered_questions(self, written: BaseModel) -> None:
        """After writing, drop the notes on what the text answers."""
        self.notes = copy_notes.drop_answered_questions(self.notes, written)

    async def write_audience(self) -> BaseModel:
        """Build the draft of the audience of the brief's rule, to be approved and exported. No
        model writes in it."""
        return await audience_draft.write_audience_draft(self)

    async def write_digest(self) -> BaseModel | Question:
        """Write what moved: code decides what and whether anything did, the model words it."""
        written = await digest_wording.write_digest(self)
        if self.by_rules and isinstance(written, BaseModel) and not isinstance(written, Question):
            return mark_unread(self, written, load_skills()[self.request.skill].title)
        return written

    async def write_ideas(self, *, tools: Sequence[str]) -> BaseModel:
        """Have the model suggest ideas with these tools, each with the fact behind it."""
        return await report_writer.write_ideas(self, tools)

    async def _build_first_message(self, values: Mapping[str, str]) -> str:
        """The skill's own prompt with the request and the facts looked up, personal data masked."""
        if not self._writes:
            self._veil = Pseudonymizer(await self.list_own_words())
        prompt = RequestPrompt(
            self.request,
            self.brand,
            self.channel,
            self.today,
            conversation=self._agent.conversation,
            report=self.earlier.report,
        )
        return prompt.build_first_message(self.evidence, self.book, self._veil, values)

    def _build_tool_deps(self) -> ToolDeps:
        agent = self._agent
        return ToolDeps(
            data=self.data,
            request=self.request,
            brand=self.brand,
            today=self.today,
            person=self.person,
            is_private=self.is_private,
            may=self._may,
            book=self.book,
            labels=None if self.request.brief.preview else agent.labels,
            piece=agent.piece,
        )
