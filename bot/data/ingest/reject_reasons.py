"""Why a row stayed out, as sentences: the library writes them in English, beside the row."""

import re
from functools import cache

from bot.i18n.messages import Words

# As the library writes them; what stands in braces is the row's own.
REASONS = {
    words.text: words
    for words in (
        Words("is no amount"),
        Words("is no number"),
        Words("is no whole number"),
        Words("is no date that I can read"),
        Words("is neither yes nor no"),
        Words("is empty"),
        Words("is cut short by a spreadsheet; export it as text"),
        Words("lies in the future"),
        Words("is no rating from 1 to 5"),
        Words("this line is no JSON object"),
        Words("has {n} cells where the header has {width}"),
        # of a catalogue's rows
        Words('a price can\'t be negative ("{cell}")'),
        Words('"{cell}" is not a price'),
        Words('two currencies in "{cell}"'),
        Words('"{cell}" is too large for a price'),
        Words('"{cell}" may be one thousand or one; write it without the sign'),
        Words('"{cell}" is not a number of pieces'),
        Words('"{cell}" is not a currency I know'),
        Words("{currency}, but the price says {other}"),
        Words("{currency}, but line {n} says {other}"),
        Words('two columns of this name disagree: "{cell}"'),
        Words('two columns are called "{column}": rows in which they differ stay out'),
        Words("this is a spreadsheet's formula, not a name"),
        Words("this is a spreadsheet's formula, not a reference"),
        Words("this is a spreadsheet's formula, not a price"),
        Words("a spreadsheet's formula"),
        Words("a name of {n} characters is a shifted column"),
        Words("this is a total, not a product"),
        Words("there is no name"),
        Words("its product was left out (line {n})"),
        Words("the same reference as line {n}, for another product"),
        Words("the same name as line {n}, for another product"),
        Words("the same product as line {n} once more"),
        Words("{n} characters: cut at {most}"),
        Words("the price is 0"),
        Words("below the price"),
        Words("not an address that starts with https://"),
        Words("not UTF-8: read as Windows text, so look at the accents"),
        Words("accents that another program had spoilt were put right"),
        Words("holds bytes that are no text"),
        Words("has {n} cells, the header {width}"),
        Words("has {n} cells, the header {width}: a text with the delimiter in it wants quotes"),
        Words("a quote opens here and never closes"),
        Words("a quote opens here and swallows the rows below"),
        Words("a quote inside a quoted cell must be written twice"),
        Words("a quote never closes, or a cell is longer than 131,072 characters"),
    )
}
LEFT_OUT = Words("{reason}: left out")  # the cell alone; its row is in
OUT = ": left out"
_GAP = re.compile(r"\{(\w+)\}")


def reason_in_words(reason: str) -> Words | None:
    """The sentence that the library wrote in English; None for one that is not known here."""
    if reason.endswith(OUT) and (whole := reason_in_words(reason.removesuffix(OUT))):
        return Words(LEFT_OUT.text, reason=whole)
    if known := REASONS.get(reason):
        return known
    for shape, text in _shapes():
        if found := shape.fullmatch(reason):
            return Words(text, **found.groupdict())
    return None


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with something of the row in them, the longest first."""
    gapped = sorted((text for text in REASONS if "{" in text), key=len, reverse=True)
    return tuple((re.compile(_shape(text), re.DOTALL), text) for text in gapped)


def _shape(text: str) -> str:
    pieces = _GAP.split(text)  # what stands around the gaps, and their names
    return "".join(
        f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
