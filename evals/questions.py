"""The set `questions`: answer each question by the skill `answer`, and compare its figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.agent.llm.turn import TurnAnswer
from bot.agent.loop import AgentOptions, LoopLimits
from bot.agent.pipeline import DraftResult, run_skill
from bot.agent.turns import StoredTurn
from bot.core.facts import Fact
from bot.core.parts import Part
from bot.core.request import Brief, Question, SkillRequest
from bot.core.writer import ReceiptWriter
from bot.data.catalogue.library import choose_library
from bot.errors import CannotDo, TryAgain
from evals.check_sets import Case
from evals.figures import FigureResult, compare_figures, find_others
from evals.recordings import CaseModel
from evals.shop import EvalShop

SECONDS = 3_600.0  # a busy machine must not change what a model is told
HEADLINE = "headline"
CANNOT_TELL = "cannot_tell"
LIMITS = (CANNOT_TELL, "not_used")  # the parts that say what was not answered
Verdict = Literal[
    "right", "other reading", "incomplete", "wrong", "wrong, but said", "refused", "asked", "failed"
]
GOOD: tuple[Verdict, ...] = ("right", "other reading")


@dataclass
class FoundFacts:
    """A log of turns that keeps what the tools found and is never replayed."""

    facts: dict[str, Fact] = field(default_factory=dict)
    tool_calls: int = 0

    async def load(self, call: str) -> list[StoredTurn]:
        return []

    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None:
        self.facts |= {f"{fact.id} {fact.value}": fact for fact in stored.facts}

    async def store_answer(self, call: str, turn: int, answer: TurnAnswer) -> None:
        self.tool_calls += len(answer.tool_uses)


@dataclass(frozen=True)
class AnswerResult:
    """How a question was answered. `figures` are compared with what the answer cites, `tools` with
    all that the tools found; None where there is nothing to compare. `others` are the figures of
    the headline that no right answer has."""

    verdict: Verdict
    text: str
    figures: FigureResult | None = None
    tools: FigureResult | None = None
    others: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.verdict in GOOD


async def play_question(
    case: Case, shop: EvalShop, model: CaseModel, receipt: ReceiptWriter, found: FoundFacts
) -> AnswerResult:
    """Answer the question as the product does. Each case is asked by somebody of its own, so that
    no answer is held against an earlier one. `found` gets what the tools find. Raises
    PendingRequest."""
    person = f"U{case['id']}"

    async def may(right: str) -> bool:
        return False

    brief = Brief(words=case["question"], author=person, language=case["language"])
    try:
        result = await run_skill(
            SkillRequest(skill="answer", brief=brief),
            brand=shop.brand,
            library=choose_library(shop.library, shop.brand),
            writer=model,
            receipt=receipt,
            code="si-evals",
            today=case["today"],
            may=may,
            agent=AgentOptions(turns=found, limits=LoopLimits(seconds=SECONDS), person=person),
        )
    except CannotDo as error:
        return AnswerResult("failed", error.words.to("en"))
    except TryAgain as error:
        return AnswerResult("failed", str(error))
    if isinstance(result, Question):
        return AnswerResult("asked", result.words.to("en"), tools=compare_tools(case, found))
    return judge_answer(case, result, found)


def judge_answer(case: Case, result: DraftResult, found: FoundFacts) -> AnswerResult:
    cited = list_cited(result.parts, result.evidence.facts)
    headline = list_cited([p for p in result.parts if p.key == HEADLINE], result.evidence.facts)
    text = " | ".join(part.text for part in result.parts if part.kind == "copy")
    figures, others = compare_figures(case, cited), find_others(case, headline)
    return AnswerResult(
        verdict=find_verdict(case, result.parts, figures, has_figures=bool(cited), others=others),
        text=text,
        figures=figures,
        tools=compare_tools(case, found),
        others=tuple(map(describe_fact, others)),
    )


def describe_fact(fact: Fact) -> str:
    about = ", ".join(filter(None, (fact.label, fact.about)))
    return f"{fact.as_read.spelled('en')} ({about})"


def find_verdict(
    case: Case,
    parts: Sequence[Part],
    figures: FigureResult | None,
    *,
    has_figures: bool,
    others: Sequence[Fact],
) -> Verdict:
    """Judge an answer by its figures, and by whether it says what it does not answer. It is
    incomplete if each row has a right figure and the headline has no other one. `others` are the
    headline's figures that no right answer has. Where the data can't tell, what comes nearest may
    stand in the points, and not in the headline."""
    said = {part.key for part in parts}
    if case.get("cannot"):
        leads = any(part.key == HEADLINE and part.facts for part in parts)
        return "right" if not (has_figures and leads) or CANNOT_TELL in said else "wrong"
    if not has_figures:
        return "refused"
    if figures is None or figures.is_right:
        return "other reading" if figures and figures.reading else "right"
    if figures.has_each_row and not others:
        return "incomplete"
    return "wrong, but said" if said & set(LIMITS) else "wrong"


def list_cited(parts: Sequence[Part], facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that these parts state."""
    ids = {id for part in parts for id in part.facts}
    return [fact for fact in facts if fact.id in ids]


def compare_tools(case: Case, found: FoundFacts) -> FigureResult | None:
    """Compare all that the tools found; None before any call, and where the data can't tell."""
    if not found.tool_calls or case.get("cannot"):
        return None
    return compare_figures(case, list(found.facts.values()))
