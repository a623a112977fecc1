"""The tools on feedback: feedback_themes and read_feedback."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.tool import ToolError
from bot.core.fact_book import FactBook
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import format_short_period
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small
from tests.support.tool_runner import (
    call_tool,
    data_of,
    figure,
    sample_data,
    text_of,
    tool_deps,
)

LAST_YEAR = "\"at\"::DATE BETWEEN '2025-11-25' AND '2026-11-24'"
NOON = datetime.combine(TODAY, time(12))
pytestmark = pytest.mark.timeout(120)


async def test_themes_give_the_figures_of_the_analysis() -> None:
    found = sample_data().findings("feedback", AnalysisFilter())
    result = await call_tool("feedback_themes")
    for fact in result.facts:
        same = found.get(fact.parts.subject, fact.parts.measure)
        assert same is not None
        assert same.value == fact.value
    table = result.exhibits[0].table
    assert table is not None
    assert table.rows[0][0] == "quality"


async def test_a_theme_that_rose_has_both_periods() -> None:
    result = await call_tool("feedback_themes")
    now = figure(result, "feedback.delivery-late.share-now")
    before = figure(result, "feedback.delivery-late.share-before")
    assert (now.since, now.until) == (date(2026, 10, 26), date(2026, 11, 24))
    assert before.until == date(2026, 10, 25)
    book = FactBook(result.facts)
    assert book.spell(book.add(now), "from-to", "fr") == "de 10\u00a0% à 17\u00a0%"


async def test_one_theme_is_found_by_its_key_or_its_name_in_either_language() -> None:
    texts = []
    for theme in ("sizing-small", "runs small", "taille petit"):
        result = await call_tool("feedback_themes", {"theme": theme}, tool_deps(language="fr"))
        texts.append([(fact.id, fact.value) for fact in result.facts])
    assert texts[0] == texts[1] == texts[2]
    subjects = {id.split(".")[1] for id, _ in texts[0]}
    assert "sizing-small--product-lin-solene" in subjects


async def test_both_tools_take_the_same_names_of_a_theme() -> None:
    said = []
    for theme in ("sizing-small", "Runs small", "taille petit"):
        await call_tool("feedback_themes", {"theme": theme})
        result = await call_tool("read_feedback", {"theme": theme, "most": 5})
        said.append([fact.value for fact in result.facts])
    assert said[0]
    assert said[0] == said[1] == said[2]
    for tool in ("feedback_themes", "read_feedback"):
        with pytest.raises(ToolError, match="There is no theme “zips”"):
            await call_tool(tool, {"theme": "zips"})


async def test_an_unknown_theme_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ToolError, match="There are: quality, fabric"):
        await call_tool("feedback_themes", {"theme": "zips"})


async def test_sentences_are_in_the_feedback_letter_for_letter() -> None:
    result = await call_tool("read_feedback", {"words": "retard", "most": 15})
    assert len(result.facts) == 15
    rows = sample().engine.con.execute("SELECT id, text FROM feedback").fetchall()
    texts = dict(rows)
    for fact in result.facts:
        said = str(fact.value)
        assert "retard" in said.lower()
        assert said in texts[fact.source.details[0]]
    days = [fact.as_of for fact in result.facts]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    ("given", "sql"),
    [
        (
            {"words": "retard", "country": "FR"},
            f"text ILIKE '%retard%' AND country = 'FR' AND {LAST_YEAR}",
        ),
        (
            {"words": "cadeau retard"},
            f"text ILIKE '%retard%' AND text ILIKE '%cadeau%' AND {LAST_YEAR}",
        ),
        (
            {"words": "retard", "since": "2026-10-01", "until": "2026-10-31"},
            "text ILIKE '%retard%' AND \"at\"::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
    ],
)
async def test_the_number_of_texts_that_fit_is_told(given: dict[str, Any], sql: str) -> None:
    result = await call_tool("read_feedback", {**given, "most": 3})
    row = sample().engine.con.execute(f"SELECT count(*) FROM feedback WHERE {sql}").fetchone()
    assert row is not None
    assert result.notes[0].startswith(f"{row[0]} texts fit")


async def test_both_tools_count_the_same_texts_of_a_theme() -> None:
    for theme in ("sizing", "delivery-late"):
        counted = await call_tool("feedback_themes", {"theme": theme})
        for measure, tone in (("texts", "any"), ("complaints", "complaint")):
            asked = {"theme": theme, "tone": tone, "most": 1}
            texts = figure(counted, f"feedback.{theme}.{measure}").value
            note = (await call_tool("read_feedback", asked)).notes[0]
            assert note.startswith(f"{texts} texts fit, of 2025-11-25 to 2026-11-24")


async def test_complaints_on_a_theme_and_a_product_in_french() -> None:
    result = await call_tool(
        "read_feedback",
        {"theme": "sizing-small", "tone": "complaint", "product": "Robe Solène en lin", "most": 3},
        tool_deps(language="fr"),
    )
    assert {fact.about for fact in result.facts} == {"lin-solene"}
    assert "Robe Solène en lin" in result.read_as
    assert "mots d'un client" in {fact.titled("fr") for fact in result.facts}


async def test_words_of_fewer_customers_than_the_floor_are_not_shown() -> None:
    with pytest.raises(ToolError, match="Fewer than 20 customers"):
        await call_tool("read_feedback", {"country": "LU", "most": 3})


async def test_a_text_with_personal_data_is_left_out_and_counted() -> None:
    texts = ["Écrivez-moi à jeanne.morel@example.org, la taille est petite."]
    texts += [f"La robe numéro {n} taille trop petit." for n in range(3)]
    rows = [
        {"id": f"v{n}", "at": NOON, "text": text, "customer": f"c{n}", "rating": 2.0}
        for n, text in enumerate(texts)
    ]
    result = await call_tool(
        "read_feedback", {"words": "taille", "most": 10}, tool_deps(data_of(small(feedback=rows)))
    )
    assert "jeanne" not in text_of(result)
    assert any(note.startswith("1 were left out") for note in result.notes)
    assert len(result.facts) == 3


async def test_a_long_text_is_cut_to_the_sentence_that_was_meant() -> None:
    before = "Le tissu est doux et la couleur est belle. " * 12
    text = f"{before}Mais la fermeture a cassé. Merci."
    row = {"id": "v1", "at": NOON, "text": text, "customer": "c1", "rating": 2.0}
    deps = tool_deps(data_of(small(feedback=[row])))
    result = await call_tool("read_feedback", {"words": "fermeture", "most": 5}, deps)
    assert [fact.value for fact in result.facts] == ["Mais la fermeture a cassé."]
    whole = await call_tool("read_feedback", {"most": 5}, deps)
    assert str(whole.facts[0].value) in text
    assert len(str(whole.facts[0].value)) <= 400


async def test_a_sentence_keeps_its_rating_channel_and_day() -> None:
    result = await call_tool("read_feedback", {"words": "retard", "most": 1})
    fact = result.facts[0]
    assert fact.since == fact.until == fact.as_of
    assert len(fact.source.details) == 3
    assert fact.rows == 1
    assert not isinstance(fact.value, Decimal)


async def test_themes_without_days_say_the_days_that_they_are_of() -> None:
    result = await call_tool("feedback_themes", {}, tool_deps(language="fr"))
    texts = figure(result, "feedback.all.texts")
    assert texts.since is not None
    assert texts.until is not None
    row = (
        sample()
        .engine.con.execute(
            'SELECT count(*) FROM feedback WHERE "at"::DATE BETWEEN ? AND ?',
            [texts.since, texts.until],
        )
        .fetchone()
    )
    assert row == (texts.value,)
    days = format_short_period(texts.since, texts.until, "fr", TODAY)
    assert result.read_as == f"avis et messages · {days}"
    assert any(f"the texts of {texts.since} to {texts.until}" in note for note in result.notes)
    narrow = await call_tool("feedback_themes", {"since": "2026-10-01"}, tool_deps())
    assert narrow.read_as == "reviews and messages · since 1 October"
    assert not any("No days were named" in note for note in narrow.notes)
