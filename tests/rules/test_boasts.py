"""A boast said another way …"""

import pytest

from tests.support.shirt import only, proved


@pytest.mark.parametrize(
    "text",
    [
        "Nobody makes a softer one.",
        "No shirt is softer.",
        "No other shop has better linen.",
        "Nothing feels lighter.",
        "You won't find a softer shirt.",
        "Softer than anything you own.",
        "Nobody else comes close.",
        "Linen as light as it gets.",
        "Personne n'en fait de plus douce.",
        "Il n'y a pas plus doux.",
        "Rien de plus doux.",
        "Vous ne trouverez nulle part mieux.",
        "Plus souple que toutes les autres.",
    ],
)
def test_needs_its_proof(text: str) -> None:
    (check,) = only(proved(text), "claim")
    assert check.level == "block"


@pytest.mark.parametrize(
    "text",
    [
        "There is nothing to order.",
        "No longer on the shelf.",
        "Nobody has to buy.",
        "No paper, no plastic.",
        "The belt is sewn on at the back, so it is never lost.",
        "Il n'y a rien à nouer.",
        "On ne trouve plus la taille M.",
        "Personne n'est obligé d'acheter.",
        "Rien à repasser avant le dîner.",
        "Il n'y a pas moins de deux poches.",
        "Porcelain is usually light and thin.",
    ],
)
def test_is_not_seen_where_there_is_none(text: str) -> None:
    assert not [c for c in only(proved(text), "claim") if c.level == "block"]
