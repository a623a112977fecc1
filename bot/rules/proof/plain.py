"""The closed vocabulary of a rewriting (`plain.toml`): which words an AI may add by itself.

In a statement only words of measure; where somebody is told what to do, words of work as well. A
word is allowed in its own forms and no other: "left" allows no left-handed people.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.rules.proof import inflection
from bot.text.normalize import normalize_text, word_set

FILE = Path(__file__).parent / "plain.toml"
_ENDS = re.compile(r"[.!?;:…\n]+(?=\s|$)|\s[–-]\s|[()]")
_LEAD = r"(?:^[\W\d_]*(?:\d+\. )?|, (?:so |and |then |but |puis |et |mais |donc )?)"
_ORDERS = {
    "en": re.compile(
        _LEAD
        + r"(?:(?:first|then|also|next|instead|please|always|meanwhile|and|so|but|just|only|better"
        r"|never|or|until then|for now|today|finally|above all),? )*"
        r"(?:(?P<denied>do not|don't|let|let's)\b|(?P<verb>[a-z-]+)\b)"
    ),
    "fr": re.compile(
        _LEAD
        + r"(?:(?:d'abord|puis|ensuite|aussi|et|ou|mais|alors|enfin|surtout|dans l'immediat),? )*"
        r"(?:ne |n'|en |y )?(?P<verb>[a-z]+ez|faites|dites)\b"
    ),
}
_TO_YOU = {
    "en": re.compile(
        r"\b(?:you|we|one) (?:can|should|could|may|must|might|need to|want to|have to|will|would)\b"
        r"|\b(?:it is|it's|is) (?:worth|better|best|enough|wise|safe)\b"
        r"|^\W*(?:if|before|once|until|to|when) (?:you\b|[a-z]+,)"
    ),
    "fr": re.compile(
        r"\b(?:vous|nous|on) (?:ne |n'|le |la |les |y )?(?:pouvez|pouvons|devez|devons|pourriez"
        r"|devriez|verrez|voulez|peut"
        r"|doit|pourrait|devrait|saurez|apprendrez)\b"
        r"|\b(?:il (?:vous )?(?:faut|faudrait|vaut|suffit)|mieux vaut|autant)\b"
        r"|^\W*(?:avant de|pour|si vous|s'il)\b|\bpouvez-vous\b"
    ),
}
_OBJECT = re.compile(r" (?:the|an?|your|them|it|these|those|each|every|with (?:what|the|your|a)) ?")
_PREFIX = {"en": re.compile("^(?:re|un|over|mis)"), "fr": re.compile("^(?:re|in(?=[^mp])|im)")}
STEM = 3  # letters that a word has left without its prefix
_NO_ORDER = word_set("assez chez avez allez-y nez")


class Stretch(NamedTuple):
    """A piece of a text up to a full stop or a colon, folded. `bare` is without the phrases of the
    vocabulary; it may tell somebody what to do, follow a colon, or lead to one."""

    start: int
    end: int
    text: str
    bare: str
    advises: bool
    follows: bool = False
    leads: bool = False
    works: bool = False  # whether words of work may stand in it


def stretches(text: str, language: str, *, works: bool = False) -> Iterator[Stretch]:
    """The pieces of a text, in their order. A part that tells what to do is of work."""
    low, start, follows = normalize_text(text), 0, False
    for end, after in [*(match.span() for match in _ENDS.finditer(low)), (len(low), len(low))]:
        piece, sign = low[start:end], low[end:after]
        if piece.strip():
            advises = _advises(piece, language)
            bare = _phrases(language, advice=advises or works).sub(lambda m: " " * len(m[0]), piece)
            leads, some = ":" in sign, advises or works
            yield Stretch(start, end, piece, bare, advises, follows, leads, some)
            follows = False
        follows = (follows or bool(re.search("[:(]", sign))) and "\n" not in sign
        start = after


def strange(stretch: Stretch, language: str) -> Iterator[tuple[int, str]]:
    """Each word that is none of the vocabulary: where it stands in the text, and the word."""
    allowed = words(language, advice=stretch.works)
    for match in re.finditer(r"[^\W\d_]+(?:-[^\W\d_]+)*", stretch.bare):
        for part in re.finditer(r"[^\W\d_]+", match[0]):
            forms = {part[0], match[0], _bare(part[0], language)}
            if len(part[0]) > 1 and not forms & allowed:
                yield stretch.start + match.start() + part.start(), part[0]


def _bare(word: str, language: str) -> str:
    """The word without a prefix that turns or repeats it: "rerun", "unlikely", « improbable »."""
    shorter = _PREFIX[language].sub("", word)
    return shorter if len(shorter) >= STEM else word


@cache
def words(language: str, *, advice: bool) -> frozenset[str]:
    """All forms of all words that need nobody's leave."""
    listed = _lists()[language]
    found = set(word_set(listed["exact"]))
    for some in (listed, listed["advice"]) if advice else (listed,):
        for kind, forms in _KINDS.items():
            found |= {form for word in word_set(some[kind]) for form in forms(word, language)}
    return frozenset(found)


