"""How the slots of a text are filled."""

from datetime import date
from decimal import Decimal

import pytest

from bot.core.fact_book import FactBook
from bot.core.facts import Fact, Source


def build(id: str, value: str, unit: str = "units", label: str = "units") -> Fact:
    is_number = value.lstrip("-").replace(".", "").isdigit()
    number: Decimal | str = Decimal(value) if is_number else value
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


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("UK orders rose {f1:bare}%.", "UK orders rose +28%."),
        ("A {f3:bare}-point fall.", "A −3.5-point fall."),
        ("{f2:bare} € de ventes.", "6,205 € de ventes."),
        ("It went from {f1:bare} to {f4}.", "It went from +28 to 42%."),
        ("It is between {f1:bare} and {f4:bare}.", "It is between +28 and 42%."),
        ("Up {f1:bare} in October.", "Up +28% in October."),
        ("In October: {f1:bare} orders.", "In October: +28% orders."),
        ("{f3:bare} % less.", "−3.5 points % less."),
        ("They spent {f2:bare} orders.", "They spent €6,205 orders."),
        ("Up {f1:bare} orders, to {f4}.", "Up +28% orders, to 42%."),
    ],
)
def test_a_slot_leaves_a_measured_unit_out_only_where_it_is_said_beside(
    text: str, filled: str
) -> None:
    book = FactBook(
        [
            build("m.gb.orders-change", "28", "%"),
            build("m.gb.revenue", "6205", "EUR"),
            build("m.gb.points-change", "-3.5", "points"),
            build("m.gb.high", "42", "%"),
        ]
    )
    assert book.fill(text, "en").text.replace("\u00a0", " ") == filled
