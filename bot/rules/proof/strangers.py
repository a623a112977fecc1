"""What a rewriting says that neither the facts nor the version by rules say.

"Vegetarians in Lyon respond best" holds no figure and no claim, and yet it is invented. So each
word must be one of theirs, or one of the closed vocabulary (`plain.toml`).
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from bot.core.facts import Fact
from bot.i18n.messages import Words
from bot.rules.goods import concepts as goods_in
from bot.rules.proof import plain, subjects, ties
from bot.rules.proof.inflection import key
from bot.rules.proof.subjects import Named
from bot.text.normalize import normalize_text, tokenize

STEM = 5  # letters by which words of one family are alike
_VERBATIM = re.compile(r"quote|verbatim|comment|review text|citation|\.rule-code$")


class Vocabulary:
    """What may be named: all that the facts say, and the version put together by rules. What a
    customer wrote is a quotation and names nobody; what was said in a conversation is its matter.
    """

    def __init__(self, facts: Iterable[Fact], by_rules: Iterable[str], *, language: str):
        self.facts = [fact for fact in facts if fact.stated_by is None]
        self.by_rules, self.language = tuple(by_rules), language

    @cached_property
    def text(self) -> str:
        return "\n".join([*self.by_rules, *(text for _, text in self._said())])

    @cached_property
    def folded(self) -> str:
        return normalize_text(self.text).replace("-", " ")

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word[:STEM] for word in tokenize(self.text))

    @cached_property
    def letters(self) -> frozenset[str]:
        """Single capitals: the variants of a test."""
        return frozenset(re.findall(r"(?<!\w)[A-Z](?!\w)", self.text))

    @cached_property
    def concepts(self) -> frozenset[str]:
        return subjects.concepts(self.text).union(
            *(subjects.quarters_of(fact.about) for fact in self.facts)
        )

    def knows(self, named: Named) -> bool:
        """Whether this is named there too, in either language."""
        if named.concept in subjects.orders():
            return named.concept in self._ours
        if named.concept is not None:
            same = named.concept in self.concepts or self._says(named.text)
            return same or bool(goods_in(named.text) & self.goods)
        if len(named.text) == 1:
            return named.text in self.letters
        words = tokenize(named.text)
        return self._says(named.text) or all(
            word[:STEM] in self.stems or word in self.plain or len(word) < 3 for word in words
        )

    def is_plain(self, named: Named) -> bool:
        """Whether a capital or a place in the sentence makes nothing of a plain word."""
        return (
            named.concept is None
            and normalize_text(named.text) in self.plain
            and len(named.text) > 1
        )

    @cached_property
    def rules(self) -> str:
        return normalize_text("\n".join(self.by_rules))

    @cached_property
    def ours(self) -> str:
        """What the version by rules says itself, folded, whatever things are called in it."""
        text = normalize_text("\n".join(self.by_rules))
        names = {name for fact in self.facts for name in _names(fact)}
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(normalize_text(name), " ") if len(name) > 3 else text
        return text

    @cached_property
    def _ours(self) -> frozenset[str]:
        return subjects.concepts(self.ours)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key(word) for word in tokenize(self.text.replace("-", " ")))

    @cached_property
    def plain(self) -> frozenset[str]:
        return plain.words(self.language, advice=True)

    def has(self, word: str) -> bool:
        """Whether this folded word is there, whatever its ending; or its concept, by another."""
        concepts = subjects.concepts(word)
        same = bool(concepts and concepts <= self.concepts)
        return key(word) in self.keys or same or bool(goods_in(word) & self.goods)

    @cached_property
    def goods(self) -> frozenset[str]:
        return frozenset(goods_in(self.text))

    def _says(self, name: str) -> bool:
        return normalize_text(name).replace("-", " ").strip(" .,!?") in self.folded

    @cached_property
    def groups(self) -> list[frozenset[str]]:
        """What belongs together."""
        return ties.groups(self._said(), self.by_rules)

    def _said(self) -> Iterator[tuple[Fact, str]]:
        for fact in self.facts:
            said = [fact.id.replace("-", " ").replace(".", " "), fact.about, fact.label]
            said += [Words(text).to(self.language) for text in fact.about.split(", ")]
            if fact.id.startswith("thread.") or not _VERBATIM.search(f"{fact.label} {fact.id}"):
                said.append(fact.spelled(self.language))
            yield fact, "\n".join(said)


def strangers(text: str, known: Vocabulary, *, works: bool = False) -> Iterator[Named]:
    """Each thing named that is not known, once, in the order of the text; `works` where the part
    tells what to do."""
    listed = [one for one in subjects.listed(text) if one.concept and known.knows(one)]
    found: dict[str, Named] = {}
    strange = [*_strange(text, known, works)]
    every = [*subjects.read(text), *strange]
    for named in sorted(every, key=lambda one: (one.start, -one.end)):
        told = (*found.values(), *listed)
        inside = any(one.start <= named.start and named.end <= one.end for one in told)
        new = named in strange or not (known.is_plain(named) or known.knows(named))
        if new and not inside:
            found.setdefault(normalize_text(named.text), named)
    yield from found.values()


def _strange(text: str, known: Vocabulary, works: bool) -> Iterator[Named]:
    for stretch in plain.stretches(text, known.language, works=works):
        for start, word in plain.strange(stretch, known.language):
            if not known.has(word):
                yield Named(text[start : start + len(word)], start, start + len(word))


def _names(fact: Fact) -> Iterator[str]:
    """What a fact is about, each later part of it ("runs small, Alba shirt"), and what it says."""
    pieces = fact.about.split(", ")
    yield from (", ".join(pieces[n:]) for n in range(len(pieces)))
    yield str(fact.value)
    yield str(fact.source)
