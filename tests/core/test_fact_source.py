"""The source of a fact, as readers see it."""

from datetime import date

import pytest

from bot.core.facts import Fact


@pytest.mark.parametrize(
    ("source", "french"),
    [
        ("orders.csv", "orders.csv"),
        ("shop.csv, line 12", "shop.csv, ligne 12"),
        ("orders.csv and 1 more", "orders.csv et 1 autre"),
        ("orders.csv and 2 more, 16 days old", "orders.csv et 2 autres, vieux de 16 jours"),
        ("live rows", "les lignes reçues en direct"),
        ("ads.csv and 1 more", "ads.csv et 1 autre"),
        ("this conversation, Max, message 2", "cette conversation, Max, message 2"),
        ("feedback.csv and 2 more, A12, 5/5", "feedback.csv et 2 autres, A12, 5/5"),
        ("send-back", "renvoi"),
        ("live rows and 3 more", "les lignes reçues en direct et 3 autres"),
    ],
)
def test_source_is_in_the_readers_language(source: str, french: str) -> None:
    fact = Fact(id="a.b.c", label="x", value="1", source=source, as_of=date(2026, 11, 24))
    assert fact.sourced("fr") == french
    assert fact.sourced("en") == source
