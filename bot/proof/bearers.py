"""Whose figure it is: the subjects that a report speaks of, and the figures that are theirs.

A subject is what facts are about ("late parcels"), or what a line of the version by rules begins
with ("Best and loyal customers: …"). Where a sentence names one, its figures must be that one's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from bot.evidence import Fact
from bot.fold import bag, fold, words_of
from bot.proof import figures, subjects, units
from bot.proof.agreement import agree
from bot.proof.reading import Figure
from bot.words import Words

STEM = 5
SMALL = 13
_BY_LABEL = ("audiences.",)  # what lines are about; its facts have no names of their own
_IDLE = bag(
    "customer customers client clients people feedback texts textes with this that from them their "
    "there where when what which avec dans pour sont plus tous toutes than bought achete achetent ordered very "
    "test tests keyword week weeks semaine semaines days jours category total device region regions "
    "departement departements step stuck late write about parlent avis"
)
_LABEL = re.compile(r"[ –-]*(?:\d+\. )?(?P<label>[^.!?;:\n]{3,120}?)[ \u00a0\u202f]*: ")
_HEADS = re.compile(
    r"[ –-]*(?:confirmed|to watch|confirme|a surveiller|read|lus?)[ \u00a0\u202f]*: ?"
)
_REGIONS = re.compile(r"(?:\d{2,3}|2[AB])(?:, (?:\d{2,3}|2[AB]))*")
_NUMBERING = re.compile(r"[ –-]*\d{1,2}\. ")
_ENDS = re.compile(r"[.!?;](?=\s|$)")
_OF = re.compile(
    r"[\s,(]*(?:of|for|among|in|on|by|from|with|at|avec|chez|des?|du|d'|pour|parmi|dans|sur|en|aux?)"
    r"[ '](?:[\w'-]+ ){0,4}$"
)


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


@dataclass(frozen=True)
class Mention:
    """Where a sentence names subjects; several, where the words fit several."""

    start: int
    end: int
    of: frozenset[Bearer]


@dataclass(frozen=True)
class Sentence:
    """A stretch of a line, its mentions, whom the line spoke of before it, and whom it began with:
    "Best and loyal customers: …"."""

    text: str
    start: int
    mentions: tuple[Mention, ...]
    before: Mention | None
    head: Mention | None

    def subject_at(self, at: int) -> Mention | None:
        """Whom the words at this place are about: whoever was named last. "38% of payments" is
        not about payments from then on."""
        named = [one for one in self.mentions if one.end <= at]
        full = [one for one in named if not self._is_part(one)]
        return next(iter([*full[-1:], *named[-1:]]), self.before)

    def _is_part(self, one: Mention) -> bool:
        figure = next((f for f in reversed(figures.read(self.text)) if f.end <= one.start), None)
        return figure is not None and bool(_OF.match(fold(self.text)[figure.end : one.start]))


class Bearers:
    def __init__(self, facts: Iterable[Fact], by_rules: Iterable[str], *, language: str):
        self._facts, self._texts, self._language = tuple(facts), tuple(by_rules), language

    @cached_property
    def every(self) -> tuple[Bearer, ...]:
        return (*_of_facts(self._facts, self._language), *_of_lines(self._texts))

    def sentences(self, text: str) -> Iterator[Sentence]:
        """The sentences of a text with whom they name."""
        for line in re.finditer(r"[^\n]+", text):
            before: Mention | None = None
            head: Mention | None = None
            for start, end in _sentences(line[0]):
                said = line[0][start:end]
                mentions = tuple(self._mentions(said))
                if label := _LABEL.match(said):
                    named = [one for one in mentions if one.start < label.end()]
                    head = named[0] if named else head
                sentence = Sentence(said, line.start() + start, mentions, before, head)
                yield sentence
                before = sentence.subject_at(len(said))

    def owners(self, figure: Figure) -> list[Bearer]:
        return [one for one in self.every if one.has(figure)]

    def pairs(self, figure: Figure, near: Iterable[Bearer]) -> bool:
        """Whether the version by rules has this figure with one of these as well."""
        return any(agree(figure, one) for bearer in near for one in self._paired.get(bearer, ()))

    def is_general(self, figure: Figure) -> bool:
        """Whether it is a figure of nobody in particular: the days looked ahead, the whole."""
        return any(agree(figure, one) for one in self._general)

    @cached_property
    def _general(self) -> tuple[Figure, ...]:
        named = {fact.id for one in self.every for fact in one.facts}
        some = [f for f in self._facts if f.id not in named and not f.id.startswith(_BY_LABEL)]
        return tuple(figure for fact in some for figure in _figures(fact))

    @cached_property
    def _paired(self) -> dict[Bearer, list[Figure]]:
        paired: dict[Bearer, list[Figure]] = {}
        for text in self._texts:
            for sentence in self.sentences(text):
                for figure in figures.read(sentence.text):
                    near = _bound(sentence, figure)
                    for one in near if not near & set(self.owners(figure)) else ():
                        paired.setdefault(one, []).append(figure)
        return paired

    def _mentions(self, said: str) -> Iterator[Mention]:
        """Words that name a subject; what stands together without a figure is one mention."""
        spans = [(f.start, f.end + len(f.follows) + 1) for f in figures.read(said)]
        found: list[Mention] = []
        for start, end, token in _tokens(said):
            of = self._known.get(token)
            if of and (token.isdigit() or not any(a <= start < b for a, b in spans)):
                found.append(Mention(start, end, of))
        breaks = [match.start() for match in re.finditer(r"[:;]", said)]
        yield from _together(found, [*(start for start, _ in spans), *breaks])

    @cached_property
    def _known(self) -> dict[str, frozenset[Bearer]]:
        known: dict[str, set[Bearer]] = {}
        for one in self.every:
            for token in one.tokens:
                known.setdefault(token, set()).add(one)
        return {token: frozenset(of) for token, of in known.items()}


def swapped(text: str, known: Bearers) -> Iterator[tuple[Figure, str, str]]:
    """Each figure that stands with another subject than its own: (figure, with whom, whose)."""
    for sentence in known.sentences(text):
        for figure in figures.read(sentence.text):
            near = _bound(sentence, figure)
            owners = known.owners(figure)
            if not near or not owners or near & set(owners) or known.pairs(figure, near):
                continue
            if _is_common(figure, near, owners) or known.is_general(figure):
                continue
            if any(one.has_such(figure) for one in near):
                yield figure, min(one.name for one in near), owners[0].name


def _bound(sentence: Sentence, figure: Figure) -> frozenset[Bearer]:
    """The subjects that a figure stands with: the last one named, and the one it is "of". Where
    figures come first ("85 are at risk, 88 are drifting away"), the next one named."""
    last = sentence.subject_at(figure.start)
    low = fold(sentence.text)
    behind = [one for one in sentence.mentions if one.start >= figure.end]
    first = sentence.mentions[0].start if sentence.mentions else 0
    leads = any(one.end <= first for one in figures.read(sentence.text))
    of = behind[:1] if behind and _OF.match(low[figure.end : behind[0].start]) else []
    of = behind[:1] if leads else of
    return frozenset().union(*(one.of for one in (*of, last, sentence.head) if one))


def _is_common(figure: Figure, near: Iterable[Bearer], owners: Iterable[Bearer]) -> bool:
    """Whether it is nobody's own: a small count, the figure of everything together, or part of a
    name (a set of 3, region 33)."""
    small = isinstance(figure.first.value, Decimal) and figure.first.value < SMALL
    if (figure.first.unit is None and small) or any(one.is_whole for one in owners):
        return True
    return any(set(words_of(figure.text)) <= set(words_of(one.name)) for one in near)


def _are_alike(one: Figure, two: Figure) -> bool:
    """Two percentages, two amounts, two counts of people; a bare count may be of anything."""
    sorts = [f.first.unit or units.counted(f.follows) or "" for f in (one, two)]
    same = sorts[0] == sorts[1] or ("" in sorts and "".join(sorts).startswith("#"))
    return one.first.kind == two.first.kind and same


def _of_facts(facts: Sequence[Fact], language: str) -> Iterator[Bearer]:
    grouped: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.about and fact.stated_by is None:
            grouped.setdefault(fact.id.rpartition(".")[0], []).append(fact)
    for some in grouped.values():
        about = some[0].about
        named = f"{about} {Words(about).to(language)} " + " ".join(
            Words(piece).to(language) for piece in about.split(", ")
        )
        slug = re.sub(r"[^a-z]+", " ", some[0].id.split(".")[1])
        tokens = _tokens_of(f"{named} {slug}")
        if tokens and (_REGIONS.fullmatch(about) or re.search(r"[a-z]{3}", _unitless(about))):
            own = tuple(figure for fact in some for figure in _figures(fact))
            yield Bearer(about, tokens, own, tuple(some))


def _unitless(about: str) -> str:
    """Without the words that count: "60 days" names nobody."""
    return " ".join(word for word in words_of(about) if word not in _IDLE)


def _figures(fact: Fact) -> Iterator[Figure]:
    for one in dict.fromkeys((fact, fact.as_read)):
        if isinstance(one.value, str):
            yield from (figure for figure in figures.read(one.value) if figure.first.kind == "date")
        else:
            yield figures.number(one.value, one.unit, one.label)


def _of_lines(texts: Iterable[str]) -> Iterator[Bearer]:
    """What lines and sentences begin with, and the figures that follow there."""
    own: dict[str, list[Figure]] = {}
    for text in texts:
        for line in text.splitlines():
            head = _HEADS.match(fold(line))
            said = line[head.end() :] if head else line
            if found := _LABEL.match(said):
                label = found["label"].strip()
                own.setdefault(label, []).extend(figures.read(said[found.end() :]))
    for label, some in own.items():
        if some and (tokens := _tokens_of(label)):
            yield Bearer(label, tokens, tuple(some))


def _sentences(line: str) -> Iterator[tuple[int, int]]:
    numbering = _NUMBERING.match(line)
    first = numbering.end() if numbering else 0
    ends = [match.end() for match in _ENDS.finditer(line, first)]
    yield from (
        pair for pair in pairwise(dict.fromkeys([0, *ends, len(line)])) if line[slice(*pair)].strip()
    )


def _tokens_of(name: str) -> frozenset[str]:
    return frozenset(token for _, _, token in _tokens(name))


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """The words that may name a subject: by their stems, by the concepts of our lists, and single
    capitals, which are the variants of tests."""
    low = fold(text)
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


def _is_article(text: str, match: re.Match[str]) -> bool:
    """ "A" and "I" are words as well."""
    if match[0] not in "ai":
        return False
    return match.start() == 0 or text[match.end() : match.end() + 2].strip()[:1].islower()


def _together(found: list[Mention], breaks: Sequence[int]) -> Iterator[Mention]:
    """Mentions with no figure and no colon between them as one: what all their words fit, else
    whatever any of them fits."""
    found.sort(key=lambda one: one.start)
    whole: Mention | None = None
    for one in found:
        if whole and not any(whole.end <= at < one.start for at in breaks):
            of = whole.of & one.of or whole.of | one.of
            whole = Mention(whole.start, max(whole.end, one.end), of)
            continue
        if whole:
            yield whole
        whole = one
    if whole:
        yield whole
