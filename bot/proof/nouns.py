"""What a sentence speaks of, by where a word stands: behind a determiner, a preposition, an "and".

Such a word is a subject unless it is one of everyday: all that this product itself says to people,
in English and French, and the plain words of reports (`everyday.toml`). A closed vocabulary: what
is not in it, and in no fact, is an invention, whether or not a list knows it.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.fold import fold
from bot.proof.subjects import Named
from bot.words import Language, catalogue

FILE = Path(__file__).parent / "everyday.toml"
SHORT = 4  # letters from which a word may be a subject
_HEADS: dict[str, str] = {
    "en": "the|our|your|their|its|these|those|this|that|most|many|some|few|all|every|each|several"
    "|other|an?|of|from|for|among|with|without|by|in|on|to|at|and|or|than|about|mostly|mainly"
    "|because of|due to|thanks to|despite|like",
    "fr": "les?|la|l'|une?|des?|du|d'|aux?|nos|notre|vos|votre|leurs?|ces?|cet|cette|ses|sa|son"
    "|certaine?s|plusieurs|chaque|chez|parmi|pour|avec|sans|par|en|dans|sur|et|ou|que|contre"
    "|comme|surtout",
}
# Behind these stands a verb as often as a noun: "without peeking", « avant de pousser ».
_VERBS: dict[str, re.Pattern[str]] = {
    "en": re.compile(r"(?:of|for|by|without|from|in|on|than|to|and|or|about|despite) \w+ing"),
    "fr": re.compile(r"(?:de|d'|pour|sans|a|au|et|ou|que) ?\w+(?:er|ir|re)"),
}
# A verb behind its noun: « les questions représentent ».
_SAID_OF = re.compile(r"\w+(?:ent|ait|era|eront|erait|eraient|er|ir|ez|ant)")
_WORD = r"[^\W\d_][\w-]*"
_ENDINGS = re.compile(r"(?:ing|ed|er|ez|ent|ee|ly|r|e)$")


def nouns(text: str, language: Language | str) -> Iterator[Named]:
    """Each word that stands where a subject stands and is none of everyday."""
    low, told = fold(text).replace("\u2019", "'"), set[int]()
    for match in _shape(language).finditer(low):
        for place, word in enumerate(re.finditer(_WORD, match["some"])):
            start = match.start("some") + word.start()
            if _is_verb(low[match.start() : start] + word[0], word[0], place, language):
                continue
            strange = [one for one in word[0].split("-") if len(one) >= SHORT]
            if start not in told and any(key(one) not in everyday() for one in strange):
                told.add(start)
                end = start + len(word[0])
                yield Named(text[start:end], start, end)


def _is_verb(said: str, word: str, place: int, language: str) -> bool:
    if place == 0:
        return _VERBS[language].fullmatch(said) is not None
    return language == "fr" and _SAID_OF.fullmatch(word) is not None


def key(word: str) -> str:
    """A folded word without the endings that change nothing: plural, feminine, tense."""
    bare = word.removesuffix("'s").rstrip("sx") if len(word) > SHORT else word
    if bare.endswith("ie"):  # categories, category
        bare = bare[:-2] + "y"
    for _ in range(2):
        shorter = _ENDINGS.sub("", bare)
        bare = shorter if len(shorter) >= SHORT else bare
    return bare


@cache
def everyday() -> frozenset[str]:
    """The closed vocabulary, as keys."""
    said = [text for one, others in catalogue("fr").items() for text in (one, *others)]
    with FILE.open("rb") as file:
        said += tomllib.load(file).values()
    words = re.findall(r"[^\W\d_]+", " ".join(fold(text) for text in said))
    return frozenset(key(word) for word in words)


@cache
def _shape(language: str) -> re.Pattern[str]:
    head = rf"(?<![\w'-])(?:{_HEADS[language]})(?:(?<=')| )"
    some = rf"(?P<some>{_WORD}(?: (?!(?:{_HEADS[language]})(?![\w])){_WORD})?)"
    return re.compile(rf"{head}(?={some})")
