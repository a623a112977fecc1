"""The feedback skill."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.config.brand import Brand
from bot.core.facts import Fact
from bot.core.parts import Quote, Table
from bot.core.request import Question
from bot.data.warehouse.warehouse import Warehouse
from bot.rules.telling.told import Teller, Told
from handlers.feedback import _build_picture
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


@pytest.mark.parametrize(
    ("words", "theme"),
    [
        ("what do customers say about sizing?", "Runs small"),
        ("que disent les clientes sur les tailles ?", "Taille petit"),
        ("what do people say about delivery this month?", "Late parcels"),
        ("résume les avis sur la livraison", "Colis en retard"),
    ],
)
async def test_planted_themes_are_found_with_proven_figures(words: str, theme: str) -> None:
    found = await made(words)
    assert theme in collect_text(found)
    assert blocked(found) == []


async def test_quotes_are_verbatim_with_ids() -> None:
    found = await made("what do customers say about sizing?")
    quotes = [part for part in found.parts if isinstance(part.body, Quote)]
    assert quotes
    for part in quotes:
        fact = found.evidence.get(part.facts[0])
        assert fact is not None
        assert fact.value == part.text
        assert "V0" in str(fact.source) or "M0" in str(fact.source)


async def test_lead_fixes_the_page_of_the_named_product() -> None:
    found = await made("what do customers say about sizing?")
    fix = next(lead for lead in found.leads if "product-page" in lead.label.text)
    assert fix.skill == "draft"
    assert "Alba" in fix.words


async def test_only_cited_facts_are_kept() -> None:
    found = await made("what do customers say?")
    cited = {id for part in found.parts for id in part.facts}
    assert cited <= {fact.id for fact in found.evidence.facts}
    assert len(found.evidence.facts) < 120


async def test_picture_title_is_the_finding() -> None:
    found = await made("what do customers say?")
    (picture,) = [part for part in found.parts if part.kind == "file"]
    headline = found.parts[0].text.rstrip(".")
    assert picture.text.startswith(headline)
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_report_ends_with_how_to_read() -> None:
    assert (await made("what do customers say?")).parts[-1].title == "How to read this"


async def test_missing_feedback_names_the_file_needed() -> None:
    found = await run("what do customers say about sizing?", shelf=small())
    assert not isinstance(found, Question)
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "file" in collect_text(found) or "review" in collect_text(found)


def reviews(*said: tuple[str, int, str], language: str | None = None) -> Warehouse:
    """Repeat each text with its stars and its product, with small differences."""
    rows = [
        {
            "id": f"r{n}-{k}",
            "at": NOW - timedelta(days=n % 80),
            "text": f"{text} {WORDS[k]}",
            "rating": stars,
            "product": product,
            "language": language,
        }
        for k, (text, stars, product) in enumerate(said)
        for n in range(40)
    ]
    return small(feedback=rows)


NOW = datetime(2026, 11, 24, 12)
WORDS = ("Sim.", "Pois.", "Bem.", "Olha.")
PORTUGUESE = reviews(
    ("Não recebi o produto até o momento.", 1, "p1"),
    ("Produto muito bom, chegou antes do prazo.", 5, "p1"),
    ("O produto não foi entregue, péssimo.", 1, "p2"),
)


async def test_other_language_is_stated_and_quotes_are_glossed() -> None:
    found = await made("que disent les clients ?", shelf=PORTUGUESE, language="fr")
    assert "Cités en portugais" in found.parts[1].text
    assert "colis en retard" in found.parts[1].text
    quotes = [part.text for part in found.parts if isinstance(part.body, Quote)]
    assert any(text.startswith("Não recebi") for text in quotes)
    assert blocked(found) == []


async def test_praise_and_complaints_are_both_reported() -> None:
    shelf = reviews(
        ("I ordered the small and it is too small for me.", 2, "1095"),
        ("It fits perfectly, true to size.", 5, "868"),
        ("It is too large and runs large.", 2, "868"),
        ("Perfect fit, my usual size fits perfectly.", 5, "868"),
        language="en",
    )
    found = await made("what do customers say about sizing?", shelf=shelf)
    text = collect_text(found)
    assert "1. Sizing" not in text
    assert "Runs small" in text
    assert "Runs large" in text
    assert "product 1095" in text
    assert blocked(found) == []


async def test_small_shares_are_rounded_to_whole_points() -> None:
    """One percent of 160 texts is 1.6 texts, so only whole points are meaningful."""
    found = await made("que disent les clients ?", shelf=PORTUGUESE, language="fr")
    (themes,) = [part.text for part in found.parts if part.key == "themes"]
    assert "," not in themes


async def test_requested_stock_is_counted_with_its_own_first_step() -> None:
    found = await made("que disent les avis clients : stock ?", language="fr")
    (picture,) = [part.text for part in found.parts if part.kind == "file"]
    assert "\u00a0: 0" not in picture
    assert "Stock\u00a0: 12\u00a0%" in picture
    first, second = next(p.text for p in found.parts if p.key == "fix_first").splitlines()
    assert "comptez les couleurs et les tailles" in first
    assert "publicité" in second
    assert "qui ont demandé" in found.leads[0].words


def theme(key: str, name: str, complaints: int) -> Told:
    made_of = Fact(
        id=f"feedback.{key}.complaints",
        label="complaints",
        value=Decimal(complaints),
        source="feedback.csv",
        as_of=TODAY,
    )
    return Told("feedback", key, name, {"complaints": made_of})


@pytest.mark.parametrize("top", ["delivery-late", "sizing"])
def test_picture_emphasizes_the_title_theme(top: str) -> None:
    shown = [
        theme("delivery", "Delivery", 30),
        theme("sizing", "Sizing", 9),
        theme("gift", "Gift", 0),
    ]
    first = next((one for one in shown if one.key == top), theme(top, "Late parcels", 24))
    ctx: Any = SimpleNamespace(brand=Brand(name="Maison Alba"))
    drawn = _build_picture(Teller("en"), "What it found", shown, first, ctx)
    rows = {row["name"]: row["strong"] for row in drawn.spec["data"]["values"]}
    named = "Late parcels" if top == "delivery-late" else "Delivery"
    assert rows == {named: top == "delivery-late", "Sizing": top == "sizing"}


async def test_lead_names_its_product_and_no_theme_twice() -> None:
    found = await made("what do customers say about sizing?")
    (page,) = [lead.words for lead in found.leads if "Product page" in lead.words]
    told_of = next(part.text for part in found.parts if part.key == "summary")
    assert page.removeprefix("Product page for ").split(":")[0] in told_of
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    counts = [row[1:4] for row in table.rows]
    assert len(counts) == len(set(counts))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("what do customers say about cashmere?", "nothing that is called “cashmere”"),
        ("que disent les clients sur le cachemire ?", "rien qui s'appelle « cachemire »"),
        ("what do customers say about us?", ""),
        ("what do customers say about delivery this month?", ""),
        ("what do customers say about last month?", ""),
        ("que disent les clients sur les tailles ?", ""),
        ("que disent les clients ?", ""),  # among the bars: "Prix : 34", which is no price
    ],
)
async def test_unknown_theme_is_stated(words: str, said: str) -> None:
    found = await made(words)
    text = collect_text(found).replace("\u00a0", " ")
    assert said in text
    assert bool(said) == ("is called" in text or "s'appelle" in text)
    assert not [check for check in found.checks if check.level == "block"]
