"""What words say of a product beside its own words: the category it is in, and a name that it does
not have."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from bot.goods import kinds, named_in
from bot.library.catalogue.products import Product
from bot.library.catalogue.tokens import (
    BRIEF,
    COMMON,
    ENGLISH,
    FRENCH,
    GRAMMAR,
    WEAK,
    split,
    stem,
)

OF_KIND = 0.45  # less than a product that is named; enough to be one of a range
SMALL = frozenset(
    [
        "de",
        "du",
        "des",
        "d",
        "en",
        "à",
        "au",
        "aux",
        "l",
        "la",
        "le",
        "les",
        "of",
        "the",
        "for",
        "s",
    ]
)


def in_category(words: str, products: Sequence[Product]) -> list[int]:
    """The products whose category is what these words name and nothing else: of "bed linen", of
    « Linge de lit »; those first of which
    there are most."""
    wanted = kinds(words)
    if not wanted or named_in(words) - wanted:
        return []
    found = [n for n, one in enumerate(products) if any(kinds(c) & wanted for c in _called(one))]
    return sorted(found, key=lambda n: (-(products[n].stock or 0), n))


def _called(product: Product) -> Iterator[str]:
    """What the catalogue files it under; of a path, each step."""
    for text in (product.type or "", *product.tags):
        yield from _steps(text)


@lru_cache(maxsize=4096)
def _steps(text: str) -> tuple[str, ...]:
    return tuple(step for step in text.split(">") if step.strip())


def other_name(words: str, at: Collection[str], has: Collection[str]) -> str:
    """The word that stands where a name would, right beside what the thing is, and is none of this
    product's: zinzin, of « le plaid zinzin ». `at` are the stems of what the thing is, `has` those
    of the product, by their translations too."""
    said = split(words)
    for n, word in enumerate(said):
        if stem(word) not in at:
            continue
        behind, before = said[n + 1 : n + 2], said[n - 1 : n] if n else []
        french = _french(said)
        if french is None and any(stem(other) in has for other in behind):
            continue  # its name follows
        sides: list[str] = [] if french is False else [*behind]
        for other in [*sides, *([] if french else before)]:
            if _names(other) and stem(other) not in has:
                return other
    return ""


def _names(word: str) -> bool:
    """Whether it may be a name: no word of grammar, of a brief or of every day."""
    known = GRAMMAR | BRIEF | COMMON | WEAK | SMALL
    return len(word) > 2 and word.isalpha() and word not in known and stem(word) not in known


def _french(said: Collection[str]) -> bool | None:
    """Whether these words are French, where a name follows the thing; or they don't tell."""
    counted = sum(word in FRENCH for word in said) - sum(word in ENGLISH for word in said)
    return counted > 0 if counted else None
