"""A figure in words …"""

from decimal import Decimal

import pytest

from bot.core.facts import Evidence
from bot.i18n.messages import Language
from tests.support.shirt import BRAND, fact, proved, request

PLAIN = {"en": "write an e-mail about the shirt", "fr": "un mail sur la chemise"}
INVENTED: list[tuple[Language, str]] = [
    ("en", "Half of our customers buy it again."),
    ("en", "A third off the linen."),
    ("en", "Save a quarter today."),
    ("en", "½ off."),
    ("en", "Nine out of ten customers recommend it."),
    ("en", "One in two buyers buys it again."),
    ("en", "A dozen colours."),
    ("en", "A hundred colours."),
    ("en", "Over a million customers."),
    ("en", "Only two left."),
    ("en", "Seven colours, and four pockets."),
    ("en", "It lasts ten years."),
    ("en", "Three times softer."),
    ("en", "Three for the price of two."),
    ("en", "Buy two, get one free."),
    ("en", "Until the fifth of December."),
    ("en", "It ends on the 5th."),
    ("en", "Save 45."),
    ("en", "Use SUMMER at checkout."),
    ("en", "30pc off."),
    ("fr", "La moitié de nos clientes la rachètent."),
    ("fr", "Un tiers du prix."),
    ("fr", "Une cliente sur deux la rachète."),
    ("fr", "Neuf clientes sur dix la recommandent."),
    ("fr", "Une douzaine de coloris."),
    ("fr", "Une centaine de clientes."),
    ("fr", "Plus que trois en stock."),
    ("fr", "En sept coloris, avec quatre poches."),
    ("fr", "Elle dure dix ans."),
    ("fr", "Payez en trois fois."),
    ("fr", "Trois pour le prix de deux."),
    ("fr", "Le cinq décembre."),
    ("fr", "Économisez 45."),
    ("fr", "Avec le code ÉTÉ."),
    # boasts without a figure
    ("en", "Softer than Zara's."),
    ("en", "Unlike Uniqlo, we sew it."),
    ("en", "Our softest shirt."),
    ("en", "No other shirt feels like it."),
    ("en", "Sewn in Roubaix."),
    ("en", "Never tested on animals."),
    ("en", "Worn by Emma."),
    ("en", "While stocks last."),
    ("fr", "Mieux que Zara."),
    ("fr", "La seule chemise sans pesticides."),
    ("fr", "Portée par Léa."),
    ("fr", "Façonnée en Italie."),
    ("fr", "Bientôt en rupture."),
    ("fr", "Zéro plastique."),
]
HARMLESS: list[tuple[Language, str]] = [
    ("en", "Half past six, and the shirt still looks fresh."),
    ("en", "A thousand and one ways to wear it."),
    ("en", "For two at the table, or for six friends."),
    ("en", "Between two sizes, take the larger."),
    ("en", "The last three weeks of summer call for linen."),
    ("en", "Half the fun is choosing the colour."),
    ("en", "Softer than a Sunday morning."),
    ("en", "€49.90, six colours."),
    ("en", "The first may look new, the second march on."),
    ("fr", "À porter deux ou trois fois par semaine."),
    ("fr", "Mille et une façons de la porter."),
    ("fr", "La moitié du plaisir, c'est de choisir."),
    ("fr", "Entre deux tailles, prenez la plus grande."),
    ("fr", "Un quart d'heure suffit pour choisir."),
    ("fr", "Une chemise à offrir avant Noël."),
]


@pytest.mark.parametrize(("language", "text"), INVENTED)
def test_is_held_to_a_source(language: Language, text: str) -> None:
    asked = request(PLAIN[language], language=language)
    checks = proved(text, language=language, asked=asked)
    assert [check for check in checks if check.level == "block" and check.quote], text


@pytest.mark.parametrize(("language", "text"), HARMLESS)
def test_is_let_alone_where_it_counts_nothing(language: Language, text: str) -> None:
    asked = request(PLAIN[language], language=language)
    checks = proved(text, language=language, asked=asked)
    assert not [check for check in checks if check.level == "block" and check.quote], text


@pytest.mark.parametrize(
    ("language", "text", "value", "unit"),
    [
        ("en", "A third of our customers buy it again.", Decimal("33.3"), "%"),
        ("en", "Nine out of ten customers recommend it.", 90, "%"),
        ("fr", "La moitié de nos clientes la rachètent.", 50, "%"),
        ("fr", "Une douzaine de coloris.", 12, "colours"),
        ("fr", "Quatre poches.", 4, "pockets"),
        ("en", "Save 12.10.", Decimal("12.10"), "EUR"),
        ("en", "Thousands of customers.", 2500, "customers"),
    ],
)
def test_is_proven_by_the_same_in_digits(
    language: Language, text: str, value: Decimal | int, unit: str
) -> None:
    known = Evidence(facts=(fact("shop.known", "share", value, unit),))
    asked = request(PLAIN[language], language=language)
    checks = proved(text, language=language, asked=asked, evidence=known, brand=BRAND)
    assert not [check for check in checks if check.level == "block" and check.quote], text


def test_needs_two_thousand_to_be_thousands() -> None:
    known = Evidence(facts=(fact("shop.known", "customers", 1299, "customers"),))
    asked = request(PLAIN["en"], language="en")
    checks = proved("Thousands of customers.", language="en", asked=asked, evidence=known)
    assert [check for check in checks if check.level == "block" and check.quote]
