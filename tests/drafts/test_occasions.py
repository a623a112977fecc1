"""The days of an occasion that a text is for."""

from datetime import date

import pytest

from bot.core.request import Brief
from bot.drafts.occasions import set_occasion_days


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
