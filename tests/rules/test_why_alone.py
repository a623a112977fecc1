"""A "why?" alone in a thread …"""

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.thread_text import asks_only_why, is_follow_up
from bot.rules.intake.follow_up import joined
from tests.support.skill_runner import run

EVERY = "sales site feedback campaigns"


@pytest.mark.parametrize(
    "said", ["Why?", "why", "And why?", "Pourquoi ?", "Et pourquoi ?", "pourquoi ça ?", "How come?"]
)
def test_is_a_question_about_what_was_just_told(said: str) -> None:
    assert asks_only_why(said)
    assert is_follow_up(said)


@pytest.mark.parametrize("said", ["why is mobile down?", "that is why", "pourquoi le mobile ?", ""])
def test_is_none_that_names_something(said: str) -> None:
    assert not asks_only_why(said)


def test_is_asked_with_the_question_before() -> None:
    assert joined("revenue in October?", "why?") == "revenue in October, why?"
    assert joined("ventes par pays", "et en Suisse ?") == "ventes par pays ; en Suisse ?"


@pytest.mark.parametrize(
    ("words", "language", "says", "moved"),
    [
        ("why?", "en", "what happened, not why", "On mobile, 38% of checkouts"),
        ("et pourquoi ?", "fr", "pas pourquoi", "Sur mobile, 38 %"),
    ],
)
async def test_is_answered_by_what_moved_as_well(
    words: str, language: str, says: str, moved: str
) -> None:
    before = "revenue by source in Belgium" if language == "en" else "CA par source en Belgique"
    found = await run(words, language=language, skill="answer", follows=before, sections=EVERY)
    assert isinstance(found, DraftResult)
    text = found.parts[0].text.replace("\u00a0", " ")
    assert says in text
    assert moved in text
    assert found.leads
    assert not [c for c in found.checks if c.level in ("block", "stated")]
    read = found.parts[-1].text.replace("\u00a0", " ")
    assert ("proves no cause" if language == "en" else "ne prouve pas") in read
