"""The days that a question is about …"""

from datetime import date

import pytest

from bot.rules.period import ahead, read

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("what do customers say about sizing this month?", (2026, 11, 1), (2026, 11, 24)),
        ("que disent les clients ce mois-ci ?", (2026, 11, 1), (2026, 11, 24)),
        ("trends of last month", (2026, 10, 1), (2026, 10, 31)),
        ("les tendances du mois dernier", (2026, 10, 1), (2026, 10, 31)),
        ("the last 30 days", (2026, 10, 26), (2026, 11, 24)),
        ("sur les 3 dernières semaines", (2026, 11, 4), (2026, 11, 24)),
        ("since 10 November", (2026, 11, 10), (2026, 11, 24)),
        ("depuis le 1er décembre", (2025, 12, 1), (2026, 11, 24)),
        ("complaints in September", (2026, 9, 1), (2026, 9, 30)),
        ("best sellers in November 2011", (2011, 11, 1), (2011, 11, 30)),
        ("les ventes en mars 2025", (2025, 3, 1), (2025, 3, 31)),
        ("this week", (2026, 11, 23), (2026, 11, 24)),
        ("la semaine dernière", (2026, 11, 16), (2026, 11, 22)),
        ("sales last quarter", (2026, 7, 1), (2026, 9, 30)),
        ("le CA du trimestre", (2026, 10, 1), (2026, 11, 24)),
        ("hier", (2026, 11, 23), (2026, 11, 23)),
        ("combien de commandes en 2025 ?", (2025, 1, 1), (2025, 12, 31)),
        ("September sales", (2026, 9, 1), (2026, 9, 30)),
        ("since 31 february", (2026, 2, 28), (2026, 11, 24)),
    ],
)
def test_are_read_in_both_languages(
    words: str, since: tuple[int, int, int], until: tuple[int, int, int]
) -> None:
    found = read(words, TODAY)
    assert found is not None
    assert (found.since, found.until) == (date(*since), date(*until))


@pytest.mark.parametrize("words", ["whom should I target?", "may I have trends", "", "les avis"])
def test_are_none_when_none_are_named(words: str) -> None:
    assert read(words, TODAY) is None


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("who is likely to buy again in the next 60 days?", 60),
        ("within 2 months", 60),
        ("over the next three months", 90),
        ("next month", 30),
        ("d’ici 60 jours", 60),
        ("dans les deux prochains mois", 60),
        ("qui va racheter dans les 90 prochains jours ?", 90),
        ("la semaine prochaine", 7),
        ("in the last 30 days", None),
        ("sur les 30 derniers jours", None),
        ("what changed two weeks ago", None),
        ("this month", None),
    ],
)
def test_ahead_are_read_too(words: str, days: int | None) -> None:
    assert ahead(words) == days
