"""What can be asked of traffic: the daily sums of a web analysis or a shop system.

A row has no people, but sums: its `sessions` stand for people, and its orders are no persons. Files
by channel and files by page sum up the same visits, so only rows of one breakdown are added: of
those that have what is asked for, the one that knows the most days, then the coarsest."""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import MetricQuery, QueryError
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    TIME_DIMENSIONS,
    Dimension,
    Measure,
    RowSelection,
    build_sums_dataset,
    column,
    per_1000,
    rate,
    select_amount,
    total,
)
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

BREAKDOWN_COLUMNS = ("channel", "source", "medium", "campaign", "page", "device", "country")
Breakdown = frozenset[str]  # the columns that its rows have


def select_traffic(selection: RowSelection) -> ir.Table:
    """Return the rows of one breakdown that lie within the days, with `at` and the amounts in the
    counted currency."""
    warehouse, query = selection.warehouse, selection.query
    rows = _add_columns(warehouse.rows("traffic"), selection.currency)
    first, last = (ibis.literal(day) for day in selection.days)
    breakdown = choose_breakdown(warehouse, query, selection.days)
    rows = rows.filter(
        rows.day >= first,
        ibis.coalesce(rows.until, rows.day) <= last,
        rows.breakdown == _join(breakdown),
    )
    return filter_rows(selection.dataset, rows, query)


def _add_columns(rows: ir.Table, currency: str | None) -> ir.Table:
    marks = [rows[name].notnull().ifelse(name, "") for name in BREAKDOWN_COLUMNS]
    return rows.mutate(
        at=rows.day.cast("timestamp"),
        breakdown=ibis.literal(" ").join(marks),
        many_sessions=ibis.coalesce(
            rows.sessions, rows.users, rows.views, rows.orders.cast("int64"), 0
        ),
        converted=ibis.coalesce(rows.orders, rows.conversions),
        sales=select_amount(rows, "sales", currency),
    )


def _join(breakdown: Breakdown) -> str:
    return " ".join(name if name in breakdown else "" for name in BREAKDOWN_COLUMNS)


# Which breakdown.


def list_breakdowns(warehouse: Warehouse) -> Mapping[Breakdown, Sequence[date]]:
    """Return the days that each breakdown has rows of. Read once for each state of the data."""
    key = ("breakdowns", "traffic")
    if key not in warehouse.released:
        rows = _add_columns(warehouse.rows("traffic"), None)
        found: dict[Breakdown, list[date]] = {}
        for row in fetch_rows(warehouse, rows.select("breakdown", "day").distinct()):
            found.setdefault(frozenset(row["breakdown"].split()), []).append(row["day"])
        warehouse.released[key] = found
    known: Mapping[Breakdown, Sequence[date]] = warehouse.released[key]
    return known


def choose_breakdown(
    warehouse: Warehouse, query: MetricQuery, days: tuple[date, date]
) -> Breakdown:
    """Raises QueryError where no rows have all that is asked for."""
    known = list_breakdowns(warehouse)
    used = {*query.dimensions, *(one.field for one in query.conditions)} & {*BREAKDOWN_COLUMNS}
    fitting = [one for one in known if used <= one]
    if not fitting:
        listed = "; ".join(sorted(_name(one) for one in known))
        raise QueryError(
            "No traffic rows have {used} together. There are rows {known}.",
            used=" and ".join(sorted(used)),
            known=listed,
        )
    first, last = days

    def rank(one: Breakdown) -> tuple[int, int, str]:
        inside = sum(first <= day <= last for day in known[one])
        return -inside, len(one), _name(one)

    return min(fitting, key=rank)


def _name(breakdown: Breakdown) -> str:
    listed = [name for name in BREAKDOWN_COLUMNS if name in breakdown]
    return f"by {' and '.join(listed)}" if listed else "of whole days"


def describe_breakdown(warehouse: Warehouse, query: MetricQuery) -> str:
    """Return a note on which rows are added up, where there are several sorts."""
    if len(list_breakdowns(warehouse)) < 2 or query.since is None or query.until is None:
        return ""
    chosen = choose_breakdown(warehouse, query, (query.since, query.until))
    return f"Added up are the rows {_name(chosen)}; rows of other breakdowns count the same visits."


# The tables.


MEASURES: Mapping[str, Measure] = {
    "sessions": total(Words("sessions"), "", "sessions"),
    "engaged_share": rate(
        Words("share of engaged sessions"), "engaged", "sessions", ("engaged", "sessions")
    ),
    "page_views": total(Words("page views"), "", "views"),
    "traffic_orders": total(Words("orders, as the traffic file counts them"), "orders", "orders"),
    "traffic_sales": total(Words("sales, as the traffic file counts them"), "money", "sales"),
    "traffic_conversion": rate(
        Words("orders or conversions per session"), "converted", "sessions", ("sessions",)
    ),
    "sales_per_1000_sessions": per_1000(
        Words("sales per 1,000 sessions"), "money", "sales", "sessions", ("sales", "sessions")
    ),
    "sessions_share": Measure(Words("share of sessions"), "%", share_of="sessions"),
}
DIMENSIONS: Mapping[str, Dimension] = {
    **{name: one for name, one in TIME_DIMENSIONS.items() if name != "hour"},
    "channel": column("channel", Words("channel")),
    "source": column("source", Words("source")),
    "medium": column("medium", Words("medium")),
    "campaign": column("campaign", Words("campaign")),
    "page": column("page", Words("page")),
    "device": column("device", Words("device")),
    "country": column("country", Words("country")),
}
DATASET = build_sums_dataset(
    "traffic",
    "many_sessions",
    _add_columns,
    label=Words("traffic"),
    sources={"rows": select_traffic},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    describe_rows=describe_breakdown,
)
