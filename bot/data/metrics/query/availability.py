"""What the data can't tell of a query, and what an answer leaves out of what was asked."""

from collections.abc import Iterator

from bot.core.metric_query import MetricQuery
from bot.data.metrics.query.answer import MetricAnswer
from bot.data.metrics.query.conditions import has_column
from bot.data.metrics.query.datasets import DATASETS
from bot.data.metrics.query.periods import find_known_days
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

RETURN_MEASURES = ("returned", "return_rate", "refunded")
LATE_RETURNS = Words("Not all returns of these orders are in the data yet.")


def find_missing_data(warehouse: Warehouse, query: MetricQuery) -> Words | None:
    """Say which rows, columns or days the data lack for this query."""
    dataset = DATASETS[query.dataset]
    has_rows = warehouse.table(dataset.kind) is not None
    known = find_known_days(warehouse, dataset) if has_rows else None
    if known is None:
        return Words("No {what} are imported yet: drop a file of them here.", what=dataset.label)
    needed = [
        (dataset.measures[name].label, dataset.measures[name].needs) for name in query.measures
    ]
    needed += [
        (dataset.dimensions[name].label, (dataset.dimensions[name].needs,))
        for name in query.dimensions
    ]
    for label, columns in needed:
        if not all(c in ("", "at") or has_column(warehouse, dataset, c) for c in columns):
            source = warehouse.source(dataset.kind).words()
            return Words("{file} does not say this: {what}.", file=source, what=label)
    first, last = query.since or known[0], query.until or known[1]
    if first > known[1] or last < known[0]:
        return Words(
            "{what} are known from {first} to {last}, not for these days.",
            what=dataset.label,
            first=known[0],
            last=known[1],
        )
    return None


def list_limits(warehouse: Warehouse, query: MetricQuery, answer: MetricAnswer) -> Iterator[Words]:
    """Say what the answer leaves out of what was asked."""
    periods, counts = answer.periods, answer.counts
    if query.since and periods.now[0] > query.since:
        yield Words("The data begin on {day}.", day=periods.now[0])
    if query.comparison != "none" and periods.before is None:
        yield Words("There is nothing to compare with: the data don't go back so far.")
    elif periods.before is not None and not periods.sums_compare:
        yield Words(
            "The earlier days are too few to compare sums; averages and rates are compared."
        )
    if counts is not None and counts.too_small:
        yield Words.count(
            "{n} group is of too few people to be shown.",
            "{n} groups are of too few people to be shown.",
            counts.too_small,
        )
    if set(query.measures) & {*RETURN_MEASURES}:
        cautions = [answer.get_measure(name).caution for name in query.measures]
        if any(caution and caution(warehouse, periods.now) for caution in cautions):
            yield LATE_RETURNS
