"""Slugs for the ids of facts, and titles of products for the screen."""

import re
from functools import lru_cache

from bot.text.normalize import collapse_spaces, strip_accents, word_set


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
