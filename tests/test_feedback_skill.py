"""A summary of feedback …"""

import pytest

from bot.drafting import Drafted
from bot.parts import Quote
from bot.request import Question
from tests.library.small import small
from tests.skills import run, told


async def made(words: str, **more: str) -> Drafted:
    found = await run(words, **more)  # type: ignore[arg-type]
    assert isinstance(found, Drafted)
    return found


def blocked(found: Drafted) -> list[str]:
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
async def test_finds_what_was_planted_and_proves_every_figure(words: str, theme: str) -> None:
    found = await made(words)
    assert theme in told(found)
    assert blocked(found) == []


async def test_quotes_customers_letter_for_letter_with_their_ids() -> None:
    found = await made("what do customers say about sizing?")
    quotes = [part for part in found.parts if isinstance(part.body, Quote)]
    assert quotes
    for part in quotes:
        fact = found.evidence.get(part.facts[0])
        assert fact is not None
        assert fact.value == part.text
        assert "V0" in fact.source or "M0" in fact.source


async def test_leads_to_a_page_fix_for_the_product_it_is_told_of() -> None:
    found = await made("what do customers say about sizing?")
    fix = next(lead for lead in found.leads if "product-page" in lead.label.text)
    assert fix.skill == "draft"
    assert "Alba" in fix.words


async def test_keeps_only_the_facts_that_it_stands_on() -> None:
    found = await made("what do customers say?")
    cited = {id for part in found.parts for id in part.facts}
    assert cited <= {fact.id for fact in found.evidence.facts}
    assert len(found.evidence.facts) < 120


async def test_has_a_picture_whose_title_is_its_finding() -> None:
    found = await made("what do customers say?")
    (picture,) = [part for part in found.parts if part.kind == "file"]
    headline = found.parts[0].text.rstrip(".")
    assert picture.text.startswith(headline)
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_ends_with_how_to_read_it() -> None:
    assert (await made("what do customers say?")).parts[-1].title == "How to read this"


async def test_without_feedback_names_the_file_that_would_let_it() -> None:
    found = await run("what do customers say about sizing?", shelf=small())
    assert not isinstance(found, Question)
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "file" in told(found) or "review" in told(found)
