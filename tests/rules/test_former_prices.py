"""A former price …"""

from decimal import Decimal

import pytest

from bot.core.facts import Evidence
from bot.rules.proof.former import read
from bot.text.normalize import normalize_text
from tests.support.shirt import fact, only, proved

PRICE = fact("product.a.price", "price", Decimal("35"), "EUR")
LOW = fact("product.a.low", "lowest price, last 30 days", Decimal("45"), "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "Now 35 instead of 50.",
        "35 € au lieu de 50 €.",
        "35, au lieu de 50.",
        "It was €50, now it is €35.",
        "Before: €50. Today: €35.",
        "Avant 50 €, maintenant 35 €.",
        "La chemise passe de 50 € à 35 €.",
        "From €50 down to €35.",
        "€35 rather than €50.",
        "35 € plutôt que 50 €.",
        "50 € → 35 €",
        "~~50 €~~ 35 €",
        "Ancien prix : 50 €.",
    ],
)
def test_is_seen_however_it_is_written_and_held_to_the_lowest_of_30_days(text: str) -> None:
    assert [one.value for one in read(normalize_text(text))] == [Decimal(50)]
    known = only(proved(text, evidence=Evidence(facts=(PRICE, LOW))), "price cut")
    assert [check.level for check in known] == ["warn"]
    assert "€45.00" in known[0].words.to("en")
    (unknown,) = only(proved(text, evidence=Evidence(facts=(PRICE,))), "price cut")
    assert "not known here" in unknown.words.to("en")


def test_is_right_when_it_is_the_lowest() -> None:
    evidence = Evidence(facts=(PRICE, LOW))
    for text in ("35 € au lieu de 45 €.", "Now 35 instead of 45.", "De 45 € à 35 €."):
        assert not only(proved(text, evidence=evidence), "price cut")


@pytest.mark.parametrize(
    "text",
    [
        "Three pockets instead of 2 pockets.",
        "Sizes from 36 to 46.",
        "Avant 18 h, au magasin.",
        "Before 12 December.",
        "De 40 € à 60 €.",
        "Lavage à 30 °C plutôt que 40 °C.",
        "A bag rather than 3 parcels.",
    ],
)
def test_is_not_seen_where_nothing_is_cut(text: str) -> None:
    assert read(normalize_text(text)) == []
