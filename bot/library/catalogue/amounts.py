"""What a cell says as an amount or a count, as English, French and programs write them.

Readers raise ValueError with the reason in words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Mark = Literal[",", "."]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ON_REQUEST = frozenset(("on request", "sur devis", "sur demande", "nous consulter"))
SYMBOLS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "₹": "INR", "₺": "TRY", "zł": "PLN"}
DOLLARS = _words("USD CAD AUD NZD SGD HKD MXN")
CURRENCIES = _words(
    "EUR GBP USD CHF CAD AUD NZD JPY CNY SEK NOK DKK PLN CZK HUF RON BGN ISK TRY MAD TND DZD "
    "XOF XAF XPF INR BRL MXN ZAR SGD HKD KRW TWD THB AED SAR ILS UAH"
)
SPOKEN = {
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
MOST = Decimal(10) ** 9
UNSURE = "may be one thousand or one"  # 1.234, and nothing says what its sign means

SIMPLE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
NEGATIVE = re.compile(r"^\(.*\)$|^[^\d.,]{0,4}-[^\d.,]{0,4}[\d.,]")
RANGE = re.compile(r"(?<=[\d€£$¥])\s*(?:-|–|—|\bto\b|à)\s*(?=[\d€£$¥A-Za-z])")
NAMES = "|".join(re.escape(n) for n in sorted((*SYMBOLS, *SPOKEN, *CURRENCIES), key=len)[::-1])
AROUND = re.compile(  # what may stand around a price
    rf"(?i)^(from|dès|à partir de|de)\b|\b(ttc|each|pièce|la)\b|(?<![a-z])({NAMES})(?![a-z])\.?"
)


@dataclass(frozen=True)
class Amount:
    """A price, or a range of prices; the currency when the cell says it."""

    lowest: Decimal
    highest: Decimal
    currency: str | None = None


def amount(cell: str, *, mark: Mark | None, usual: Mark, dollar: str | None = None) -> Amount:
    """A price cell. `mark` is the decimal mark that the column's other cells prove, `usual` the
    one that such files have; `dollar` is which dollar a bare $ means."""
    if SIMPLE.fullmatch(cell):
        return Amount(Decimal(cell), Decimal(cell))
    text = " ".join(cell.replace("\u2212", "-").split())
    if NEGATIVE.match(text):
        raise ValueError(f'a price can\'t be negative ("{_short(text)}")')
    parts = RANGE.split(text)
    if len(parts) > 2:
        raise ValueError(f'"{_short(text)}" is not a price')
    read = [_one_amount(part, mark, usual, dollar) for part in parts]
    said = {currency for _, currency in read if currency}
    if len(said) > 1:
        raise ValueError(f'two currencies in "{_short(text)}"')
    values = [value for value, _ in read]
    return Amount(min(values), max(values), said.pop() if said else None)


def decimal_mark(cells: Iterable[str]) -> Mark | None:
    """The decimal mark that a column proves; None when nothing does, or both are in use."""
    seen: set[Mark] = set()
    for cell in cells:
        digits = re.sub(r"[^\d.,]", "", cell).rstrip(".,")
        comma, dot = digits.rfind(","), digits.rfind(".")
        if comma >= 0 and dot >= 0:
            seen.add("," if comma > dot else ".")
        elif max(comma, dot) >= 0 and len(digits) - max(comma, dot) != 4:
            seen.add("," if comma >= 0 else ".")
    return seen.pop() if len(seen) == 1 else None


def currency_in(text: str, dollar: str | None = None) -> str | None:
    """The currency that a cell or a column's name mentions; ISO 4217."""
    for word in re.findall(r"[A-Za-z]{0,3}\$|[A-Za-z]+", text):
        code = SPOKEN.get(word.upper()) or (word.upper() if word.upper() in CURRENCIES else None)
        if code:
            return code
    for symbol, code in SYMBOLS.items():
        if symbol in text:
            return (dollar if dollar in DOLLARS else code) if symbol == "$" else code
    return None


def count(cell: str) -> int:
    """A number of pieces; what is oversold (below zero) counts as none."""
    text = re.sub(r"(?i)\s*(pcs?|pieces?|pièces?|units?|unités?|ex)\.?$", "", cell.strip())
    found = re.fullmatch(r"(-?)(\d{1,3}(?:[ \u00a0\u202f,]\d{3})+|\d+)(?:[.,]0+)?", text)
    if not found or len(found[2]) > 12:
        raise ValueError(f'"{_short(cell)}" is not a number of pieces')
    return 0 if found[1] else int(re.sub(r"\D", "", found[2]))


def _one_amount(
    text: str, mark: Mark | None, usual: Mark, dollar: str | None
) -> tuple[Decimal, str | None]:
    currency = currency_in(text, dollar)
    inside = re.fullmatch(r"\s*(\d+)\s*€\s*(\d{2})\s*", text)  # 49€90
    if inside:
        return Decimal(f"{inside[1]}.{inside[2]}"), currency
    bare = AROUND.sub("", AROUND.sub("", text.strip()).strip())
    digits = re.sub(r"[\s'’]", "", re.sub(r"[.,]\s*[-–—]+\s*$", "", bare.strip()))
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", digits):
        raise ValueError(f'"{_short(text)}" is not a price')
    value = _number(digits, mark, usual, text)
    if value >= MOST:
        raise ValueError(f'"{_short(text)}" is too large for a price')
    return value, currency


def _number(digits: str, mark: Mark | None, usual: Mark, text: str) -> Decimal:
    """The digits as a number, once it is clear which sign is the decimal mark."""
    found = _decimal_sign(digits, mark, usual, text)
    whole, _, rest = digits.rpartition(found) if found else (digits, "", "")
    if not re.fullmatch(r"\d*|\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", whole) or not (
        rest.isdigit() or not found
    ):
        raise ValueError(f'"{_short(text)}" is not a price')
    value = Decimal(
        f"{re.sub('[.,]', '', whole) or '0'}.{rest or '0'}" if found else re.sub("[.,]", "", whole)
    )
    # 19.990000000000002 is how a program spells 19.99
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP) if len(rest) > 4 else value


def _decimal_sign(digits: str, mark: Mark | None, usual: Mark, text: str) -> str:
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma < 0 and dot < 0:
        return ""
    if comma >= 0 and dot >= 0:
        return "," if comma > dot else "."
    sign: Mark = "," if comma >= 0 else "."
    if digits.count(sign) > 1:
        return ""
    before, after = digits.split(sign)
    if len(after) != 3 or not 1 <= len(before) <= 3 or before.startswith("0"):
        return sign
    if mark is None and sign == usual:
        raise ValueError(f'"{_short(text)}" {UNSURE}; write it without the sign')
    return sign if sign == mark else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
