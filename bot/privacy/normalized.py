"""Text as a reader sees it, with the place of each of its characters in the text as it is stored.

Hidden characters are left out, wide and mathematical letters and digits become plain ones, and
there is one kind of space, of dash, of dot and of @. Rules match this text; what they find is cut
out of the stored one.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from bot.text.escape import HIDDEN

_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
# What takes no place of its own: hidden characters, joiners, marks over the letter before.
_DROPPED = re.compile(rf"{HIDDEN.pattern}|[\u200c\u200d\ufe0f\u0300-\u036f]|\r\n?")
_SAME = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2024\u3002\uff61\ufe52\uff0e", "."),
    **dict.fromkeys("\ufe6b\uff20", "@"),
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07", "'"),
    **dict.fromkeys("ªº", None),
    "\u2028": "\n",
    "\u2029": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
}


class Normalized(NamedTuple):
    """The text to match, and where each of its characters begins and ends in the stored text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class _Table(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = _simple(chr(code))
        return self[code]


def _simple(character: str) -> str:
    if character in "\n\t" or " " <= character <= "~":
        return character
    if character in _SAME:
        return _SAME[character] or character
    if unicodedata.category(character) == "Zs":
        return " "
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(int(digit))
    same = unicodedata.normalize("NFKC", character)
    return same if len(same) == 1 else character


_TABLE = _Table()


def normalize(text: str) -> Normalized:
    """The text to match, and where its characters stand in `text`."""
    if _PLAIN.fullmatch(text):
        return Normalized(text, range(len(text)), range(1, len(text) + 1))
    if not _DROPPED.search(text):
        return Normalized(text.translate(_TABLE), range(len(text)), range(1, len(text) + 1))
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for dropped in _DROPPED.finditer(text):
        kept += text[at : dropped.start()].translate(_TABLE)
        starts += range(at, dropped.start())
        ends += range(at + 1, dropped.start() + 1)
        at = dropped.end()
        if dropped[0].startswith("\r"):
            kept.append("\n")
            starts.append(dropped.start())
            ends.append(at)
        elif kept and dropped[0] and "\u0300" <= dropped[0] <= "\u036f":
            whole = unicodedata.normalize("NFC", kept[-1] + dropped[0])
            kept[-1] = whole if len(whole) == 1 else kept[-1]
            ends[-1] = at
    kept += text[at:].translate(_TABLE)
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return Normalized("".join(kept), starts, ends)
