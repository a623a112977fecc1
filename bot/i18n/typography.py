"""Typography: spaces that don't break, the forms of address; and the alphabet of SMS."""

import re
from functools import cache

from bot.i18n.languages import get_language

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_DOUBLE = frozenset("^{}\\[]~|€\f")


def is_gsm7(text: str) -> bool:
    return all(c in GSM7 or c in GSM7_DOUBLE for c in text)


NBSP = "\u00a0"
_FORMS = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
QUOTES = "«“"
QUOTED = re.compile("(«[^»]*»|“[^”]*”)")
SPACES = "[ \u00a0\u202f]"

# Spellings without circumflex (the reform of 1990 allows it), or at worst without an accent.
_UNACCENTED = str.maketrans(
    "âêîôûëïçÂÊÎÔÛËÏÇÀÈ’‘–—…«»\u00a0\u202f", "aeioueicAEIOUEICAE''--." + '""  '
)


def choose_address_form(text: str, address: str) -> str:
    """Choose the brand's form of address: `<votre|ta>` → `votre` for "vous"."""
    return _FORMS.sub(lambda m: m[1] if address == "vous" else m[2], text)


def insert_nbsp(text: str, language: str) -> str:
    """Put non-breaking spaces where the language has them: in French before : ; ! ? % € and inside
    guillemets."""
    for pattern, replacement in _list_spacings(language):
        text = pattern.sub(replacement, text)
    if spaced := get_language(language).marks.spaced:
        text = "".join(
            _space_marks(piece, spaced, is_quoted=piece[:1] in QUOTES)
            for piece in QUOTED.split(text)
        )
    return text


def _space_marks(text: str, spaced: str, *, is_quoted: bool) -> str:
    """Put a non-breaking space before each of these marks; in a quotation, whose language nobody
    knows, only where it has a space."""
    many = "+" if is_quoted else "*"
    pattern = rf"(?<!https)(?<!http){SPACES}{many}([{re.escape(spaced)}]+)(?=\s|$)"
    return re.sub(pattern, NBSP + r"\1", text)


@cache
def _list_spacings(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    marks = get_language(language).marks
    found = []
    if marks.quotes:
        opening, closing = list(marks.quotes)
        found.append((re.compile(rf"{opening}\s*"), opening + NBSP))
        found.append((re.compile(rf"\s*{closing}"), NBSP + closing))
    if marks.spaced_units:
        units = re.compile(rf"(?<=\d){SPACES}?([{re.escape(marks.spaced_units)}])")
        found.append((units, NBSP + r"\1"))
    return tuple(found)


def convert_to_gsm7(text: str) -> str:
    """Replace characters that would make an SMS twice as expensive: see `bot.i18n.typography`."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("…", "...")
    text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
    if is_gsm7(text):
        return text
    return "".join(c if is_gsm7(c) else c.translate(_UNACCENTED) for c in text)
