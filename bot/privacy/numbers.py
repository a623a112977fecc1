"""Finds numbers that identify a person: payment cards, bank accounts, social security numbers,
identity papers, IP addresses and dates of birth.

A number is found by its check digits, by a format that nothing else has, or by an introducing word
and a format. The last way needs no check digits, so that a number with a typo is hidden too.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import NamedTuple

from bot.privacy.contacts import ORDER_CUE
from bot.text.normalize import word_set

Span = tuple[str, int, int]
_GAP = r"[^\d\n]{0,30}?"  # between the introducing word and the number
_S = r"[ .\-]"


class _Rule(NamedTuple):
    """`words`: normalized words of which a text must contain one for the pattern to be tried."""

    kind: str
    words: frozenset[str]
    pattern: str

    @property
    def shape(self) -> re.Pattern[str]:
        return _compiled(self.pattern)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when a text first needs the pattern, since most commands need none."""
    return re.compile(pattern, re.IGNORECASE)


def _rule(kind: str, words: str, cue: str, value: str) -> _Rule:
    pattern = rf"(?<![^\W_])(?:{cue})(?![^\W_]){_GAP}(?<!\w)(?P<value>{value})(?!\w)"
    return _Rule(kind, frozenset(words.split()), pattern)


_RULES = (
    _rule(
        "NUMBER",
        "ssn ss social",
        r"ssn|ss number|social(?: security)?",
        rf"\d{{3}}{_S}?\d\d{_S}?\d{{4}}",
    ),
    _rule(
        "NUMBER",
        "ni nino nin insurance ins",
        r"ni|nino?|nat(?:ional)?\.? ins(?:urance)?",
        rf"[A-Z]{{2}}{_S}?(?:\d\d{_S}?){{3}}[A-D]?",
    ),
    _rule(
        "NUMBER",
        "secu securite nir insee vitale ss",
        r"s[ée]cu|s[ée]curit[ée] sociale|nir|insee|vitale|n[°o] ?ss",
        rf"[1-478](?:{_S}?\d){{4}}{_S}?[\dAB](?:{_S}?\d){{7,9}}",
    ),
    _rule("NUMBER", "nhs", "nhs", rf"\d{{3}}{_S}?\d{{3}}{_S}?\d{{4}}"),
    _rule(
        "CARD",
        "card cards carte cb visa mastercard amex express cartao tarjeta karte kreditkarte",
        r"(?:credit |debit |bank )?cards?|carte|cb|visa|mastercard|amex|american express|"
        r"cart[ãa]o|"
        r"tarjeta|karte|kreditkarte",
        r"\d(?:[ .\-\n]{0,2}\d){12,18}",
    ),
    _rule("NUMBER", "rib", "rib", rf"\d{{5}}{_S}?\d{{5}}{_S}?[\dA-Z]{{11}}{_S}?\d\d"),
    _rule(
        "NUMBER",
        "account compte conta cuenta konto",
        r"(?:bank )?account(?: number| no\.?)|"
        r"bank account|"
        r"compte bancaire|compte n[°o]|(?:n[°o]|num[ée]ro) de compte|kontonummer",
        rf"\d(?:{_S}?\d){{5,16}}",
    ),
    _rule("NUMBER", "sort", "sort code", r"\d\d[ \-]?\d\d[ \-]?\d\d"),
    _rule(
        "NUMBER",
        "passport passeport reisepass pasaporte passaporte identity id identite permis "
        "licence license titre sejour fiscal tax cni",
        r"passe?port(?:e)?|reisepass|pasaporte|passaporte|identity card|id card|cni|"
        r"carte (?:nationale )?d['’]identit[ée]|permis de conduire|driving licen[cs]e|"
        r"driver['’]?s['’]? licen[cs]e|titre de s[ée]jour|residence permit|num[ée]ro fiscal|"
        r"tax id",
        r"(?=[A-Z]{0,8}\d)[A-Z0-9]{6,18}",
    ),
)

