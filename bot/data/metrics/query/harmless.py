"""Which answers differ in nothing that tells of a person, so that they are not held against each
other: counts of the same groups on other days, and what went wrong with what was sold."""

from bot.core.metric_query import ORDERED_DIMENSIONS, MetricQuery
from bot.data.metrics.query.dataset import Measure, MetricDataset, tells_of_things
from bot.data.metrics.query.runner import DATASETS

COUNT_UNITS = ("orders", "units", "texts", "visits", "%")  # of what may be told of few on a day
# what went wrong with what was sold, and what was written of it: nothing about who it was
INCIDENT_MEASURES = frozenset(
    (
        "returned",
        "return_rate",
        "due_orders",
        "late_orders",
        "late_share",
        "mean_delivery_days",
        "undelivered_orders",
        "cancelled_orders",
        "cancelled_share",
        "reviews",
        "ratings",
        "rating",
        "low_rating_share",
    )
)


def counts_texts(query: MetricQuery) -> bool:
    """Whether a query only counts texts and their stars by what they are on: these are no persons,
    `feedback_themes` counts them, too, and `read_feedback` quotes each with its stars."""
    return (
        query.dataset == "feedback" and "reviewers" not in query.measures and tells_of_things(query)
    )


def differs_harmlessly(now: MetricQuery, before: MetricQuery | None) -> bool:
    """Whether the difference to an earlier answer (None: one to a typed question) tells nothing
    about a person. On the same days, a total less the weeks that are shown would tell a hidden
    one."""
    if before is None:
        return False
    both = (now, before)
    if any(INCIDENT_MEASURES.issuperset(one.measures) for one in both) and all(
        tells_of_things(one) for one in both
    ):
        return True
    return differs_in_days_alone(now, before) and any(holds_counts_alone(one) for one in both)


def differs_in_days_alone(now: MetricQuery, before: MetricQuery) -> bool:
    apart = [
        (one.dataset, one.filters, one.having, {*one.dimensions}.difference(ORDERED_DIMENSIONS))
        for one in (before, now)
    ]
    return (before.since, before.until) != (now.since, now.until) and apart[0] == apart[1]


def holds_counts_alone(query: MetricQuery) -> bool:
    dataset = DATASETS[query.dataset]
    return all(is_count(dataset, dataset.measures[name]) for name in query.measures)


def is_count(dataset: MetricDataset, measure: Measure) -> bool:
    """Whether a measure, or that of which it is a share, says how many, and of nobody what they
    spent."""
    whole = dataset.measures[measure.share_of] if measure.share_of else measure
    return whole.unit in COUNT_UNITS and not whole.of_one_customer
