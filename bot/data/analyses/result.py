"""Hold the result of an analysis: facts with their queries, and the limits of what it could
answer."""

from collections import UserDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from bot.core.audience_rule import AudiencePurpose
from bot.core.facts import NO_SOURCE, Fact, FactId, Source
from bot.core.metric_query import MESSAGE_PLACES, PlanRequest, find_place
from bot.core.request import SkillRequest
from bot.data.floors import NO_GROUP, FloorKind, Floors, GroupSize, withheld_groups_message
from bot.data.stats import RoundedDecimal, RoundedFloat, RoundedInt
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

FAVOURITE_LABEL = "category with most buyers among them"  # counted by people, not by sales
MIN_SHOWN_CHANCE = Decimal("0.1")  # in %; it stands for all that is smaller
FactValue: TypeAlias = Decimal | int | float | str | date


@dataclass(frozen=True)
class AnalysisFilter:
    """What an analysis is restricted to; None means no restriction. Days are inclusive."""

    product: str | None = None
    category: str | None = None
    brand: str | None = None  # the product's brand in the catalogue
    channel: str | None = None
    country: str | None = None  # of the feedback also several: "FR, GB"
    region: str | None = None
    device: str | None = None
    source: str | None = None
    retailer: str | None = None  # of advertising: where it runs, like the placement
    placement: str | None = None
    without_campaign: str | None = None
    segment: str | None = None
    language: str | None = None  # of the feedback text
    stars: str | None = None  # of the feedback: "1-2", "3", "4-5"
    experiment: str | None = None
    split: str | None = None  # the shares meant for a test's variants, as JSON: {"A": 50, "B": 50}
    by: str | None = None  # the column by which a test is told in parts: device, country, segment
    when: str | None = None  # which tests are of these days: those that "ran" or "ended" in them
    since: date | None = None
    until: date | None = None
    days: int | None = None  # the forecast horizon in days
    plan: PlanRequest | None = None  # the inputs of a test plan
    goal: str | None = None  # what an audience is for: "win back", "second order", "reward"
    rule: str | None = None  # an audience rule as JSON


def split_values(values: str) -> list[str]:
    """Return each of "FR, GB"."""
    return [one for part in values.split(",") if (one := part.strip())]


def split_names(names: str) -> tuple[str, ...]:
    """Return each of "Bath; Bed": a name may have a comma."""
    return tuple(dict.fromkeys(one for part in names.split(";") if (one := part.strip())))


class QueryTexts(UserDict[str, Any]):
    """SQL by name. A function may stand in for a text until it is read, because rendering a query
    takes longer than running it, and few are ever read."""

    def __getitem__(self, name: str) -> str:
        if not isinstance(self.data[name], str):
            self.data[name] = self.data[name]()
        return str(self.data[name])


# of measures whose name does not say what they are, such as the days around that of "since"
LABELS = {
    "return": Words("ROAS (platform)"),
    "return-elsewhere": Words("ROAS elsewhere"),
    "since-days": Words("since, give or take"),
    "not-within": Words("without a purchase for"),
    "joined-within": Words("signed up within"),
    "min-orders": Words("fewest orders"),
    "max-orders": Words("most orders"),
}


