"""Two sets of days that a question holds against each other: "October and November", "this month
against last", « mieux que l'an dernier », "which category grew?"."""

import re
from datetime import date, timedelta

from bot.rules.period import MONTH, Period, every, read
from bot.text.normalize import normalize_text

HOLDS = re.compile(
    r"\byear on year\b|\byear over year\b|\byoy\b|\bsur un an\b"
    r"|\bcompar\w+|\bvs\b|\bversus\b|\bthan\b|\bagainst\b|\brelative to\b|\bup or down\b"
    r"|\b(?:up|down|rise|rose|risen|fallen|fell) (?:on|from|since)\b"
    r"|\bpar rapport\b|\bcontre\b|\bface à\b|\b(?:mieux|plus|moins|meilleure?s?|pires?|mieux) que\b"
    r"|\b(?:mieux|plus|moins)(?: [\w-]+){0,3} qu(?:e\b|')|\bdifférence entre\b"
    r"|\bdifference between\b",
    re.IGNORECASE,
)
GROWS = re.compile(
    r"\b(?:grew|grows?|growing|grown|growth|gained|declin\w+|shrank|shrinking|fell|falling|dropped"
    r"|progress\w*|croissance|recul\w*|baiss\w+|augment\w+|grimp\w+|chut\w+)\b",
    re.IGNORECASE,
)
RANKS = re.compile(
    r"\b(?:which|what|quels?|quelles?|best|fastest)\b.*\b(?:categor\w+|catégories?|products?"
    r"|produits?|articles?|countr\w+|pays|regions?|régions?|channels?|canal|canaux|sources?)\b",
    re.IGNORECASE,
)
YEAR_BEFORE = re.compile(
    r"\blast year\b|\ba year (?:ago|before|earlier)\b|\b(?:the )?year before\b|\byear on year\b"
    r"|\byear over year\b|\bsur un an\b|\byoy\b"
    r"|\bl'an(?:née)? (?:dernier|dernière|passée?|d'avant)\b|\bn-1\b"
    r"|\bun an (?:avant|plus tôt)\b",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"\b(?:the )?(?:month|week|period|quarter) before\b|\bprevious (?:month|week|period)\b"
    r"|\b(?:mois|semaine|période) (?:précédente?|d'avant)\b",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"\b(?:{MONTH})\b(?: (?:19|20)\d\d)?|\b(?:19|20)\d\d\b"
    r"|\b(?:this|last) (?:week|month|year)\b|\b(?:last|past) \d{1,3} (?:day|week|month)s?\b"
    r"|\bcette (?:semaine|année)(?: (?:dernière|passée))?\b|\bce mois(?:-ci)?\b"
    r"|\b(?:la )?semaine (?:dernière|passée)\b|\b(?:le )?mois (?:dernier|passé)\b"
    r"|\bl'an(?:née)? (?:dernier|dernière|passée?)\b|\btoday\b|\byesterday\b|\bhier\b",
    re.IGNORECASE,
)
SINCE = re.compile(r"\b(?:since|depuis)\b", re.IGNORECASE)
YEAR_ALONE = r"\b(?:19|20)\d\d\b"
YEAR_AFTER = re.compile(
    rf"\b(?:vs|versus|against|than|contre|par rapport a|compared (?:to|with)|and|et|avec)"
    rf" (?:in |en )?({YEAR_ALONE})"
)
WENT = re.compile(
    r"\b(?:go|gone|went|going|goes) (?:up|down)\b|\b(?:increas|decreas)\w+|\ben (?:hausse|baisse)\b"
    r"|\b(?:augment|baiss|diminu|progress|recul|grimp|chut)\w*\b|\b(?:grew|grown|fell|fallen)\b"
    r"|\b(?:dropped|rose|risen|grow|growing|falling|dropping)\b"
    r"|\b(?:did|do|does|have|has)\b.*\b(?:falls?|drop|rise|decline|climb|dip|plunge|jump|slump)\b"
)
GROWTH_DAYS = 90  # looked at when nothing says over which days something grew
YEAR = 364  # whole weeks, so that weekdays match


def held(words: str, today: date) -> tuple[Period, Period] | None:
    """The later days and the earlier ones; None when nothing is held against anything."""
    said = " ".join(words.lower().replace("’", "'").split())
    grows = bool(GROWS.search(said) and RANKS.search(said))
    went = WENT.search(normalize_text(said))
    if not (HOLDS.search(said) or grows or went):
        return None
    year_before = YEAR_BEFORE.search(said)
    named = _named(YEAR_BEFORE.sub(" ", said) if year_before else said, today)
    if len(named) > 1:
        first, second = sorted(named[:2], key=lambda one: (one.until, one.since))
        return second, first
    if year_before:
        now = named[0] if named else _this("year", today)
        return now, _a_year_before(now)
    if len(named) == 1 and BEFORE.search(said):
        return named[0], _just_before(named[0])
    if len(named) == 1 and HOLDS.search(said):
        return _following(named[0], said, today)
    if went and not grows and named and not SINCE.search(said):
        return named[0], _just_before(named[0])
    if grows:
        now = named[0] if named else Period(today - timedelta(days=GROWTH_DAYS), today)
        return now, _a_year_before(now)
    return None


def _named(said: str, today: date) -> list[Period]:
    """In the order they stand; "Black Friday 2025 vs 2024" is of both years' Black Friday."""
    found = every(re.sub(r"\b(?:between|entre)\b", " ", said), today)
    other = YEAR_AFTER.search(normalize_text(said))
    if len(found) == 2 and other and not _is_year(found[0]) and _is_year(found[1]):
        again = read(f"{re.sub(YEAR_ALONE, ' ', said[: other.start()])} {other[1]}", today)
        return [found[0], again] if again else found
    return found


def _is_year(one: Period) -> bool:
    return (one.since.month, one.since.day) == (1, 1) and (one.until - one.since).days > 31


def _this(unit: str, today: date) -> Period:
    period = read(f"this {unit}", today)
    assert period is not None
    return period


def _a_year_before(one: Period) -> Period:
    """The same days of the year before; whole months as months."""
    if one.since.day == 1:
        since = one.since.replace(year=one.since.year - 1)
        whole = (one.until + timedelta(days=1)).day == 1
        after = one.until + timedelta(days=1)
        until = (
            after.replace(year=after.year - 1) - timedelta(days=1)
            if whole
            else one.until - timedelta(days=365)
        )
        return Period(since, until)
    return Period(one.since - timedelta(days=YEAR), one.until - timedelta(days=YEAR))


def _just_before(one: Period) -> Period:
    until = one.since - timedelta(days=1)
    if one.since.day == 1 and (one.until - one.since).days < 31:
        return Period(until.replace(day=1), until)
    return Period(one.since - (one.until - one.since) - timedelta(days=1), until)


def _following(one: Period, said: str, today: date) -> tuple[Period, Period] | None:
    """ "Are we up on last month?": this one against that."""
    for unit, shape in (("week", r"week|semaine"), ("month", r"month|mois"), ("year", r"year|an")):
        if re.search(rf"\b(?:last|past) (?:{shape})|(?:{shape})\w* (?:derni|pass)", said):
            return _this(unit, today), one
    return None
