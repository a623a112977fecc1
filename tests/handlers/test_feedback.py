"""The feedback skill."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.parts import Quote, Table
from bot.core.request import Question
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import FORMS_PARAM, SKILLS_PARAM, CannotDo
from bot.offline.routing import find_skill
from tests.conftest import NOW as CLOCK
from tests.fakes.claude import ScriptedClaude, Step, calls
from tests.handlers.test_answer_with_ai import report
from tests.support.skill_runner import AI, collect_text, run
from tests.support.small_tables import small


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


@pytest.mark.parametrize(
    ("words", "theme", "language"),
    [
        ("what do customers say about sizing?", "sizing", "en"),
        ("que disent les clientes sur les tailles ?", "sizing", "fr"),
        ("what do people say about delivery this month?", "delivery", "en"),
        ("de quoi se plaignent les clients de la livraison ?", "delivery", "fr"),
    ],
)
async def test_report_leads_with_the_theme_asked_about(
    words: str, theme: str, language: str
) -> None:
    found = await made(words, language=language)
    assert found.parts[0].key == "headline"
    assert {id.split(".")[1].split("-")[0] for id in found.parts[0].facts} <= {theme, "all"}
    assert {check.level for check in found.checks} == {"pass"}
    assert "not_used" not in {part.key for part in found.parts}


async def test_quotes_are_verbatim_with_ids() -> None:
    found = await made("what do customers say about sizing?")
    quotes = [part for part in found.parts if isinstance(part.body, Quote)]
    assert quotes
    for part in quotes:
        fact = found.evidence.get(part.facts[0])
        assert fact is not None
        assert fact.value == part.text
        assert "V0" in str(fact.source) or "M0" in str(fact.source)


async def test_lead_fixes_the_page_of_the_product_with_most_complaints() -> None:
    found = await made("what do customers say about sizing?")
    _answer, fix = found.leads
    assert fix.skill == "draft"
    assert "Chemise Alba en lin lavé" in fix.words


async def test_the_command_alone_leaves_no_word_unused() -> None:
    parts = {part.key: part.text for part in (await made("Customer feedback")).parts}
    assert "not_used" not in parts


@pytest.mark.parametrize(
    ("words", "unread"),
    [
        ("Customer feedback of twins", "twins"),
        ("what do Belgian customers say?", "Belgian"),
        ("are complaints about parcels going up? not those before summer", "up? not"),
    ],
)
async def test_question_with_unread_words_gets_no_report_unless_the_skill_was_chosen(
    words: str, unread: str
) -> None:
    with pytest.raises(CannotDo) as no:
        await made(words)
    assert unread in no.value.words.to("en")
    assert no.value.words.params[FORMS_PARAM]
    assert no.value.words.params[SKILLS_PARAM] == find_skill(words, load_skills()).skill
    chosen = await made(words, skill="feedback")
    assert unread in {part.key: part.text for part in chosen.parts}["not_used"]


async def test_only_cited_facts_are_kept() -> None:
    found = await made("what do customers say?")
    cited = {id for part in found.parts for id in part.facts}
    assert cited <= {fact.id for fact in found.evidence.facts}
    assert len(found.evidence.facts) < 120


async def test_picture_title_says_what_is_drawn() -> None:
    found = await made("what do customers say?")
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert not picture.text.startswith(found.parts[0].text.rstrip("."))
    assert picture.text.startswith("Complaints by theme")
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_report_has_its_parts_in_order_and_at_most_five_points() -> None:
    keys = [part.key for part in (await made("what do customers say?")).parts]
    assert keys[:2] == ["headline", "read_as"]
    assert keys[-2:] == ["how_to_read", "sources"]
    assert 2 <= sum(key.startswith("points.") for key in keys) <= 5
    assert {"picture", "table", "quotes.1"} <= set(keys)


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


async def test_quotes_stay_in_their_language() -> None:
    found = await made("que disent les clients ?", shelf=PORTUGUESE, language="fr")
    quotes = [part.text for part in found.parts if isinstance(part.body, Quote)]
    assert any(text.startswith("Não recebi") for text in quotes)


async def test_parts_of_a_theme_are_counted_apart() -> None:
    shelf = reviews(
        ("I ordered the small and it is too small for me.", 2, "1095"),
        ("It fits perfectly, true to size.", 5, "868"),
        ("It is too large and runs large.", 2, "868"),
        ("Perfect fit, my usual size fits perfectly.", 5, "868"),
        language="en",
    )
    found = await made("what do customers say about sizing?", shelf=shelf)
    subjects = {
        id.split(".")[1] for part in found.parts if part.key == "table" for id in part.facts
    }
    assert subjects == {"sizing", "sizing-small", "sizing-large"}


async def test_small_shares_are_rounded_to_whole_points() -> None:
    """One percent of 160 texts is 1.6 texts, so only whole points are meaningful."""
    found = await made("que disent les clients ?", shelf=PORTUGUESE, language="fr")
    (themes,) = [part.text for part in found.parts if part.key == "table"]
    assert not re.search(r"\d,\d", themes)


async def test_requests_without_complaints_are_counted() -> None:
    found = await made("que disent les avis clients : stock ?", language="fr")
    assert all(".stock" in id for id in found.parts[0].facts if ".all." not in id)
    assert not any(id.endswith(".complaints") for id in found.parts[0].facts)


async def test_no_theme_stands_twice_in_the_table() -> None:
    found = await made("what do customers say about sizing?")
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    counts = [row[1:4] for row in table.rows]
    assert len(counts) == len(set(counts))


@pytest.mark.parametrize(
    "words",
    [
        "what do customers say about us?",
        "what do customers say about last month?",
        "que disent les clients ?",
    ],
)
async def test_report_on_all_themes_says_so(words: str) -> None:
    found = await made(words)
    (reading,) = [part.text for part in found.parts if part.key == "read_as"]
    assert "all themes" in reading or "tous les thèmes" in reading


async def test_theme_that_nobody_wrote_about_is_said_to_be_missing() -> None:
    found = await made("que disent les clients ?", shelf=PORTUGUESE, language="fr")
    about = await made("que disent les clients de la laine ?", shelf=PORTUGUESE, language="fr")
    assert "cannot_tell" not in [part.key for part in found.parts]
    assert "cannot_tell" in [part.key for part in about.parts]


# With an AI.

SIZING = dict.fromkeys(
    ("product", "category", "channel", "country", "language", "stars", "since", "until"), "none"
)
SIZING |= dict.fromkeys(("region", "segment"), "none")
READS = {**SIZING, "words": "none", "theme": "sizing", "tone": "complaint", "most": 4}
COUNTS = {**SIZING, "theme": "sizing", "brand": "none"}
LOOKS_UP = calls(("feedback_themes", COUNTS), ("read_feedback", READS))


async def written(
    *script: Step, words: str = "what about sizing?", material: str = ""
) -> tuple[Any, Any]:
    async with ScriptedClaude(*script) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: CLOCK)
        found = await run(words, writer=writer, skill="feedback", material=material)
        await writer.close()
    return found, claude.letters


def find_name(letters: Any, label: str) -> str:
    """The name under which the AI saw the first figure with this label."""
    sent = str(letters[-1]["messages"][-1]["content"])
    return re.search(rf"(f\d+): [^\n]*?{label}", sent.replace("\\n", "\n"))[1]  # type: ignore[index]


async def test_chosen_sentences_are_quoted_letter_for_letter_with_their_source() -> None:
    _found, letters = await written(LOOKS_UP, report("{f1} texts."))
    name = find_name(letters, "customer's words")
    found, _letters = await written(LOOKS_UP, report("{f1} texts.", quotes=[name]))
    (quote,) = [part for part in found.parts if isinstance(part.body, Quote)]
    fact = found.evidence.get(quote.facts[0])
    assert fact is not None
    assert fact.value == quote.text
    assert "feedback.csv" in str(fact.source)


async def test_figure_chosen_as_a_quotation_goes_back_and_is_left_out() -> None:
    wrong = report("{f1} texts.", quotes=["f1"])
    found, letters = await written(LOOKS_UP, wrong, wrong)
    assert "nobody's own words" in str(letters[2]["messages"][-1]["content"])
    assert not [part for part in found.parts if part.kind == "quote"]


async def test_thread_is_read_and_its_messages_can_be_quoted() -> None:
    thread = "Marie: the Alba runs small, two returns today\nMax: and the parcel was late"
    reads = calls(("read_thread", {"most": 10, "before": 0}))
    form = report("They speak of sizes and of late parcels.", quotes=["f1"])
    found, _letters = await written(reads, form, words="sum this thread up", material=thread)
    (quote,) = [part for part in found.parts if part.kind == "quote"]
    assert quote.text == "the Alba runs small, two returns today"
    assert "Marie" not in collect_text(found)
