"""Answer a query: check what is asked, compute its figures, and choose which are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import ibis.expr.types as ir

from bot.core.metric_query import (
    ANY_VALUE,
    DATED_DIMENSIONS,
    MAX_DIMENSIONS,
    MAX_MEASURES,
    DimensionName,
    MeasureName,
    MetricQuery,
    QueryError,
)
from bot.core.withheld import Reason, Withheld
from bot.data.metrics.ad_cautions import list_ad_cautions
from bot.data.metrics.filters import list_currencies
from bot.data.metrics.query.blanks import list_blanks
from bot.data.metrics.query.conditions import resolve_conditions
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    MetricDataset,
    Unlike,
    hold_by_buyers,
    list_cautions,
)
from bot.data.metrics.query.few_rows import (
    list_missing_values,
    refuse_too_few,
    suggest_longer_period,
)
from bot.data.metrics.query.group_choice import GroupChoice
from bot.data.metrics.query.group_order import CHANGE_ORDERS
from bot.data.metrics.query.harmless import counts_texts
from bot.data.metrics.query.known_values import list_fields, require_column
from bot.data.metrics.query.metric_answer import GroupCounts, MetricAnswer
from bot.data.metrics.query.paired_times import count_paired_measures
from bot.data.metrics.query.periods import choose_periods, leave_out_unsettled
from bot.data.metrics.query.release import ALL_GROUPS, Group, is_too_few
from bot.data.metrics.query.runner import DATASETS, FILLED, PeriodName, QueryRunner, Values
from bot.data.metrics.query.withheld import describe_people
from bot.data.metrics.sold_out import tell_sold_out
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

# what a line counts once for, however many other products its order has
PAIR_MEASURES = frozenset({"orders", "customers", "orders_share", "customers_share"})
COARSER: Mapping[DimensionName, DimensionName] = {
    "day": "week",
    "week": "month",
    "month": "quarter",
}


def answer_query(warehouse: Warehouse, asked: MetricQuery, *, see_people: bool) -> MetricAnswer:
    """Raises QueryError for what can't be answered."""
    dataset = get_dataset(warehouse, asked)
    if not see_people and any(dataset.measures[name].of_one_customer for name in asked.measures):
        raise QueryError(
            "A single customer's figure is never given to an AI: only people with the right to see "
            "people get it, from the form, in private."
        )
    if counts_texts(asked):
        warehouse = replace(warehouse, sales_floor=1)
    query, words = resolve_conditions(warehouse, dataset, asked)
    query, unsettled = leave_out_unsettled(warehouse, dataset, query)
    query, dropped = drop_single_valued(_add_counts(dataset, query))
    dataset = hold_by_buyers(dataset, query)
    periods = choose_periods(warehouse, dataset, query)
    query = query.model_copy(update={"since": periods.now[0], "until": periods.now[1]})
    room = count_paired_measures(query, periods.before)
    if fewer := _leave_out_last(asked, query, room):
        return _answer_fewer(warehouse, asked, fewer, see_people=see_people)
    currencies = list_currencies(warehouse, dataset.kind) or _list_shop_currencies(warehouse)
    currency = currencies[0] if currencies else None
    notes = [*dropped, *unsettled, *periods.notes, *_list_cautions(warehouse, dataset, query)]
    notes += list_blanks(warehouse, dataset, query)
    notes += tell_sold_out(warehouse, dataset, query, periods.before)
    if len(currencies) > 1 and any(
        dataset.measures[name].unit == "money" or dataset.name == "orders"
        for name in query.measures
    ):
        notes.append(f"Only {currency} counts; other rows are in {', '.join(currencies[1:])}.")
    runner = QueryRunner(warehouse, dataset, query, periods.before, currency)
    tables = {period: runner.select(period) for period in runner.period_names}
    rows = runner.read_rows(tables)
    refuse_too_few(runner, rows["now"], dataset)
    notes += list_missing_values(runner, tables["now"])
    notes += list_ad_cautions(runner, tables["now"])
    withheld = None
    if "before" in rows and is_too_few(warehouse, rows["before"].as_whole(), ALL_ROWS):
        withheld = Withheld(Reason.FEW, describe_people(warehouse, dataset, [ALL_ROWS]))
        notes.append(f"Nothing is compared: of the earlier days {withheld.explain()}.")
        del rows["before"], tables["before"]
    values: dict[tuple[PeriodName, Group], Values] = {}
    for period, table in tables.items():
        values[period, ALL_GROUPS] = runner.compute(table, (), keep_sql=period == "now")[ALL_GROUPS]
        if dimensions := runner.dimensions_of(period):
            groups = runner.compute(table, dimensions, keep_sql=period == "now")
            values |= {(period, group): figures for group, figures in groups.items()}
    if "before" in rows and query.dimensions and not runner.dimensions_of("before"):
        what = "Nothing" if query.having else "Only the total"
        notes.append(
            f"{what} is compared: the groups are other days. They are paired one by one where both "
            "periods begin on the same day of a week (days, weeks) or of a month (months, "
            "quarters, years), end alike, and there is room for all of them."
        )
    unlike = _find_unlike(runner, tables)
    for why in dict.fromkeys(unlike.values()):
        names = dict.fromkeys(name for (name, _), reason in unlike.items() if reason == why)
        notes.append(f"No change of {', '.join(names)}: {why} Say so.")
    _add_filled(runner, tables["now"], values)
    choice = GroupChoice(runner, rows, tables, values)
    if fewer := _leave_out_last(asked, query, choice.count_fitting_measures()):
        return _answer_fewer(warehouse, asked, fewer, see_people=see_people)
    recipe, counts = choice.build_recipe(), choice.count_groups()
    notes += choice.explain_missing(recipe)
    if (coarser := _find_coarser(query, counts)) is not None:
        by_more = asked.model_copy(update={"dimensions": (coarser,)})
        answer = answer_query(warehouse, by_more, see_people=see_people)
        if any(map(answer.recipe.is_single, answer.recipe.list_groups())):
            note = f"By {coarser}, not by {query.dimensions[0]}: most of these are of too few."
            return replace(answer, asked=asked, notes=(note, *answer.notes))
    notes += suggest_longer_period(runner, rows["now"], counts)
    return MetricAnswer(
        dataset=dataset.rename_fields(warehouse, query),
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
        sources={
            (period, *key): source
            for period, table in tables.items()
            for key, source in runner.find_sources(table, runner.dimensions_of(period)).items()
        },
        told_of=_find_told_of(runner, tables["now"]),
        unlike=unlike,
        left_out={"before": frozenset([ALL_GROUPS])} if withheld else {},
        withheld=withheld,
        spare_total=choice.spare_total,
    )


