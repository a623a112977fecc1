"""What shops call their goods, in English and French: "candles" names « Bougies et senteurs »."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from bot.rules.proof import claims
from bot.text.normalize import normalize_text, tokenize, word_set

FILE = Path(__file__).parent / "goods.toml"
SAYS_NOTHING = word_set(  # words of three letters and more that stand in any title
    "the and for with from our your les des une aux avec pour sur dans nos vos ses son sans par"
)
STEM = 5  # letters by which words of one family are alike


def concepts(text: str) -> frozenset[str]:
    """The goods, occasions and materials that a text names, whatever its language."""
    return _read(text)[0]


def kinds(text: str) -> frozenset[str]:
    """What things a text names, whatever they are made of."""
    return concepts(text) & set(_lexicon()[1])


def named_in(text: str) -> frozenset[str]:
    """The same, and the stems of all other words of three letters and more that name something."""
    known, rest = _read(text)
    named = [word for word in tokenize(rest) if len(word) > 2 and word not in SAYS_NOTHING]
    return known | {word[:STEM] for word in named}


@lru_cache(maxsize=16384)
def _read(text: str) -> tuple[frozenset[str], str]:
    """What is named, and the folded text without the words that name it."""
    shape, names = _lexicon()
    low, found = normalize_text(text), set()
    for match in shape.finditer(low):
        found.add(names[(match.lastindex or 1) - 1])
    low = shape.sub(" ; ", low)
    materials = [one for one in claims.read(low) if one.kind == "material" and not one.denied]
    for one in reversed(materials):
        low = f"{low[: one.start]} {low[one.end :]}"
    return frozenset(found | {one.name for one in materials}), low


@cache
def _lexicon() -> tuple[re.Pattern[str], Sequence[str]]:
    """One shape for all wordings, the longest first, and the concept of each."""
    with FILE.open("rb") as file:
        read = tomllib.load(file)
    worded = [(words, concept) for concept, said in read.items() for words in said]
    worded.sort(key=lambda one: -len(one[0]))
    shape = "|".join(f"({_shape(words)})" for words, _ in worded)
    return re.compile(rf"\b(?:{shape})\b"), [concept for _, concept in worded]


def _shape(words: str) -> str:
    """`bougie~` begins a family."""
    parts = [re.escape(part).removesuffix(r"\~") for part in words.split()]
    ends = [r"\w*" if part.endswith("~") else "" for part in words.split()]
    return " ".join(part + end for part, end in zip(parts, ends, strict=True))
