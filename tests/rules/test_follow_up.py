"""A question that only changes the one before it …"""

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.thread_text import is_follow_up
from bot.core.writer import LlmCall
from bot.rules.intake.follow_up import joined
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import BRAND, library_of, run


@pytest.mark.parametrize(
    ("before", "said", "whole"),
    [
        ("sales by country", "and in October?", "sales by country in October?"),
        ("sales by country in October", "and in September?", "sales by country in September?"),
        ("sales by country", "by region?", "sales by region?"),
        (
            "sales in October",
            "compared with September?",
            "sales in October compared with September?",
        ),
        ("sales in October compared with September", "and in August?", "sales in August?"),
        (
            "combien de commandes en octobre ?",
            "et en novembre ?",
            "combien de commandes en novembre ?",
        ),
        (
            "le chiffre d'affaires d'octobre",
            "et de septembre ?",
            "le chiffre d'affaires de septembre ?",
        ),
        ("ventes par pays", "et par catégorie ?", "ventes par catégorie ?"),
    ],
)
def test_is_asked_with_it(before: str, said: str, whole: str) -> None:
    assert is_follow_up(said)
    assert joined(before, said) == whole


@pytest.mark.parametrize(
    "said", ["how many orders last week?", "and what blocks sales?", "et qui cibler ?", "really?"]
)
def test_is_none_that_asks_by_itself(said: str) -> None:
    assert not is_follow_up(said)


async def test_has_the_words_of_both_once() -> None:
    asked = IncomingRequest(
        words="and in October?", author="U", skill="answer", answers={"follows": "sales by country"}
    )
    taken = await understand_request(asked, brand=BRAND, library=library_of(sample()), today=TODAY)
    assert isinstance(taken, IntakeResult)
    assert taken.brief.words == "sales by country in October?"


async def _kept(sent: LlmCall) -> None:
    """Nothing is sent."""


async def test_is_answered_of_what_it_names_and_of_the_days_asked_before() -> None:
    library = library_of(sample())
    found = await run(
        "and in Belgium?", library=library, skill="answer", follows="sales by country in October"
    )
    assert isinstance(found, DraftResult)
    assert found.parts[0].title == "Answer"
    text = found.parts[0].text
    assert text.startswith("Belgium: €")
    assert "from 1 October 2026 to 31 October 2026" in text
    other = await run("and Narnia?", library=library, skill="answer", follows="sales by country")
    assert isinstance(other, DraftResult)
    assert other.parts[0].title == "What I can't tell"


async def test_about_feedback_keeps_the_days() -> None:
    found = await run(
        "and about delivery?",
        skill="feedback",
        follows="what do customers say about sizing this month?",
    )
    assert isinstance(found, DraftResult)
    summary = next(part.text for part in found.parts if part.key == "summary")
    assert "from 1 November 2026" in summary
    assert next(p.text for p in found.parts if p.key == "finding").startswith(("Late", "Deliv"))


async def test_sent_back_in_french_is_answered_in_it() -> None:
    asked = IncomingRequest(
        words="sales by country",
        author="U",
        reason="shorter, and in French please",
        answers={"language": "en"},
    )
    taken = await understand_request(asked, brand=BRAND, library=library_of(sample()), today=TODAY)
    assert isinstance(taken, IntakeResult)
    assert taken.requests[0].language == "fr"