def _leave_out_last(asked: MetricQuery, query: MetricQuery, room: int) -> tuple[MeasureName, ...]:
    """Return the first measures that were asked for, as many as there is room for. None where there
    is room for all of them, and where groups are bounded by one of the others."""
    fewer = asked.measures[: min(room, len(asked.measures) - 1)]
    is_needed = not {one.measure for one in asked.having} <= {*fewer}
    return () if room >= len(query.measures) or is_needed else fewer


def _answer_fewer(
    warehouse: Warehouse, asked: MetricQuery, fewer: tuple[MeasureName, ...], *, see_people: bool
) -> MetricAnswer:
    less = asked.model_copy(update={"measures": fewer})
    answer = answer_query(warehouse, less, see_people=see_people)
    lost = ", ".join(name for name in asked.measures if name not in fewer)
    note = f"No room beside these groups for {lost}: ask for that in a call of its own."
    return replace(answer, notes=(note, *answer.notes))


def _find_coarser(query: MetricQuery, counts: GroupCounts | None) -> DimensionName | None:
    """Return by what a course can be told of which most days, weeks or months are of too few
    people."""
    if counts is None or len(query.dimensions) != 1 or query.order != "natural" or query.having:
        return None
    return COARSER.get(query.dimensions[0]) if 2 * counts.too_small > counts.known else None


