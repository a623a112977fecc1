"""Questions in the thread of a digest, without an AI."""

import pytest

from bot.agent.pipeline import DraftResult
from tests.support.skill_runner import run

EVERY = "sales site feedback campaigns"


async def answer(words: str, language: str = "en", sections: str = EVERY) -> DraftResult:
    found = await run(words, language=language, skill="answer", sections=sections)
    assert isinstance(found, DraftResult)
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []
    return found


@pytest.mark.parametrize(
    ("words", "language"),
    [("why is mobile down?", "en"), ("pourquoi ?", "fr"), ("and candles?", "en")],
)
async def test_words_not_understood_get_what_moved_and_the_form(words: str, language: str) -> None:
    found = await answer(words, language)
    points = [part for part in found.parts if part.key.startswith("points.")]
    assert points
    assert all(part.facts for part in points)
    assert "cannot_tell" in {part.key for part in found.parts}
    assert "query" in found.leads[0].form


@pytest.mark.parametrize("words", ["how many orders last week?", "what is our open rate?"])
async def test_question_that_is_understood_is_answered_as_elsewhere(words: str) -> None:
    under, elsewhere = await answer(words), await answer(words, sections="")
    assert under.parts[0].text == elsewhere.parts[0].text
    assert under.parts[0].facts


async def test_only_the_sections_of_the_digest_are_told() -> None:
    found = await answer("why?", sections="feedback")
    cited = {id.split(".")[0] for part in found.parts for id in part.facts}
    assert cited == {"feedback"}
