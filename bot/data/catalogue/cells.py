"""Parses a catalogue's cells: prices, counts, lists and texts, as written in English, French and by
programs.

Parsers raise UnreadableCell with the reason.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from typing import Literal

from bot.core.half_up import round_half_up
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.text.normalize import collapse_spaces

DecimalMark = Literal[",", "."]


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRICE_ON_REQUEST = frozenset(("on request", "sur devis", "sur demande", "nous consulter"))
CURRENCY_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "$": "USD",
    "₹": "INR",
    "₺": "TRY",
    "zł": "PLN",
}
DOLLAR_CURRENCIES = _word_set("USD CAD AUD NZD SGD HKD MXN")
CURRENCIES = _word_set(
    "EUR GBP USD CHF CAD AUD NZD JPY CNY SEK NOK DKK PLN CZK HUF RON BGN ISK TRY MAD TND DZD "
    "XOF XAF XPF INR BRL MXN ZAR SGD HKD KRW TWD THB AED SAR ILS UAH"
)
CURRENCY_NAMES = {
    "EURO": "EUR",
    "EUROS": "EUR",
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "FR": "CHF",
    "SFR": "CHF",
}
MOST_AMOUNT = Decimal(10) ** 9

PLAIN_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
NEGATIVE = re.compile(r"^\(.*\)$|^[^\d.,]{0,4}-[^\d.,]{0,4}[\d.,]")
RANGE = re.compile(r"(?<=[\d€£$¥])\s*(?:-|–|—|\bto\b|à)\s*(?=[\d€£$¥A-Za-z])")
CURRENCY_PATTERN = "|".join(
    re.escape(n) for n in sorted((*CURRENCY_SYMBOLS, *CURRENCY_NAMES, *CURRENCIES), key=len)[::-1]
)
PRICE_WORDS = re.compile(  # words and signs around a price
    r"(?i)^(from|dès|à partir de|de)\b|\b(ttc|each|pièce|la)\b|"
    rf"(?<![a-z])({CURRENCY_PATTERN})(?![a-z])\.?"
)


class UnreadableCell(ValueError):
    """A cell is not what its column holds."""

    def __init__(self, code: RejectCode, cell: str):
        self.reason = RejectReason(code, cell=_shorten(cell))
        super().__init__(str(self.reason))


@dataclass(frozen=True)
class PriceRange:
    """A price or a range of prices, with the currency if the cell names it."""

    lowest: Decimal
    highest: Decimal
    currency: str | None = None


def parse_price(
    cell: str, *, mark: DecimalMark | None, usual: DecimalMark, dollar: str | None = None
) -> PriceRange:
    """Parse a price cell. `mark` is the decimal mark that the column's other cells prove, `usual`
    the usual one for such files. `dollar` is the currency of a bare $."""
    if PLAIN_NUMBER.fullmatch(cell):
        return PriceRange(Decimal(cell), Decimal(cell))
    text = collapse_spaces(cell.replace("\u2212", "-"))
    if NEGATIVE.match(text):
        raise UnreadableCell(RejectCode.NEGATIVE_PRICE, text)
    parts = RANGE.split(text)
    if len(parts) > 2:
        raise UnreadableCell(RejectCode.NOT_A_PRICE, text)
    read = [_parse_amount(part, mark, usual, dollar) for part in parts]
    said = {currency for _, currency in read if currency}
    if len(said) > 1:
        raise UnreadableCell(RejectCode.TWO_CURRENCIES, text)
    values = [value for value, _ in read]
    return PriceRange(min(values), max(values), said.pop() if said else None)


def detect_decimal_mark(cells: Iterable[str]) -> DecimalMark | None:
    """Return the decimal mark that a column proves, or None when nothing proves one or both are
    used."""
    seen: set[DecimalMark] = set()
    for cell in cells:
        digits = re.sub(r"[^\d.,]", "", cell).rstrip(".,")
        comma, dot = digits.rfind(","), digits.rfind(".")
        if comma >= 0 and dot >= 0:
            seen.add("," if comma > dot else ".")
        elif max(comma, dot) >= 0 and len(digits) - max(comma, dot) != 4:
            seen.add("," if comma >= 0 else ".")
    return seen.pop() if len(seen) == 1 else None


def find_currency(text: str, dollar: str | None = None) -> str | None:
    """Return the ISO 4217 code of the currency that a cell or a column's name mentions."""
    for word in re.findall(r"[A-Za-z]{0,3}\$|[A-Za-z]+", text):
        code = CURRENCY_NAMES.get(word.upper()) or (
            word.upper() if word.upper() in CURRENCIES else None
        )
        if code:
            return code
    for symbol, code in CURRENCY_SYMBOLS.items():
        if symbol in text:
            return (dollar if dollar in DOLLAR_CURRENCIES else code) if symbol == "$" else code
    return None