def _find_told_of(runner: QueryRunner, rows: ir.Table) -> dict[str, Group]:
    """Return of which values of the dataset's `told_by` a measure is, where not of all: spend of
    advertising alone, where e-mails are among the rows."""
    by = runner.dataset.told_by
    if not by or by in runner.query.dimensions:
        return {}
    counts = runner.count_filled(rows, (by,), runner.measures)
    found = {
        name: tuple(
            value
            for (value,), filled in sorted(counts.items(), key=lambda item: item[0][0] or "")
            if filled.get(f"{name}{FILLED}", 1)
        )
        for name in runner.measures
    }
    return {name: some for name, some in found.items() if 0 < len(some) < len(counts)}


def _find_unlike(runner: QueryRunner, tables: Mapping[PeriodName, ir.Table]) -> Unlike:
    """Return what doesn't compare with the earlier days: what the dataset says, and of values of
    its `told_by` of which nothing is known in the first of those days."""
    warehouse, dataset, before = runner.warehouse, runner.dataset, runner.before
    if before is None or "before" not in tables:
        return {}
    unlike = {**dataset.explain_unlike(warehouse, runner.query, before)}
    if not (by := dataset.told_by):
        return unlike
    rows = warehouse.rows(dataset.kind)
    firsts = rows.group_by(value=dataset.dimensions[by].value(rows)).aggregate(
        first=rows["at"].min().date()
    )
    late = {
        row["value"]: row["first"]
        for row in fetch_rows(warehouse, firsts)
        if row["first"] and row["first"] > before[0]
    }
    counts = runner.count_filled(tables["now"], (by,), runner.measures)
    for name in runner.measures:
        told = [one for (one,), filled in counts.items() if filled.get(f"{name}{FILLED}", 1)]
        new = [one for one in told if one is not None and one in late]
        if new:
            known = ", ".join(f"of {one} from {late[one]} on" for one in new)
            why = f"the data know {known} only; the earlier days lack it. By {by} others have one."
            parts = new if by in runner.query.dimensions else [False]
            unlike |= {(name, part): why for part in [True, *parts]}
    return unlike


def _list_shop_currencies(warehouse: Warehouse) -> list[str]:
    """Return the currency of the orders, for amounts whose file does not say theirs."""
    return list_currencies(warehouse, "orders")[:1]


def _add_counts(dataset: MetricDataset, query: MetricQuery) -> MetricQuery:
    """Return the query with the count of the rows that a rate is of or leaves out, behind it."""
    measures = list[MeasureName]()
    for name in query.measures:
        measure = dataset.measures[name]
        measures.append(name)
        is_none = query.takes_arrived and measure.of == "undelivered_orders"
        if measure.of and not is_none and set(measure.of_one_by).isdisjoint(query.dimensions):
            measures.append(cast(MeasureName, measure.of))
    return query.model_copy(update={"measures": tuple(dict.fromkeys(measures))})


def drop_single_valued(query: MetricQuery) -> tuple[MetricQuery, list[str]]:
    """Return the query without the dimensions that a filter restricts to one value: the only group
    would be the total again. The notes name them."""
    single = _find_single_valued(query)
    kept = tuple(one for one in query.dimensions if one not in single)
    notes = [
        f"Not grouped by {one}: a filter leaves one of them, and the total is its figure."
        for one in query.dimensions
        if one in single
    ]
    return query.model_copy(update={"dimensions": kept}), notes


def _find_single_valued(query: MetricQuery) -> set[str]:
    """Return the fields that a filter restricts to one value."""
    return {
        group[0].field
        for group in query.filters
        if len(group) == 1
        and group[0].operator in ("is", "in")
        and len(group[0].values) == 1
        and group[0].values != (ANY_VALUE,)
    }


