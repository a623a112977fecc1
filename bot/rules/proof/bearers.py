"""Whose figure it is: where a sentence names a subject, its figures must be that one's."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from bot.core.facts import Fact
from bot.rules.proof import figures, naming
from bot.rules.proof.agreement import agree
from bot.rules.proof.naming import Bearer
from bot.rules.proof.reading import Figure
from bot.text.normalize import normalize_text, tokenize

SMALL = 13  # up to here a bare count is nobody's own
_BY_LABEL = "audiences."  # facts without names of their own: the lines by rules have them
_OF = re.compile(
    r"[\s,(]*(?:of|for|among|in|on|by|from|with|at|avec|chez|des?|du|d'|pour|parmi|dans|sur|en"
    r"|aux?)[ '](?:[\w'-]+ ){0,4}$"
)
# "85 customers at risk", "of them": whom a figure counts stands right behind it.
_NEXT = re.compile(
    _OF.pattern
    + r"|(?: (?:customers?|people|buyers|clients?|acheteurs|personnes|who|which|qui|are|is"
    r"|sont|est)){1,3} $"
)
_AGAINST = re.compile(
    r"\b(?:against|versus|vs|than|compared (?:with|to)|instead of|contre|au lieu de|que)\W+"
    r"(?:(?:only|just|about|the|seulement|environ|les|des) ?)?$"
)
_OBJECT = re.compile(r"\b(?:bought|buy|buying|ordered|achet\w+)\W+$")
_BREAKS = re.compile(r"[:;]|\b(?:bought|buy|buying|ordered|achet\w+)\b")
_OTHERS = re.compile(
    r"\W*(?:every(?:one|body) else|(?:all )?(?:the )?others|the rest|(?:tous )?les autres"
    r"|le reste)\b"
)


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
    mentions: tuple[Mention, ...]
    before: Mention | None
    head: Mention | None

    def subject_at(self, at: int) -> Mention | None:
        """Whom the words at this place are about: whoever was named last. "38% of payments" is
        not about payments from then on."""
        named = [one for one in self.mentions if one.end <= at]
        full = [one for one in named if not self._is_part(one)]
        return next(iter([*full[-1:], *named[-1:]]), self.before)

    def near(self, figure: Figure) -> frozenset[Bearer]:
        """The subjects that a figure stands with: the last one named, and the one it is "of".
        Where figures come first ("85 are at risk, 88 are drifting away"), the next one named. What
        it is held against ("5.4% against 4.2%") is somebody else's."""
        last, low = self.subject_at(figure.start), normalize_text(self.text)
        behind = [one for one in self.mentions if one.start >= figure.end][:1]
        first = self.mentions[0].start if self.mentions else 0
        leads = any(one.end <= first for one in figures.read(self.text))
        if behind and not leads and not _NEXT.match(low[figure.end : behind[0].start]):
            behind = []
        if _AGAINST.search(low[: figure.start]):
            return frozenset().union(*(one.of for one in behind))
        return frozenset().union(*(one.of for one in (*behind, last, self.head) if one))

    def _is_part(self, one: Mention) -> bool:
        if _OBJECT.search(normalize_text(self.text)[: one.start]):
            return True
        figure = next((f for f in reversed(figures.read(self.text)) if f.end <= one.start), None)
        return figure is not None and bool(
            _OF.match(normalize_text(self.text)[figure.end : one.start])
        )


class Bearers:
    """The subjects of one analysis: of its facts, and of its version by rules."""

    def __init__(self, facts: Iterable[Fact], by_rules: Iterable[str], *, language: str):
        self._facts, self._texts = tuple(facts), tuple(by_rules)
        self.every = naming.bearers(self._facts, self._texts, language)

    def sentences(self, text: str) -> Iterator[Sentence]:
        """The sentences of a text with whom they name."""
        for line in text.splitlines():
            before: Mention | None = None
            head: Mention | None = None
            for start, end in naming.sentences(line):
                said = line[start:end]
                mentions = tuple(self._mentions(said))
                if not mentions and _OTHERS.match(normalize_text(said)):
                    before = head = None
                if label := naming.LABEL.match(said):
                    head = next((m for m in mentions if m.start < label.end()), head)
                sentence = Sentence(said, mentions, before, head)
                yield sentence
                before = sentence.subject_at(len(said))

    def owners(self, figure: Figure) -> list[Bearer]:
        return [one for one in self.every if one.has(figure)]

    def has_paired(self, figure: Figure, near: Iterable[Bearer]) -> bool:
        """Whether the version by rules has this figure with one of these as well."""
        return any(agree(figure, one) for bearer in near for one in self._paired.get(bearer, ()))

    def is_general(self, figure: Figure) -> bool:
        """Whether it is a figure of nobody in particular: the days looked ahead, the whole."""
        return any(agree(figure, one) for one in self._general)

    @cached_property
    def _general(self) -> tuple[Figure, ...]:
        named = {fact.id for one in self.every for fact in one.facts}
        some = [f for f in self._facts if f.id not in named and not f.id.startswith(_BY_LABEL)]
        return tuple(figure for fact in some for figure in naming.own_figures(fact))

    @cached_property
    def _paired(self) -> dict[Bearer, list[Figure]]:
        paired: dict[Bearer, list[Figure]] = {}
        for sentence in (one for text in self._texts for one in self.sentences(text)):
            for figure in figures.read(sentence.text):
                near = sentence.near(figure)
                for one in near if not near & set(self.owners(figure)) else ():
                    paired.setdefault(one, []).append(figure)
        return paired

    @cached_property
    def _known(self) -> dict[str, frozenset[Bearer]]:
        known: dict[str, set[Bearer]] = {}
        for one in self.every:
            for token in one.tokens:
                known.setdefault(token, set()).add(one)
        return {token: frozenset(of) for token, of in known.items()}

    def _mentions(self, said: str) -> Iterator[Mention]:
        """Words that name a subject; what stands together without a figure is one mention."""
        spans = [(f.start, f.end + len(f.follows) + 1) for f in figures.read(said)]
        found: list[Mention] = []
        for start, end, token in naming.tokens(said):
            of = self._known.get(token)
            if of and (token.isdigit() or not any(a <= start < b for a, b in spans)):
                found.append(Mention(start, end, of))
        breaks = [match.start() for match in _BREAKS.finditer(normalize_text(said))]
        yield from _together(found, [*(start for start, _ in spans), *breaks])


def swapped(text: str, known: Bearers) -> Iterator[tuple[Figure, str, str]]:
    """Each figure that stands with another subject than its own: (figure, with whom, whose)."""
    for sentence in known.sentences(text):
        for figure in figures.read(sentence.text):
            near, owners = sentence.near(figure), known.owners(figure)
            if not near or not owners or near & set(owners) or known.has_paired(figure, near):
                continue
            if _is_common(figure, near, owners) or known.is_general(figure):
                continue
            if any(one.has_such(figure) for one in near):
                yield figure, min(one.name for one in near), owners[0].name


def _is_common(figure: Figure, near: Iterable[Bearer], owners: Iterable[Bearer]) -> bool:
    """Whether it is nobody's own: a small count, the figure of everything together, or part of a
    name (a set of 3, region 33)."""
    small = isinstance(figure.first.value, Decimal) and figure.first.value < SMALL
    if (figure.first.unit is None and small) or any(one.is_whole for one in owners):
        return True
    return any(set(tokenize(figure.text)) <= set(tokenize(one.name)) for one in near)


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
