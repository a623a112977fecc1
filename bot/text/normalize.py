"""The one place that normalizes text: case, accents, white space, line ends, apostrophes.

`normalize_text` is for comparing and searching: its result has the same length, so that positions
in it are positions in the original. `normalize_with_offsets` also removes hidden characters, and
says where the others were. The other functions change one thing each. Ids of facts, names of
columns and fingerprints depend on them: a change here changes stored data.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
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


class CharacterTable(dict[int, str]):
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


def _keep_letter(character: str) -> str:
    normalized = _normalize_character(character)
    return normalized if "a" <= normalized <= "z" or normalized in "œæßñ" else " "


MAX_KNOWN_PIECES, MAX_KNOWN_LENGTH = 50_000, 40  # characters
_NORMALIZED = CharacterTable(_normalize_character)
_LETTERS = CharacterTable(_keep_letter)
_WITHOUT_MARKS = CharacterTable(_drop_mark)


@lru_cache(maxsize=4096)
def normalize_text(text: str) -> str:
    """Normalize a text to one of the same length: `Été à l’île` → `ete a l'ile`."""
    return text.translate(_NORMALIZED)


def tokenize(text: str) -> list[str]:
    """Return the normalized words. Hyphens and apostrophes separate words."""
    return re.findall(r"[a-z0-9œæß]+", normalize_text(text))


class _PieceWords(dict[str, tuple[str, ...]]):
    """The normalized words of what stands between two spaces: most texts are made of the same."""

    def __missing__(self, piece: str) -> tuple[str, ...]:
        words = tuple(piece.translate(_LETTERS).split())
        if len(piece) <= MAX_KNOWN_LENGTH:
            if len(self) >= MAX_KNOWN_PIECES:
                self.clear()
            self[piece] = words
        return words


_PIECE_WORDS = _PieceWords()


def split_words(text: str) -> list[str]:
    """Return the normalized words, of letters alone: a digit separates words too."""
    return list(chain.from_iterable(map(_PIECE_WORDS.__getitem__, text.split())))


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
    return frozenset(words.split())


_PLAIN = re.compile(r"[\x20-\x7e\n\tÀ-ÖØ-öø-ÿœŒ€«»]*")  # none of it is replaced or dropped
# Characters without a place of their own: hidden ones, joiners, marks over the letter before.
_DROPPED = re.compile(f"{HIDDEN_CHARACTERS.pattern[:-1]}\u200c\u200d\ufe0f\u0300-\u036f]")
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


_VISIBLE = CharacterTable(_replace_look_alike)


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


# Slugs for the ids of facts, and titles of products for the screen.


@lru_cache(maxsize=10_000)
def slugify(name: str) -> str:
    """Return a slug: `Photos portées !` → `photos-portees`. Without letters or digits it is `x`."""
    return re.sub(r"[^a-z0-9]+", "-", strip_accents(name.casefold())).strip("-") or "x"


# Product titles as people write them: CAPITALS from a till become « Capitals ».

LOWERCASE_TITLE_WORDS = word_set(
    "a an and at by for in of on or the to with au aux de des du en et la le les ou pour"
)
ACRONYMS = word_set("diy led usb uv uk usa eu")  # words that stay in capitals
VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")


def format_title(title: str) -> str:
    """Return the title as one line without underscores. A title in capitals that is longer than a
    short word is converted to capitalized words; any other is not changed."""
    plain = collapse_spaces(title.replace("_", " "))
    if plain != plain.upper() or sum(letter.isalpha() for letter in plain) <= len("XXXXX"):
        return plain
    return " ".join(_format_word(word, first=n == 0) for n, word in enumerate(plain.split()))


def _format_word(word: str, *, first: bool) -> str:
    if word.lower() in LOWERCASE_TITLE_WORDS and not first:
        return word.lower()
    parts = [_format_piece(piece) for piece in word.split("-")]
    return "-".join(parts)


def _format_piece(piece: str) -> str:
    """Convert one word: `SET/9` → `Set/9`, `50'S` → `50's`, `15CM` → `15cm`; `TV`, `LED` stay."""
    begins = next((n for n, letter in enumerate(piece) if letter.isalpha()), 0)
    if piece[:1].isdigit() and begins:  # 15CM, 50'S
        return piece.lower()
    spoken = VOWELS & set(piece) and piece.lower().strip(".,;:!?()") not in ACRONYMS
    return piece[: begins + 1] + piece[begins + 1 :].lower() if spoken else piece


# Sentences of catalogue descriptions: without HTML, and without shouting.

_SHOUT = re.compile(
    r"[A-Z]{5,}|!|(?i:\bperfect\b|\bbest\b|\bparfait|\bmeilleur|\bplease\b|package include"
    r"|\bdelight\b|\bsure to\b|\bmagic\b|\bfavourite\b|\bwonderful\b"
    r"|\bblister|\b(?:our|my) (?:store|shop)(?:front)?\b|\bfeedback\b|\bbrand new\b|^so\b"
    r"|^product description\b)"
    r"|: [^.]*\w: "  # a list of labels without line breaks
)

_END = re.compile(r"(?<=[.!?])\s+")


def strip_html(text: str) -> str:
    """Return the text without HTML, with single spaces."""
    plain = collapse_spaces(html.unescape(re.sub(r"<[^>]*>", " ", text)))
    return re.sub(r"^(?:product )?description:? (?=[A-ZÀ-Ý])", "", plain, flags=re.IGNORECASE)


def split_sentences(text: str, abbreviations: tuple[str, ...]) -> list[str]:
    """Return the sentences; a full stop of an abbreviation ends none."""
    sentences: list[str] = []
    for piece in _END.split(text):
        if sentences and sentences[-1].lower().endswith(abbreviations):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    if len(sentences) == 1 and sentences[0] and sentences[0][-1].isalnum():
        sentences = [f"{sentences[0]}."]
    return sentences


def is_usable_sentence(sentence: str) -> bool:
    begins = sentence[:1].isupper() or sentence[:1].isdigit()
    glued = re.search(r"[a-zà-ÿ]{3}[A-ZÀ-Ý][a-zà-ÿ]{2}", sentence)  # "railwaySanta"
    return 15 <= len(sentence) <= 240 and begins and not glued and not _SHOUT.search(sentence)
