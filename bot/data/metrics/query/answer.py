"""Compute the figures of a query, and say which of them may be shown.

`MetricAnswer` holds every figure; its `recipe` lists which are shown. The recipe is all that is
needed to read the rows behind them again, so it is what the log of answers keeps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, ConfigDict

from bot.core.metric_query import (
    DATED_DIMENSIONS,
    MAX_DIMENSIONS,
    MAX_MEASURES,
    OTHERS_VALUE,
    TIME_DIMENSIONS,
    MetricQuery,
)
from bot.data.metrics.filters import list_currencies
from bot.data.metrics.orders.released_rows import RowIndex
from bot.data.metrics.query.conditions import require_column, resolve_conditions
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    Family,
    Measure,
    MetricDataset,
    RowSelection,
)
from bot.data.metrics.query.datasets import DATASETS
from bot.data.metrics.query.errors import QueryError
from bot.data.metrics.query.periods import QueryPeriods, choose_periods, find_known_days
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    GroupedRows,
    get_floor,
    hide_small_groups,
    is_too_few,
    read_grouped_rows,
)
from bot.data.warehouse.query import fetch_rows, render_sql
from bot.data.warehouse.warehouse import Warehouse

MAX_FACTS = 60
DEFAULT_LIMIT = 20
MAX_HIDDEN_LISTED = 2_000  # hidden groups that are summed up as others
COUNT_KEY = "counted"  # beside the measures: how many things a group has
FILLED = "_filled"  # after a measure: how many rows say what it needs
OTHERS: Group = (OTHERS_VALUE,)
PeriodName = Literal["now", "before", "whole"]
Values = Mapping[str, Any]
Released = dict[Family, list[RowIndex]]


class ShownGroup(BaseModel):
    """A group of one period that is shown, with the bases of its figures. `whole` is the period
    without the filters, of which a share is told."""

    model_config = ConfigDict(frozen=True)
    period: PeriodName
    group: Group
    bases: tuple[str, ...]


class MetricRecipe(BaseModel):
    """How to read the rows behind an answer again. The query has its days and the data's values."""

    model_config = ConfigDict(frozen=True)
    query: MetricQuery
    before: tuple[date, date] | None
    currency: str | None
    shown: tuple[ShownGroup, ...]

    def get_bases(self, period: PeriodName, group: Group) -> frozenset[str]:
        return frozenset(
            basis
            for one in self.shown
            if (one.period, one.group) == (period, group)
            for basis in one.bases
        )

    def list_groups(self) -> list[Group]:
        """Return the groups that are shown, in their order, without the total."""
        return [one.group for one in self.shown if one.period == "now" and one.group != ALL_GROUPS]


@dataclass(frozen=True)
class GroupCounts:
    """How many groups there are, and how many are not chosen, by reason. Of the chosen ones, some
    may be left out later: see `guard.py`."""

    known: int
    chosen: int
    too_small: int  # of too few people, or needed to hide those
    out_of_bounds: int
    beyond_limit: int


