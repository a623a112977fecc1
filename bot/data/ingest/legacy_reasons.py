"""Reads the English sentences that earlier editions stored as the reason of a rejected row.

The sentences are what those editions wrote, so they stay as they are when a template changes.
"""

import re
from functools import cache

from bot.data.reject_reasons import RejectCode, RejectReason

LEFT_OUT = ": left out"  # behind the reason of a cell whose row was taken in
SENTENCES = (
    (RejectCode.NOT_AN_AMOUNT, "is no amount"),
    (RejectCode.NOT_A_NUMBER, "is no number"),
    (RejectCode.NOT_A_WHOLE_NUMBER, "is no whole number"),
    (RejectCode.NOT_A_DATE, "is no date that I can read"),
    (RejectCode.NOT_YES_OR_NO, "is neither yes nor no"),
    (RejectCode.EMPTY, "is empty"),
    (RejectCode.CUT_BY_SPREADSHEET, "is cut short by a spreadsheet; export it as text"),
    (RejectCode.IN_THE_FUTURE, "lies in the future"),
    (RejectCode.NOT_A_RATING, "is no rating from 1 to 5"),
    (RejectCode.NOT_A_JSON_OBJECT, "this line is no JSON object"),
    (RejectCode.CELL_COUNT, "has {n} cells where the header has {width}"),
    (RejectCode.NEGATIVE_PRICE, 'a price can\'t be negative ("{cell}")'),
    (RejectCode.NOT_A_PRICE, '"{cell}" is not a price'),
    (RejectCode.TWO_CURRENCIES, 'two currencies in "{cell}"'),
    (RejectCode.PRICE_TOO_LARGE, '"{cell}" is too large for a price'),
    (
        RejectCode.AMBIGUOUS_THOUSANDS,
        '"{cell}" may be one thousand or one; write it without the sign',
    ),
    (RejectCode.NOT_A_COUNT, '"{cell}" is not a number of pieces'),
    (RejectCode.UNKNOWN_CURRENCY, '"{cell}" is not a currency I know'),
    (RejectCode.CURRENCY_NOT_OF_PRICE, "{currency}, but the price says {other}"),
    (RejectCode.CURRENCY_NOT_OF_LINE, "{currency}, but line {n} says {other}"),
    (RejectCode.COLUMNS_DISAGREE, 'two columns of this name disagree: "{cell}"'),
    (
        RejectCode.REPEATED_COLUMN,
        'two columns are called "{column}": rows in which they differ stay out',
    ),
    (RejectCode.FORMULA_AS_NAME, "this is a spreadsheet's formula, not a name"),
    (RejectCode.FORMULA_AS_REFERENCE, "this is a spreadsheet's formula, not a reference"),
    (RejectCode.FORMULA_AS_PRICE, "this is a spreadsheet's formula, not a price"),
    (RejectCode.FORMULA, "a spreadsheet's formula"),
    (RejectCode.NAME_TOO_LONG, "a name of {n} characters is a shifted column"),
    (RejectCode.TOTAL_ROW, "this is a total, not a product"),
    (RejectCode.NAME_MISSING, "there is no name"),
    (RejectCode.PRODUCT_REJECTED, "its product was left out (line {n})"),
    (RejectCode.SAME_REFERENCE, "the same reference as line {n}, for another product"),
    (RejectCode.SAME_NAME, "the same name as line {n}, for another product"),
    (RejectCode.REPEATED_PRODUCT, "the same product as line {n} once more"),
    (RejectCode.TEXT_CUT, "{n} characters: cut at {most}"),
    (RejectCode.ZERO_PRICE, "the price is 0"),
    (RejectCode.BELOW_PRICE, "below the price"),
    (RejectCode.NOT_A_LINK, "not an address that starts with https://"),
    (RejectCode.READ_AS_WINDOWS_TEXT, "not UTF-8: read as Windows text, so look at the accents"),
    (RejectCode.ACCENTS_REPAIRED, "accents that another program had spoilt were put right"),
    (RejectCode.NOT_TEXT, "holds bytes that are no text"),
    (RejectCode.PRODUCT_CELL_COUNT, "has {n} cells, the header {width}"),
    (
        RejectCode.UNQUOTED_DELIMITER,
        "has {n} cells, the header {width}: a text with the delimiter in it wants quotes",
    ),
    (RejectCode.QUOTE_NEVER_CLOSES, "a quote opens here and never closes"),
    (RejectCode.QUOTE_SWALLOWS_ROWS, "a quote opens here and swallows the rows below"),
    (RejectCode.QUOTE_NOT_DOUBLED, "a quote inside a quoted cell must be written twice"),
    (RejectCode.CELL_TOO_LONG, "a quote never closes, or a cell is longer than 131,072 characters"),
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def parse_legacy_reason(sentence: str) -> RejectReason:
    """The reason that a stored sentence says; `OTHER` with the sentence for an unknown one."""
    whole = sentence.removesuffix(LEFT_OUT)
    for pattern, code in _compile_patterns():
        if found := pattern.fullmatch(whole):
            cell_only = whole != sentence
            return RejectReason(code, args=found.groupdict(), cell_only=cell_only)
    return RejectReason(RejectCode.OTHER, sentence=sentence)


@cache
def _compile_patterns() -> tuple[tuple[re.Pattern[str], RejectCode], ...]:
    """Sentences without a gap before those with one, which would match more; of these the longest
    first."""
    order = sorted(SENTENCES, key=lambda known: ("{" in known[1], -len(known[1])))
    return tuple((_compile(text), code) for code, text in order)


def _compile(text: str) -> re.Pattern[str]:
    pieces = _PLACEHOLDER.split(text)  # what stands around the gaps, and their names
    pattern = "".join(
        f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
    return re.compile(pattern, re.DOTALL)