def _list_cautions(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> Iterable[str]:
    assert query.since is not None
    assert query.until is not None
    found = list_cautions(warehouse, dataset, query, (query.since, query.until))
    return dict.fromkeys(filter(None, [*found, dataset.describe_rows(warehouse, query)]))


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
                known=list_fields(warehouse, dataset.dimensions, dataset),
            )
        require_column(warehouse, dataset, dataset.dimensions[dimension].needs)
        require_column(warehouse, dataset, dataset.dimensions[dimension].also_needs)
    if len(set(query.dimensions)) > MAX_DIMENSIONS or len(query.measures) > MAX_MEASURES:
        raise QueryError("Ask for at most two dimensions and eight measures at a time.")
    for bound in query.having:
        if bound.measure not in query.measures:
            raise QueryError("{name} is in having, so ask for it, too.", name=bound.measure)
        if query.share_place is not None and dataset.measures[bound.measure].share_of:
            raise QueryError("{name} has bounds by one dimension alone.", name=bound.measure)
    if query.order in CHANGE_ORDERS:
        _require_comparison(query)
    _require_one_source(dataset, query)
    _require_what_measures_allow(dataset, query)
    return dataset


def _require_what_measures_allow(dataset: MetricDataset, query: MetricQuery) -> None:
    """Raises QueryError for a period of what has none, and for groups and filters that a measure is
    not told by."""
    if query.uses("with_product") and (other := {*query.measures} - PAIR_MEASURES):
        raise QueryError(
            "{names} would count a line once for each other product of its order. with_product "
            "takes {known}.",
            names=", ".join(sorted(other)),
            known=", ".join(sorted(PAIR_MEASURES)),
        )
    for name in query.measures:
        measure = dataset.measures[name]
        if measure.whole_time and (query.since or query.until):
            raise QueryError(
                "{name} is of all days: leave since and until at “none”. For customers of a period "
                "filter by customer_first_order, or group by first_order_month.",
                name=name,
            )
        used = {*query.dimensions, *(one.field for one in query.conditions)}
        if measure.only_by and not used <= {*measure.only_by}:
            raise QueryError(
                "{name} is only told by {known}, without other filters.",
                name=name,
                known=", ".join(measure.only_by),
            )
        if apart := [one for one in measure.told_apart_by if one in used]:
            raise QueryError(
                "{name} is 100% or 0% by {field}, which only tells what it counts. Ask for "
                "{counts} by {field}, and for {name} without it.",
                name=name,
                field=apart[0],
                counts=measure.counts,
            )

        single = _find_single_valued(query).union(query.dimensions)
        if of_one := single.intersection(measure.not_of_one):
            raise QueryError(
                "{name} is of several orders of a customer, and {field} takes the first one apart. "
                "For who comes back after a first order ask for reorder_rate_90_days, or for "
                "{name} with customer_first_order or first_order_source.",
                name=name,
                field=min(of_one),
            )


def _require_comparison(query: MetricQuery) -> None:
    """Raises QueryError for an order by change where no group is compared."""
    is_dated = not set(DATED_DIMENSIONS).isdisjoint(query.dimensions)
    if query.comparison == "none" or not query.dimensions or is_dated:
        raise QueryError(
            "The order {order} needs a comparison and a dimension other than days, weeks, months, "
            "quarters and years.",
            order=query.order,
        )


def _require_one_source(dataset: MetricDataset, query: MetricQuery) -> None:
    sources = {dataset.measures[name].source for name in query.measures}
    if len(sources) > 1:
        apart = [name for name in query.measures if dataset.measures[name].source != "rows"]
        raise QueryError("Ask for {names} in a call of its own.", names=", ".join(apart))
    shares = [name for name in query.measures if dataset.measures[name].share_of]
    if shares and not query.dimensions and not query.filters:
        raise QueryError("{name} needs a dimension or a filter: all of it is 100%.", name=shares[0])
