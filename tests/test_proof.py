"""A proof …"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from time import perf_counter

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from bot.brand import Brand, Mention
from bot.brief import Assumption, Brief
from bot.channels import channels
from bot.checks import Check, final
from bot.evidence import Evidence, Fact
from bot.figures import read
from bot.parts import Copy, Hook, Part, Quote, Table
from bot.proof import prove, sources, stated_in
from bot.request import Request
from bot.words import Language, Words

TODAY = date(2026, 11, 24)


def fact(tail: str, label: str, value: str | Decimal | int, unit: str | None = None) -> Fact:
    number = Decimal(value) if isinstance(value, int) else value
    return Fact(id=tail, label=label, value=number, unit=unit, source="shop.csv", as_of=TODAY)


SHIRT = "product.linen-shirt"
FACTS = (
    fact(f"{SHIRT}.title", "title", "Chemise Ostuni 54"),
    fact(f"{SHIRT}.price", "price", Decimal("49.90"), "EUR"),
    fact(f"{SHIRT}.lowest", "lowest price, last 30 days", Decimal("62.00"), "EUR"),
    fact(f"{SHIRT}.material", "material", "100% linen, GOTS certified"),
    fact(f"{SHIRT}.origin", "made in", "Portugal"),
    fact(f"{SHIRT}.care", "care", "machine wash at 30°, do not tumble dry"),
    fact(f"{SHIRT}.weight", "weight", 180, "g/m²"),
    fact(f"{SHIRT}.sizes", "sizes", "36, 38, 40, 42, 44"),
    fact(f"{SHIRT}.colours", "colours", 6),
    fact(f"{SHIRT}.stock", "stock", 45, "pieces"),
    fact(f"{SHIRT}.rating", "average rating", Decimal("4.68"), "/5"),
    fact(f"{SHIRT}.reviews", "reviews", 213),
    fact(f"{SHIRT}.guarantee", "guarantee", 24, "months"),
    fact(f"{SHIRT}.launch", "available from", "2026-11-27"),
    fact(f"{SHIRT}.bought", "orders in a year", 1299),
    fact("shop.delivery", "delivery", "free delivery from 60 EUR, within 48 h"),
    fact("feedback.quote.1", "quote", "Je vis dedans depuis juin, même au bureau, 100 fois mieux !"),
    fact("past_copy.1", "text", "-70 % sur le cachemire, made in Italy"),
)
EVIDENCE = Evidence(facts=FACTS)
BRAND = Brand(name="Studio Lin", sender="STUDIOLIN", site="https://studiolin.example", avoid=("cheap",))
WORDS = "mail : la chemise est de retour vendredi, -20 % jusqu'au 12/12 avec le code RETOUR20, en bambou"


def request(words: str = WORDS, language: Language = "fr", **more: object) -> Request:
    told = {"words": words, "author": "U1", "language": language, **more}
    return Request(skill="draft", brief=Brief.model_validate(told), channel="email")


def part(text: str, *facts: str, key: str = "body") -> Part:
    return Part(kind="copy", key=key, title=key, body=Copy(text=text, facts=facts))


def proved(
    *parts: Part | str,
    language: Language = "fr",
    evidence: Evidence = EVIDENCE,
    brand: Brand = BRAND,
    asked: Request | None = None,
    channel: str | None = "email",
    hooks: Iterable[Hook] = (),
) -> tuple[Check, ...]:
    made = tuple(part(p) if isinstance(p, str) else p for p in parts)
    return prove(
        made,
        tuple(hooks),
        evidence,
        request=asked or request(language=language),
        brand=brand,
        channel=channels()[channel] if channel else None,
        today=TODAY,
    )


def found(checks: Iterable[Check]) -> set[tuple[str, str, str]]:
    """(level, rule, quote) of all that does not pass; missing parts left aside."""
    return {
        (check.level, check.rule, check.quote or "")
        for check in checks
        if check.level != "pass" and check.rule != "length"
    }


SOUND: list[tuple[Language, str]] = [
    ("fr", "La Chemise Ostuni 54 tient en 180 g/m² : du lin, rien que du lin, tissé au Portugal."),
    ("fr", "49,90 €, six coloris, du 36 au 44 : choisissez votre taille."),
    ("fr", "Notée 4,7/5 par 213 personnes, elle passe en machine à 30°."),
    ("fr", "Livraison offerte dès 60 €, chez vous en 48 h."),
    ("fr", "Garantie 2 ans. Disponible dès vendredi, le 27 novembre."),
    ("fr", "Trois façons de la porter : nouée, ouverte, rentrée. Et 2 idées de plus en boutique."),
    ("fr", "Une cliente raconte : « Je vis dedans depuis juin, même au bureau »."),
    ("fr", "Certifiée GOTS, 100 % lin. Plus que 45 pièces."),
    ("fr", "Notre atelier vous répond de 2026 à 2027 sur https://www.studiolin.example/lin."),
    ("fr", "1 299 commandes en un an, et toujours 24 mois de garantie."),
    ("en", "The Ostuni shirt weighs 180 gsm: linen and nothing else, woven in Portugal."),
    ("en", "€49.90, six colours, sizes 36 to 44."),
    ("en", "Rated 4.7 out of 5 by 213 customers. Machine washable at 30°."),
    ("en", "Free delivery from €60, at your door within two days."),
    ("en", "Guaranteed for 24 months. In stores from Friday, 27 November."),
    ("en", "Here are 3 ways to wear it, whatever the weather."),
    ("en", "1,299 orders in a year say enough."),
    ("en", "Do not tumble dry. Iron it damp, or don't iron at all."),
    ("en", "Wear it with a navy pair of trousers, sleeves rolled up, collar open."),
    ("en", "In a hurry? The collar stays put from breakfast to dinner, at home or at work."),
]
FAULTY: list[tuple[Language, str, set[tuple[str, str, str]]]] = [
    # figures
    ("fr", "Elle coûte 39,90 €.", {("block", "figure", "39,90 €")}),
    ("fr", "49,90 % de confort.", {("block", "figure", "49,90 %")}),
    ("fr", "49,90 $ seulement.", {("block", "figure", "49,90 $")}),
    ("fr", "Elle pèse 180 g.", {("block", "figure", "180 g")}),
    ("fr", "Notre toile de 190 g/m².", {("block", "figure", "190 g/m²")}),
    ("fr", "45 coloris au choix.", {("block", "figure", "45")}),
    ("fr", "Déjà 213 commandes.", {("block", "figure", "213")}),
    ("fr", "Elle est notée 4,9/5.", {("block", "figure", "4,9/5")}),
    ("fr", "Disponible le 28 novembre.", {("block", "figure", "28 novembre")}),
    ("fr", "Disponible dès samedi.", {("block", "figure", "dès samedi")}),
    ("fr", "Garantie 5 ans.", {("block", "figure", "5 ans")}),
    ("fr", "En taille 36, 38 ou 46.", {("block", "figure", "46")}),
    ("fr", "Économisez 12,10 €.", {("block", "figure", "12,10 €")}),
    ("fr", "Vingt coloris vous attendent.", {("block", "figure", "Vingt")}),
    ("fr", "Le code LIN30 vous attend.", {("block", "figure", "LIN30")}),
    ("fr", "Depuis 1987, nous aimons les chemises.", {("block", "figure", "1987")}),
    ("en", "In stores on Sunday.", {("block", "figure", "on Sunday")}),
    ("en", "A thirty-day trial, wear it first.", {("block", "figure", "thirty-day")}),
    ("en", "Loved twice: 2x softer.", {("block", "figure", "2x")}),
    ("en", "Ships before 6pm.", {("block", "figure", "6pm")}),
    ("en", "For 1.2k happy people.", {("block", "figure", "1.2k")}),
    ("fr", "À -70 % aujourd'hui.", {("block", "figure", "70 %")}),
    # stated in the brief
    ("fr", "-20 % sur la chemise.", {("stated", "figure", "20 %")}),
    ("fr", "Avec le code RETOUR20.", {("stated", "figure", "RETOUR20")}),
    ("fr", "Jusqu'au 12 décembre.", {("stated", "figure", "12 décembre")}),
    ("fr", "La chemise est de retour.", {("stated", "back", "de retour")}),
    ("fr", "Elle est en bambou.", {("stated", "claim", "bambou")}),
    # offers in words
    ("fr", "À moitié prix.", {("block", "figure", "moitié prix")}),
    ("fr", "Deux pour un !", {("block", "figure", "Deux pour un")}),
    ("en", "Buy one, get one free.", {("block", "figure", "Buy one, get one free")}),
    # claims
    ("fr", "En soie.", {("block", "claim", "soie")}),
    ("fr", "Un lin italien.", {("block", "claim", "italien")}),
    ("fr", "Fabriquée en France.", {("block", "claim", "France")}),
    ("fr", "Notre meilleure vente.", {("block", "claim", "Notre meilleure")}),
    ("fr", "La n°1 de nos chemises.", {("block", "claim", "n°1")}),
    ("fr", "La plus douce des chemises.", {("block", "claim", "La plus douce")}),
    ("fr", "Elle est hypoallergénique.", {("block", "claim", "hypoallergénique")}),
    ("fr", "Retours gratuits.", {("block", "claim", "Retours gratuits")}),
    ("fr", "Satisfaite ou remboursée.", {("block", "claim", "Satisfaite ou remboursée")}),
    ("fr", "Dernière chance.", {("block", "claim", "Dernière chance")}),
    ("fr", "Cousue main, imperméable.", {("block", "claim", "Cousue main"), ("block", "claim", "imperméable")}),
    ("fr", "Elle passe au sèche-linge.", {("block", "claim", "sèche-linge")}),
    ("fr", "Certifiée OEKO-TEX.", {("block", "claim", "OEKO-TEX")}),
    ("fr", "Adorée par nos clientes.", {("block", "claim", "Adorée par")}),
    ("en", "The softest shirt you will own.", {("block", "claim", "The softest")}),
    ("en", "Made in Italy.", {("block", "claim", "Italy")}),
    ("en", "Pure cotton.", {("block", "claim", "cotton")}),
    ("en", "Today only.", {("block", "claim", "Today only")}),
    ("en", "Award-winning.", {("block", "claim", "Award-winning")}),
    ("en", "Exclusive to us.", {("block", "claim", "Exclusive")}),
    ("en", "It won't shrink.", {("block", "claim", "won't shrink")}),
    # law
    ("en", "An eco-friendly shirt.", {("block", "green claim", "eco-friendly")}),
    ("fr", "Neutre en carbone.", {("block", "green claim", "Neutre en carbone")}),
    ("fr", "Les soldes commencent.", {("warn", "soldes", "soldes")}),
    # quotations
    ("fr", "« Je vis dedans depuis mai, même au bureau »", {("block", "quote", "Je vis dedans depuis mai, même au bureau")}),
    # form and language
    ("fr", "Bonjour [PRÉNOM].", {("block", "gap", "[PRÉNOM]")}),
    ("fr", "Bonjour {{ prenom }} [EMAIL_1].", {("block", "gap", "{{ prenom }}"), ("block", "gap", "[EMAIL_1]")}),
    ("fr", "Elle coûte XX euros.", {("block", "gap", "XX")}),
    ("fr", "Sur https://evil.example/lin.", {("block", "link", "https://evil.example/lin")}),
    ("fr", "Elle est là!", {("warn", "spacing", "là!")}),
    ("fr", "Pour toi. Elle est là pour vous.", {("warn", "address", "toi")}),
    ("fr", "Pour toi.", {("warn", "address", "toi")}),
    ("fr", "This is the shirt you have been waiting for all year.", {("warn", "language", "")}),
    ("en", "A cheaper shirt.", {("block", "banned word", "cheaper")}),
    ("en", "Unlock your summer.", {("warn", "cliché", "Unlock")}),
    ("fr", "Cette sublime chemise.", {("warn", "cliché", "sublime")}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), SOUND)
def test_lets_a_sound_sentence_pass(language: Language, text: str) -> None:
    assert found(proved(text, language=language)) == set()


@pytest.mark.parametrize(("language", "text", "expected"), FAULTY)
def test_finds_what_is_wrong(
    language: Language, text: str, expected: set[tuple[str, str, str]]
) -> None:
    wanted = {(level, "claim" if rule == "back" else rule, q) for level, rule, q in expected}
    seen = {one for one in found(proved(text, language=language)) if one[1] != "price cut"}
    assert seen == wanted
