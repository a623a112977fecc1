"""Whose fact it is, in a text about several products: what is said of one is never another's."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.i18n.messages import Words
from bot.rules.proof import claims, figures
from bot.rules.proof.ground import Ground
from bot.rules.proof.left_out import within
from bot.rules.proof.piece import Piece
from bot.text.normalize import normalize_text

STEM = 5  # letters by which words of one family are alike
NEAR = 4  # words between two that name the same product
_NUMBER = re.compile(r"[A-Z]{1,4}\d+[A-Z]?")  # of a model, as makers write it
_FROM = re.compile(r"\b(?:from|des|a partir de)\W*$")  # the least of several: nobody's own


@dataclass(frozen=True)
class Owner:
    """A product: what it is called, by which words it is known, and what may be said of it."""

    handle: str
    title: str
    tokens: frozenset[str]
    ground: Ground


class Owners:
    """The products that a text may speak of."""

    def __init__(self, ground: Ground):
        self._ground = ground

    @cached_property
    def every(self) -> tuple[Owner, ...]:
        titles = {
            fact.id.split(".")[1]: str(fact.value)
            for fact in self._ground.evidence.of("product")
            if fact.label in ("name", "title")
        }
        stems = {handle: _stems(title) for handle, title in titles.items()}
        return tuple(
            Owner(handle, title, self._own(handle, stems), self._without(handle))
            for handle, title in titles.items()
        )

    @staticmethod
    def _own(handle: str, stems: dict[str, frozenset[str]]) -> frozenset[str]:
        others = frozenset().union(*(some for one, some in stems.items() if one != handle))
        return stems[handle] - others

    def _without(self, handle: str) -> Ground:
        """What is known, without the facts of the other products."""
        mine = tuple(
            fact
            for fact in self._ground.evidence.facts
            if not fact.id.startswith("product.") or fact.id.startswith(f"product.{handle}.")
        )
        brief = self._ground.brief
        brief = brief.model_copy(update={"product": handle}) if brief else None
        return Ground(Evidence(facts=mine), brief, self._ground.brand)

    def numbers(self, said: str) -> bool:
        """Whether this is the number in a product's name, where the name is cut short: R1151."""
        words = (word for owner in self.every for word in re.findall(r"[^\W_]+", owner.title))
        return bool(_NUMBER.fullmatch(said)) and said in words

    def at(self, line: str, place: int) -> tuple[Owner, ...]:
        """Whom the words at this place of a line are about: those named last, several where they
        are named together."""
        named: list[Owner] = []
        words = [(m.start(), m.end(), m[0]) for m in re.finditer(r"[^\W\d_]+", line[:place])]
        end = 0
        for at, (start, stop, word) in enumerate(words):
            one = next(
                (owner for owner in self.every if normalize_text(word)[:STEM] in owner.tokens), None
            )
            if one is None or not _names(one, word, start, [w for *_, w in words[:at]]):
                continue
            if named and re.search(r"[\d:.;!?]", line[end:start]):
                named = []
            named = named if one in named else [*named, one]
            end = stop
        return tuple(named)


def owners(examined: Sequence[Piece], ground: Ground) -> Iterator[Check]:
    """Figures and claims that stand with a product and are proven of another alone."""
    known = Owners(ground)
    if len(known.every) < 2:
        return
    for piece in examined:
        for line in piece.text.splitlines():
            names = ground.name_spans(line)
            for figure in figures.read(line):
                if within(figure.start, figure.end, names) or known.numbers(figure.text):
                    continue
                if _FROM.search(normalize_text(line[: figure.start])) or ground.stated_figure(
                    figure
                ):
                    continue
                of = known.at(line, figure.start)
                fact = ground.proof(figure, piece.cites)
                if of and fact and not any(o.ground.proof(figure, piece.cites) for o in of):
                    yield _another(figure.text, piece, fact, of[-1], known)
            for claim in claims.read(line):
                of = known.at(line, claim.start)
                fact = ground.backing(claim, piece.cites)
                if of and fact and not any(o.ground.backing(claim, piece.cites) for o in of):
                    yield _another(claim.text, piece, fact, of[-1], known)


def _another(said: str, piece: Piece, fact: Fact, of: Owner, known: Owners) -> Check:
    whose = fact.id.split(".")[1]
    other = next((one.title for one in known.every if one.handle == whose), whose)
    words = Words("“{said}” is true of {other}, not of {product}.", said=said, other=other,
                  product=of.title)  # fmt: skip
    return Check(rule="owner", level="block", words=words, part=piece.key, quote=said,
                 override=True)  # fmt: skip


def _names(one: Owner, word: str, start: int, before: list[str]) -> bool:
    """Whether this word names it: by its capital, as the only one it has, or with another of its
    own close before: "wax" alone is not the beeswax candles."""
    near = {normalize_text(other)[:STEM] for other in before[-NEAR:]} - {
        normalize_text(word)[:STEM]
    }
    return (word[0].isupper() and start > 0) or len(one.tokens) == 1 or bool(near & one.tokens)


def _stems(title: str) -> frozenset[str]:
    return frozenset(normalize_text(word)[:STEM] for word in re.findall(r"[^\W\d_]{3,}", title))
