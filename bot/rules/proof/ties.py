"""What a sentence ties together that nothing does: late parcels *of* the mohair throw.

Two things that are named side by side belong together only where one fact, or one line of the
version by rules, names both. An enumeration ties nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.core.facts import Fact
from bot.rules.goods import concepts as goods_in
from bot.rules.proof import figures, plain, subjects
from bot.rules.proof.inflection import key
from bot.rules.proof.plain import Stretch
from bot.text.normalize import normalize_text

_WORD = re.compile(r"[^\W\d_]{2,}")
# Between two that are only listed: "late parcels, and above all stock".
_LISTS = re.compile(r"[,;]|\b(?:and|or|but|while|whereas|nor|et|ou|mais|tandis|alors|ni|puis)\b")
_TIES = re.compile(
    r"\b(?:of|from|by|with|among|because|due|thanks|through|who|whose|de|des|du|d'|par|avec|parmi"
    r"|chez|car|parce|cause|grace|mostly|mainly|especially|particularly|surtout|notamment)\b"
)
_ITEM = re.compile(r"^\s*(?:[–-]|\d+\.)\s")


@dataclass(frozen=True)
class Naming:
    """A word that names something, and what it is known by."""

    start: int
    end: int
    text: str
    known_by: frozenset[str]


def known_by(text: str) -> frozenset[str]:
    """The words of a text without their endings, and the concepts of our lists."""
    words = {key(word) for word in _WORD.findall(normalize_text(text))}
    return frozenset(words) | _concepts(text)


def groups(said: Iterable[tuple[Fact, str]], by_rules: Iterable[str]) -> list[frozenset[str]]:
    """What belongs together: what the facts of one subject say, and each line by rules."""
    of: dict[str, list[str]] = {}
    for fact, text in said:
        of.setdefault(fact.id.rpartition(".")[0], []).append(text)
    texts = ["\n".join(some) for some in of.values()]
    for line in (line for text in by_rules for line in text.splitlines()):
        texts += [line] if _ITEM.match(line) else re.split(r"(?<=[.!?])\s+", line)
    return [known_by(one) | _near(one) for text in texts for one in _listed_in(text)]


def _near(text: str) -> frozenset[str]:
    """The quarters that its départements lie in."""
    return frozenset(f"={name}" for name in subjects.quarters_of(text))


def _listed_in(text: str) -> Iterator[str]:
    """What a text ties together: each by itself where it only lists them behind a colon."""
    head, colon, rest = text.rpartition(":")
    items = rest.split(",")
    if not colon or len(items) < 3 or re.search(r"\d", rest):
        yield text
    else:
        yield from (f"{head}: {item}" for item in items)


def namings(stretch: Stretch, language: str) -> Iterator[Naming]:
    """The words of a stretch that name something: all that are not plain. What a list calls by
    several words is one: "tea towels"."""
    allowed = plain.words(language, advice=False)
    one = [n for n in subjects.listed(stretch.bare) if n.concept and not n.text.isalpha()]
    for named in one:
        yield Naming(named.start, named.end, named.text, known_by(named.text))
    dated = [(f.start, f.end) for f in figures.read(stretch.text)]  # held to whose they are
    spans = [*((n.start, n.end) for n in one), *dated]
    for match in _WORD.finditer(stretch.bare):
        inside = any(start <= match.start() and match.end() <= end for start, end in spans)
        if not inside and match[0] not in allowed:
            yield Naming(*match.span(), match[0], known_by(match[0]))


def tied(
    some: Iterable[Stretch], known: Iterable[frozenset[str]], language: str
) -> Iterator[tuple[str, str]]:
    """Each two that a statement ties together and nothing else does."""
    every, head = list(known), list[Naming]()
    for stretch in some:
        named = [one for one in namings(stretch, language) if any(one.known_by & g for g in every)]
        named.sort(key=lambda one: one.start)
        if not stretch.advises:
            for one, two in pairwise(named):
                between = stretch.bare[one.end : two.start]
                if not _together(one, two, every) and not _listed(between):
                    yield one.text, two.text
            if stretch.follows and head and named and not _together(head[-1], named[0], every):
                yield head[-1].text, named[0].text
        head = named if named or not stretch.follows else head


def _listed(between: str) -> bool:
    """ "498 by e-mail, 83 by SMS" only lists, as figures stand between."""
    ties = _TIES.search(between) and not re.search(r"\d", between)
    return bool(_LISTS.search(between)) and not ties


def _together(one: Naming, two: Naming, known: list[frozenset[str]]) -> bool:
    if one.known_by & two.known_by:
        return True
    return any(one.known_by & group and two.known_by & group for group in known)


def _concepts(text: str) -> frozenset[str]:
    goods = {f"={one}" for one in goods_in(text)}
    return frozenset({f"={one}" for one in subjects.concepts(text)} | goods)
