"""Days that are held against each other …"""

from datetime import date

import pytest

from bot.rules.intake.against import held

TODAY = date(2026, 11, 24)
Days = tuple[tuple[int, int, int], tuple[int, int, int]]


@pytest.mark.parametrize(
    ("words", "now", "before"),
    [
        ("compare October and November", ((2026, 11, 1), (2026, 11, 24)),
         ((2026, 10, 1), (2026, 10, 31))),
        ("les ventes de ce mois-ci par rapport au mois dernier", ((2026, 11, 1), (2026, 11, 24)),
         ((2026, 10, 1), (2026, 10, 31))),
        ("do we sell more than last month?", ((2026, 11, 1), (2026, 11, 24)),
         ((2026, 10, 1), (2026, 10, 31))),
        ("October vs October last year", ((2026, 10, 1), (2026, 10, 31)),
         ((2025, 10, 1), (2025, 10, 31))),
        ("vend-on plus que l'an dernier ?", ((2026, 1, 1), (2026, 11, 24)),
         ((2025, 1, 1), (2025, 11, 24))),
        ("compare last week with the week before", ((2026, 11, 16), (2026, 11, 22)),
         ((2026, 11, 9), (2026, 11, 15))),
        ("novembre 2025 contre novembre 2024", ((2025, 11, 1), (2025, 11, 30)),
         ((2024, 11, 1), (2024, 11, 30))),
        ("why did sales fall in October?", ((2026, 10, 1), (2026, 10, 31)),
         ((2026, 9, 1), (2026, 9, 30))),
        ("which category grew the most?", ((2026, 8, 26), (2026, 11, 24)),
         ((2025, 8, 27), (2025, 11, 25))),
    ],
)  # fmt: skip
def test_are_the_later_and_the_earlier_ones(words: str, now: Days, before: Days) -> None:
    found = held(words, TODAY)
    assert found is not None
    later, earlier = found
    assert (later.since, later.until) == (date(*now[0]), date(*now[1]))
    assert (earlier.since, earlier.until) == (date(*before[0]), date(*before[1]))


@pytest.mark.parametrize(
    "words",
    ["how many orders in October?", "what do customers like more than the price?", "", "better"],
)
def test_are_none_where_nothing_is_compared(words: str) -> None:
    assert held(words, TODAY) is None