@dataclass
class AnalysisResult:
    """The facts of one analysis. A fact's id is kind.subject.measure, each a slug ([a-z0-9-]+); all
    measures of one thing share a subject. `limits` are messages on what can't be answered, and
    which file would change that.

    With `floors`, the size of a subject must be set before facts are added to it, by
    `set_group_size` or `mark_without_customers`. Facts of a subject that is too small are dropped,
    and a limit says so."""

    kind: str
    source: Source
    as_of: date
    facts: list[Fact] = field(default_factory=list)
    queries: QueryTexts = field(default_factory=QueryTexts)  # name → SQL
    limits: list[Words] = field(default_factory=list)
    floors: Floors | None = field(default=None, compare=False)
    of_texts: bool = field(default=False, compare=False)  # subjects without a size are about texts
    _sizes: dict[str, GroupSize] = field(default_factory=dict, repr=False, compare=False)
    _rows: dict[tuple[str, str], int] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_table(
        cls,
        kind: str,
        warehouse: "Warehouse",
        table: str,
        *,
        as_of: date | None = None,
        of_texts: bool = False,
    ) -> "AnalysisResult":
        """Return an empty result that is held to the floors. `as_of` is the table's last day by
        default."""
        day = as_of or warehouse.as_of(table)
        source, floors = warehouse.source(table), warehouse.floors
        return cls(kind, source, day, floors=floors, of_texts=of_texts)

    @classmethod
    def refuse(
        cls, kind: str, warehouse: "Warehouse", limit: Words, *, source: str = ""
    ) -> "AnalysisResult":
        """Return a result without facts that says why."""
        return cls(kind, Source(source), warehouse.today, limits=[limit])

    def set_group_size(
        self,
        subject: str,
        people: float,
        rest: float | None = None,
        *,
        sort: FloorKind = "people",
        safe: bool = True,
    ) -> bool:
        """Set how many people a subject's figures are about, and with `rest` how many the others
        are, of a whole that is shown as well. `safe` is False when the figures would give away
        others (see `bot.data.disclosure`). Return whether the subject will be shown."""
        size = GroupSize(round(people), None if rest is None else round(rest), sort)
        is_shown = self.floors is None or (safe and size.is_told(self.floors))
        self._sizes[subject] = size if is_shown else HIDDEN_SIZE
        if not is_shown and people and self.floors is not None:
            self.withhold(sort)
        return is_shown

    def is_sized(self, subject: str) -> bool:
        """Tell whether figures of the subject are shown."""
        return self.floors is None or self._sizes.get(subject, HIDDEN_SIZE) is not HIDDEN_SIZE

    def mark_without_customers(self, *subjects: str) -> None:
        """Declare that these subjects are not about customers, so no floor applies."""
        self._sizes.update(dict.fromkeys(subjects, NO_GROUP))

    def withhold(self, sort: FloorKind) -> None:
        """Add the limit, once, that small groups are shown together."""
        assert self.floors is not None
        message = withheld_groups_message(self.floors.of(sort), sort)
        if message not in self.limits:
            self.limits.append(message)

    def is_withheld(self, sort: FloorKind = "people") -> bool:
        return (
            self.floors is not None
            and withheld_groups_message(self.floors.of(sort), sort) in self.limits
        )

    def add(
        self,
        subject: str,
        measure: str,
        value: FactValue,
        unit: str | None = None,
        *,
        about: str = "",
        rows: int | None = None,
        of: int | None = None,
        query: str | None = None,
        source: Source | None = None,
        as_of: date | None = None,
        days: tuple[date, date] | None = None,
        label: str = "",
        exact: Decimal | float | None = None,
    ) -> Fact:
        """Add one fact. `about` is the subject's display name ("sizing", "Champions", a product's
        title); the measure, with spaces for hyphens, is its `label` by default, if LABELS has none.
        The caller rounds numbers, because the value is displayed as it is; `exact` is the number
        before that, which `round_figure` keeps. `rows` is how many rows the value is based on,
        `days` the first and last day of them. Facts of a subject that is too small are not kept.
        Raises LookupError where the subject's size has not been set."""
        known = value if isinstance(value, str) else _to_plain_value(value)
        since, until = days or (None, None)
        if exact is None and isinstance(value, RoundedDecimal | RoundedFloat | RoundedInt):
            exact = value.exact
        # the same rows as the last fact of this subject from the same query
        if query and rows is None:
            rows = self._rows.get((subject, query))
        elif query and rows is not None:
            self._rows[subject, query] = rows
        fact = Fact(
            id=str(FactId(self.kind, subject, measure)),
            label=label or _label_measure(measure),
            about=about,
            value=known,
            exact=None if exact is None or known == (number := Decimal(str(exact))) else number,
            unit=unit,
            source=source or self.source,
            as_of=as_of or self.as_of,
            rows=rows,
            of=of,
            query=query,
            since=since,
            until=until,
        )
        if self._is_shown(subject):
            self.facts.append(fact)
        return fact

    def add_measures(
        self,
        subject: str,
        *measures: tuple[str, FactValue, str | None],
        about: str = "",
        rows: int | None = None,
        query: str | None = None,
    ) -> None:
        """Add several facts of one subject, each with its unit, that are based on the same rows."""
        for measure, value, unit in measures:
            self.add(subject, measure, value, unit=unit, about=about, rows=rows, query=query)

    def _is_shown(self, subject: str) -> bool:
        if self.floors is None:
            return True
        if subject not in self._sizes:
            if self.of_texts:
                return True
            raise LookupError(f"{self.kind}.{subject}: nobody has set how many people it is about")
        return self._sizes[subject] is not HIDDEN_SIZE

    def add_limit(self, words: Words | str, /, **params: Any) -> None:
        """Add a sentence, or its English text, which the parameters fill."""
        self.limits.append(Words(words, **params) if isinstance(words, str) else words)

    def add_currency_limit(self, currencies: Sequence[str]) -> None:
        """Tell that only rows in the first of several currencies are added up."""
        if others := ", ".join(currencies[1:]):
            self.add_limit(
                "Only what is in {currency} is added up; the rest is in {others}.",
                currency=currencies[0],
                others=others,
            )

    def get(self, subject: str, measure: str) -> Fact | None:
        wanted = f"{self.kind}.{subject}.{measure}"
        return next((fact for fact in self.facts if fact.id == wanted), None)

    def subjects(self) -> list[str]:
        """Return the subjects in the order in which they were added."""
        return list(dict.fromkeys(fact.parts.subject for fact in self.facts))


