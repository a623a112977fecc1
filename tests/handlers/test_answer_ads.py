"""Answers to questions about advertising."""

from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.data.analyses.test_campaign_comparison import THREE
from tests.support.ad_results import rows_of
from tests.support.sample_tables import sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

SOLD = [row | {"sales": Decimal(30) * row["orders"]} for row in rows_of(THREE)]


async def made(words: str, language: str = "en", **more: Any) -> DraftResult:
    found = await run(words, language=language, **more)
    assert isinstance(found, DraftResult)
    assert [c for c in found.checks if c.level in ("block", "stated", "warn")] == []
    return found


def answer(found: DraftResult) -> str:
    return found.parts[0].text


def table(found: DraftResult) -> Table:
    (body,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    return body


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("What does a click cost?", "A click on an ad costs €"),
        ("what is our CPC?", "A click on an ad costs €"),
        ("how much do we pay per click?", "A click on an ad costs €"),
        ("what does an order cost us in advertising?", "An order costs €"),
        ("what's our cost per order?", "An order costs €"),
        ("what's our ROAS?", "Return on ad spend: 4.7"),
        ("how many clicks did our ads get?", "clicks on ads."),
        ("what is the conversion rate of our ads?", "of the clicks on ads end in an order"),
    ],
)
async def test_totals_are_answered(words: str, says: str) -> None:
    found = await made(words)
    assert says in answer(found)
    assert "campaigns.csv" in collect_text(found)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("combien nous coûte un clic ?", "Un clic sur une publicité coûte"),
        ("combien coûte un clic ?", "Un clic sur une publicité coûte"),
        ("quel est le coût par clic ?", "Un clic sur une publicité coûte"),
        ("combien nous coûte une commande en publicité ?", "Une commande coûte"),
        ("quel est notre ROAS ?", "Retour sur dépenses publicitaires"),
    ],
)
async def test_french_question_is_answered(words: str, says: str) -> None:
    assert says in answer(await made(words, "fr"))


@pytest.mark.parametrize(
    ("words", "first", "head"),
    [
        (
            "what's our CPC by campaign?",
            "Cost of a click by campaign, the best first: ",
            "Campaign",
        ),
        ("cost per order per placement", "Advertising for an order by placement", "Placement"),
        ("ROAS by retailer", "Return on ad spend by retailer, the best first: ", "Retailer"),
        ("which campaign has the best click rate?", "Clicks of the times shown by", "Campaign"),
        ("which campaign is the worst?", "Return on ad spend by campaign", "Campaign"),
        ("what did we spend on ads by keyword?", "Spent on advertising by keyword", "Keyword"),
        ("CPC by week", "Cost of a click by week: ", "Week"),
    ],
)
async def test_figure_is_cut_as_asked(words: str, first: str, head: str) -> None:
    found = await made(words)
    assert answer(found).startswith(first)
    assert table(found).columns[0] == head
    assert len(table(found).rows) > 1


async def test_by_campaign_lists_each_with_its_days() -> None:
    found = await made("coût par commande par campagne ?", "fr")
    assert "Lin été-automne" in answer(found)
    assert table(found).columns[:2] == ("Campagne", "Coût publicitaire d'une commande")
    assert "28 octobre 2026" in collect_text(found)


async def test_by_week_lists_eight_whole_weeks() -> None:
    rows = table(await made("cost per click by week")).rows
    assert [row[0] for row in rows][-1] == "16 November 2026"
    assert len(rows) == 8


async def test_worst_is_listed_first_when_asked() -> None:
    shelf = small(campaigns=rows_of(THREE))
    found = await made("which campaign is the worst?", shelf=shelf)
    assert "the worst first: Big (€" in answer(found)
    best = await made("which campaign is the best?", shelf=shelf)
    assert "the best first: Big" not in answer(best)


@pytest.mark.parametrize(
    ("words", "change", "says"),
    [
        ("what's our ROAS?", {}, "campaigns.csv does not say for how much was sold"),
        ("what does a click cost?", {"clicks": None}, "does not say how often ads were clicked"),
        ("cost per order?", {"orders": None}, "does not say how many orders came of it"),
        ("cost per order?", {"orders": 0}, "campaigns.csv counts none in these days"),
        ("what does a click cost?", {"spend": None}, "does not say what was spent"),
        ("CPC by audience", {}, "campaigns.csv tells of no two of that (audience)"),
        ("CPC by week", {}, "campaigns.csv has no two whole weeks"),
    ],
)
async def test_missing_column_is_named(words: str, change: dict[str, Any], says: str) -> None:
    shelf = small(campaigns=[row | change for row in rows_of(THREE)])
    found = await made(words, shelf=shelf)
    assert found.parts[0].title == "What I can't tell"
    assert says in answer(found)


async def test_unknown_campaign_is_declined() -> None:
    found = await made("what is our CPC on TikTok?")
    assert found.parts[0].title == "What I can't tell"
    assert "TikTok" in answer(found)


async def test_named_campaign_is_answered() -> None:
    found = await made("what is our cost per click for Mailles?")
    assert answer(found).startswith("Mailles: €")


async def test_missing_ads_file_is_named() -> None:
    found = await made("what does a click cost?", shelf=small())
    assert "import" in answer(found)


async def test_sales_question_stays_about_sales() -> None:
    found = await made("orders by country", shelf=sample())
    assert "advertising" not in answer(found)


async def test_price_question_stays_about_a_product() -> None:
    found = await run("what does the linen shirt cost?")
    assert "click" not in (
        collect_text(found) if isinstance(found, DraftResult) else found.words.to("en")
    )
