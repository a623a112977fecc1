"""What an analysis found: facts with the query that gives each, and what it could not tell."""

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.core.facts import Fact, FactId
from bot.core.sales_query import SalesQuery
from bot.core.source import Source
from bot.data.floors import NO_GROUP, FloorKind, Floors, GroupSize, withheld_groups_message
from bot.i18n.messages import Words
from bot.rules.wanted import Wanted


@dataclass(frozen=True)
class AnalysisFilter:
    """What is asked about; None is everything. Days are inclusive."""

    product: str | None = None
    category: str | None = None
    brand: str | None = None  # the maker's, as the catalogue has it
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
    against: tuple[date, date] | None = None  # the days that those are held against
    days: int | None = None  # a horizon: to buy within so many
    wanted: Wanted | None = None  # what a test is planned with
    words: str | None = None  # as they were asked, to find in them what is meant
    rule: str | None = None  # an audience's rule, as JSON
    tally: SalesQuery | None = None  # which orders are meant, and by what they are cut


class QueryTexts(MutableMapping[str, str]):
    """SQL by name. What gives it can stand for it until somebody reads it: spelling a query out
    takes longer than running it, and few are ever read."""

    def __init__(self) -> None:
        self._told: dict[str, str | Callable[[], str]] = {}

    def __getitem__(self, name: str) -> str:
        told = self._told[name]
        if not isinstance(told, str):
            told = self._told[name] = told()
        return told

    def __setitem__(self, name: str, told: str | Callable[[], str]) -> None:
        self._told[name] = told

    def __delitem__(self, name: str) -> None:
        del self._told[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)


@dataclass
class AnalysisResult:
    """Facts grow here. An id is kind.subject.measure, each a slug ([a-z0-9-]+); the same subject
    carries all measures of one thing. `cannot` says what can't be told, and which file would
    let it.

    With `floors` a subject's size is stated before anything is added to it, by `group` or
    `nobody`; what is added to one that is too small is left out, and said to be."""

    kind: str
    source: Source
    as_of: date
    facts: list[Fact] = field(default_factory=list)
    queries: QueryTexts = field(default_factory=QueryTexts)  # name → SQL
    cannot: list[Words] = field(default_factory=list)
    floors: Floors | None = field(default=None, compare=False)
    of_texts: bool = field(default=False, compare=False)  # what has no size stated is of texts
    _sizes: dict[str, GroupSize] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[tuple[str, str], int] = field(default_factory=dict, repr=False, compare=False)

    def group(
        self,
        subject: str,
        people: float,
        rest: float | None = None,
        *,
        sort: FloorKind = "people",
        told: bool = True,
    ) -> bool:
        """States how many people a subject's figures are about, and how many the others are of a
        whole that is told as well; not `told` is what would give away others (`disclosure`).
        Whether anything of it will be told."""
        size = GroupSize(round(people), None if rest is None else round(rest), sort)
        is_told = self.floors is None or (told and size.is_told(self.floors))
        self._sizes[subject] = size if is_told else HIDDEN_SIZE
        if not is_told and people and self.floors is not None:
            self.withhold(sort)
        return is_told

    def is_sized(self, subject: str) -> bool:
        """Whether figures of the subject are told."""
        return self.floors is None or self._sizes.get(subject, HIDDEN_SIZE) is not HIDDEN_SIZE

    def nobody(self, *subjects: str) -> None:
        """States that what is told of these subjects is about no customers."""
        self._sizes.update(dict.fromkeys(subjects, NO_GROUP))

    def withhold(self, sort: FloorKind) -> None:
        """Says, once, that small groups are told of together."""
        assert self.floors is not None
        said = withheld_groups_message(self.floors.of(sort), sort)
        if said not in self.cannot:
            self.cannot.append(said)

    def is_withheld(self, sort: FloorKind = "people") -> bool:
        """Whether it is said that small groups are told of together."""
        return (
            self.floors is not None
            and withheld_groups_message(self.floors.of(sort), sort) in self.cannot
        )

    def add(
        self,
        subject: str,
        measure: str,
        value: Decimal | int | float | str | date,
        *,
        unit: str | None = None,
        about: str = "",
        rows: int | None = None,
        of: int | None = None,
        query: str | None = None,
        source: Source | None = None,
        as_of: date | None = None,
    ) -> Fact:
        """One fact. `about` names the subject for people ("sizing", "Champions", a product's
        title); the measure, with spaces for hyphens, is its label. Numbers are rounded by whoever
        adds them: the value is what people will read. `rows` is how many rows it stands on.
        Of a subject that is too small nothing is kept. Raises LookupError where nobody has stated
        how large it is."""
        known = value if isinstance(value, str) else _to_plain_value(value)
        if query and rows is None:  # as what was told of it before, from the same query
            rows = self._rows.get((subject, query))
        elif query and rows is not None:
            self._rows[subject, query] = rows
        fact = Fact(
            id=str(FactId(self.kind, subject, measure)),
            label=measure.replace("-", " "),
            about=about,
            value=known,
            unit=unit,
            source=source or self.source,
            as_of=as_of or self.as_of,
            rows=rows,
            of=of,
            query=query,
        )
        if self._is_told(subject):
            self.facts.append(fact)
        return fact

    def _is_told(self, subject: str) -> bool:
        if self.floors is None:
            return True
        if subject not in self._sizes:
            if self.of_texts:
                return True
            raise LookupError(f"{self.kind}.{subject}: nobody has stated how many people it is of")
        return self._sizes[subject] is not HIDDEN_SIZE

    def refuse(self, words: Words) -> None:
        self.cannot.append(words)

    def get(self, subject: str, measure: str) -> Fact | None:
        wanted = f"{self.kind}.{subject}.{measure}"
        return next((fact for fact in self.facts if fact.id == wanted), None)

    def subjects(self) -> list[str]:
        """The subjects in the order found."""
        return list(dict.fromkeys(fact.parts.subject for fact in self.facts))


HIDDEN_SIZE = GroupSize(0, 0)  # told by its identity


def _to_plain_value(value: Decimal | int | float | date) -> Decimal | str:
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(str(value))
