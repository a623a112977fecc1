"""Named days of the retail year in a question."""

from datetime import date

import pytest

from bot.tasks.intake import read_periods

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("Black Friday 2024", "2024-11-29", "2024-11-29"),
        ("how did Black Friday do last year?", "2025-11-28", "2025-11-28"),
        ("le week-end du Black Friday 2025", "2025-11-28", "2025-12-01"),
        ("les soldes d'hiver 2025", "2025-01-08", "2025-02-04"),
        ("les soldes d'hiver 2022", "2022-01-12", "2022-02-08"),
        ("les soldes d'été 2025", "2025-06-25", "2025-07-22"),
        ("the winter sales 2023 in Belgium", "2023-01-03", "2023-01-31"),
        ("les soldes d'été 2024 en Belgique", "2024-07-01", "2024-07-31"),
        ("les soldes", "2026-06-24", "2026-07-21"),
        ("revenue over Christmas", "2025-12-01", "2025-12-24"),
        ("CA de Noël 2024", "2024-12-01", "2024-12-24"),
        ("this summer", "2026-06-01", "2026-08-31"),
        ("l'hiver dernier", "2025-12-01", "2026-02-28"),
        ("orders at Easter 2026", "2026-04-03", "2026-04-06"),
        ("nos ventes à la rentrée", "2026-08-15", "2026-09-15"),
        ("between 3 and 9 October", "2026-10-03", "2026-10-09"),
        ("du 28 octobre au 3 novembre", "2026-10-28", "2026-11-03"),
        ("orders on 24 November 2025", "2025-11-24", "2025-11-24"),
        ("Q3 2025", "2025-07-01", "2025-09-30"),
        ("le CA du 2e trimestre 2026", "2026-04-01", "2026-06-30"),
        ("in Sept 2025", "2025-09-01", "2025-09-30"),
    ],
)
def test_named_days_are_computed_for_any_year(words: str, since: str, until: str) -> None:
    found = [(first.isoformat(), last.isoformat()) for first, last in read_periods(words, TODAY)]
    assert found == [(since, until)]


@pytest.mark.parametrize(
    "words",
    [
        "how many summer dresses did we sell?",
        "combien de bougies ont été vendues ?",
        "how many Christmas bags did we sell?",
        "orders over 2000 euros",
        "le nombre de commandes",
        "how many orders did code om-260107-soldes-hiver bring?",
        "the sales by country",
    ],
)
def test_product_names_and_numbers_are_no_days(words: str) -> None:
    assert read_periods(words, TODAY) == []
