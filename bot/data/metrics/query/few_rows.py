"""Tell of few rows: refuse a query of too few people, say which values of a filter have no row, and
from which day on more groups could be shown."""

from datetime import date, timedelta

import ibis.expr.types as ir

from bot.core.metric_query import MetricQuery, TooFewError
from bot.core.withheld import Reason, Withheld
from bot.data.metrics.query.dataset import ALL_ROWS, MetricDataset
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.metric_answer import GroupCounts
from bot.data.metrics.query.periods import count_days, find_known_days
from bot.data.metrics.query.release import (
    GroupedRows,
    get_floor,
    hide_small_groups,
    is_too_few,
    read_grouped_rows,
)
from bot.data.metrics.query.runner import QueryRunner
from bot.data.metrics.query.withheld import describe_people
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

LONGER_DAYS = (30, 90, 365)  # longer periods, the shortest first
MIN_LONGER = 1.5  # how much longer one is at least
ENOUGH_GROUPS = 3  # more of them than are shown already: a period that has so many is long enough


def get_people_floor(warehouse: Warehouse, dataset: MetricDataset) -> int:
    return get_floor(warehouse, dataset.bases[ALL_ROWS].family)


def refuse_too_few(runner: QueryRunner, now: GroupedRows, dataset: MetricDataset) -> None:
    """Refuse figures of too few people. That these few did nothing on some days is not told
    either, so nothing is looked for in all days."""
    warehouse, whole = runner.warehouse, now.as_whole()
    few = is_too_few(warehouse, whole, ALL_ROWS)
    if not len(now.rows) and runner.query.filters:
        few = _is_too_few_ever(runner, runner.query)
    if few:
        raise TooFewError(Withheld(Reason.FEW, describe_people(warehouse, dataset, [ALL_ROWS])))


def list_missing_values(runner: QueryRunner, rows: ir.Table) -> list[str]:
    """Say which of several values that a filter asks for no row has. Of a value that too few people
    ever had, that they did nothing in these days is not told."""
    notes = []
    for n, group in enumerate(runner.query.filters):
        asked = [(one, value) for one in group for value in one.values]
        if len(asked) < 2 or any(one.operator not in ("is", "in") for one in group):
            continue
        for condition in group:
            dimension = runner.dataset.dimensions.get(condition.field)
            if dimension is None or not condition.names_values:
                continue
            found = fetch_rows(
                runner.warehouse, rows.select(value=dimension.value(rows)).distinct()
            )
            for value in {*condition.values} - {row["value"] for row in found}:
                alone = condition.model_copy(update={"operator": "is", "values": (value,)})
                filters = (*runner.query.filters[:n], (alone,), *runner.query.filters[n + 1 :])
                query = runner.query.model_copy(update={"filters": filters})
                if not _is_too_few_ever(runner, query):
                    notes.append(f"No row of these days has the {condition.field} {value}.")
    return sorted(notes)


def _is_too_few_ever(runner: QueryRunner, query: MetricQuery) -> bool:
    """Whether the rows of the query are of too few people in all days together."""
    known = find_known_days(runner.warehouse, runner.dataset)
    assert known is not None
    query = query.model_copy(update={"since": known[0], "until": known[1]})
    ever = QueryRunner(runner.warehouse, runner.dataset, query, None, runner.currency)
    rows = read_grouped_rows(runner.warehouse, runner.dataset, ever.select("now"), (), ())
    return is_too_few(runner.warehouse, rows, ALL_ROWS)


def suggest_longer_period(
    runner: QueryRunner, now: GroupedRows, counts: GroupCounts | None
) -> list[str]:
    """Name the shortest longer period in which more of the groups could be shown, where some are
    hidden."""
    query, warehouse = runner.query, runner.warehouse
    known = find_known_days(warehouse, runner.dataset)
    assert known is not None
    assert query.since is not None
    assert query.until is not None
    if counts is None or not counts.unranked or is_in_time(query):
        return []
    before = len({*now.groups} - counts.unranked)
    found = None
    for first in dict.fromkeys(
        max(known[0], query.until - timedelta(days=days - 1)) for days in LONGER_DAYS
    ):
        if count_days((first, query.until)) < MIN_LONGER * count_days((query.since, query.until)):
            continue
        shown = _count_shown(runner, now, first)
        if shown > (found[1] if found else before):
            found = first, shown
        if shown >= before + ENOUGH_GROUPS:
            break
    if found is None:
        return []
    return [
        f"A longer period shows more: from {found[0]} to {query.until} {found[1]} of these groups, "
        f"not {before}. Ask for it where it answers the question; else offer it as a next step."
    ]


def _count_shown(runner: QueryRunner, now: GroupedRows, first: date) -> int:
    """Return how many of these groups could be shown from this day on."""
    query, warehouse = runner.query.model_copy(update={"since": first}), runner.warehouse
    longer = QueryRunner(warehouse, runner.dataset, query, None, runner.currency)
    rows = read_grouped_rows(
        warehouse, runner.dataset, longer.select("now"), query.dimensions, runner.bases
    )
    hidden = hide_small_groups(warehouse, rows, runner.bases)
    bases = runner.measures[runner.names[0]].bases
    return len([one for one in now.groups if one in {*rows.groups} and hidden.shows(one, bases)])
