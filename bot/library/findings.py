"""What an analysis found: facts with the query that gives each, and what it could not tell."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.evidence import Fact
from bot.words import Words


@dataclass(frozen=True)
class Where:
    """What is asked about; None is everything. Days are inclusive."""

    product: str | None = None
    category: str | None = None
    channel: str | None = None
    country: str | None = None
    region: str | None = None
    device: str | None = None
    source: str | None = None
    segment: str | None = None
    language: str | None = None  # of the feedback
    experiment: str | None = None
    since: date | None = None
    until: date | None = None
    days: int | None = None  # a horizon: to buy within so many


@dataclass
class Findings:
    """Facts grow here. An id is kind.subject.measure, each a slug ([a-z0-9-]+); the same subject
    carries all measures of one thing. `cannot` says what can't be told, and which file would
    let it."""

    kind: str
    source: str  # "orders.csv"
    as_of: date
    facts: list[Fact] = field(default_factory=list)
    queries: dict[str, str] = field(default_factory=dict)  # name → SQL
    cannot: list[Words] = field(default_factory=list)

    def add(
        self,
        subject: str,
        measure: str,
        value: Decimal | int | float | str | date,
        *,
        unit: str | None = None,
        about: str = "",
        rows: int | None = None,
        query: str | None = None,
        source: str | None = None,
        as_of: date | None = None,
    ) -> Fact:
        """One fact. `about` names the subject for people ("sizing", "Champions", a product's
        title); the measure, with spaces for hyphens, is its label. Numbers are rounded by whoever
        adds them: the value is what people will read. `rows` is how many rows it stands on."""
        known = value if isinstance(value, str) else _plain(value)
        fact = Fact(
            id=f"{self.kind}.{subject}.{measure}",
            label=measure.replace("-", " "),
            about=about,
            value=known,
            unit=unit,
            source=source or self.source,
            as_of=as_of or self.as_of,
            rows=rows,
            query=query,
        )
        self.facts.append(fact)
        return fact

    def refuse(self, words: Words) -> None:
        self.cannot.append(words)

    def get(self, subject: str, measure: str) -> Fact | None:
        wanted = f"{self.kind}.{subject}.{measure}"
        return next((fact for fact in self.facts if fact.id == wanted), None)

    def subjects(self) -> list[str]:
        """The subjects in the order found."""
        return list(dict.fromkeys(fact.id.split(".")[1] for fact in self.facts))


def _plain(value: Decimal | int | float | date) -> Decimal | str:
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(str(value))