@cache
def exact(language: str) -> frozenset[str]:
    """The words that say nothing by themselves."""
    return frozenset(word_set(_lists()[language]["exact"]))


def content(text: str, language: str) -> list[str]:
    """The words of a folded text that say something."""
    return [word for word in re.findall(r"[a-z]{2,}", text) if word not in exact(language)]


@cache
def before_people(language: str) -> frozenset[str]:
    """What may stand before "customers" and makes no others of them."""
    return frozenset(word_set(_lists()[language]["before_people"]))


@cache
def deeds(language: str) -> frozenset[str]:
    """What everybody does who is spoken of at all."""
    some = word_set(_lists()[language]["deeds"])
    forms = (inflection.verb, inflection.noun)
    return frozenset(form for word in some for of in forms for form in of(word, language))


@cache
def stative(language: str) -> frozenset[str]:
    """Verbs by which people are counted or placed, not what they do by habit."""
    some = word_set(_lists()[language]["stative"])
    return frozenset(form for word in some for form in inflection.verb(word, language))


@cache
def ranks(language: str) -> frozenset[str]:
    """How high in a list somebody stands."""
    return frozenset(word_set(_lists()[language]["ranks"]))


@cache
def verbs(language: str) -> frozenset[str]:
    """The verbs of the vocabulary that are no nouns as well."""
    listed = _lists()[language]
    nouns = {form for word in word_set(listed["nouns"]) for form in inflection.noun(word, language)}
    some = {form for word in word_set(listed["verbs"]) for form in inflection.verb(word, language)}
    return frozenset(some | _HELPERS) - nouns


@cache
def adjectives(language: str) -> frozenset[str]:
    """The adjectives of the vocabulary, advice included."""
    listed = _lists()[language]
    some = word_set(listed["adjectives"]) | word_set(listed["advice"]["adjectives"])
    return frozenset(form for word in some for form in inflection.adjective(word, language))


_HELPERS = word_set(
    "is are was were has have had do does did will would can could may might should must est sont "
    "etait etaient a ont avait avaient vont va font fait peuvent peut doivent doit devraient "
    "viennent reviennent sera seront"
)
_BOTH = word_set(
    "make look list test order return review measure use place start stop show write pause target"
    " check fix plan launch forecast value attempt guide"
)
_KINDS = {
    "verbs": inflection.verb,
    "nouns": inflection.noun,
    "adjectives": inflection.adjective,
}


def _advises(low: str, language: str) -> bool:
    if _TO_YOU[language].search(low):
        return True
    for order in _ORDERS[language].finditer(low):
        if language == "fr" and order["verb"] not in _NO_ORDER:
            return True
        if language == "en" and (order["denied"] or order["verb"] in _bases()):
            return True
        if language == "en" and order["verb"] in _verbs() and _OBJECT.match(low, order.end()):
            return True
    return False


@cache
def _verbs() -> frozenset[str]:
    """The verbs that are nouns as well: orders where an object follows ("run the test")."""
    listed = _lists()["en"]
    both = word_set(listed["verbs"]) | word_set(listed["advice"]["verbs"])
    return frozenset(word.split("/")[0] for word in both)


@cache
def _bases() -> frozenset[str]:
    """The verbs that begin an order; those that are nouns as well only where they are told so."""
    listed = _lists()["en"]
    both = word_set(listed["verbs"]) | word_set(listed["advice"]["verbs"])
    bases = {word.split("/")[0] for word in both} - word_set(listed["nouns"])
    return frozenset(bases) | _BOTH


@cache
def _lists() -> dict[str, Any]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _phrases(language: str, *, advice: bool) -> re.Pattern[str]:
    listed = _lists()[language]
    said = [listed["phrases"], listed["advice"]["phrases"] if advice else ""]
    some = {" ".join(one.split()) for text in said for one in text.split("/")} - {""}
    every = "|".join(re.escape(one) for one in sorted(some, key=len, reverse=True))
    return re.compile(rf"(?<![\w'-])(?:{every})(?![\w-])")
