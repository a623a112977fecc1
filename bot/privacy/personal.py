"""Finds personal data in free text: by shape, check digits and cue words, in five languages."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.privacy.phones import phones
from bot.privacy.traces import traces
from bot.safe import plain


class Found(NamedTuple):
    """One piece of personal data; `kind` is EMAIL, PHONE, CARD, IBAN, NUMBER, DATE, HANDLE,
    ADDRESS or NAME."""

    kind: str
    start: int
    end: int
    value: str


_EMAIL = re.compile(r"[\w.+%&-]*[\w+-]@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,24}\b")
# jean.dupont [at] shop.fr, jean arobase gmail point com: written so that no machine finds it.
_SPELT_EMAIL = re.compile(
    r"[\w.+-]+ ?(?:[\[({] ?(?:at|arobase|chez) ?[\])}]|\barobase\b) ?[\w-]+"
    r"(?: ?(?:\.|[\[({] ?(?:dot|point) ?[\])}]| point | dot ) ?[\w-]+)+",
    re.IGNORECASE,
)
_NIR = re.compile(r"(?<![\w.,/-])[12](?: ?\d){14}(?!\w)")  # French social security number
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]{1,4}){3,9}(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\w.,/-])\d(?:[ \u00a0-]?\d){13,18}(?![\w/-])")
_ISSUER = re.compile(r"4|5[0-8]|6[0-9]|2[2-7]|3[0689457]")
_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
_SMALL = r"(?:de la|de|du|des|la|le|les|l['’]|d['’]|et|à|aux?|sur|of|the|da|do|das|dos|del|los|las)"
_TOWN = rf"{_CAP}(?:[ -](?:{_SMALL}[ -])?{_CAP}){{0,3}}"
_UK_POST = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_FR_STREET = (
    r"(?:rue|avenue|av\.|ave|bd\.?|boulevard|place|chemin|all[ée]e|impasse|quai|cours|route|square|"
    r"passage|faubourg|sentier|esplanade|r[ée]sidence|lotissement|hameau|mont[ée]e|rond-point)"
)
_ADDRESSES = (
    # 12 bis rue des Lilas, 75011 Paris; the town and its code may lack, the name then ends early
    re.compile(
        rf"\b\d{{1,4}}(?: ?(?:bis|ter|quater|[A-D])\b)?,? (?i:{_FR_STREET}) "
        rf"(?:[\w'’. -]{{2,48}}?[,\n ] ?(?:F-)?\d{{5}} (?:{_TOWN}|\w+)"
        rf"(?i:\scedex(?: \d\d)?)?"
        rf"|(?:{_SMALL} ?)*(?:{_CAP}(?:[ -](?:{_SMALL} ?)?{_CAP}){{0,4}}|\w+))"
    ),
    # 221B Baker Street, London NW1 6XE; 5 Main St, Springfield, IL 62704
    re.compile(
        rf"\b(?:(?:Flat|Apt\.?|Unit) ?\w{{1,5}},? )?\d{{1,5}}[A-Za-z]? (?:[NSEW]\.? )?"
        rf"(?:{_CAP} ){{1,4}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|"
        rf"Close|Crescent|Terrace|Gardens|Mews|Boulevard|Blvd|Grove|Parkway|Highway|Way|Place)\b\.?"
        rf"(?:,? (?:Apt|Suite|Unit|#) ?\w+)?"
        rf"(?:,? ?\n?{_TOWN},? ?(?:{_UK_POST}|[A-Z]{{2}},? \d{{5}}(?:-\d{{4}})?)|,? {_UK_POST}"
        rf"|, {_TOWN}(?=[.,;\n]|$))?"
    ),
    # Rua das Flores, 12, 1200-195 Lisboa; Calle Mayor 5, 28013 Madrid; Via Roma 3
    re.compile(
        rf"\b(?i:Rua|Avenida|Av\.|Travessa|Alameda|Estrada|Praça|Calle|C/|Plaza|Paseo|Carrer|Via) ?"
        rf"(?:{_SMALL} )*{_CAP}(?: (?:{_SMALL} )?{_CAP}){{0,3}},? (?:n[º°.] ?)?\d{{1,5}}\b"
        rf"(?:[,\n -]+(?:\d{{4}}-\d{{3}}|\d{{5}}(?:-\d{{3}})?) {_TOWN})?",
    ),
    # CEP 90020-100, a Brazilian postcode, finds a house with its number
    re.compile(r"\bCEP[ :]{0,3}\d{2}\.?\d{3}-?\d{3}\b", re.IGNORECASE),
    # Lindenstraße 12a, 10115 Berlin
    re.compile(
        r"\b[A-ZÄÖÜ][\wß-]*(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|weg|platz|allee|gasse) \d{1,4} ?[a-z]?\b"
        rf"(?:[,\n ]+(?:D-)?\d{{5}} {_TOWN})?"
    ),
)

_NAME = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*"
_JOIN = r"(?:de la|de|du|van|von|der|da|dos|do|le|la|el|d['’]) ?"
_FULL = rf"{_NAME}\.?(?:[ \u00a0](?:{_JOIN})?{_NAME}(?:\b|\.)){{0,3}}"
_NAMES = (
    # "my name is john": the cue is sure enough for a lower-case name
    re.compile(
        rf"\b(?i:je m['’]appelle|mon nom est|my name is|my name['’]s|meu nome é|o meu nome é|"
        rf"(?:eu )?me chamo|chamo-me|me llamo|mi nombre es|ich heiße|ich heisse|mein name ist|"
        rf"mi chiamo) (?P<name>{_FULL}|(?!not\b|pas\b)[^\W\d_]{{2,20}})"
    ),
    # "I'm Marie Dupont": less sure a cue, so two capitals at least
    re.compile(
        rf"\b(?i:je suis|moi c['’]est|i['’]m|i am) "
        rf"(?P<name>{_NAME}[ \u00a0](?:{_JOIN})?{_NAME}(?:\b|\.))"
    ),
    re.compile(
        rf"\b(?:M\.|MM\.|Mme\.?|Mlle|Monsieur|Mademoiselle|Madame|Mr\.?|Mrs\.?|Ms\.?|Sr\.|Sra\.|"
        rf"Senhora?|Señora?|Herr|Frau)[ \u00a0](?!Monsieur|Madame|Martens|Propre|Porter)"
        rf"(?P<name>{_FULL})"
    ),
    re.compile(
        rf"\b(?i:cordialement|bien (?:cordialement|à vous)|sinc[èe]res salutations|amicalement|"
        rf"belle journée|(?:kind |best |warm )?regards|sincerely|yours(?: truly)?|cheers|thanks|"
        rf"merci|obrigad[oa]|atenciosamente|cumprimentos|saludos|un saludo|atentamente|"
        rf"mit freundlichen grüßen|viele grüße|lg)[ \u00a0]?[,.!]?[ \u00a0]*\n+[ \t]*[-–—]?[ ]?"
        rf"(?P<name>{_FULL})(?=\s*(?:\n|$|[,.]))"
    ),
    re.compile(
        rf"\b(?i:cordialement|kind regards|best regards|sincerely|atenciosamente|saludos|"
        rf"obrigad[oa]|mit freundlichen grüßen),[ \u00a0](?P<name>{_FULL})(?=\s*(?:$|\n|\.))"
    ),
    re.compile(
        rf"\b(?i:client(?:e)?|customer(?: name)?|nom|name|prénom|nome|nombre|kunde|kundin|signé|"
        rf"signed|avis de|review by|posted by|écrit par|written by)[ \u00a0]?:[ \u00a0]?"
        rf"(?P<name>{_NAME}[ \u00a0](?:{_JOIN})?{_NAME}\.?(?:[ \u00a0]{_NAME})?)"
    ),
    # — Marie D. at the end of what she said; elsewhere "taille M." reads the same
    re.compile(rf"(?:[—–-][ \u00a0]?|\()(?P<name>{_NAME}[ \u00a0][A-ZÀ-Þ]\.)(?=[ ]*(?:\)|\n|$))"),
)


@lru_cache(maxsize=1024)
def find(text: str) -> tuple[Found, ...]:
    """What is personal in a text, in order, without overlaps; the surer kinds win."""
    found: list[Found] = []
    shown, places = _as_read(text)
    for one in _all(shown):
        start, end = places[one.start], places[one.end - 1] + 1
        if all(end <= other.start or other.end <= start for other in found):
            found.append(Found(one.kind, start, end, text[start:end]))
    return tuple(sorted(found, key=lambda one: one.start))


def _as_read(text: str) -> tuple[str, Sequence[int]]:
    """The text as an eye reads it, and where each of its characters stands: nothing hidden, wide
    letters and digits as plain ones, one kind of dash and of space."""
    if text.isascii():
        return text, range(len(text))
    kept = [(at, c) for at, c in enumerate(text) if plain(c) or c == "\r"]
    return "".join(_simple(c) for _, c in kept), [at for at, _ in kept]


def _simple(character: str) -> str:
    if character in "\u2010\u2011\u2012\u2013\u2014\u2212":
        return "-"
    if character in "\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000":
        return "\u00a0"
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return character


def _all(text: str) -> Iterator[Found]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Found("EMAIL", match.start(), match.end(), match[0])
    for match in _SPELT_EMAIL.finditer(text):
        yield Found("EMAIL", match.start(), match.end(), match[0])
    if any(c.isdigit() for c in text):
        yield from _ibans(text)
        yield from _nirs(text)
        yield from _cards(text)
        for shape in _ADDRESSES:
            for match in shape.finditer(text):
                yield _trimmed("ADDRESS", match.start(), match[0])
        for match in phones(text):
            yield Found("PHONE", match.start(), match.end(), match[0])
    yield from (Found(*one) for one in traces(text))
    for shape in _NAMES:
        for match in shape.finditer(text):
            yield _trimmed("NAME", match.start("name"), match["name"])


def _trimmed(kind: str, start: int, value: str) -> Found:
    value = value.rstrip(" ,.\n\u00a0") if kind == "ADDRESS" else value.rstrip(" .\u00a0")
    return Found(kind, start, start + len(value), value)


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        from stdnum import iban

        value = match[0]
        while len(value) > 14:  # words behind it may have come along
            if iban.is_valid(value):
                yield Found("IBAN", match.start(), match.start() + len(value), value)
                break
            cut = max(value.rfind(c) for c in " \u00a0-")
            value = value[: max(cut, 0)]


def _nirs(text: str) -> Iterator[Found]:
    for match in _NIR.finditer(text):
        from stdnum.fr import nir

        if nir.is_valid(match[0]):
            yield Found("NUMBER", match.start(), match.end(), match[0])


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        from stdnum import luhn

        digits = re.sub(r"\D", "", match[0])
        if _ISSUER.match(digits) and luhn.is_valid(digits) and len(set(digits)) > 1:
            before = text[max(0, match.start() - 24) : match.start()]
            if not re.search(r"(?i)\b(?:ean|gtin|sku|upc)\D{0,6}$", before):
                yield Found("CARD", match.start(), match.end(), match[0])
