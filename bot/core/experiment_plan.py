"""What a test of two variants is planned for: where it runs, from which rate, for which effect."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.core.audience_rule import AudiencePurpose
from bot.text.normalize import tokenize, word_set

TestPlace = Literal["visit", "product", "basket", "checkout", "subject", "letter"]
PLACE_WORDS: tuple[tuple[TestPlace, frozenset[str]], ...] = (  # the first that fits
    ("subject", word_set("subject subjects objet objets")),
    ("letter", word_set("email emails mail mails newsletter newsletters infolettre infolettres")),
    ("checkout", word_set("checkout payment paying purchase paiement payer caisse tunnel")),
    ("basket", word_set("basket cart delivery panier livraison")),
    ("product", word_set("product photo photos picture pictures fiche fiches produit")),
)
MESSAGE_PLACES = ("subject", "letter")  # tested on people who are written to


@dataclass(frozen=True)
class PlanRequest:
    """`base` is a rate in %, `lift` in % of it, `weekly` people a week; None: from the data.
    `reach` is the consent that its people must have given: None for a test on the site."""

    place: TestPlace = "visit"
    base: Decimal | None = None
    lift: Decimal | None = None
    weekly: int | None = None
    reach: AudiencePurpose | None = None


def find_place(words: str) -> TestPlace | None:
    """Return the place of a test that the words name, by a table of keywords."""
    typed = set(tokenize(words))
    return next((place for place, known in PLACE_WORDS if typed & known), None)
