"""Facts by subject, and sentences made of them: what an analysis is put into words with.

A `Told` is one subject with its measures. A `Teller` spells values in the reader's language and
remembers which facts it used, so that each text cites what it stands on.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel, Field

from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep, Table
from bot.i18n.countries import translate_country
from bot.i18n.messages import Language, Words

CANNOT, AGE = "cannot", "age"  # subjects of what the library can't tell, and of how old a set is
DEVICES = {
    "mobile": Words("phones"),
    "desktop": Words("computers"),
    "tablet": Words("tablets"),
}
MOSTLY = Decimal("0.8")  # of a theme, from which it is one of its parts
EXACT = ("experiments", "plan")  # a test is read to its digits
_DEPARTEMENT = re.compile(r"\d{2,3}|2[AB]")
LONG_AGO = 100  # days, from which a day says more


@dataclass(frozen=True)
class Told:
    """`key` is the subject's slug; `about` its name (English where it is ours)."""

    kind: str
    key: str
    about: str
    facts: Mapping[str, Fact]

    def get(self, measure: str) -> Fact | None:
        return self.facts.get(measure)

    def number(self, measure: str) -> Decimal:
        """The measure as a number; nought when it is not there."""
        fact = self.facts.get(measure)
        return fact.value if fact and isinstance(fact.value, Decimal) else Decimal(0)

    def word(self, measure: str) -> str:
        """The measure as text; empty when it is not there."""
        fact = self.facts.get(measure)
        return str(fact.value) if fact else ""

    def named(self, language: str) -> str:
        """Its name as people of that language say it: whole, or piece by piece."""
        if self.key.startswith(("country-", "visits-country-")):
            return translate_country(self.about, language)
        if self.key.startswith("visits-device-"):
            return DEVICES.get(self.about, Words(self.about)).to(language)
        if (whole := Words(self.about).to(language)) != self.about:
            return whole
        return ", ".join(Words(piece).to(language) for piece in self.about.split(", "))


def told(evidence: Evidence, kind: str, prefix: str = "") -> dict[str, Told]:
    """The subjects of a kind in the order found; with a prefix, those whose key begins so. Their
    values are as people read them: see `Fact.as_read`."""
    grouped: dict[str, dict[str, Fact]] = {}
    for fact in evidence.of(kind):
        _, key, measure = (*fact.id.split(".", 2), "")[:3]
        if key.startswith(prefix):
            grouped.setdefault(key, {})[measure] = fact if kind in EXACT else fact.as_read
    return {
        key: Told(kind, key, next(iter(facts.values())).about.strip(), facts)
        for key, facts in grouped.items()
    }


def once(themes: Iterable[Told], measure: str) -> list[Told]:
    """Without those that are nearly all one of their own parts, which is told as well: "sizing"
    where it is "sizing-small"."""
    every = list(themes)
    return [
        one
        for one in every
        if not any(
            part.key.startswith(f"{one.key}-")
            and part.number(measure) >= MOSTLY * one.number(measure)
            for part in every
        )
    ]


def place_named(place: Told, every: Mapping[str, Told]) -> str:
    """What the place of a theme is called, of "sizing--product-alba": its product's name."""
    return place.about.removeprefix(f"{every[place.key.split('--')[0]].about}, ")


def regions_named(names: str) -> Words:
    """Regions as people say them, of "33" or "09, 24, 31": a French number is a département."""
    some = names.split(", ")
    if all(_DEPARTEMENT.fullmatch(one) for one in some):
        many = Words("regions {numbers}", numbers=names)
        return many if len(some) > 1 else Words("region {number}", number=names)
    several = Words("regions {names}", names=names)
    return several if len(some) > 1 else Words("region {name}", name=names)


def cannot(evidence: Evidence, *kinds: str) -> list[Fact]:
    """What the library said that it can't tell, and which file would let it."""
    return [f for kind in kinds for f in evidence.of(kind) if f.id.split(".")[1] == CANNOT]


