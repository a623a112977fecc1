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

from bot.privacy.first_names import lone_names
from bot.text.normalize import fold

FILE = Path(__file__).parent / "given_names.toml"
# Colours, cloths and goods, as the catalogue's readers know them.
TRAITS = Path(__file__).parents[1] / "data" / "catalogue" / "lexicon.toml"
GOODS = Path(__file__).parents[1] / "rules" / "goods.toml"
ARTICLES = frozenset(
    re.findall(r"\S+", "la le les l' une un cette ce ma mon vos the this my a o das die der el")
)

_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_LOUD = r"[A-ZÀ-ÖØ-Þ]{3,}(?:-[A-ZÀ-ÖØ-Þ]{2,})*"
_JOIN = (
    r"(?:[Dd]e [Ll]a|[Dd]e|[Dd]u|[Dd]es|[Vv]an [Dd]er|[Vv]an [Dd]en|[Vv]an|[Vv]on|der|[Dd]a|dos|do|"
    r"[Dd]el|[Ll]e|[Ll]a|[Ee]l|[Bb]en) |[DdOo]['’]|Mc|Mac"
)
_LAST = rf"(?:{_JOIN})?(?:{_WORD}|{_LOUD})(?![\w'’])|[A-ZÀ-ÖØ-Þ]\."
_NAME = re.compile(
    rf"(?<![\w'’.@/-])(?P<first>{_WORD}) (?P<last>{_LAST})(?P<more>(?: (?:{_LAST})){{0,2}})"
)
# PHILIPPE MARCHAND, DUPONT Marie, LE GALL Yannick
_SHOUTED = re.compile(
    rf"(?<![\w'’.@/-])(?P<one>{_LOUD}(?: {_LOUD})?),? (?P<other>{_WORD}|{_LOUD})(?![\w'’])"
)
_BEFORE = re.compile(  # a house, a model or a saint of that name
    r"(?:(?<!signed )(?<!collected )(?<!delivered )(?<!received )(?<!packed )(?<!helped "
    r")(?<!served )"
    r"(?<!written )(?<!sent )(?<!picked up )(?<!taken )(?<!opened )(?<!handled )\bby|\b(?:brand|"
    r"marque|mod[èe]le|model|maison|collection|style|parfum|san|santa|st\.?|"
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
    listed: frozenset[str]
    goods: re.Pattern[str]
    titled: frozenset[str]
    trades: frozenset[str]
    worn: frozenset[str]
    begins: frozenset[str]


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
    lists = _lists()
    every = list(full_names(text, own))
    if _LOUD_WORD.search(text):
        every += shouted_names(text, own)
    every += lone_names(text, lists.listed, lists.first - frozenset(own) if own else lists.first)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(every, key=lambda span: (span[0], -span[1])):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def shouted_names(text: str, own: Collection[str] = ()) -> Iterator[tuple[int, int]]:
    """Full names of which the surname, or all, is in capitals. Where the words beside are capitals
    too, whole sentences are, and only a common surname makes a name of it."""
    lists, at = _lists(), 0
    while found := _SHOUTED.search(text, at):
        at = found.end("one")
        one, other = fold(found["one"]), fold(found["other"])
        loud = found["other"].isupper()
        first, last = (other, one) if other in lists.listed and not loud else (one, other)
        if loud and other in lists.first and one not in lists.listed:
            first, last = other, one
        known = first in lists.first or (first in lists.doubtful and last in lists.surnames)
        if not known or first in own or f"{first} {last}" in lists.known:
            continue
        if any(not could_be_name(word, own) for word in last.split(" ")):
            continue
        beside = (text[: found.start()].rstrip()[-3:], text[found.end() :].lstrip()[:3])
        if loud and last not in lists.surnames and any(_is_loud(one) for one in beside):
            continue
        if _BEFORE.search(found.string[max(0, found.start() - 24) : found.start()]):
            continue
        at = found.end()
        yield found.span()


def _is_loud(letters: str) -> bool:
    return len(letters) == 3 and letters.isalpha() and letters.isupper()


def could_be_name(word: str, own: Collection[str] = (), *, titled: bool = False) -> bool:
    """Whether a word may be part of somebody's name: nothing that the shop sells, no colour, cloth
    or thing, and no word with which sentences begin. Behind a title or a greeting (`titled`) only
    the last is asked."""
    lists, folded = _lists(), fold(word).strip(".' ")
    if titled:
        return folded in lists.trades or folded not in lists.begins
    if folded in own:
        return folded in lists.surnames
    if _ROMAN.fullmatch(folded):
        return False
    if folded in lists.surnames or folded in lists.first:
        return True
    if folded in lists.no_last:
        return folded in lists.trades and folded not in lists.worn
    return folded in lists.trades or not lists.goods.fullmatch(folded)


def is_somebody(titled: str) -> bool:
    """Whether what stands behind a title is a person: "Mr Propre" is none."""
    return fold(titled).split(" ")[0].strip(".") not in _lists().titled


def is_given_name(word: str) -> bool:
    """Whether the lists hold it as a first name."""
    return fold(word).strip(". ") in _lists().listed


_ROMAN = re.compile(r"[ivx]{2,}")
_LOUD_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ]{3}")


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
    return any(word in own or not could_be_name(word) for word in words[-1:])


@cache
def _lists() -> _Lists:
    with FILE.open("rb") as file:
        told = tomllib.load(file)
    with TRAITS.open("rb") as file:
        traits = tomllib.load(file)
    with GOODS.open("rb") as file:
        things = tomllib.load(file)
    first = frozenset(fold(name) for names in told["names"].values() for name in names.split())
    worn = {fold(word) for trait in ("materials", "colours") for word in traits[trait]}
    begins = {fold(word) for word in told["no_surnames"]["words"].split()}
    no_last = begins | worn
    known = {" ".join(fold(one).split()) for one in re.split(r"[|\n]", told["known"]["names"])}
    doubtful, last = (
        frozenset(map(fold, told[name]["names"].split())) for name in ("doubtful", "surnames")
    )
    goods = {word for words in things.values() for word in words if " " not in word}
    shapes = (re.escape(word).replace(r"\~", r"\w*") for word in sorted(goods))
    return _Lists(
        first,
        doubtful,
        last,
        frozenset(no_last),
        frozenset(known),
        first | doubtful,
        re.compile("|".join(shapes)),
        frozenset(map(fold, told["titled"]["names"].split())),
        frozenset(map(fold, told["trades"]["names"].split())),
        frozenset(worn),
        frozenset(begins),
    )
