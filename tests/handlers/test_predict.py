"""The predict skill."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.context import SkillContext
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Fact
from bot.core.report import MissingData, Report
from bot.core.request import Brief, SkillRequest
from bot.core.writer import LlmCall
from bot.i18n.messages import Language, Words
from bot.offline import OfflineWriter
from bot.offline.report_builder import ReportBuilder, load_texts
from bot.offline.reports.predict import write_report
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, calls
from tests.handlers.test_answer_with_ai import report
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import AI, BRAND, collect_text, library_of, run
from tests.support.small_tables import small
from tests.support.tool_runner import full_params

NEXT = "behaviour.cuisine-et-linge-de-table-then-cuisine-et-linge-de-table.share"
AGAIN = "who is likely to buy again in the next 60 days?"


ONCE: dict[str, DraftResult] = {}  # a forecast takes a second: the same question is asked once


async def made(words: str, **more: Any) -> DraftResult:
    if words in ONCE and not more:
        return ONCE[words]
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    if not more:
        ONCE[words] = found
    return found


def text_of(found: DraftResult, key: str) -> str:
    """The text of the part with plain spaces."""
    text = next(part.text for part in found.parts if part.key == key)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def facts_of(found: DraftResult, key: str) -> set[str]:
    return {id for part in found.parts if part.key.startswith(key) for id in part.facts}


@pytest.mark.parametrize(
    ("words", "fact", "language"),
    [
        (AGAIN, "behaviour.buy-60-days.expected-buyers", "en"),
        (
            "qui va racheter dans les 60 prochains jours ?",
            "behaviour.buy-60-days.expected-buyers",
            "fr",
        ),
        ("who will leave us?", "segments.drifting-away.customers", "en"),
        ("qui risque de partir ?", "segments.drifting-away.customers", "fr"),
        ("what do people buy next?", NEXT, "en"),
        ("qu'achètent les clients ensuite ?", NEXT, "fr"),
    ],
)
async def test_headline_is_what_was_asked(words: str, fact: str, language: str) -> None:
    found = await made(words, language=language)
    assert fact in facts_of(found, "headline")
    assert {check.level for check in found.checks} == {"pass"}


async def test_past_accuracy_is_stated_with_both_sides() -> None:
    shown = facts_of(await made(AGAIN), "points.")
    assert {f"behaviour.buy-60-days-tenth-{n}.bought" for n in (1, 10)} <= shown
    assert "behaviour.buy-60-days.backtest-worst-error" in shown


async def test_wrong_backtest_hides_the_number_and_says_why() -> None:
    found = await made("who is likely to buy again in the next 90 days?")
    assert "behaviour.buy-90-days-top.customers" in facts_of(found, "headline")
    assert not any(fact.id.endswith("expected-buyers") for fact in found.evidence.facts)
    assert "1,337 were expected and 801 bought" in text_of(found, "cannot_tell")


async def test_season_that_broke_the_backtest_is_named() -> None:
    assert "A season can do that" in text_of(await made(AGAIN), "cannot_tell")


async def test_silence_is_held_against_those_within_their_rhythm() -> None:
    shown = facts_of(await made("who will leave us?"), "points.")
    assert {f"behaviour.{name}-90-days.bought" for name in ("in-rhythm", "drifting")} <= shown


async def test_no_path_between_categories_without_a_pattern() -> None:
    rows = text_of(await made("what do people buy next?"), "table").splitlines()[1:]
    pairs = [row.split("\t")[0].split(" → ") for row in rows]
    assert len(pairs) == 7
    assert all(before == after for before, after in pairs)


@pytest.mark.parametrize("product", ["lin-alba", "cui-planche"])
async def test_next_purchase_after_the_product_of_the_request(product: str) -> None:
    request = SkillRequest(
        skill="predict",
        brief=Brief(words="what do they buy after it?", author="U", language="en", product=product),
    )
    report = await write_report(ReportBuilder(_context(request), "predict"))
    assert isinstance(report, Report)
    assert all(".after-" in id for id in report.headline.facts)
    assert report.table is not None
    assert all(name in report.headline.text for name in report.table.rows[0][0].split(" → "))


async def test_unbought_product_is_stated() -> None:
    brief = Brief(words="what is bought after it?", author="U", language="en", product="umbrella")
    request = SkillRequest(skill="predict", brief=brief)
    refused = await write_report(ReportBuilder(_context(request), "predict"))
    assert isinstance(refused, MissingData)
    assert "Nobody bought anything called “umbrella”" in refused.answer.text


def _context(request: SkillRequest) -> Any:
    return SkillContext(
        request,
        brand=BRAND,
        channel=None,
        library=library_of(sample()),
        writer=OfflineWriter(),
        receipt=_drop,
        today=TODAY,
    )


async def _drop(_call: LlmCall) -> None:
    """No receipt is kept here."""


async def test_leads_are_an_audience_and_a_text() -> None:
    found = await made("who will leave us?")
    assert [(lead.skill, lead.ask) for lead in found.leads] == [
        ("targeting", False),
        ("draft", True),
    ]


async def test_picture_is_drawn() -> None:
    (picture,) = [part for part in (await made(AGAIN)).parts if part.kind == "file"]
    found = await made(AGAIN)
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_too_short_history_is_refused() -> None:
    found = await made("who is likely to buy again in the next 180 days?")
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "takes 720 days of orders" in collect_text(found)
    none = await made(AGAIN, shelf=small())
    assert "import an order file" in collect_text(none)


@pytest.mark.parametrize(("language", "few"), [("en", "under 20"), ("fr", "moins de 20")])
def test_too_few_at_risk_shows_no_number(language: Language, few: str) -> None:
    said = {"label": "customers", "unit": "customers", "source": "orders.csv", "as_of": TODAY}
    best = Fact(id="segments.at-risk.customers", value="under 20", **said)
    others = Fact(id="segments.drifting-away.customers", value=Decimal(162), **said)
    words = Words(load_texts()["predict"]["leaving"])
    told = SentenceWriter(language).tell(None, words, customers=others, best=best)
    assert told.text.startswith("162")
    assert few in told.text
    assert set(told.facts) == {best.id, others.id}


async def test_missing_categories_are_asked_for() -> None:
    """A refusal of another question is not repeated."""
    with_none = small(
        orders=[
            {
                "order_id": f"o{n}",
                "line": 1,
                "at": datetime(2026, 1, 1) + timedelta(days=n % 300),
                "customer": f"c{n % 300}",
                "product": f"p{n % 7}",
                "quantity": 1,
                "amount": Decimal(10),
            }
            for n in range(900)
        ]
    )
    found = await made("what do people buy next?", shelf=with_none)
    assert text_of(found, "answer").splitlines() == [
        "What is bought next needs categories: import a product list that has them. Or name one"
        " product: what do people buy after it?"
    ]


# With an AI.


async def test_refused_number_reaches_the_ai_with_its_reason() -> None:
    asked = full_params("forecast", {"days": 90})
    form = report("{f1} customers.", cannot_tell="How many will buy: a season broke it.")
    async with ScriptedClaude(calls(("forecast", asked)), form) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("who buys again?", writer=writer, skill="predict")
        await writer.close()
    assert isinstance(found, DraftResult)
    sent = str(claude.letters[1]["messages"][-1]["content"])
    assert "1,337 were expected and 801 bought" in sent
    assert text_of(found, "cannot_tell") == "How many will buy: a season broke it."