# Formats that nothing else has; no introducing word is needed.
_MIN_WRITTEN_DIGITS = 6  # the fewest of any of them, cards included
_SSN = re.compile(r"(?<![\w.,/-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")
_SORT_CODE = re.compile(r"(?<![\w.,/-])\d\d-\d\d-\d\d \d{8}(?!\w)")  # 20-11-43 87654321
_NINO = re.compile(r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d ?\d\d ?\d\d ?[A-D](?!\w)")
_NIR = re.compile(rf"(?<![\w.,/-])[12](?:{_S}?\d){{4}}{_S}?[\dAB](?:{_S}?\d){{9}}(?!\w)")
_NIR_WRITTEN = re.compile(
    rf"(?<![\w.,/-])[12]({_S})\d\d\1(?:0[1-9]|1[0-2]|"
    rf"[2-9]\d)\1\d[\dAB]\1\d{{3}}\1\d{{3}}(?:\1\d\d)?(?!\w)"
)
_CARD = re.compile(r"(?<![\w.,/-])\d(?:[ .\-\n]?\d){13,18}(?![\w/-])")
_CARD_WRITTEN = re.compile(
    rf"(?<![\w.,/-])(?:[3-6]\d{{3}}({_S})\d{{4}}\1\d{{4}}\1\d{{4}}|"
    rf"3[47]\d\d({_S})\d{{6}}\2\d{{5}})(?![\w/-])"
)
_ISSUER = re.compile(r"4|5[0-8]|6[0-9]|2[2-7]|3[0689457]")
# A campaign code of ours ("si-1a2b3c4d") is none.
_IBAN = re.compile(
    rf"(?<![^\W_])(?!si-[0-9a-f]{{8}}(?![^\W_]))"
    rf"[A-Z]{{2}}{_S}?\d{_S}?\d(?:{_S}?[A-Z0-9]){{11,30}}",
    re.IGNORECASE,
)
# The length of each country's IBAN. Source: the IBAN registry (ISO 13616), for usual countries.
_LENGTH = {
    country: int(length)
    for country, length in re.findall(
        r"(\w\w)(\d\d)",
        "AD24 AT20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 "
        "HU28 IE22 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SE24 SI19 "
        "SK24 SM27 TN24 TR26",
    )
}
_MIN_IBAN_DIGITS = 10  # without a word that introduces it
_BANK_WORDS = word_set("iban rib bank banque account compte virement transfer")
_BANK = re.compile(
    r"\b(?:iban|rib|bank|banque|account|compte|virement|transfer)\b\W{0,3}$|"
    r"\b(?:iban|rib)\b[^\d\n]{0,30}$",
    re.I,
)
_IP = re.compile(
    r"(?<![\w.:])(?<![Vv]ersion )"
    r"(?:(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r"|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|"
    r"(?:[0-9a-fA-F]{1,4}:){2,6}:[0-9a-fA-F]{1,4})(?![\w:]|\.\d)"
)
_MIN_IP_COLONS = 3
_DOTTED = re.compile(r"\d\.\d")  # what every other IP address contains
_MONTH = r"[^\W\d_]{3,10}\.?"
_BORN = _Rule(
    "DATE",
    word_set(
        "born birth birthdate birthday dob d ne nee nes nees naissance nacido nacida nascido "
        "nascida nascimento nacimiento geboren"
    ),
    (  # born on 12 March 1985, née le 12/03/1985
        r"\b(?:born(?: on)?|birth ?date|date of birth|birthday(?: is)?(?: on)?|d\.?o\.?b\.?|"
        r"n(?:ée?s?|é\(e\)|é[.·]e) le|"
        r"(?:ma |sa )?date de naissance(?: est(?: le)?)?|nacid[oa] el|nascid[oa] (?:em|a)|"
        r"data de nascimento|fecha de nacimiento|geboren(?: am)?)"
        r"[ :]{1,3}(?:is |was |the |le )?"
        rf"(?P<value>\d{{1,2}}[./ -]\d{{1,2}}[./ -]\d{{2,4}}|\d{{4}}-\d\d-\d\d"
        rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: of| de)? {_MONTH}(?: de)?,? \d{{4}}"
        rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})(?!\d)"
    ),
)


