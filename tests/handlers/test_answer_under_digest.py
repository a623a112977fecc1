"""Questions in the thread of a digest."""

import pytest

from bot.agent.pipeline import DraftResult
from tests.support.skill_runner import run

EVERY = "sales site feedback campaigns"


async def answer(words: str, language: str, sections: str = EVERY) -> tuple[DraftResult, str]:
    found = await run(words, language=language, skill="answer", sections=sections)
    assert isinstance(found, DraftResult)
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []
    return found, found.parts[0].text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("words", "language", "says"),
    [
        ("why is mobile down?", "en", "On mobile, 38% of checkouts end in a payment"),
        ("et pourquoi le mobile baisse-t-il ?", "fr", "Sur mobile, 38 %"),
        ("et les téléphones ?", "fr", "Sur mobile, 38 %"),
        ("depuis quand ?", "fr", "Depuis le 11 novembre 2026"),
        ("how much does it cost us?", "en", "it has cost about €13,200"),
        ("quels départements ont des colis en retard ?", "fr", "09, 24, 31, 33, 40, 64, 81"),
        ("and candles?", "en", "Bougies et senteurs: 126 units a week"),
        ("que faire ?", "fr", "Sur mobile, 38 %"),
    ],
)
async def test_question_is_answered_from_the_digest(words: str, language: str, says: str) -> None:
    found, text = await answer(words, language)
    assert found.parts[0].title == "Answer"
    assert says in text
    assert found.leads


async def test_why_is_answered_that_figures_do_not_say() -> None:
    _, text = await answer("why do candles sell?", "en")
    assert text.startswith("Confirmed: Bougies et senteurs: 126 units a week")
    assert text.endswith("What lies behind it, these figures don't say.")
    assert "mobile" not in text


async def test_since_when_without_a_day_says_so() -> None:
    _, text = await answer("depuis quand les bougies se vendent-elles ?", "fr")
    assert text.endswith("Depuis quand, ces chiffres ne le disent pas.")


@pytest.mark.parametrize("words", ["how many orders last week?", "what is our open rate?"])
async def test_other_question_is_answered_as_usual(words: str) -> None:
    under, text = await answer(words, "en")
    assert text == (await answer(words, "en", sections=""))[1]
    assert under.leads == ()


@pytest.mark.parametrize(
    ("words", "sections"), [("what is the weather?", EVERY), ("and candles?", "feedback")]
)
async def test_subject_missing_in_the_digest_is_not_guessed(words: str, sections: str) -> None:
    found, _ = await answer(words, "en", sections)
    assert found.parts[0].title == "What I can't tell"