HIDDEN_SIZE = GroupSize(0, 0)  # recognised by identity


def _to_plain_value(value: Decimal | int | float | date) -> Decimal | str:
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(str(value))


# Convert a request into an analysis filter, and an analysis' limits and data age into facts.

TABLES_BY_KIND = {  # the tables that each analysis reads
    "segments": ("orders", "consents"),
    "audiences": ("orders", "consents"),
    "behaviour": ("orders",),
    "sellers": ("orders",),
    "feedback": ("feedback",),
    "trends": ("orders",),
    "delivery": ("orders",),
    "funnel": ("events",),
    "campaigns": ("campaigns",),
    "experiments": ("experiments", "events"),
    "plan": ("events", "campaigns", "orders"),
}


def build_filter(request: SkillRequest) -> AnalysisFilter:
    """Return the filter for the brief. A forecast uses all orders up to the newest; the place
    of a planned test is found in the words by keywords."""
    brief = request.brief
    if request.skill == "predict":
        return AnalysisFilter(product=brief.product, category=brief.category, days=brief.within)
    if request.skill in ("trends", "blockers"):  # the whole past defines what is usual
        return AnalysisFilter(product=brief.product, until=brief.until)
    if request.skill == "targeting":
        return AnalysisFilter(
            product=brief.product,
            category=brief.category,
            country=brief.market,
            goal=brief.goal,
            rule=brief.rule,
        )
    if request.skill == "experiment":
        place = find_place(brief.words) or "visit"
        reach: AudiencePurpose | None = "email" if place in MESSAGE_PLACES else None
        plan = PlanRequest(place, reach=reach)
        return AnalysisFilter(product=brief.product, plan=plan, rule=brief.rule)
    where = AnalysisFilter(product=brief.product, category=brief.category, brand=brief.brand)
    if request.skill == "digest":  # its days are told apart from what moved
        return where
    return replace(where, since=brief.since, until=brief.until, days=brief.within)


SMALL_GROUPS = "small-groups-"  # begins the measure of a limit that says so


def iter_cannot_facts(
    result: AnalysisResult, kind: str, language: str, today: date
) -> Iterator[Fact]:
    """Yield what can't be answered, in the reader's language: `<kind>.cannot.<n>`; that small
    groups stand together: `<kind>.cannot.small-groups-<n>`."""
    withheld = {withheld_groups_message(0, sort).text for sort in get_args(FloorKind)}
    for n, words in enumerate(result.limits, 1):
        yield Fact(
            id=f"{kind}.cannot.{SMALL_GROUPS if words.text in withheld else ''}{n}",
            label="can't tell",
            value=words.to(language),
            source=result.source if result.source.file else NO_SOURCE,
            as_of=today,
        )


def describe_age(warehouse: "Warehouse", table: str) -> Words | None:
    """Return a sentence on rows that are older than their kind allows, for a report's first
    lines."""
    if table not in warehouse.listed or not (days := warehouse.stale(table)):
        return None
    file = warehouse.source(table).words()
    return Words("{file} ends {days} days ago: what came since is not in it.", file=file, days=days)


def iter_age_facts(warehouse: "Warehouse", kind: str) -> Iterator[Fact]:
    """Yield the age of a data set that is older than its kind allows: `<kind>.age.days`."""
    for table in TABLES_BY_KIND.get(kind, ()):
        if table in warehouse.listed and (days := warehouse.stale(table)):
            yield Fact(
                id=f"{kind}.age.days",
                label="age",
                about=str(warehouse.source(table)),
                value=days,
                unit="days",
                source=warehouse.source(table),
                as_of=warehouse.as_of(table),
            )
            return


def _label_measure(measure: str) -> str:
    return LABELS[measure].text if measure in LABELS else measure.replace("-", " ")
