"""A figure or a claim in other clothes …"""

import pytest

from bot.core.facts import Evidence
from bot.i18n.messages import Language
from bot.rules.proof import claims, figures
from tests.support.shirt import EVIDENCE, FACTS, fact, found, proved, request

ASKED = {"en": "write an email about the shirt", "fr": "un mail sur la chemise"}


def blocks(text: str, language: Language, evidence: Evidence = EVIDENCE) -> set[str]:
    """What blocks a draft that says so, where the facts are those of a linen shirt."""
    asked = request(ASKED[language], language=language)
    checks = found(proved(text, language=language, asked=asked, evidence=evidence))
    return {what for level, _, what in checks if level == "block"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A tenner off.", "en"),
        ("Ten off with code.", "en"),
        ("30,- off.", "en"),
        ("It costs forty quid.", "en"),
        ("€.99 only.", "en"),
        ("XXXIX euros.", "en"),
        ("Sizes XS to 5XL.", "en"),
        ("In all sizes.", "en"),
        ("Made the same way since the eighties.", "en"),
        ("Four and a half stars.", "en"),
        ("Open until nine.", "en"),
        ("Two hours of work in each shirt.", "en"),
        ("Ten buttons of horn.", "en"),
        ("Sold out three times.", "en"),
        ("A third of the water.", "en"),
        ("Use LINEN at checkout.", "en"),
        ("The code is LIN.", "en"),
        ("Double points this week.", "en"),
        ("VAT included.", "en"),
        ("The first linen shirt with a pocket.", "en"),
        ("Better quality than the high street.", "en"),
        ("Vogue loves it.", "en"),
        ("Fabric from Como.", "en"),
        ("A Parisian workshop.", "en"),
        ("B\u2011Corp.", "en"),
        ("Last one.", "en"),
        ("Un billet de dix pour vous.", "fr"),
        ("Quarante balles.", "fr"),
        ("Depuis les années quatre-vingt.", "fr"),
        ("Du XS au 5XL.", "fr"),
        ("Toutes les tailles.", "fr"),
        ("Garantie deux ans et demi.", "fr"),
        ("Ouvert jusqu’à neuf heures.", "fr"),
        ("Dix boutons de corne.", "fr"),
        ("Un tiers de l’eau.", "fr"),
        ("TVA incluse.", "fr"),
        ("Points doublés ? Non : points doubles.", "fr"),
        ("Dans le trio de tête.", "fr"),
        ("Plus qu’une.", "fr"),
        ("Code LIN.", "fr"),
    ],
)
def test_needs_its_source(text: str, language: Language) -> None:
    assert blocks(text, language), text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("From the first coffee to the last train.", "en"),
        ("The first coffee with friends.", "en"),
        ("A weight off your shoulders.", "en"),
        ("Size M or size L, as you like it.", "en"),
        ("Two and a half hours at the sea.", "en"),
        ("The nineties called; the shirt did not answer.", "en"),
        ("The last one awake turns off the light.", "en"),
        ("Open at the collar, two ways to wear it.", "en"),
        ("Deux boutons ouverts, manches retroussées.", "fr"),
        ("Un billet de train, une chemise.", "fr"),
        ("Les années passent, la chemise reste.", "fr"),
        ("Encore une chemise, et pourquoi pas.", "fr"),
    ],
)
def test_is_not_seen_where_nothing_is_claimed(text: str, language: Language) -> None:
    assert blocks(text, language) == set()


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Made the same way since the eighties.", "founded", "1984-03-01"),
        ("Sizes XS to 5XL.", "sizes", "XS, S, M, L, XL, 2XL, 3XL, 4XL, 5XL"),
        ("The code is LIN.", "code", "LIN"),
        ("Two and a half years of guarantee.", "guarantee term", "30 months"),
    ],
)
def test_is_proven_by_the_fact_that_says_it(text: str, label: str, value: str) -> None:
    known = fact("product.linen-shirt.more", label, value)
    assert blocks(text, "en", Evidence(facts=(*FACTS, known))) == set()


def test_is_stated_by_whoever_gave_it() -> None:
    asked = request("an email about the shirt: use the code lin, sizes XS to 5XL", language="en")
    checks = proved("The code is LIN. Sizes XS to 5XL.", language="en", asked=asked)
    assert {level for level, rule, _ in found(checks) if rule == "figure"} == {"stated"}


@pytest.mark.parametrize(
    ("text", "value"), [("XXXIX euros", 39), ("MCM euros", 1900), ("DIX euros", 10)]
)
def test_in_roman_numerals_is_a_number(text: str, value: int) -> None:
    assert figures.read(text)[0].first.value == value


@pytest.mark.parametrize("text", ["XXL", "size XL", "MIX", "CD", "Louis XIV"])
def test_of_capitals_alone_is_none(text: str) -> None:
    assert figures.read(text) == ()


def test_is_a_claim_whatever_sign_joins_it() -> None:
    assert {claim.name for claim in claims.read("B-Corp")} == {"b-corp"}
