"""The types by which a dataset says what can be asked of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import DATED_DIMENSIONS, MetricQuery
from bot.data.metrics.filters import list_currencies
from bot.data.schema import load_kinds
from bot.data.warehouse.query import person_column
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

# Sets of one family can be added and subtracted: sums over rows, counts of marked rows (returned,
# late), counts of people, counts of visits. `sales` and `marks` have the floor of sales, the others
# that of people.
Apart = Literal["sales of things", "marks of things", "sales of people", "marks of people"]
Family = Literal["sales", "marks", "people", "visits", Apart]
OF_THINGS: Mapping[Family, Family] = {"sales": "sales of things", "marks": "marks of things"}
OF_PEOPLE: Mapping[Family, Family] = {"sales": "sales of people", "marks": "marks of people"}
APART = (*OF_THINGS.values(), *OF_PEOPLE.values())  # of what came back, see `earlier_answers.py`
PEOPLE_FAMILIES: tuple[Family, ...] = ("people", "visits")
FieldKind = Literal["text", "number", "day"]
ALL_ROWS = "rows"  # the basis of figures over all rows of a group
PRICES = "prices"  # what a field needs that is told by the price history

Expression = Callable[[ir.Table], ir.Value]
Caution = Callable[[Warehouse, tuple[date, date]], str]
# why a measure doesn't compare with the earlier days: in the total (True), in all groups (False),
# or in those of a value
Unlike = Mapping[tuple[str, bool | str], str]


@dataclass(frozen=True)
class Basis:
    """A set of rows, or of the people behind them, that a figure is computed from. `refine` names a
    further choice among the rows that depends on the group: see `release.py`. `whose` says behind
    "people" who they are, for a figure that is not shown because they are too few. `stands_for` is
    the set of rows that the figure is computed from, where this larger one is held to the floor."""

    family: Family
    mask: Callable[[ir.Table], ir.BooleanValue]
    refine: str = ""
    whose: str = ""
    is_return: bool = False  # whether it is of what came back
    stands_for: "Basis | None" = None


@dataclass(frozen=True)
class Settling:
    """In how many days all is known of an order, and what it `may` still do until then."""

    days: Callable[[Warehouse], int]
    may: str


THING_FIELDS = frozenset(  # of what was sold and how, and of no customer; a code may be one's own
    (
        "category",
        "product",
        "variant",
        "colour",
        "size",
        "channel",
        "device",
        "status",
        "returned",
        "return_reason",
        "late",
        "carrier",
        "discounted",
        "reduced_price",
        "rating",
    )
)


def tells_of_things(query: MetricQuery) -> bool:
    """Whether all groups and filters are of what was sold and how, and of no customer. How the
    order of a text came is of whoever wrote it."""
    if query.dataset == "feedback" and query.uses("late"):
        return False
    groups = {*query.dimensions}.difference(DATED_DIMENSIONS)
    return THING_FIELDS.issuperset(groups | {condition.field for condition in query.conditions})


# What differs between the lines of an order.
LINE_FIELDS = (
    *("category", "product", "variant", "colour", "size"),
    *("returned", "return_reason", "reduced_price"),
)
OF_LINES = (
    "of each order only the lines selected or grouped here count, not the whole order. Say so; the "
    "value of whole orders with such a product is not to be had."
)


@dataclass(frozen=True)
class Measure:
    """A figure. `value` is an expression over the rows of `stage`; `bases` are the disjoint sets
    that it reveals: a rate reveals those that did and those that did not. `needs` are columns
    without which it can't be had. `is_sum` marks what grows with the number of days. `share_of`
    names the measure of which it is the share in the total. Rates are in percent.
    `explain_unknown` returns why the data can't tell it at all, `caution` what a reader must know
    of its figures of these days; both are empty where there is nothing to say. `counted` names the
    rows that `count` counts, for a note; `spread` is the standard deviation of a mean of these, or
    of the rows of `spread_stage`.
    `read_as` is a longer name that says what the data count
    in it: revenue before returns; with `label_as_read` it stands everywhere. `footnote` says whose
    figures they are. `whole_time` marks what has no period; `only_by` lists what it may be grouped
    and filtered by, where that is not everything. `of` names the measure that counts the rows that
    a rate is of, where these are not all, or that it leaves out: it is told beside the rate, but
    not by one of `of_one_by`, whose groups are one of these each. `blank` says why rows have none,
    where a blank column is not the only reason. `of_lines` is its label where a query takes only
    some lines of an order: then it is of these lines, not of whole orders. `quotient` names the two
    sums of which it is one. `settling` is how long a row may still
    change: newer rows would bias a rate or a mean, and unequally so for groups that sold lately, so
    a query with this measure ends before them. `told_apart_by` are the fields that tell
    what a rate counts from what it does not: by them it is 100% or 0%, and `counts`, which counts
    the same, is asked for instead. Of one value of `not_of_one` it is always 0. `instead` says what
    else may be told where the measure is of too few people."""

    label: Words
    unit: str  # "money" for the currency of the rows
    value: Expression | None = None
    stage: str = "rows"
    bases: tuple[str, ...] = (ALL_ROWS,)
    needs: tuple[str, ...] = ()
    is_sum: bool = False
    share_of: str = ""
    of_one_customer: bool = False
    source: str = "rows"
    count: Expression | None = None  # how many rows it stands on, where not all of the group
    counted: str = ""
    spread: Expression | None = None
    spread_stage: str = ""
    explain_unknown: Callable[[Warehouse], str] | None = None
    caution: Caution | None = None
    read_as: Callable[[Warehouse], Words] | None = None
    footnote: Words | None = None
    label_as_read: bool = False
    whole_time: bool = False
    only_by: tuple[str, ...] = ()
    of: str = ""
    of_one_by: tuple[str, ...] = ()
    blank: str = ""
    of_lines: Words | None = None
    quotient: tuple[str, ...] = ()
    settling: Settling | None = None
    told_apart_by: tuple[str, ...] = ()
    counts: str = ""
    not_of_one: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True)
class Dimension:
    """A column by which rows are grouped and filtered. Values are text. `needs` and `also_needs`
    are the columns of the stored rows that must be filled, `caution` is that of a measure."""

    label: Words
    value: Callable[[ir.Table], ir.Value]
    needs: str = ""
    kind: FieldKind = "text"
    caution: Caution | None = None
    also_needs: str = ""


@dataclass(frozen=True)
class ConditionField:
    """A field that one can filter by, but not group by. `unit` and `caution` are those of a
    measure."""

    label: Words
    kind: FieldKind
    value: Callable[[ir.Table], ir.Value] | None = None  # None: see `order_rows.py`
    needs: str = ""
    caution: Caution | None = None
    unit: str = ""


@dataclass(frozen=True)
class RowSelection:
    """What a dataset's `select` gets: the query, the days, and the currency that is counted.
    Conditions on the customer are about what the customer ordered up to `known_until`."""

    dataset: "MetricDataset"
    warehouse: Warehouse
    query: MetricQuery
    days: tuple[date, date]
    currency: str | None
    known_until: date = date.max

    def read_rows(self) -> ir.Table:
        """Return the stored rows of the days."""
        rows = self.warehouse.rows(self.dataset.kind)
        return rows.filter(rows["at"].date().between(*map(ibis.literal, self.days)))


RowKey = Callable[[Warehouse, ir.Table], ir.Value]
SelectRows = Callable[[RowSelection], ir.Table]
BuildStage = Callable[[ir.Table, Sequence[str]], ir.Table]


@dataclass(frozen=True)
class MetricDataset:
    """One dataset. `sources` select rows with the columns that measures, dimensions and bases use;
    `stages` build from them, by group, what some measures are computed from: one row per order, per
    customer. `identify` returns a key and the person of each row of the stored table."""

    name: str
    kind: str  # of the warehouse's table
    label: Words
    row_label: Words
    sources: Mapping[str, SelectRows]
    dimensions: Mapping[str, Dimension]
    measures: Mapping[str, Measure]
    bases: Mapping[str, Basis]
    identify: Callable[[Warehouse], ir.Table]
    key: RowKey
    # how many things a group has: orders, visits
    count: Callable[[ir.Table], ir.Value] = lambda rows: rows.count()
    fields: Mapping[str, ConditionField] = field(default_factory=lambda: DAY_FIELDS)
    stages: Mapping[str, BuildStage] = field(default_factory=dict)
    # counted rows (of campaigns) stand for several people: the columns with their numbers
    weights: Mapping[Family, str] = field(default_factory=dict)
    # where rows of one table are of different kinds, the dimension that tells them apart: a figure
    # says of which of them it is, where the others lack its columns
    told_by: str = ""
    # what a reader must know of the rows that a query adds up; empty where there is nothing to say
    describe_rows: Callable[[Warehouse, MetricQuery], str] = lambda _warehouse, _query: ""
    # what does not compare with the earlier days, however many they are
    explain_unlike: Callable[[Warehouse, MetricQuery, tuple[date, date]], Unlike] = lambda *_: {}
    # the measures and dimensions that these rows, or those that a query takes, call otherwise
    rename: Callable[[Warehouse, MetricQuery], Mapping[str, Measure | Dimension]] = lambda *_: {}

    def rename_fields(self, warehouse: Warehouse, query: MetricQuery) -> "MetricDataset":
        """Return the dataset with its measures and dimensions called as what the query takes."""
        named = self.rename(warehouse, query)
        measures = {name: one for name, one in named.items() if isinstance(one, Measure)}
        others = {name: one for name, one in named.items() if isinstance(one, Dimension)}
        return replace(
            self,
            measures={**self.measures, **measures},
            dimensions={**self.dimensions, **others},
        )


def hold_by_buyers(dataset: MetricDataset, query: MetricQuery) -> MetricDataset:
    """Return the dataset as a query's figures are held to the floor. Where it tells of things
    alone, the buyers stand for those of them who sent something back."""
    if not tells_of_things(query) or query.uses("returned", "return_reason"):
        return dataset
    buyers = dataset.bases[ALL_ROWS]
    by_buyers = {
        name: replace(buyers, family=basis.family, is_return=True, stands_for=basis)
        for name, basis in dataset.bases.items()
        if basis.is_return
    }
    return replace(dataset, bases={**dataset.bases, **by_buyers})


def list_cautions(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery, days: tuple[date, date]
) -> list[str]:
    """Return what a reader must know of the measures, dimensions and conditions of these days."""
    names = (*query.dimensions, *(condition.field for condition in query.conditions))
    fields = [get_field(dataset, name) for name in names]
    measures = [dataset.measures[name] for name in query.measures]
    # where all have come, nothing of what is missing or on its way is true
    has_come = query.takes_arrived
    cautions = [
        *(one.caution for one in measures if not (has_come and "delivered" in one.needs)),
        *(one.caution for one in fields if one and not (has_come and one.needs == "promised")),
    ]
    told = [text for one in cautions if one is not None and (text := one(warehouse, days))]
    parts = [name for name in query.measures if is_of_lines(dataset.measures[name], query)]
    return [*told, *([f"{', '.join(parts)}: {OF_LINES}"] if parts else [])]


def is_of_lines(measure: Measure, query: MetricQuery) -> bool:
    """Whether the measure is of some lines of the orders, not of whole orders."""
    asked = {*query.dimensions, *(condition.field for condition in query.conditions)}
    return measure.of_lines is not None and not asked.isdisjoint(LINE_FIELDS)


def get_field(dataset: MetricDataset, name: str) -> Dimension | ConditionField | None:
    return dataset.fields.get(name) or dataset.dimensions.get(name)


# Dimensions that every dataset has.


MOVED_AT = "moved_at"  # of rows that are told as those of a later period: when they were in it


def _first_day(unit: str) -> Callable[[ir.Table], ir.Value]:
    def read(rows: ir.Table) -> ir.Value:
        at = rows[MOVED_AT] if MOVED_AT in rows.columns else rows.at
        return at.truncate(unit).date().cast("string")

    return read


TIME_DIMENSIONS: Mapping[str, Dimension] = {
    "day": Dimension(Words("day"), _first_day("D"), "at"),
    "week": Dimension(Words("week"), _first_day("W"), "at"),
    "month": Dimension(Words("month"), _first_day("M"), "at"),
    "quarter": Dimension(Words("quarter"), _first_day("Q"), "at"),
    "year": Dimension(Words("year"), _first_day("Y"), "at"),
    "weekday": Dimension(
        Words("weekday"), lambda rows: rows.at.day_of_week.index().cast("string"), "at"
    ),
    "hour": Dimension(Words("hour"), lambda rows: rows.at.hour().cast("string"), "at", "number"),
}
DAY_FIELDS: Mapping[str, ConditionField] = {
    "day": ConditionField(Words("day"), "day", lambda rows: rows.at.date(), "at"),
    "sale_day": ConditionField(Words("sale days"), "text", lambda rows: rows.at.date(), PRICES),
}


def column(name: str, label: Words) -> Dimension:
    """A dimension that is a column of the stored rows."""
    return Dimension(label, lambda rows: rows[name].cast("string"), name)


def make_row_key(*columns: str) -> RowKey:
    """Return what gives a row a number or text that identifies it; rows that are equal in all of
    these columns count as one."""

    def build(warehouse: Warehouse, rows: ir.Table) -> ir.Value:
        known = (name for name in columns if name in rows.columns)
        parts = [rows[name].cast("string").fill_null("") for name in known]
        return person_column(warehouse, ibis.literal("|").join(parts))

    return build


def select_amount(rows: ir.Table, name: str, currency: str | None) -> ir.Value:
    """Return the amounts of a column; null in another currency than the counted one."""
    amount = rows[name].cast("decimal(18, 2)")
    if currency is None:
        return amount
    counts = rows.currency.isnull() | (rows.currency == currency)
    return counts.ifelse(amount, ibis.null("decimal(18, 2)"))


# Datasets and measures of rows that are sums themselves.


def build_sums_dataset(
    kind: str, weight: str, add_columns: Callable[[ir.Table, str | None], ir.Table], **fields: Any
) -> MetricDataset:
    """Build a dataset whose rows have no people. `weight`, one of the columns that `add_columns`
    adds in the counted currency, stands for them."""
    key = make_row_key(*load_kinds()[kind].key)

    def identify(warehouse: Warehouse) -> ir.Table:
        known = list_currencies(warehouse, kind)
        rows = add_columns(warehouse.rows(kind), known[0] if known else None)
        id = key(warehouse, rows)
        return rows.select(weight, key=id, person=id.cast("string"))

    return MetricDataset(
        name=kind,
        kind=kind,
        row_label=Words("rows"),
        bases={ALL_ROWS: Basis("people", lambda rows: rows["at"].notnull())},
        identify=identify,
        key=key,
        weights={"people": weight},
        **fields,
    )


def total(
    label: Words, unit: str, column: str, needs: str = "", footnote: Words | None = None
) -> Measure:
    return Measure(
        label,
        unit,
        lambda t: t[column].sum(),
        needs=(needs or column,),
        is_sum=True,
        footnote=footnote,
    )


def per(part: str, whole: str) -> Expression:
    """Divide two columns, in the rows that have both."""
    return lambda t: ratio(_sum_known(part, whole)(t), _sum_known(whole, part)(t))


def rate(label: Words, part: str, whole: str, needs: tuple[str, ...]) -> Measure:
    value = per(part, whole)
    return Measure(label, "%", lambda t: 100 * value(t), needs=needs, count=_sum_known(whole, part))


def per_1000(label: Words, unit: str, part: str, whole: str, needs: tuple[str, ...]) -> Measure:
    value = per(part, whole)
    return Measure(
        label, unit, lambda t: 1000 * value(t), needs=needs, count=_sum_known(whole, part)
    )


def _sum_known(column: str, other: str) -> Expression:
    """Sum up a column in the rows that have the other one, too."""
    return lambda t: t[column].sum(where=t[other].notnull())


def percent(part: ir.Value, whole: ir.Value) -> ir.Value:
    return 100 * ratio(part, whole)


def ratio(part: ir.Value, whole: ir.Value) -> ir.Value:
    """Return the quotient; null where the divisor is 0."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)
