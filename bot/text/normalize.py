"""The one place that normalizes text: case, accents, white space, line ends, apostrophes.

`normalize_text` is for comparing and searching: its result has the same length, so that positions
in it are positions in the original. `normalize_with_offsets` also removes hidden characters, and
says where the others were. The other functions change one thing each. Ids of facts, names of
columns and fingerprints depend on them: a change here changes stored data.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

EQUIVALENTS = {"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"}

# Zero-width and joining marks, bidi overrides and isolates, byte order mark, tags, soft hyphen, and
# all control characters except tab and newline. The emoji joiner and variation selectors are kept
# inside an emoji, and joiners in scripts that need them.
HIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0"
    "\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)


class _CharacterTable(dict[int, str]):
    """A table for `str.translate` that is filled with the characters that occur."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self._change = change

    def __missing__(self, code: int) -> str:
        self[code] = self._change(chr(code))
        return self[code]


def _normalize_character(character: str) -> str:
    if character in EQUIVALENTS:
        return EQUIVALENTS[character]
    if character.isspace():
        return character if character in "\n\t" else " "
    folded = unicodedata.normalize("NFD", character)[0].lower()
    return folded if len(folded) == 1 else character


def _drop_mark(character: str) -> str:
    return "" if unicodedata.combining(character) else character


_NORMALIZED = _CharacterTable(_normalize_character)
_WITHOUT_MARKS = _CharacterTable(_drop_mark)


@lru_cache(maxsize=4096)
def normalize_text(text: str) -> str:
    """Normalize a text to one of the same length: `Été à l’île` → `ete a l'ile`."""
    return text.translate(_NORMALIZED)


def tokenize(text: str) -> list[str]:
    """Return the normalized words. Hyphens and apostrophes separate words."""
    return re.findall(r"[a-z0-9œæß]+", normalize_text(text))


def strip_accents(text: str) -> str:
    """Remove accents, and replace compatibility characters: `Été ﬁn` → `Ete fin`. Case stays, and
    so do letters without a decomposition: `œ`, `ß`, `ø`. The length may change."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text).translate(_WITHOUT_MARKS)


def normalize_spelling(text: str) -> str:
    """Normalize words to compare how they are spelt: `Trop Étroit’` → `trop etroit'`, `Cœur` →
    `coeur`, `Straße` → `strasse`. Unlike in `normalize_text`, the length may change."""
    low = straighten_apostrophes(text.casefold())
    return strip_accents(low.replace("œ", "oe").replace("æ", "ae"))


def straighten_apostrophes(text: str) -> str:
    """Replace the typographic apostrophe: `l’été` → `l'été`."""
    return text.replace("’", "'")


def normalize_nfc(text: str) -> str:
    """Compose accents (NFC, never NFKC), without other changes."""
    return unicodedata.normalize("NFC", text)


def normalize_stored_text(text: str) -> str:
    """Normalize to NFC with `\\n` line ends and no space around, so that equal text has equal
    bytes."""
    return normalize_nfc(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def collapse_spaces(text: str) -> str:
    """Normalize to NFC, and every run of white space to one space."""
    return " ".join(normalize_nfc(text).split())


def word_set(words: str) -> frozenset[str]:
    """Return the words of a string as a set."""
    return frozenset(words.split())


_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
# Characters without a place of their own: hidden ones, joiners, marks over the letter before.
_DROPPED = re.compile(rf"{HIDDEN_CHARACTERS.pattern}|[\u200c\u200d\ufe0f\u0300-\u036f]|\r\n?")
_REPLACEMENTS = {
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


class NormalizedText(NamedTuple):
    """The normalized text, and where each of its characters starts and ends in the stored text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def _replace_look_alike(character: str) -> str:
    if character in "\n\t" or " " <= character <= "~":
        return character
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character] or character
    if unicodedata.category(character) == "Zs":
        return " "
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(int(digit))
    same = unicodedata.normalize("NFKC", character)
    return same if len(same) == 1 else character


_VISIBLE = _CharacterTable(_replace_look_alike)


def normalize_with_offsets(text: str) -> NormalizedText:
    """Return the text to match, and where its characters are in `text`."""
    if _PLAIN.fullmatch(text):
        return NormalizedText(text, range(len(text)), range(1, len(text) + 1))
    if not _DROPPED.search(text):
        return NormalizedText(text.translate(_VISIBLE), range(len(text)), range(1, len(text) + 1))
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for dropped in _DROPPED.finditer(text):
        kept += text[at : dropped.start()].translate(_VISIBLE)
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
    kept += text[at:].translate(_VISIBLE)
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return NormalizedText("".join(kept), starts, ends)