def find_numbers(text: str, words: Collection[str], digits: int) -> Iterator[Span]:
    """Yield kind, start and end of each number, the more certain rules first. `words` are the
    text's normalized words, `digits` says how many digits it has."""
    if digits >= _MIN_IBAN_DIGITS or not _BANK_WORDS.isdisjoint(words):
        yield from _find_ibans(text)
    for rule in _RULES:
        if not rule.words.isdisjoint(words):
            for found in rule.shape.finditer(text):
                yield rule.kind, *found.span("value")
    if digits < _MIN_WRITTEN_DIGITS:
        return
    for shape in (_SSN, _SORT_CODE, _NINO, _NIR_WRITTEN):
        for found in shape.finditer(text):
            if not _is_order_number(text, found.start()):
                yield "NUMBER", *found.span()
    for found in _NIR.finditer(text):
        from stdnum.fr import nir

        if nir.is_valid(re.sub(_S, "", found[0]).upper()):
            yield "NUMBER", *found.span()
    yield from _find_cards(text)


def find_traces(text: str, words: Collection[str]) -> Iterator[Span]:
    """Yield IP addresses, and dates of birth after a word that introduces them."""
    if text.count(":") >= _MIN_IP_COLONS or _DOTTED.search(text):
        for found in _IP.finditer(text):
            yield "NUMBER", *found.span()
    if not _BORN.words.isdisjoint(words):
        for found in _BORN.shape.finditer(text):
            yield "DATE", *found.span("value")


def _is_order_number(text: str, at: int) -> bool:
    return bool(ORDER_CUE.search(text[max(0, at - 40) : at]))


def _find_ibans(text: str) -> Iterator[Span]:
    for found in _IBAN.finditer(text):
        length = _LENGTH.get(found[0][:2].upper())
        cued = bool(_BANK.search(text[max(0, found.start() - 40) : found.start()]))
        end = _find_iban_end(text, found, length) if length else None
        if end is not None and sum(map(str.isdigit, text[found.start() : end])) >= _MIN_IBAN_DIGITS:
            yield "IBAN", found.start(), end
        elif cued or (length and _is_near_length(found, length)):
            yield "IBAN", found.start(), _find_last_digits_end(found)
        else:
            yield from _find_unlisted_iban(found)


def _find_iban_end(text: str, found: re.Match[str], length: int) -> int | None:
    """Return the position after as many letters and digits as the country's IBANs have; None when
    the word has more or fewer."""
    count = 0
    for at in range(found.start(), found.end()):
        count += text[at].isalnum()
        if count == length:
            inside = at + 1 < len(text) and text[at + 1].isalnum()
            return None if inside else at + 1
    return None


def _is_near_length(found: re.Match[str], length: int) -> bool:
    """Whether its length differs from the country's IBANs by at most two characters."""
    signs = re.findall(r"[A-Za-z0-9]", found[0][: _find_last_digits_end(found) - found.start()])
    return abs(len(signs) - length) <= 2 and sum(map(str.isdigit, signs)) >= 12


def _find_last_digits_end(found: re.Match[str]) -> int:
    """Return the end of the last group that contains a digit: words may have matched behind it."""
    end = found.end()
    for group in re.finditer(r"[A-Za-z0-9]+", found[0]):
        if any(c.isdigit() for c in group[0]):
            end = found.start() + group.end()
    return end


def _find_unlisted_iban(found: re.Match[str]) -> Iterator[Span]:
    """Yield an IBAN of a country whose length is not listed, if its check digits are right."""
    from stdnum import iban

    value = found[0]
    while len(value) > 14:
        if iban.is_valid(value.replace(".", "")):
            yield "IBAN", found.start(), found.start() + len(value)
            return
        value = value[: max(0, *(value.rfind(c) for c in " .-"))]


def _find_cards(text: str) -> Iterator[Span]:
    for found in _CARD_WRITTEN.finditer(text):
        if not _is_order_number(text, found.start()):
            yield "CARD", *found.span()
    for found in _CARD.finditer(text):
        from stdnum import luhn

        digits = re.sub(r"\D", "", found[0])
        pairs = re.fullmatch(r"\d\d(?:\D\d\d)+", found[0])  # sizes: 34 36 38 40 42 44 46 48
        proved = (
            not pairs and _ISSUER.match(digits) and luhn.is_valid(digits) and len(set(digits)) > 1
        )
        if proved and not _is_order_number(text, found.start()):
            yield "CARD", *found.span()