def parse_count(cell: str) -> int:
    """Parse a number of pieces. Oversold stock (below zero) counts as none."""
    text = re.sub(r"(?i)\s*(pcs?|pieces?|pièces?|units?|unités?|ex)\.?$", "", cell.strip())
    found = re.fullmatch(r"(-?)(\d{1,3}(?:[ \u00a0\u202f,]\d{3})+|\d+)(?:[.,]0+)?", text)
    if not found or len(found[2]) > 12:
        raise UnreadableCell(RejectCode.NOT_A_COUNT, cell)
    return 0 if found[1] else int(re.sub(r"\D", "", found[2]))


def _parse_amount(
    text: str, mark: DecimalMark | None, usual: DecimalMark, dollar: str | None
) -> tuple[Decimal, str | None]:
    currency = find_currency(text, dollar)
    inside = re.fullmatch(r"\s*(\d+)\s*€\s*(\d{2})\s*", text)  # 49€90
    if inside:
        return Decimal(f"{inside[1]}.{inside[2]}"), currency
    bare = PRICE_WORDS.sub("", PRICE_WORDS.sub("", text.strip()).strip())
    digits = re.sub(r"[\s'’]", "", re.sub(r"[.,]\s*[-–—]+\s*$", "", bare.strip()))
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", digits):
        raise UnreadableCell(RejectCode.NOT_A_PRICE, text)
    value = _parse_number(digits, mark, usual, text)
    if value >= MOST_AMOUNT:
        raise UnreadableCell(RejectCode.PRICE_TOO_LARGE, text)
    return value, currency


def _parse_number(digits: str, mark: DecimalMark | None, usual: DecimalMark, text: str) -> Decimal:
    """Parse the digits as a number, once it is clear which sign is the decimal mark."""
    found = _choose_decimal_sign(digits, mark, usual, text)
    whole, _, rest = digits.rpartition(found) if found else (digits, "", "")
    if not re.fullmatch(r"\d*|\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", whole) or not (
        rest.isdigit() or not found
    ):
        raise UnreadableCell(RejectCode.NOT_A_PRICE, text)
    value = Decimal(
        f"{re.sub('[.,]', '', whole) or '0'}.{rest or '0'}" if found else re.sub("[.,]", "", whole)
    )
    # A program may write 19.99 as 19.990000000000002.
    return round_half_up(value, 2) if len(rest) > 4 else value


def _choose_decimal_sign(
    digits: str, mark: DecimalMark | None, usual: DecimalMark, text: str
) -> str:
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma < 0 and dot < 0:
        return ""
    if comma >= 0 and dot >= 0:
        return "," if comma > dot else "."
    sign: DecimalMark = "," if comma >= 0 else "."
    if digits.count(sign) > 1:
        return ""
    before, after = digits.split(sign)
    if len(after) != 3 or not 1 <= len(before) <= 3 or before.startswith("0"):
        return sign
    if mark is None and sign == usual:
        raise UnreadableCell(RejectCode.AMBIGUOUS_THOUSANDS, text)
    return sign if sign == mark else ""


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


# Cells as clean text, lists, and yes or no.

EMPTY_WORDS = _word_set(
    "nan null none n/a na #n/a #ref! #value! #name? #div/0! #null! #num! - – — ? tbc tbd"
)
YES_WORDS = _word_set("yes true 1 y x oui vrai o active actif published publié publie visible")
NO_WORDS = _word_set("no false 0 n non faux inactive inactif unpublished hidden masqué masque")

