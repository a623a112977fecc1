"""The days of an occasion that a text is for."""

from datetime import date

import pytest

from bot.agent.prompts import RequestPrompt
from bot.config.brand import Brand
from bot.core.fact_book import FactBook
from bot.core.facts import Evidence
from bot.core.request import Brief, SkillRequest
from bot.drafts.occasions import name_occasions_within, set_occasion_days
from bot.privacy import Pseudonymizer


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 11, 24), date(2026, 11, 27)),
        (date(2026, 11, 28), date(2026, 11, 27)),  # its offer ends tomorrow
        (date(2026, 12, 10), date(2027, 11, 26)),
    ],
)
def test_occasion_just_past_counts_before_the_next_one(today: date, day: date) -> None:
    brief = Brief(words="a mail", author="U1", language="en", occasion="black_friday", market="FR")
    dated = set_occasion_days(brief, today)
    assert (dated.since, dated.until) == (day, day)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (date(2025, 11, 28), "2025-11-28 to 2025-11-28"),
        (date(2026, 11, 27), "2026-11-27 to 2026-11-27, over since then"),
        (None, "2026-11-27 to 2026-11-27, over since then"),
    ],
)
def test_a_prompt_has_the_days_of_the_occasion_that_was_read(since: date | None, told: str) -> None:
    brief = Brief(words="a mail", author="U1", language="en", occasion="black_friday", market="FR")
    brief = brief.model_copy(update={"since": since, "until": since})
    request = SkillRequest(skill="draft", brief=brief)
    prompt = RequestPrompt(request, Brand(name="M"), None, date(2026, 11, 29))
    first = prompt.build_first_message(
        Evidence(), FactBook(), Pseudonymizer(), {"audience": "all", "notes": "none"}
    )
    assert f"black_friday (Black Friday, {told})" in first
    assert ("2026-11-27" in first) is (told.startswith("2026"))


def test_occasions_within_days_are_named_with_their_own_days() -> None:
    week = (date(2026, 11, 23), date(2026, 11, 28))
    assert name_occasions_within(week, "FR", (), "en") == ["Black Friday (27 November)"]
    assert name_occasions_within(week, "FR", ("noel",), "en") == []
    assert name_occasions_within((date(2026, 11, 9), date(2026, 11, 15)), "FR", (), "en") == []
    july = (date(2027, 7, 1), date(2027, 7, 7))
    (sales,) = name_occasions_within(july, "BE", (), "fr")  # once, though « soldes » has them too
    assert sales.startswith("soldes d'été (")
    everywhere = name_occasions_within(july, None, (), "en")
    assert any("BE" in one for one in everywhere)
    assert any("FR" in one for one in everywhere)
