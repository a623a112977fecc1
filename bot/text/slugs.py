"""A name as it stands in a fact's id: lower case, no accents, signs as hyphens."""

import re
import unicodedata
from functools import lru_cache

from bot.text.normalize import collapse_spaces, word_set


@lru_cache(maxsize=10_000)
def slugify(name: str) -> str:
    """`Photos portées !` → `photos-portees`; a name without letters or digits gives `x`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-") or "x"


# What a product is called, as people write it: a till's CAPITALS become « Capitals ».

LOWERCASE_TITLE_WORDS = word_set(
    "a an and at by for in of on or the to with au aux de des du en et la le les ou pour"
)
ACRONYMS = word_set("diy led usb uv uk usa eu")  # they are said letter by letter
VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")


def format_title(title: str) -> str:
    """The title in one line, without underscores. One that is all capitals, and more than one
    short word, is set with a capital at the beginning of its words; any other stays as it is."""
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
    """`SET/9` → `Set/9`, `50'S` → `50's`, `15CM` → `15cm`, `TV` and `LED` as they are."""
    begins = next((n for n, letter in enumerate(piece) if letter.isalpha()), 0)
    if piece[:1].isdigit() and begins:  # 15CM, 50'S
        return piece.lower()
    spoken = VOWELS & set(piece) and piece.lower().strip(".,;:!?()") not in ACRONYMS
    return piece[: begins + 1] + piece[begins + 1 :].lower() if spoken else piece