HTML_TAGS = _word_set(
    "a abbr address article aside b big blockquote body br button caption center cite code col "
    "colgroup dd del details div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 "
    "head header hr html i iframe img input ins label li link main mark meta nav o:p ol p picture "
    "pre q s script section small source span strike strong style sub summary sup svg table tbody "
    "td template tfoot th thead time title tr u ul video wbr"
)
BLOCK_TAGS = _word_set(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td tfoot th "
    "thead tr ul"
)
HIDDEN_TAGS = _word_set("script style head template svg")

INVISIBLE = re.compile(  # control and format characters, except the joiner inside emoji
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
FORMULA = re.compile(
    r"^[=+\-@]\s*[A-Za-z_.]+\s*\("  # =HYPERLINK(…
    r"|^[=+\-@].*\|.*!"  # =cmd|'/C calc'!A0
    r"|^=\s*[A-Za-z]{1,3}\d+\b"  # =A1
    r"|^=[\d.]+[+*/-]"  # =1+1
)


def clean_text(cell: str) -> str:
    """Return the text without tags, entities and invisible characters, with single spaces, in
    NFC."""
    text = cell
    if "<" in text and re.search(r"</?[a-zA-Z][^>]*>", text):
        text = _TextExtractor.of(text)
    for _ in range(2):  # some exports escape entities twice: &amp;eacute;
        text = html.unescape(text) if "&" in text else text
    text = INVISIBLE.sub("", text)
    return collapse_spaces(text)


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet would evaluate this cell."""
    return bool(FORMULA.search(cell.strip()))


def unwrap_formula(cell: str) -> str:
    """Return the text of a formula that is a plain text (="00123"), and an empty text for any other
    formula."""
    quoted = re.fullmatch(r'\s*="([^"]*)"\s*', cell)
    if quoted:
        return quoted[1]
    if is_formula(cell):
        return ""
    return re.sub(r"^\s*=+", "", cell)


def is_empty(cell: str) -> bool:
    return not cell.strip() or cell.strip().lower() in EMPTY_WORDS


def parse_yes_no(cell: str) -> bool | None:
    word = cell.strip().lower()
    return True if word in YES_WORDS else False if word in NO_WORDS else None


def parse_list(cell: str, *, slashes: bool = True) -> tuple[str, ...]:
    """Return the items of a list in one cell, in order and without repeats: "S, M, L" or
    "bleu/blanc"."""
    parts = re.split(r"\s*[,;|/]\s*" if slashes else r"\s*(?:[;|]|,(?!5\b))\s*", clean_text(cell))
    return drop_repeats(part for part in parts if not is_empty(part))


def drop_repeats(values: Iterable[str]) -> tuple[str, ...]:
    """Remove repeats, ignoring case. The first spelling stays."""
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(value.lower(), value)
    return tuple(first.values())


class _TextExtractor(HTMLParser):
    """Extracts plain text from HTML. Blocks end like sentences; unknown tags stay as they were
    typed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    @classmethod
    def of(cls, text: str) -> str:
        reader = cls()
        reader.feed(text)
        reader.close()
        lines = (collapse_spaces(line) for line in "".join(reader.pieces).split("\0"))
        return _join_sentences([line for line in lines if line])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN_TAGS:
            self.unseen += 1
        self._tag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN_TAGS:
            self.unseen = max(0, self.unseen - 1)
        self._tag(tag, end=True)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag(tag)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(data.replace("\0", ""))

    def _tag(self, tag: str, *, end: bool = False) -> None:
        if tag in BLOCK_TAGS:
            self.pieces.append("\0")
        elif tag not in HTML_TAGS and not end and not self.unseen:
            self.pieces.append(self.get_starttag_text() or "")


def _join_sentences(lines: list[str]) -> str:
    return " ".join(
        line if i == len(lines) - 1 or line[-1] in ".!?:;,…" else f"{line}."
        for i, line in enumerate(lines)
    )
