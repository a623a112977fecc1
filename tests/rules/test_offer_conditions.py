"""A condition of an offer …"""

from decimal import Decimal

import pytest

from bot.core.facts import Evidence
from bot.rules.conditions import carries, conditions
from tests.support.shirt import fact, proved


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("20% off except the new collection until Sunday", "except the new collection"),
        ("-20 % hors nouvelle collection", "hors nouvelle collection"),
        ("-20 % sur tout, sauf les bougies, jusqu'à dimanche", "sauf les bougies"),
        ("10 € offerts, en boutique uniquement", "en boutique uniquement"),
        ("2 for 1 while stocks last", "while stocks last"),
        ("-10 %, un par client", "un par client"),
    ],
)
def test_is_found_in_the_words(typed: str, found: str) -> None:
    assert conditions(typed) == (found,)


@pytest.mark.parametrize(
    "typed", ["e-mail: the linen shirt, 20% off", "hors taxes", "la chemise pour dehors", "only €5"]
)
def test_is_not_found_where_there_is_none(typed: str) -> None:
    assert conditions(typed) == ()


def test_is_carried_in_other_words_of_its_sort_only() -> None:
    assert carries("Sauf sur la nouvelle collection.", "hors nouvelle collection")
    assert not carries("La nouvelle collection est là.", "hors nouvelle collection")
    assert carries("While stocks last.", "while stocks last")


def figures(text: str, evidence: Evidence) -> list[str]:
    """The levels of what is found about the figures of a text."""
    return [check.level for check in proved(text, evidence=evidence) if check.rule == "figure"]


@pytest.mark.parametrize(
    "text", ["Free delivery from €50.", "Livraison offerte dès 50 €.", "10 € off orders over 50 €."]
)
def test_with_a_sum_to_spend_is_not_proven_by_a_price(text: str) -> None:
    price = fact("product.a.price", "price", Decimal(50), "EUR")
    levels = figures(text, Evidence(facts=(price,)))
    assert "block" in levels
    assert "pass" not in levels
    policy = fact("shop.delivery", "delivery", "free delivery from 50 EUR")
    evidence = Evidence(facts=(price, policy))
    assert "pass" in figures(text, evidence)


def test_of_a_price_range_is_proven_by_the_price() -> None:
    price = fact("product.a.price", "price", Decimal(50), "EUR")
    assert figures("The shirt, from €50.", Evidence(facts=(price,))) == ["pass"]