@dataclass(frozen=True)
class MetricAnswer:
    """All figures by period and group, with the rows behind them. `unknown` says of measures why
    the data can't tell them."""

    dataset: MetricDataset
    asked: MetricQuery
    recipe: MetricRecipe
    periods: QueryPeriods
    values: Mapping[tuple[PeriodName, Group], Values]
    rows: Mapping[PeriodName, GroupedRows]
    sql: Mapping[str, str]  # of each measure
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # how words of the query were understood
    unknown: Mapping[str, str] = field(default_factory=dict)
    counts: GroupCounts | None = None

    @property
    def query(self) -> MetricQuery:
        return self.recipe.query

    def with_recipe(self, recipe: MetricRecipe, note: str = "") -> "MetricAnswer":
        return replace(self, recipe=recipe, notes=(*self.notes, *([note] if note else [])))

    def get_measure(self, name: str) -> Measure:
        return self.dataset.measures[name]

    def get_value(self, period: PeriodName, group: Group, name: str) -> Any:
        """Return a figure that is shown, else None."""
        measure = self.dataset.measures[name]
        if measure.share_of:
            whole: tuple[PeriodName, Group] = (
                (period, ALL_GROUPS) if self.query.dimensions else ("whole", ALL_GROUPS)
            )
            part = self.get_value(period, group, measure.share_of)
            total = self.get_value(*whole, measure.share_of)
            if part is None or not total or (period == "before" and whole[0] == "whole"):
                return None
            return 100 * float(part) / float(total)
        if not set(measure.bases) <= self.recipe.get_bases(period, group):
            return None
        return self.values.get((period, group), {}).get(name)

    def is_allowed(self, group: Group, name: str) -> bool:
        """Whether a figure of the group may be shown."""
        measure = self.dataset.measures[name]
        bases = self.dataset.measures[measure.share_of or name].bases
        return set(bases) <= self.recipe.get_bases("now", group)

    def is_blank(self, group: Group, name: str) -> bool:
        """Whether no row of the group says what the measure needs."""
        return self.values.get(("now", group), {}).get(f"{name}{FILLED}") == 0

    def count_things(self, group: Group) -> int:
        """Return how many orders, visits … a group has."""
        return int(self.values["now", group].get(COUNT_KEY) or 0)

    def get_count(self, period: PeriodName, group: Group, name: str) -> int | None:
        """Return how many rows a figure stands on."""
        measure = self.dataset.measures[name]
        values = self.values.get((period, group), {})
        if measure.share_of:
            return self.get_count(period, group, measure.share_of)
        many = values.get(f"{name}_count", values.get(COUNT_KEY))
        return None if many is None else int(many)


# Check what is asked.


def get_dataset(warehouse: Warehouse, query: MetricQuery) -> MetricDataset:
    """Raises QueryError where there are no rows, and for what the dataset doesn't have."""
    dataset = DATASETS[query.dataset]
    if warehouse.table(dataset.kind) is None:
        raise QueryError("There are no {dataset} yet: nothing was imported.", dataset=query.dataset)
    for name in query.measures:
        if name not in dataset.measures:
            raise QueryError(
                "{dataset} have no measure {name}. They have: {known}.",
                dataset=query.dataset,
                name=name,
                known=", ".join(dataset.measures),
            )
        for column in dataset.measures[name].needs:
            require_column(warehouse, dataset, column)
    for dimension in query.dimensions:
        if dimension not in dataset.dimensions:
            raise QueryError(
                "{dataset} can't be grouped by {name}. They can be by: {known}.",
                dataset=query.dataset,
                name=dimension,
                known=", ".join(dataset.dimensions),
            )
        require_column(warehouse, dataset, dataset.dimensions[dimension].needs)
    if len(set(query.dimensions)) > MAX_DIMENSIONS or len(query.measures) > MAX_MEASURES:
        raise QueryError("Ask for at most two dimensions and eight measures at a time.")
    for bound in query.having:
        if bound.measure not in query.measures:
            raise QueryError("{name} is in having, so ask for it, too.", name=bound.measure)
    _require_one_source(dataset, query)
    return dataset


def _require_one_source(dataset: MetricDataset, query: MetricQuery) -> None:
    sources = {dataset.measures[name].source for name in query.measures}
    if len(sources) > 1:
        apart = [name for name in query.measures if dataset.measures[name].source != "rows"]
        raise QueryError("Ask for {names} in a call of its own.", names=", ".join(apart))
    shares = [name for name in query.measures if dataset.measures[name].share_of]
    if shares and not query.dimensions and not query.filters:
        raise QueryError("{name} needs a dimension or a filter: all of it is 100%.", name=shares[0])


# Read and compute.


