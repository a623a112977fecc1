"""Facts grouped by subject, and a writer of sentences that cites the facts it used.

The reports without an AI are written with it. A `FactSubject` is one subject with its measures,
such as a theme of the reviews. A `SentenceWriter` formats values in the reader's language and
remembers the facts it used, so that each text cites what it stands on.
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

CANNOT, AGE = (
    "cannot",
    "age",
)  # the subjects of what the data can't tell, and of how old a source is
DEVICES = {
    "mobile": Words("phones"),
    "desktop": Words("computers"),
    "tablet": Words("tablets"),
}
MOSTLY = Decimal("0.8")  # the share of a theme from which one part stands for it
EXACT = ("experiments", "plan")  # kinds whose values are not rounded
_DEPARTEMENT = re.compile(r"\d{2,3}|2[AB]")
LONG_AGO = 100  # days from which the date is named instead of the age


@dataclass(frozen=True)
class FactSubject:
    """`key` is the slug of the subject, `about` its name, in English where it is one of ours."""

    kind: str
    key: str
    about: str
    facts: Mapping[str, Fact]

    def get(self, measure: str) -> Fact | None:
        return self.facts.get(measure)

    def number(self, measure: str) -> Decimal:
        """Return the measure as a number, 0 when it is missing."""
        fact = self.facts.get(measure)
        return fact.value if fact and isinstance(fact.value, Decimal) else Decimal(0)

    def word(self, measure: str) -> str:
        """Return the measure as text, empty when it is missing."""
        fact = self.facts.get(measure)
        return str(fact.value) if fact else ""

    def named(self, language: str) -> str:
        """Return its name in that language: translated whole, or piece by piece."""
        if self.key.startswith(("country-", "visits-country-")):
            return translate_country(self.about, language)
        if self.key.startswith("visits-device-"):
            return DEVICES.get(self.about, Words(self.about)).to(language)
        if (whole := Words(self.about).to(language)) != self.about:
            return whole
        return ", ".join(Words(piece).to(language) for piece in self.about.split(", "))


def group_by_subject(evidence: Evidence, kind: str, prefix: str = "") -> dict[str, FactSubject]:
    """Return the subjects of a kind by their key, in the order found; with a prefix, those whose
    key begins with it. Values are rounded as people read them: see `Fact.as_read`."""
    grouped: dict[str, dict[str, Fact]] = {}
    for fact in evidence.of(kind):
        _, key, measure = (*fact.id.split(".", 2), "")[:3]
        if key.startswith(prefix):
            grouped.setdefault(key, {})[measure] = fact if kind in EXACT else fact.as_read
    return {
        key: FactSubject(kind, key, next(iter(facts.values())).about.strip(), facts)
        for key, facts in grouped.items()
    }


def drop_near_duplicates(themes: Iterable[FactSubject], measure: str) -> list[FactSubject]:
    """Leave out each theme of which nearly all is one of its parts, such as "sizing" where nearly
    all of it is "sizing-small"."""
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


def name_place(place: FactSubject, every: Mapping[str, FactSubject]) -> str:
    """Return the name of a theme's place: of "sizing--product-alba" the product's name."""
    return place.about.removeprefix(f"{every[place.key.split('--')[0]].about}, ")


def name_regions(names: str) -> Words:
    """Name the regions of "33" or "09, 24, 31" for a sentence: a French number is a département."""
    some = names.split(", ")
    if all(_DEPARTEMENT.fullmatch(one) for one in some):
        many = Words("regions {numbers}", numbers=names)
        return many if len(some) > 1 else Words("region {number}", number=names)
    several = Words("regions {names}", names=names)
    return several if len(some) > 1 else Words("region {name}", name=names)


def list_unanswerable(evidence: Evidence, *kinds: str) -> list[Fact]:
    """Return the facts that say what the data can't tell, and which file would change that."""
    return [f for kind in kinds for f in evidence.of(kind) if f.id.split(".")[1] == CANNOT]


