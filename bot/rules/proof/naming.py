"""What the subjects of a report are called, and the figures that are theirs.

A subject is what facts are about ("late parcels"), or what a line of the version by rules begins
with ("Best and loyal customers: …").
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.core.facts import Fact
from bot.i18n.messages import Words
from bot.rules.proof import figures, subjects, units
from bot.rules.proof.agreement import agree
from bot.rules.proof.reading import Figure
from bot.text.normalize import normalize_text, tokenize, word_set

STEM = 5  # letters by which words of one family are alike
LABEL = re.compile(r"[ –-]*(?:\d+\. )?(?P<label>[^.!?;:\n]{3,120}?)[ \u00a0\u202f]*: ")
_IDLE = word_set(
    "customer customers client clients people feedback texts textes with this that from them "
    "their there where when what which avec dans pour sont plus tous toutes than very bought "
    "ordered achete achetent test tests keyword week weeks semaine semaines days jours category "
    "total device region regions departement departements step stuck late write about parlent avis"
)
_HEADS = re.compile(
    r"[ –-]*(?:confirmed|to watch|confirme|a surveiller|read|lus?)[ \u00a0\u202f]*: ?"
)
_REGIONS = re.compile(r"(?:\d{2,3}|2[AB])(?:, (?:\d{2,3}|2[AB]))*")
_NUMBERING = re.compile(r"[ –-]*\d{1,2}\. ")
_ENDS = re.compile(r"[.!?;](?=\s|$)")


@dataclass(frozen=True)
class Bearer:
    """One subject: what it is called, the words it is known by, its figures and its facts."""

    name: str
    tokens: frozenset[str]
    figures: tuple[Figure, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it stands for everything together."""
        return any(fact.id.split(".")[1] in ("all", "tested") for fact in self.facts)

    def has(self, figure: Figure) -> bool:
        return any(agree(figure, one) for one in self.figures)

    def has_such(self, figure: Figure) -> bool:
        """Whether it has figures of that sort at all: percentages, amounts, days."""
        return any(_are_alike(figure, one) for one in self.figures)


def bearers(facts: Sequence[Fact], by_rules: Iterable[str], language: str) -> tuple[Bearer, ...]:
    """All subjects of an analysis, those of its facts first."""
    return (*_of_facts(facts, language), *_of_lines(by_rules))


def sentences(line: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a line begin and end; "1." at its start ends none."""
    numbering = _NUMBERING.match(line)
    ends = [match.end() for match in _ENDS.finditer(line, numbering.end() if numbering else 0)]
    for span in pairwise(dict.fromkeys([0, *ends, len(line)])):
        if line[slice(*span)].strip():
            yield span


def tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """The words that may name a subject: by their stems, by the concepts of our lists, and single
    capitals, which are the variants of tests."""
    low = normalize_text(text)
    for match in re.finditer(r"[a-z0-9œæ]+", low):
        word = match[0]
        if len(word) > 3 and word not in _IDLE:
            yield *match.span(), word[:STEM]
        elif len(word) == 1 and text[match.start()].isupper() and not _is_article(text, match):
            yield *match.span(), word.upper()
        elif len(word) == 2 and word.isdigit():
            yield *match.span(), word
    for named in subjects.listed(text):
        if named.concept:
            yield named.start, named.end, f"={named.concept}"


def own_figures(fact: Fact) -> Iterator[Figure]:
    """The figure that a fact is, to its last digit and as people read it; or the day it is."""
    for one in dict.fromkeys((fact, fact.as_read)):
        if isinstance(one.value, str):
            yield from (found for found in figures.read(one.value) if found.first.kind == "date")
        else:
            yield figures.number(one.value, one.unit, one.label)


def _of_facts(facts: Sequence[Fact], language: str) -> Iterator[Bearer]:
    grouped: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.about and fact.stated_by is None:
            grouped.setdefault(fact.id.rpartition(".")[0], []).append(fact)
    for some in grouped.values():
        about = some[0].about
        slug = re.sub(r"[^a-z]+", " ", some[0].id.split(".")[1])
        said = [Words(name).to(language) for name in (about, *about.split(", "))]
        known = _known_by(" ".join((about, *said, slug)))
        if known and (_REGIONS.fullmatch(about) or re.search(r"[a-z]{3}", _unitless(about))):
            own = tuple(figure for fact in some for figure in own_figures(fact))
            yield Bearer(about, known, own, tuple(some))


def _of_lines(texts: Iterable[str]) -> Iterator[Bearer]:
    """What lines begin with, and the figures that follow there."""
    own: dict[str, list[Figure]] = {}
    for line in (line for text in texts for line in text.splitlines()):
        head = _HEADS.match(normalize_text(line))
        said = line[head.end() :] if head else line
        if found := LABEL.match(said):
            own.setdefault(found["label"].strip(), []).extend(figures.read(said[found.end() :]))
    for label, some in own.items():
        if some and (known := _known_by(label)):
            yield Bearer(label, known, tuple(some))


def _known_by(name: str) -> frozenset[str]:
    return frozenset(token for _, _, token in tokens(name))


def _unitless(about: str) -> str:
    """Without the words that count: "60 days" names nobody."""
    return " ".join(word for word in tokenize(about) if word not in _IDLE)


def _is_article(text: str, match: re.Match[str]) -> bool:
    """ "A" and "I" are words as well."""
    if match[0] not in "ai":
        return False
    return match.start() == 0 or text[match.end() : match.end() + 2].strip()[:1].islower()


def _are_alike(one: Figure, two: Figure) -> bool:
    """Two percentages, two amounts, two counts of people; a bare count may be of anything."""
    sorts = [f.first.unit or units.counted(f.follows) or "" for f in (one, two)]
    same = sorts[0] == sorts[1] or ("" in sorts and "".join(sorts).startswith("#"))
    return one.first.kind == two.first.kind and same
