"""Full names in the middle of a text: a first name that people have, and a surname behind it.

Lists say which first names: `given_names.toml`. A list that knew every name would take products
for people, so that what the shop itself calls something, colours and cloths always stay.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.fold import fold
from bot.library.catalogue.lexicon import lexicon
from bot.library.files.first_names import lone_names

FILE = Path(__file__).parent / "given_names.toml"
ARTICLES = frozenset(
    re.findall(r"\S+", "la le les l' une un cette ce ma mon vos the this my a o das die der el")
)

_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_LOUD = r"[A-ZÀ-ÖØ-Þ]{3,}(?:-[A-ZÀ-ÖØ-Þ]{2,})*"
_JOIN = r"(?:de la|de|du|des|van der|van den|van|von|der|da|dos|do|del|le|la|el) |[DdOo]['’]|Mc|Mac"
_LAST = rf"(?:{_JOIN})?(?:{_WORD}|{_LOUD})(?![\w'’])|[A-ZÀ-ÖØ-Þ]\."
_NAME = re.compile(
    rf"(?<![\w'’.@/-])(?P<first>{_WORD}) (?P<last>{_LAST})(?P<more>(?: (?:{_LAST})){{0,2}})"
)
_BEFORE = re.compile(  # a house, a model or a saint of that name
    r"(?:\b(?:by|brand|marque|mod[èe]le|model|maison|collection|style|parfum|san|santa|st\.?|"
    r"saint|sainte|rue|avenue|place|lyc[ée]e|h[ôo]tel|hotel)|["
    r"«“\"]) ?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Lists:
    first: frozenset[str]
    doubtful: frozenset[str]
    surnames: frozenset[str]
    no_last: frozenset[str]
    known: frozenset[str]


def full_names(text: str, own: Collection[str] = ()) -> Iterator[tuple[int, int]]:
    """Where the full names in a text begin and end, in its order. `own` are the folded words of
    the team's products and brands: none is a surname, and what is called like a person is one of
    them behind another of its words or an article: "la robe Maud Longue"."""
    at = 0
    while found := _NAME.search(text, at):
        if _is_person(found, own):
            at = _end(found, own)
            yield found.start(), at
        else:
            at = found.end("first")  # "Bonjour Marie Dupont": the name may begin a word later


def names_in(text: str, own: Collection[str] = ()) -> list[tuple[int, int]]:
    """Where people are named, in full or by a first name that can be nobody else's, in the text's
    order and without overlaps."""
    listed = _lists().first | _lists().doubtful
    every = [*full_names(text, own), *lone_names(text, listed)]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(every, key=lambda span: (span[0], -span[1])):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def own_words(names: Collection[str]) -> frozenset[str]:
    """The folded words of what a team sells and is called: never taken for a person's name."""
    return frozenset(word for name in names for word in re.findall(r"[^\W\d_]{3,}", fold(name)))


def _is_person(found: re.Match[str], own: Collection[str]) -> bool:
    first, last, lists = fold(found["first"]), fold(found["last"]), _lists()
    named = first in lists.first or (first in lists.doubtful and last in lists.surnames)
    if not named or f"{first} {last}" in lists.known or _no_surname(last, own):
        return False
    before = found.string[max(0, found.start() - 24) : found.start()]
    return not (_BEFORE.search(before) or (first in own and _is_thing(before, own)))


def _end(found: re.Match[str], own: Collection[str]) -> int:
    """Behind the last of its surnames."""
    end = found.end("last")
    for more in re.finditer(rf" (?:{_LAST})", found["more"]):
        if _no_surname(fold(more[0].strip()), own):
            break
        end = found.start("more") + more.end()
    return end


def _is_thing(before: str, own: Collection[str]) -> bool:
    words = re.findall(r"[^\W\d_]+['’]?", fold(before))
    return bool(words) and (words[-1] in own or words[-1] in ARTICLES)


def _no_surname(last: str, own: Collection[str]) -> bool:
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", last)
    return any(word in _lists().no_last or word in own for word in words[-1:])


@cache
def _lists() -> _Lists:
    with FILE.open("rb") as file:
        told = tomllib.load(file)
    first = {fold(name) for names in told["names"].values() for name in names.split()}
    traits = {fold(word) for trait in ("materials", "colours") for word in lexicon()[trait]}
    no_last = {fold(word) for word in told["no_surnames"]["words"].split()} | traits
    known = {" ".join(fold(one).split()) for one in re.split(r"[|\n]", told["known"]["names"])}
    doubtful, last = (told[name]["names"].split() for name in ("doubtful", "surnames"))
    return _Lists(
        frozenset(first),
        frozenset(map(fold, doubtful)),
        frozenset(map(fold, last)),
        frozenset(no_last),
        frozenset(known),
    )
