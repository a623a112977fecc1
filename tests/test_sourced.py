"""The source of a fact …"""

from datetime import date

import pytest

from bot.evidence import Fact


@pytest.mark.parametrize(
    ("source", "french"),
    [
        ("orders.csv", "orders.csv"),
        ("shop.csv, line 12", "shop.csv, ligne 12"),
        ("orders.csv and 1 more", "orders.csv et 1 autre"),
        ("orders.csv and 2 more, 16 days old", "orders.csv et 2 autres, vieux de 16 jours"),
        ("live rows", "les lignes reçues en direct"),
        ("live rows and 3 more", "les lignes reçues en direct et 3 autres"),
    ],
)
def test_is_said_in_its_reader_s_language(source: str, french: str) -> None:
    fact = Fact(id="a.b.c", label="x", value="1", source=source, as_of=date(2026, 11, 24))
    assert fact.sourced("fr") == french
    assert fact.sourced("en") == source
