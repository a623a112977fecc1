"""Check what a model has written against the facts: by code, and by the claim check.

A handler gets all of this through `bot.agent.context.SkillContext.write`.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from bot.agent import copy_audience
from bot.agent.claim_check import (
    GAP,
    NO_AI,
    ClaimChecker,
    ClaimResult,
    ClaimSentence,
    list_output_sentences,
    take_calculations,
)
from bot.agent.request_state import RequestState
from bot.agent.unanswered import CardOutline
from bot.core.checks import Check
from bot.core.fact_book import collect_cited_facts, replace_fact_names
from bot.core.facts import Evidence, Fact
from bot.core.parts import split_output
from bot.errors import CannotDo
from bot.grounding.calculations import (
    CalculationError,
    UnprovenFigure,
    list_operands,
    list_proofs,
    prove_figure,
)
from bot.grounding.copy_checks import list_faults
from bot.grounding.figure_checks import list_unproven
from bot.grounding.sources import Sources, list_text_parts

# Facts that a card shows or a check needs, cited or not.
KEPT_KINDS = ("segment", "reduced")
MAX_DATA_SECONDS = 10
T = TypeVar("T", bound=BaseModel)
# Of a form that the model fills in and code turns into an output: its sentences and figures.
ListClaims = Callable[[T], Sequence[ClaimSentence]] | None
ListFigures = Callable[[T], Sequence[UnprovenFigure]] | None
OutlineCard = Callable[[T], CardOutline] | None


class AnswerChecks:
    """The checks of the answers that a context's model writes. `claims` are the verdicts on the
    last one, `judged`, and `proofs` the proofs of figures by calculations that the model
    proposed."""

    def __init__(self, ctx: RequestState, checker: ClaimChecker, call: str) -> None:
        """`call` begins the names of the claim check's calls."""
        self._ctx, self.checker, self._call = ctx, checker, call
        self.claims: ClaimResult | None = None
        self.judged: BaseModel | None = None
        self.proofs: tuple[Fact, ...] = ()

    def read_output(self, written: T) -> T:
        """Return an output whose facts are cited by their ids. Calculations that stand among them
        are tried on the figures of their text that have no source."""
        ctx, calculations = self._ctx, dict[str, list[str]]()
        output = take_calculations(replace_fact_names(written, ctx.book), calculations)
        for unproven in self.list_unproven(output) if calculations else ():
            texts = [text for text in calculations if unproven.sentence in text]
            for calculation in (one for text in texts for one in calculations[text]):
                try:
                    proof = prove_figure(
                        unproven,
                        calculation,
                        ctx.book.by_name,
                        Sources(self._list_known_facts(), ctx.request.brief),
                        language=ctx.request.language,
                    )
                except CalculationError:
                    continue
                self._keep_proofs(proof)
        return output

    async def review(
        self,
        written: T,
        call: str,
        list_claims: ListClaims[T],
        list_figures: ListFigures[T],
        outline_card: OutlineCard[T] = None,
    ) -> Sequence[str]:
        """Have a second model judge the sentences of an answer; return its remarks, as sentences
        for the writer. Without `list_claims` the answer is copy, and all of it is judged."""
        is_copy = list_claims is None
        output = self.read_output(written) if is_copy else written
        sentences = list_output_sentences(output) if list_claims is None else list_claims(written)
        figures = list_figures(written) if list_figures else self.list_unproven(output)
        told = self._list_told_facts()
        card = outline_card(written) if outline_card else None
        claims = await self.check_claims(sentences, told, call, figures, is_copy=is_copy, card=card)
        self.judged = written
        faults = claims.list_faults(sentences, is_copy=is_copy)
        return [*faults, *(one.tell_writer() for one in claims.unanswered)]

    def list_unanswered(self, written: BaseModel) -> list[str]:
        """Return the words of the question that this answer is silent about; none where another
        was judged last."""
        if self.claims is None or written != self.judged:
            return []
        return [one.asked for one in self.claims.unanswered if not one.is_of_note]

    async def check_claims(
        self,
        sentences: Sequence[ClaimSentence],
        evidence: Evidence,
        call: str,
        figures: Sequence[UnprovenFigure] = (),
        *,
        is_copy: bool = True,
        card: CardOutline | None = None,
    ) -> ClaimResult:
        """Have a model judge the sentences, and keep the proofs of figures. Sentences of gaps are
        judged where it is known what the data hold; so is what a report says without a fact, such
        as that there is none of something."""
        is_report = not is_copy and bool(self._ctx.book.facts)
        asks = any(
            one.gap == GAP or (is_report and not one.cites and not one.gap) for one in sentences
        )
        data = await self._describe_data() if asks else ()
        cited = {cite for sentence in sentences for cite in sentence.cites}
        tables = [one.all_facts for one in self._ctx.exhibits if cited & one.all_facts]
        self.claims = await self.checker.check(
            [one for one in sentences if data or one.gap != GAP],
            evidence,
            self._ctx.request,
            call=f"{self._call}.{call}",
            own_words=await self._ctx.list_own_words(),
            notes=self._list_claim_notes(),
            figures=figures,
            data=data,
            beside=frozenset[str]().union(*tables),
            is_copy=is_copy,
            card=card,
            before=self.claims,
        )
        self._keep_proofs(*self.claims.proofs)
        return self.claims

    def list_claim_checks(self, sentences: Sequence[ClaimSentence]) -> tuple[Check, ...]:
        """Return the findings of the second call on these sentences of the last answer. Without a
        call they are not checked."""
        no_call = ClaimResult(failure=NO_AI if self._ctx.by_rules else None)
        return (self.claims or no_call).build_checks(sentences, self._ctx.evidence)

    def find_unproven(self, written: BaseModel) -> list[str]:
        """List what code will block or mark in copy by the facts that it cites, as sentences for
        the writer. The form of a report has no parts yet: its handler checks it."""
        parts, hooks = split_output(output := self.read_output(written))
        if not parts:
            return []
        counted = copy_audience.read_counted_request(self._ctx)
        cited = self.collect_evidence(output)
        return list_faults(self._ctx.check_copy(parts, hooks, cited, counted))

    def list_unproven(self, written: BaseModel) -> tuple[UnprovenFigure, ...]:
        """Return the figures of copy that have no source and no proof."""
        texts = list_text_parts(*split_output(take_calculations(written, {})))
        sources = Sources(self._list_known_facts(), self._ctx.request.brief, self._ctx.brand)
        return list_unproven(texts, sources, today=self._ctx.today)

    def collect_evidence(self, written: BaseModel) -> Evidence:
        """Return the facts that an answer stands on: those that it cites, its proofs with their
        operands, what people stated, and what a card shows."""
        ctx = self._ctx
        kept = tuple(
            fact for fact in ctx.evidence.facts if fact.stated_by or fact.parts.kind in KEPT_KINDS
        )
        # What was found last counts where a figure has changed since the earlier work.
        cited = {fact.id: fact for fact in collect_cited_facts(written, ctx.book, ctx.exhibits)}
        if texts := list_text_parts(*split_output(written)):
            # The proofs of sentences that are no longer there are dropped.
            whole = "\n".join(text.text for text in texts)
            self.proofs = tuple(list_proofs(whole, self.proofs))
        operands = list_operands(self.proofs, self._list_known_facts().facts)
        return Evidence(facts=kept).plus(cited.values()).plus((*operands, *self.proofs))

    def _keep_proofs(self, *proofs: Fact) -> None:
        self.proofs = Evidence(facts=self.proofs).plus(proofs).facts

    def _list_told_facts(self) -> Evidence:
        """What the model was told counts, also where a restart has found another value since. Of
        two values of a fact, the one that it was told last counts, as in the draft's evidence. The
        order stays the same after a restart: the claim check numbers the facts."""
        stated = tuple(fact for fact in self._ctx.evidence.facts if fact.stated_by)
        told = {fact.id: fact for fact in self._ctx.book.facts}
        return Evidence(facts=stated).plus(told.values()).plus(self._ctx.evidence.facts)

    def _list_known_facts(self) -> Evidence:
        return self._list_told_facts().plus(self.proofs)

    async def _describe_data(self) -> Sequence[str]:
        """Return what the data hold, as the tools list it; nothing where that can't be had."""
        from bot.data.metrics.query.describe import describe_data

        try:
            return await self._ctx.data.run_limited(describe_data, MAX_DATA_SECONDS)
        except CannotDo:
            return ()

    def _list_claim_notes(self) -> tuple[str, ...]:
        """Return what bears a sentence out besides facts: how the look-ups were read, for whom the
        text is, what was assumed, and what the tools said."""
        ctx = self._ctx
        notes = [f"Read as: {reading}" for reading in ctx.read_as]
        notes += [f"Audience: {rule}" for rule in copy_audience.describe_counted_audience(ctx)]
        notes += [f"Assumed: {one.words.to('en')}" for one in ctx.request.brief.assumed]
        return (*notes, *ctx.tool_notes)