class QueryRunner:
    """Runs one query on the warehouse."""

    def __init__(
        self,
        warehouse: Warehouse,
        dataset: MetricDataset,
        query: MetricQuery,
        before: tuple[date, date] | None,
        currency: str | None,
    ) -> None:
        self.warehouse, self.dataset, self.query = warehouse, dataset, query
        self.before, self.currency = before, currency
        measures = [dataset.measures[name] for name in query.measures]
        self.names = list(
            dict.fromkeys(dataset.measures[name].share_of or name for name in query.measures)
        )
        self.measures = {name: dataset.measures[name] for name in self.names}
        self.bases = list(
            dict.fromkeys(basis for one in self.measures.values() for basis in one.bases)
        )
        self.source = measures[0].source
        self.unknown = {
            name: why
            for name, one in self.measures.items()
            if one.explain_unknown and (why := one.explain_unknown(warehouse))
        }
        self.needs_whole = any(one.share_of for one in measures) and not query.dimensions
        self.sql: dict[str, str] = {}

    def select(self, period: PeriodName) -> ir.Table:
        assert self.query.since is not None
        assert self.query.until is not None
        days = (self.query.since, self.query.until)
        if period == "before":
            assert self.before is not None
            days = self.before
        query = self.query
        if period == "whole":
            query = query.model_copy(update={"filters": (), "dimensions": ()})
        selection = RowSelection(self.warehouse, query, days, self.currency)
        return self.dataset.sources[self.source](selection)

    @property
    def period_names(self) -> list[PeriodName]:
        names: list[PeriodName] = ["now"]
        names += ["before"] if self.before else []
        names += ["whole"] if self.needs_whole else []
        return names

    def dimensions_of(self, period: PeriodName) -> Sequence[str]:
        """Return the dimensions of a period's groups: days of another period are other groups."""
        dated = not set(DATED_DIMENSIONS).isdisjoint(self.query.dimensions)
        return () if period == "whole" or (period == "before" and dated) else self.query.dimensions

    def read_rows(self, tables: Mapping[PeriodName, ir.Table]) -> dict[PeriodName, GroupedRows]:
        return {
            period: read_grouped_rows(
                self.warehouse, self.dataset, table, self.dimensions_of(period), self.bases
            )
            for period, table in tables.items()
        }

    def compute(
        self, rows: ir.Table, dimensions: Sequence[str], *, keep_sql: bool = False
    ) -> dict[Group, dict[str, Any]]:
        """Return the measures by group, with how many rows each stands on."""
        by = [f"d{n}" for n in range(len(dimensions))]
        if dimensions:
            rows = rows.mutate(
                **{
                    f"d{n}": self.dataset.dimensions[name].value(rows)
                    for n, name in enumerate(dimensions)
                }
            )
        found: dict[Group, dict[str, Any]] = {}
        stages = dict.fromkeys(["rows", *(one.stage for one in self.measures.values())])
        for stage in stages:
            table = self.dataset.stages[stage](rows, by) if stage in self.dataset.stages else rows
            names = [name for name, one in self.measures.items() if one.stage == stage]
            figures = {name: self.measures[name].value(table) for name in names}  # type: ignore[misc]
            for name in names:
                if (count := self.measures[name].count) is not None:
                    figures[f"{name}_count"] = count(table)
            if stage == "rows":
                figures[COUNT_KEY] = self.dataset.count(table)
            query = table.aggregate(by=by, **figures)
            if keep_sql:
                self.sql.update(dict.fromkeys(names, render_sql(query)))
            for row in fetch_rows(self.warehouse, query):
                group = tuple(row[name] for name in by)
                found.setdefault(group, {}).update({name: row[name] for name in figures})
        for group_figures in found.values():
            group_figures.update(dict.fromkeys(self.unknown))
        return found

    def count_filled(
        self, rows: ir.Table, dimensions: Sequence[str], names: Iterable[str]
    ) -> dict[Group, dict[str, int]]:
        """Return by group how many rows have all columns that a measure needs."""
        needed = {
            name: [rows[one].notnull() for one in self.measures[name].needs if one in rows.columns]
            for name in names
        }
        counts = {
            f"{name}{FILLED}": rows.count(where=ibis.and_(*has))
            for name, has in needed.items()
            if has
        }
        if not counts:
            return {}
        by = {f"d{n}": self.dataset.dimensions[one].value(rows) for n, one in enumerate(dimensions)}
        query = rows.aggregate(by=[value.name(name) for name, value in by.items()], **counts)
        return {
            tuple(row[name] for name in by): {name: row[name] for name in counts}
            for row in fetch_rows(self.warehouse, query)
        }

    def compute_others(self, rows: ir.Table, hidden: Iterable[Group]) -> dict[str, Any]:
        """Return the measures of some groups together."""
        values = {
            f"d{n}": self.dataset.dimensions[name].value(rows)
            for n, name in enumerate(self.query.dimensions)
        }
        rows = rows.mutate(**values)
        key = _join_group([rows[name] for name in values])
        wanted = [_join_texts(group) for group in hidden]
        return self.compute(rows.filter(key.isin(wanted)), ())[ALL_GROUPS]


SEPARATOR, NULL = "\x1f", "\x1e"


