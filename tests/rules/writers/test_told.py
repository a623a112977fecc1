"""What the library tells a writer by rules …"""

import asyncio
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult, run_skill
from bot.core.audience_rule import AudienceRule
from bot.core.brief import Brief
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall, Writer
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.service import WorkspaceData
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.writers.offline import Offline
from tests.fakes.claude import ScriptedClaude
from tests.rules.test_texts import shared
from tests.rules.writers.catalogues import BRAND, products
from tests.support.sample_tables import TODAY, sample

SHARED = 0.7
NOW = datetime(2026, 11, 25, tzinfo=UTC)
# Whom it goes to, what customers praise and doubt, and what came of the nearest text sent before.
KINDS = ("segment", "feedback", "objection", "past_copy")
RULES = {
    "lapsed": AudienceRule(segments=("at-risk", "drifting-away")),
    "lapsed linen buyers": AudienceRule(bought_categories=("Vêtements en lin",), not_within=180),
    "linen buyers": AudienceRule(bought=("lin-marceau",)),
    "loyal": AudienceRule(segments=("champions", "loyal")),
    "new": AudienceRule(segments=("new",)),
}


@cache
def library() -> WorkspaceData:
    return WorkspaceData(CatalogueLibrary(products), sample)


@cache
def drafted(
    product: str, language: Language, whom: str = "", channel: str = "email"
) -> DraftResult:
    return asyncio.run(by(Offline(lambda: NOW), product, language, whom, channel))


async def by(
    writer: Writer, product: str, language: Language, whom: str, channel: str = "email"
) -> DraftResult:
    async def nothing(_: LlmCall) -> None:
        return None

    rule = RULES[whom].stored if whom else None
    title = next(one.title for one in products() if one.handle == product)
    brief = Brief(
        words="-", author="ana", language=language, goal="inform", product=product,
        product_words=title, rule=rule, audience=whom or None,
    )  # fmt: skip
    made = await run_skill(
        SkillRequest(skill="draft", channel=channel, brief=brief), brand=BRAND, library=library(),
        writer=writer, receipt=nothing, code="si-1a2b3c4d", today=TODAY,
    )  # fmt: skip
    assert isinstance(made, DraftResult)
    return made


def text(made: DraftResult) -> str:
    return "\n".join(part.text for part in made.parts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("product", ["lin-alba", "tab-nappe", "mai-ronan"])
def test_changes_the_argument_with_the_audience_of_a_rule(product: str, language: Language) -> None:
    texts = [text(drafted(product, language, whom)) for whom in ("", *RULES)]
    for i, one in enumerate(texts):
        for other in texts[i + 1 :]:
            assert shared(one, other) <= SHARED, (one, other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stands_in_the_text_with_its_source_where_customers_praise(language: Language) -> None:
    made = drafted("lin-alba", language, "new")
    body = next(part for part in made.parts if part.key == "body")
    quote = made.evidence.get("feedback.fabric-linen.quote")
    assert quote is not None
    assert str(quote.value) in body.text
    assert "37" in body.text
    assert "84" in body.text
    assert {"feedback.fabric-linen.quote", "feedback.fabric-linen.praised"} <= set(body.facts)
    assert not [check for check in made.checks if check.level == "block"]


@pytest.mark.parametrize(("language", "advice"), [("en", "the larger"), ("fr", "elle du dessus")])
def test_answers_the_doubt_about_the_size(language: Language, advice: str) -> None:
    for whom in ("", "loyal", "lapsed"):
        made = drafted("lin-alba", language, whom)
        body = next(part for part in made.parts if part.key == "body")
        assert advice in body.text
        assert "objection.sizing-small.theme" in body.facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_gives_the_subject_the_form_of_the_one_that_was_opened_most(language: Language) -> None:
    """In the sample shop, a subject that names the thing and one fact about it is opened more."""
    made = drafted("lin-alba", language)
    assert made.evidence.of("past_copy")
    subject = next(part.text for part in made.parts if part.key == "subject")
    assert "Alba" in subject
    assert len(subject) > len("The Alba linen shirt")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("whom", ["lapsed", "new"])
def test_stands_under_the_sources_of_the_draft(whom: str, language: Language) -> None:
    made = drafted("lin-alba", language, whom)
    cited = {fact_id for part in made.parts for fact_id in part.facts}
    assert {kind for kind in KINDS if any(one.startswith(f"{kind}.") for one in cited)} == {*KINDS}
    rates = [one for one in cited if one.startswith("past_copy.") and one.endswith(".open-rate")]
    assert rates
    if language == "fr":
        told = [made.evidence.get(one) for one in rates]
        assert all(one and one.titled("fr") == "taux d'ouverture" for one in told)
        assert all(one and "envoyés" in str(one.value) for one in told)
    assert all(made.evidence.get(one) for one in cited)
    assert not [check for check in made.checks if check.level == "block"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_is_given_to_claude_as_well(language: Language) -> None:
    async with ScriptedClaude() as claude:
        writer = AnthropicWriter(
            key=claude.key, base_url=claude.url, name="claude-sonnet-5-5", now=lambda: NOW
        )
        made = await by(writer, "lin-alba", language, "lapsed")
        await writer.close()
    said = str(claude.letters[0]["messages"][0]["content"])
    for kind in (*KINDS, "praise"):
        (first, *_) = made.evidence.of(kind)
        assert f"[{first.id}]" in said
        assert first.spelled(language) in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_quoted_without_a_space_before_the_full_stop(language: Language) -> None:
    for product in ("lin-marceau", "lin-alba", "mai-cap", "lin-solene"):
        assert " ." not in text(drafted(product, language, "new")).replace("\u00a0", " ")
