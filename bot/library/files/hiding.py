"""What customers write, without who they are: addresses, telephone numbers, names, signatures.

The library is stricter than the words that a writer sees: a number that is merely written like a
telephone's goes, and so does who signs a text on a line of their own.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.library.files.people import names_in
from bot.privacy.personal import find

if TYPE_CHECKING:
    import duckdb

_WORD = r"[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:['’-][^\W\d_]+)*"
_JOIN = r"(?:(?:de la|de|du|des|van der|van|von|der|da|dos|do|le|la|el) |d['’])?"
_NAME = rf"{_WORD}(?: {_JOIN}(?:{_WORD}|[A-ZÀ-ÖØ-Þ]\.?)){{1,3}}"

# By its look alone, whether anybody can have it or not: 06 39 98 24 78, +33 6 39 98 24 78.
_PHONE = re.compile(
    r"(?<![\w.,/€£$#-])(?:(?:(?:\+|00)\d{2,3}[ .-]?(?:\(0\) ?)?|0)[1-9](?:[ .\u00a0-]?\d\d){4}"
    r"|0\d{4}[ \u00a0]\d{6}|0\d{3,4}[ \u00a0]\d{3}[ \u00a0]\d{3,4})(?![\w%€£$]|[.,:/-]\d)"
)
_ORDER = re.compile(
    r"(?:commande|order|r[ée]f|sku|ean|article|facture|invoice|suivi|tracking|colis|n[°ºo]|#)"
    r"\W{0,3}$",
    re.IGNORECASE,
)
# The last line, and what can stand behind a name in it: a number, an address, a town.
_SIGNED = re.compile(
    rf"(?:^|\n)[ \t]*(?:[-–—] ?)?(?P<name>{_NAME})"
    r"(?:[ ,;:–—-]*(?:\(?\[(?:EMAIL|PHONE|ADDRESS)\]\)?|\([^()\n]{1,40}\)))*[ .,!]*\s*$"
)
# Behind a greeting on the line above, a first name is a signature too.
_CLOSED = re.compile(
    r"(?i:(?:cordialement|salutations|journée|soirée|bientôt|avance|advance|retour|merci|amicalement|regards|"
    r"wishes|sincerely|thanks|thank you|cheers|best|obrigad[oa]|cumprimentos|saludos|gracias|"
    r"gr[üu](?:ß|ss)en?)(?: (?:à|a) (?:vous|toute l['’]équipe))?)[ ]?[,.!]*[ \t]*\n+[ \t]*"
    rf"(?:[-–—] ?)?(?P<name>{_WORD}(?: [A-ZÀ-ÖØ-Þ]\.?)?)[ .,!]*\s*$"
)
# A letter's last line is one as well.
_LETTER = re.compile(
    r"(?is)^\s*(?:bonjour|bonsoir|hello|hi|hey|dear|good (?:morning|evening)|madame|monsieur|"
    rf"ol[áa]|hola)\b.*\n[ \t]*(?:[-–—] ?)?(?-i:(?P<name>{_WORD}))[ .,!]*\s*$"
)
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        """bonjour bonsoir hello hi dear madame monsieur merci thanks très super belle bonne bon
        beau bravo excellent parfait perfect great good love best highly produit product maison
        cordialement je the this not very too trop qualité quality commande order livraison delivery
        regards""",
    )
)


def teach(con: "duckdb.DuckDBPyConnection", own: Collection[str] = ()) -> None:
    """Gives SQL `bare_words(text)`, and `bare_alike(text)`: the same whatever the team sells, so
    that a text is known again when the catalogue has changed. It loads numpy."""

    def bare(text: str) -> str:
        return bare_words(text, own)

    con.create_function("bare_words", bare, ["VARCHAR"], "VARCHAR")
    if own:
        con.create_function("bare_alike", lambda text: bare_words(text), ["VARCHAR"], "VARCHAR")
    else:
        con.execute("CREATE OR REPLACE MACRO bare_alike(x) AS bare_words(x)")


def bare_words(text: str, own: Collection[str] = ()) -> str:
    """Free text in which who wrote it, and of whom, can't be read: [EMAIL], [PHONE], [ADDRESS],
    [NAME] … `own` are the words of what the team sells: see `own_words`."""
    text = _unaddressed(text)
    for start, end in reversed(names_in(text, own)):
        text = f"{text[:start]}[NAME]{text[end:]}"
    return text


@lru_cache(maxsize=4_096)  # a text is asked for twice, some thousand others later
def _unaddressed(text: str) -> str:
    """Without what shows by its shape or its place."""
    for one in reversed(find(text)):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    if any(sign.isdigit() for sign in text):
        text = _PHONE.sub(_number, text)
    return _unsigned(text)


def _number(match: re.Match[str]) -> str:
    """An order's number stays."""
    before = match.string[max(0, match.start() - 16) : match.start()]
    return match[0] if _ORDER.search(before) else "[PHONE]"


def _unsigned(text: str) -> str:
    if "\n" not in text:
        return text
    for shape in (_SIGNED, _CLOSED, _LETTER):
        found = shape.search(text)
        if found and not _NO_NAMES & set(found["name"].lower().split()):
            return f"{text[: found.start('name')]}[NAME]{text[found.end('name') :]}"
    return text