def _join_group(values: Sequence[Any]) -> Any:
    joined = values[0].fill_null(NULL)
    for value in values[1:]:
        joined = joined + SEPARATOR + value.fill_null(NULL)
    return joined


def _join_texts(group: Group) -> str:
    return SEPARATOR.join(NULL if value is None else value for value in group)


def answer_query(warehouse: Warehouse, asked: MetricQuery, *, see_people: bool) -> MetricAnswer:
    """Raises QueryError for what can't be answered."""
    dataset = get_dataset(warehouse, asked)
    if not see_people and any(dataset.measures[name].of_one_customer for name in asked.measures):
        raise QueryError(
            "A single customer's figure is only for whoever may see people, in private."
        )
    query, words = resolve_conditions(warehouse, dataset, asked)
    query = _drop_single_valued(query)
    periods = choose_periods(warehouse, dataset, query)
    query = query.model_copy(update={"since": periods.now[0], "until": periods.now[1]})
    currencies = list_currencies(warehouse, dataset.kind)
    currency = currencies[0] if currencies else None
    notes = [*periods.notes, *_list_cautions(warehouse, dataset, query)]
    if len(currencies) > 1 and any(
        dataset.measures[name].unit == "money" or dataset.name == "orders"
        for name in query.measures
    ):
        notes.append(f"Only {currency} counts; other rows are in {', '.join(currencies[1:])}.")
    runner = QueryRunner(warehouse, dataset, query, periods.before, currency)
    tables = {period: runner.select(period) for period in runner.period_names}
    rows = runner.read_rows(tables)
    _refuse_too_few(runner, rows["now"], dataset)
    if "before" in rows and is_too_few(warehouse, rows["before"].as_whole(), ALL_ROWS):
        notes.append(
            f"The earlier period is of under {_floor(warehouse, dataset)} people, so nothing is "
            "compared."
        )
        del rows["before"], tables["before"]
    values: dict[tuple[PeriodName, Group], Values] = {}
    for period, table in tables.items():
        values[period, ALL_GROUPS] = runner.compute(table, (), keep_sql=period == "now")[ALL_GROUPS]
        if dimensions := runner.dimensions_of(period):
            groups = runner.compute(table, dimensions, keep_sql=period == "now")
            values |= {(period, group): figures for group, figures in groups.items()}
    if "before" in rows and query.dimensions and not runner.dimensions_of("before"):
        notes.append("Only the total is compared: the groups are other days.")
    _add_filled(runner, tables["now"], values)
    recipe, counts = _build_recipe(runner, rows, tables, values, notes)
    return MetricAnswer(
        dataset=dataset,
        asked=asked,
        recipe=recipe,
        periods=periods if "before" in rows else replace(periods, before=None),
        values=values,
        rows=rows,
        sql=runner.sql,
        notes=tuple(notes),
        words=tuple(words),
        unknown=runner.unknown,
        counts=counts,
    )


def _drop_single_valued(query: MetricQuery) -> MetricQuery:
    """Return the query without the dimensions that a filter restricts to one value: the only group
    would be the total again."""
    single = {
        group[0].field
        for group in query.filters
        if len(group) == 1 and group[0].operator in ("is", "in") and len(group[0].values) == 1
    }
    kept = tuple(one for one in query.dimensions if one not in single)
    return query.model_copy(update={"dimensions": kept})


