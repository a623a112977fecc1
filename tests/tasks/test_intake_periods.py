"""Days named in a question, as the intake reads them."""

from datetime import date

import pytest

from bot.tasks.intake import count_days_ahead, read_periods

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("sales this month", (2026, 11, 1), (2026, 11, 24)),
        ("la semaine dernière", (2026, 11, 16), (2026, 11, 22)),
        ("les 30 derniers jours", (2026, 10, 25), (2026, 11, 23)),
        ("over the last three months", (2026, 8, 26), (2026, 11, 23)),
        ("depuis le 15 septembre", (2026, 9, 15), (2026, 11, 24)),
        ("since September", (2026, 9, 1), (2026, 11, 24)),
        ("en octobre 2025", (2025, 10, 1), (2025, 10, 31)),
        ("in December", (2025, 12, 1), (2025, 12, 31)),
        ("hier", (2026, 11, 23), (2026, 11, 23)),
        ("on 15 November", (2026, 11, 15), (2026, 11, 15)),
        ("last quarter", (2026, 7, 1), (2026, 9, 30)),
        ("in 2025", (2025, 1, 1), (2025, 12, 31)),
        ("cette année", (2026, 1, 1), (2026, 11, 24)),
        ("Black Friday", (2025, 11, 28), (2025, 11, 28)),
    ],
)
def test_period_is_read(words: str, since: tuple[int, ...], until: tuple[int, ...]) -> None:
    assert read_periods(words, TODAY) == [(date(*since), date(*until))]


@pytest.mark.parametrize("words", ["what may help", "the best shirts", "31 November", "March on"])
def test_words_without_days_have_no_period(words: str) -> None:
    assert read_periods(words, TODAY) == []


def test_two_periods_are_told_apart() -> None:
    found = read_periods("October against September", TODAY)
    assert [since.month for since, _ in found] == [10, 9]


@pytest.mark.parametrize(
    ("words", "days"),
    [("in the next 60 days", 60), ("d'ici deux mois", 60), ("next week", 7), ("last week", None)],
)
def test_days_ahead_are_counted(words: str, days: int | None) -> None:
    assert count_days_ahead(words) == days
