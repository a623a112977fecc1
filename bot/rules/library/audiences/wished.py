"""The audience that somebody names in passing: "lapsed customers in Belgium", "buyers of linen"."""

import re

import ibis.expr.types as ir

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.data.analyses.products import PurchasedProducts, Subject
from bot.data.warehouse.warehouse import Warehouse
from bot.rules.about import IDLE
from bot.rules.library.audiences.places import countries_in
from bot.rules.library.audiences.subject import ASIDE, subject_of
from bot.rules.wanted import GROUPS
from bot.text.normalize import normalize_text, tokenize, word_set

BOUGHT = re.compile(
    r"\b(?:buyers? of|who (?:have )?(?:bought|ordered|purchased)|(?:acheteu(?:r|se)s?|cliente?s?)"
    r" (?:de la |de l'|du |des |de |d')|(?:qui (?:ont|avaient) |ayant )(?:achete|commande))"
    r"\s*(.+)"
)
BUYERS = re.compile(r"((?:[\w'-]+ ){1,3})(?:buyers|shoppers)\b")
WITHIN = re.compile(  # "in the last 6 months", « au cours des 90 derniers jours »
    r"\b(?:in|within|over) the (?:last|past) (?:(\d+) )?(day|week|month|year)s?\b"
    r"|\b(?:depuis|dans les|au cours des) (\d+) (?:derni(?:ers|eres) )?(jour|semaine|mois|an)s?\b"
)
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365, "jour": 1, "semaine": 7, "mois": 30,
        "an": 365}  # fmt: skip
EMPTY = word_set(
    "in from of who have has had live lives living our the all and to en au aux de du des la le les"
    " qui ont sont vivent habitent vivant nos vos et"
)


def rule_of(
    whom: str, purpose: AudiencePurpose, goods: PurchasedProducts, lines: ir.Table, shelf: Warehouse
) -> AudienceRule | None:
    """The rule that the words mean; None unless it accounts for each of them: whom a word that was
    not understood lets in is somebody else. `lines` as bought.lines gives them."""
    low = normalize_text(whom)
    countries, left = countries_in(low, lines, shelf)
    within, left = _within(left)
    bought, left = _bought(BOUGHT, left, goods)
    segments, left = _groups(left)
    if not bought:
        bought, left = _bought(BUYERS, left, goods)
    rest = set(tokenize(left)) - IDLE - ASIDE - EMPTY
    if rest or not (countries or bought or segments) or (within and not bought):
        return None
    its = {"purpose": purpose, "segments": segments, "countries": countries, **bought}
    return AudienceRule.model_validate({**its, "bought_within": within})


def _within(low: str) -> tuple[int | None, str]:
    """In how many days they bought it; None where that is not said, or longer than a rule holds."""
    found = WITHIN.search(low)
    if found is None:
        return None, low
    days = int(found[1] or found[3] or 1) * DAYS[found[2] or found[4]]
    left = f"{low[: found.start()]} {low[found.end() :]}"
    return (days, left) if 0 < days <= 3650 else (None, low)


def _bought(
    shape: re.Pattern[str], low: str, goods: PurchasedProducts
) -> tuple[dict[str, tuple[str, ...]], str]:
    """What they bought, as fields of a rule, and the words without it."""
    found = shape.search(low)
    subject = subject_of(found[1], None, goods) if found else Subject()
    if found is None or not subject.name:
        return {}, low
    left = f"{low[: found.start()]} {low[found.end() :]}"
    if subject.category:
        return {"bought_categories": (subject.category,)}, left
    if subject.products:
        return {"bought_named": (subject.name,)}, left
    return {"bought": subject.keys}, left


def _groups(low: str) -> tuple[tuple[str, ...], str]:
    for groups, shape in GROUPS:
        if found := re.search(shape, low):
            return groups, f"{low[: found.start()]} {low[found.end() :]}"
    return (), low