def _list_cautions(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> Iterable[str]:
    assert query.since is not None
    assert query.until is not None
    days = (query.since, query.until)
    found = [
        caution(warehouse, days)
        for name in query.measures
        if (caution := dataset.measures[name].caution) is not None
    ]
    return dict.fromkeys(filter(None, found))


def _add_filled(
    runner: QueryRunner, rows: ir.Table, values: dict[tuple[PeriodName, Group], Values]
) -> None:
    """Add how many rows say what a measure needs, for the measures that lack some figure."""
    lacking = [
        name
        for name, one in runner.measures.items()
        if one.needs
        and name not in runner.unknown
        and any(figures.get(name) is None for (of, _), figures in values.items() if of == "now")
    ]
    if not lacking:
        return
    for dimensions in {(), tuple(runner.query.dimensions)}:
        for group, counts in runner.count_filled(rows, dimensions, lacking).items():
            values["now", group] = {**values.get(("now", group), {}), **counts}


def _floor(warehouse: Warehouse, dataset: MetricDataset) -> int:
    return get_floor(warehouse, dataset.bases[ALL_ROWS].family)


def _refuse_too_few(runner: QueryRunner, now: GroupedRows, dataset: MetricDataset) -> None:
    """Refuse figures of too few people. That these few did nothing on some days is not told
    either, so nothing is looked for in all days."""
    warehouse, whole = runner.warehouse, now.as_whole()
    few = is_too_few(warehouse, whole, ALL_ROWS)
    if not len(now.rows) and runner.query.filters:
        known = find_known_days(warehouse, dataset)
        assert known is not None
        query = runner.query.model_copy(update={"since": known[0], "until": known[1]})
        ever = QueryRunner(warehouse, dataset, query, None, runner.currency)
        rows = read_grouped_rows(warehouse, dataset, ever.select("now"), (), ())
        few = is_too_few(warehouse, rows, ALL_ROWS)
    if few:
        raise QueryError(
            "This is of under {n} people: too few to show any figure. Ask with fewer filters.",
            n=_floor(warehouse, dataset),
        )


def _build_recipe(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    notes: list[str],
) -> tuple[MetricRecipe, GroupCounts | None]:
    """Choose which groups are shown, with which figures."""
    warehouse, query = runner.warehouse, runner.query
    shown = [
        ShownGroup(period=period, group=ALL_GROUPS, bases=_list_large_bases(runner, some))
        for period, some in rows.items()
    ]
    now_bases, counts = set(shown[0].bases), None
    if query.dimensions:
        groups, counts = _choose_groups(runner, rows, tables, values)
        shown += groups
    if not query.dimensions or not any(one.group for one in shown):
        missing = [name for name, one in runner.measures.items() if not set(one.bases) <= now_bases]
        if len(missing) == len(runner.measures):
            floors = {get_floor(warehouse, runner.dataset.bases[b].family) for b in runner.bases}
            raise QueryError(
                "{names}: under {n} people, too few to show. Ask with fewer filters.",
                names=", ".join(missing),
                n=max(floors),
            )
        notes += [f"{name} is of too few people to be shown." for name in missing]
    recipe = MetricRecipe(
        query=query,
        before=runner.before if "before" in rows else None,
        currency=runner.currency,
        shown=tuple(shown),
    )
    return recipe, counts


def _list_large_bases(runner: QueryRunner, rows: GroupedRows) -> tuple[str, ...]:
    """Return the bases of the whole period that are not of too few people."""
    whole = rows.as_whole()
    return tuple(basis for basis in runner.bases if not is_too_few(runner.warehouse, whole, basis))


def _choose_groups(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
) -> tuple[list[ShownGroup], GroupCounts]:
    warehouse, query, bases = runner.warehouse, runner.query, runner.bases
    hidden = hide_small_groups(warehouse, rows["now"], bases)
    earlier = None
    if "before" in rows and runner.dimensions_of("before"):
        # a group that is hidden in one period is hidden in both
        first = hide_small_groups(warehouse, rows["before"], bases, hidden.groups)
        hidden = hide_small_groups(warehouse, rows["now"], bases, first.groups)
        earlier = hide_small_groups(warehouse, rows["before"], bases, hidden.groups)
    open_groups = [group for group in rows["now"].groups if group not in hidden.groups]
    open_groups = [
        one
        for one in open_groups
        if any(values["now", one].get(name) is not None for name in runner.names)
    ]
    kept = [one for one in open_groups if _is_within(runner, one, values, hidden.shows)]
    kept = _sort_groups(query, kept, values, runner.names[0])
    per_group = len(query.measures) * (3 if earlier is not None else 1)
    room = max(1, (MAX_FACTS - len(query.measures) * (3 if "before" in rows else 1)) // per_group)
    chosen = _cut(query, kept, room)
    small = set(rows["now"].groups) & hidden.groups
    shown = [
        ShownGroup(
            period="now",
            group=one,
            bases=tuple(basis for basis in bases if hidden.shows(one, [basis])),
        )
        for one in chosen
    ]
    if small:
        told = len(chosen) == len(open_groups) and len(small) <= MAX_HIDDEN_LISTED
        others = _add_others(runner, rows, tables, values, small) if told else None
        shown += [others] if others else []
    if earlier is not None:
        known = set(rows["before"].groups)
        shown += [
            ShownGroup(
                period="before",
                group=one,
                bases=tuple(basis for basis in bases if earlier.shows(one, [basis])),
            )
            for one in chosen
            if one in known
        ]
    counts = GroupCounts(
        known=len(open_groups) + len(small),
        chosen=len(chosen),
        too_small=len(small),
        out_of_bounds=len(open_groups) - len(kept),
        beyond_limit=len(kept) - len(chosen),
    )
    return shown, counts


def _is_within(
    runner: QueryRunner,
    group: Group,
    values: Mapping[tuple[PeriodName, Group], Values],
    shows: Any,
) -> bool:
    """Whether the group is within the bounds, by figures that may be shown."""
    for bound in runner.query.having:
        measure = runner.dataset.measures[bound.measure]
        name = measure.share_of or bound.measure
        value = values["now", group].get(name)
        if value is None or not shows(group, runner.measures[name].bases):
            return False
        if measure.share_of:
            total = values["now", ALL_GROUPS].get(name)
            value = 100 * float(value) / float(total) if total else 0
        if bound.operator == "at_least" and value < bound.value:
            return False
        if bound.operator == "at_most" and value > bound.value:
            return False
    return True


def _sort_groups(
    query: MetricQuery,
    groups: Sequence[Group],
    values: Mapping[tuple[PeriodName, Group], Values],
    measure: str,
) -> list[Group]:
    def in_time(group: Group) -> tuple[Any, ...]:
        return tuple((value is None, len(value or ""), value or "") for value in group)

    def by_value(group: Group) -> tuple[Any, ...]:
        value = values["now", group].get(measure)
        number = float(value) if value is not None else 0.0
        return (value is None, -number if query.order != "lowest" else number, in_time(group))

    has_time = query.dimensions[0] in TIME_DIMENSIONS
    return sorted(groups, key=in_time if has_time and query.order == "natural" else by_value)


def _cut(query: MetricQuery, groups: list[Group], room: int) -> list[Group]:
    """Return as many groups as there is room for: of a period's days the last ones."""
    if query.dimensions[0] in TIME_DIMENSIONS and query.order == "natural":
        return groups[-room:]
    return groups[: min(room, query.limit if query.limit > 0 else DEFAULT_LIMIT)]


def _add_others(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    small: set[Group],
) -> ShownGroup | None:
    """Add the hidden groups together: what is left of the total anyway, so only figures that add
    up. None where even these are of too few people."""
    warehouse, now, dataset = runner.warehouse, rows["now"], runner.dataset
    bases = [
        basis
        for basis in runner.bases
        if dataset.bases[basis].family == "sales" and not dataset.bases[basis].refine
    ]
    people = now.count_people(ALL_ROWS, small)
    if people < _floor(warehouse, dataset):
        return None
    large = [
        basis
        for basis in bases
        if not 0
        < now.count_people(basis, small)
        < get_floor(warehouse, dataset.bases[basis].family)
    ]
    if not large:
        return None
    values["now", OTHERS] = runner.compute_others(tables["now"], small)
    return ShownGroup(period="now", group=OTHERS, bases=tuple(large))


# The rows behind what is shown.


def collect_released(recipe: MetricRecipe, rows: Mapping[PeriodName, GroupedRows]) -> Released:
    """Return the sets of elements whose sums the shown figures tell, by family."""
    released: Released = {}
    wholes = {period: some.as_whole() for period, some in rows.items()}
    for one in recipe.shown:
        if one.group == OTHERS:  # the total less the groups that are shown
            continue
        grouped = wholes[one.period] if one.group == ALL_GROUPS else rows[one.period]
        groups = None if one.group == ALL_GROUPS else [one.group]
        for basis in one.bases:
            family = grouped.dataset.bases[basis].family
            released.setdefault(family, []).append(grouped.elements(basis, groups))
    return released


def reread_released(warehouse: Warehouse, recipe: MetricRecipe) -> Released:
    """Read the rows behind an earlier answer again."""
    dataset = DATASETS[recipe.query.dataset]
    runner = QueryRunner(warehouse, dataset, recipe.query, recipe.before, recipe.currency)
    tables = {period: runner.select(period) for period in runner.period_names}
    return collect_released(recipe, runner.read_rows(tables))
