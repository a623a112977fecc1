"""How the slots of a text are filled."""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.fact_book import FactBook
from bot.core.facts import Fact, Source


def build(id: str, value: str, unit: str = "units", label: str = "units") -> Fact:
    number: Decimal | str = Decimal(value) if value.isdigit() else value
    source = Source("orders.csv")
    return Fact(
        id=id, label=label, value=number, unit=unit, source=source, as_of=date(2026, 11, 28)
    )


BOOK = FactBook(
    [
        build("metric.a.units", "97"),
        build("metric.b.units", "57"),
        build("metric.c.orders", "12", "orders"),
        build("metric.d.share", "40", "%"),
        build("metric.e.share", "60", "%"),
        build("trends.f.status", "confirmed", "", "status"),
    ]
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{f1} and {f2} sold", "97 and 57\u00a0units sold"),
        ("{f1}, {f1} and {f2} sold", "97, 97 and 57\u00a0units sold"),
        ("{f1} of {f2}", "97 of 57\u00a0units"),
        ("towels ({f1}), candles ({f2})", "towels (97\u00a0units), candles (57\u00a0units)"),
        ("{f1} and {f3}", "97\u00a0units and 12\u00a0orders"),
        ("{f4} and {f5}", "40% and 60%"),
        ("{f1:bare} and {f2}", "97 and 57\u00a0units"),
    ],
)
def test_what_two_neighbours_count_is_said_once(text: str, filled: str) -> None:
    assert BOOK.fill(text, "en").text == filled


def test_a_status_is_told_in_the_language_of_the_text() -> None:
    assert BOOK.fill("La hausse est {f6}.", "fr").text == "La hausse est confirmé."