@dataclass
class SentenceWriter:
    """Writes facts into sentences of one language, and remembers which it used."""

    language: Language
    used: dict[str, Fact] = field(default_factory=dict)  # since the last text was built
    ever: dict[str, Fact] = field(default_factory=dict)

    def value(self, fact: Fact | None) -> str:
        """Return the formatted value and remember the fact as cited. Empty without a fact."""
        if fact is None:
            return ""
        self.used[fact.id] = self.ever[fact.id] = fact
        return fact.spelled(self.language)

    def of(self, one: FactSubject, measure: str) -> str:
        return self.value(one.get(measure))

    def money(self, one: FactSubject, measure: str) -> str:
        """Return an amount, with two decimals also where its currency is unknown."""
        fact = one.get(measure)
        if fact is None or fact.unit or not fact.decimals:
            return self.value(fact)
        self.value(fact)
        return fact.spelled(self.language, 2)

    def bare(self, one: FactSubject, measure: str) -> str:
        """Return the number without what it counts."""
        self.of(one, measure)
        fact = one.get(measure)
        return fact.model_copy(update={"unit": None}).spelled(self.language) if fact else ""

    def ends(self, one: FactSubject, measure: str, *, bare: bool = False) -> tuple[str, str]:
        """Return both ends of a range, measure-low and measure-high, with the same decimals; with
        `bare` the low end has no unit."""
        low, high = one.get(f"{measure}-low"), one.get(f"{measure}-high")
        if low is None or high is None:
            return "", ""
        self.value(low), self.value(high)
        most, unit = max(low.decimals, high.decimals), None if bare else low.unit
        begins = low.model_copy(update={"unit": unit})
        return begins.spelled(self.language, most), high.spelled(self.language, most)

    def bare_count(self, one: FactSubject, measure: str) -> str:
        """Return a count without what it counts; money and shares keep their unit."""
        fact = one.get(measure)
        counts = fact is not None and fact.unit in ("orders", "units", "customers")
        return self.bare(one, measure) if counts else self.of(one, measure)

    def signed(self, one: FactSubject, measure: str) -> str:
        """Return a change with its sign: "+8.1%"."""
        spelled = self.of(one, measure)
        return f"+{spelled}" if one.number(measure) > 0 else spelled

    def name(self, one: FactSubject) -> str:
        """Return the subject's name with a capital letter."""
        named = one.named(self.language)
        return named[:1].upper() + named[1:]

    def say(self, words: Words) -> str:
        """Translate one sentence."""
        return words.to(self.language)

    def copy(self, *sentences: str, apart: str = " ") -> Copy:
        """Join the sentences into one text that cites the facts used since the last one."""
        cited, self.used = tuple(self.used), {}
        return Copy(text=apart.join(filter(None, sentences)), facts=cited)

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
        cited, self.used = tuple(self.used), {}
        return Table(columns=tuple(columns), rows=tuple(tuple(row) for row in rows), facts=cited)


class MissingData(BaseModel):
    """The output when the data is missing or too thin."""

    answer: Copy = Field(title="What I can't tell")
    leads: list[NextStep] = []


def report_missing_data(
    writer: SentenceWriter, evidence: Evidence, kinds: Iterable[str]
) -> MissingData:
    """Say what the data can't tell, and which file would change that."""
    said = [writer.value(fact) for fact in list_unanswerable(evidence, *kinds)]
    missing = Words(
        "There is nothing in the library that answers this. Drop a file here (CSV, Excel) and "
        "mention me: reviews, orders, visits, campaign results or tests."
    )
    return MissingData(answer=writer.copy(*(said or [writer.say(missing)]), apart="\n"))


def explain_reading(
    writer: SentenceWriter, evidence: Evidence, kinds: Iterable[str], *lines: str, gaps: bool = True
) -> Copy:
    """Write the lines of *How to read this*: the given ones, the age of old sources, and what the
    data can't tell (with `gaps`)."""
    found = [line for line in lines if line]
    for kind in kinds:
        for one in group_by_subject(evidence, kind, AGE).values():
            age = one.facts["days"]
            old = Words(
                "{file} ends {days} days ago: what came since is not in it.",
                file=age.file,
                days=one.number("days"),
            )
            if one.number("days") >= LONG_AGO:
                old = Words(
                    "{file} ends on {day}: what came since is not in it.",
                    file=age.file,
                    day=age.as_of,
                )
            found.append(writer.say(old))
            writer.value(age)
    if gaps:
        found += [writer.value(fact) for fact in list_unanswerable(evidence, *kinds)]
    distinct = dict.fromkeys(found)  # two kinds of facts may stand on one file
    return writer.copy(*(f"– {line}" for line in distinct), apart="\n")