@dataclass
class Teller:
    """Puts facts into sentences of one language."""

    language: Language
    used: dict[str, Fact] = field(default_factory=dict)  # since the last text
    ever: dict[str, Fact] = field(default_factory=dict)

    def value(self, fact: Fact | None) -> str:
        """The value as people write it, remembered as cited; nothing for no fact."""
        if fact is None:
            return ""
        self.used[fact.id] = self.ever[fact.id] = fact
        return fact.spelled(self.language)

    def of(self, one: Told, measure: str) -> str:
        return self.value(one.get(measure))

    def money(self, one: Told, measure: str) -> str:
        """An amount; with its two decimals where its currency is not known, too."""
        fact = one.get(measure)
        if fact is None or fact.unit or not fact.decimals:
            return self.value(fact)
        self.value(fact)
        return fact.spelled(self.language, 2)

    def bare(self, one: Told, measure: str) -> str:
        """The number alone: what it counts has just been said, or is about to be."""
        self.of(one, measure)
        fact = one.get(measure)
        return fact.model_copy(update={"unit": None}).spelled(self.language) if fact else ""

    def ends(self, one: Told, measure: str, *, bare: bool = False) -> tuple[str, str]:
        """Both ends of a range, measure-low and measure-high, in one precision; `bare`: the low one
        without its unit."""
        low, high = one.get(f"{measure}-low"), one.get(f"{measure}-high")
        if low is None or high is None:
            return "", ""
        self.value(low), self.value(high)
        most, unit = max(low.decimals, high.decimals), None if bare else low.unit
        begins = low.model_copy(update={"unit": unit})
        return begins.spelled(self.language, most), high.spelled(self.language, most)

    def bare_count(self, one: Told, measure: str) -> str:
        """A count without what it counts, where that has just been said; money and shares whole."""
        fact = one.get(measure)
        counts = fact is not None and fact.unit in ("orders", "units", "customers")
        return self.bare(one, measure) if counts else self.of(one, measure)

    def signed(self, one: Told, measure: str) -> str:
        """A change with its sign: "+8.1%"."""
        spelled = self.of(one, measure)
        return f"+{spelled}" if one.number(measure) > 0 else spelled

    def name(self, one: Told) -> str:
        """Its name with a capital, as a sentence or a cell begins."""
        named = one.named(self.language)
        return named[:1].upper() + named[1:]

    def say(self, words: Words) -> str:
        """One sentence in the reader's language."""
        return words.to(self.language)

    def copy(self, *sentences: str, apart: str = " ") -> Copy:
        """The sentences as one text that cites what was used since the last one."""
        cited, self.used = tuple(self.used), {}
        return Copy(text=apart.join(filter(None, sentences)), facts=cited)

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
        cited, self.used = tuple(self.used), {}
        return Table(columns=tuple(columns), rows=tuple(tuple(row) for row in rows), facts=cited)


class NotYet(BaseModel):
    """All that can be said when the data is missing or too thin."""

    answer: Copy = Field(title="What I can't tell")
    leads: list[NextStep] = []


def nothing_yet(teller: Teller, evidence: Evidence, kinds: Iterable[str]) -> NotYet:
    """What can't be told, and which file would let it."""
    said = [teller.value(fact) for fact in cannot(evidence, *kinds)]
    missing = Words(
        "There is nothing in the library that answers this. Drop a file here (CSV, Excel) and "
        "mention me: reviews, orders, visits, campaign results or tests."
    )
    return NotYet(answer=teller.copy(*(said or [teller.say(missing)]), apart="\n"))


def how_to_read(
    teller: Teller, evidence: Evidence, kinds: Iterable[str], *lines: str, gaps: bool = True
) -> Copy:
    """What it does not show, how sure it is, what to do next; old sets are always told, and so are
    gaps unless they are told elsewhere."""
    found = [line for line in lines if line]
    for kind in kinds:
        for one in told(evidence, kind, AGE).values():
            age = one.facts["days"]
            old = Words("{file} ends {days} days ago: what came since is not in it.",
                        file=age.file, days=one.number("days"))  # fmt: skip
            if one.number("days") >= LONG_AGO:
                old = Words("{file} ends on {day}: what came since is not in it.",
                            file=age.file, day=age.as_of)  # fmt: skip
            found.append(teller.say(old))
            teller.value(age)
    if gaps:
        found += [teller.value(fact) for fact in cannot(evidence, *kinds)]
    once = dict.fromkeys(found)  # two kinds of facts may stand on one file
    return teller.copy(*(f"– {line}" for line in once), apart="\n")
