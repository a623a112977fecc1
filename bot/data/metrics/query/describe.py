"""Describe what the data hold and lack: for the AI, for the form, and for a query."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from bot.core.metric_query import TIME_DIMENSIONS, DatasetName, FieldName, MetricQuery
from bot.data.metrics.filters import list_currencies
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.metrics.query.group_order import is_in_time
from bot.data.metrics.query.known_values import (
    CAMPAIGN_FIELDS,
    FIXED_VALUES,
    find_filled_columns,
    has_column,
    is_told,
    load_values,
)
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.order_cautions import (
    LATE_RETURNS,
    explain_codes,
    warn_of_late_returns,
)
from bot.data.metrics.query.periods import find_known_days
from bot.data.metrics.query.runner import DATASETS
from bot.data.schema import load_kinds
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import DamagedRows, Warehouse
from bot.i18n.messages import Words

SHORT_COLUMNS = (
    "country",
    "device",
    "source",
    "channel",
    "category",
    "segment",
    "language",
    "colour",
)
MAX_VALUES, MAX_CODES = 8, 3
MAX_LISTED = 12  # so few are all named, as a question may name one
MAX_LISTED_CHARACTERS = 200
# the dataset that a column was first described for, with its values
Described = dict[str, tuple[str, frozenset[str]]]
# columns that are asked for under another name, or that identify a row, and the texts themselves
COVERED_COLUMNS = frozenset(
    {
        *("id", "order", "line", "session", "customer", "visitor", "at", "day", "until"),
        *(
            "title",
            "name",
            "subject",
            "text",
            "amount",
            "refunded",
            "quantity",
            "currency",
            "orders",
        ),
    }
)
COUNT_ONLY = ("product", "variant", "keyword", "placement", "retailer", "page")  # where many
FIXED_NOTES = {
    "step": "the furthest: view, cart, checkout, purchase",
    "customer_type": "new, which is on the day of the first order; known",
}
INSTEAD = {  # of a dataset that is missing
    "traffic": " Traffic or sessions are told by visits, where there are any.",
    "visits": " Visits are told by the sessions of traffic, where there is any.",
}
OPT_OUTS = "consents: whoever opted out has not agreed; the file alone tells who."
FIELD_NOTES = {  # of conditions that can't be grouped by
    "customer_points": "customer_points (of the loyalty programme, a number, only to filter by)",
}


def describe_data(warehouse: Warehouse) -> list[str]:
    """Return lines for the model that asks. Computed once a day for each state of the data."""
    key = ("description", warehouse.today, frozenset(warehouse.damaged))
    if key not in warehouse.released:
        warehouse.released[key] = _describe_data(warehouse, key)
    return list(warehouse.released[key])


def _describe_data(warehouse: Warehouse, key: tuple[Any, ...]) -> list[str]:
    """Return the lines. Those of each dataset are kept: after a call that was stopped, too."""
    lines = [f"Today is {warehouse.today}."]
    described: Described = warehouse.released.setdefault((*key, "columns"), {})
    for name, dataset in DATASETS.items():
        try:
            known = warehouse.table(dataset.kind) is not None
        except DamagedRows as damage:
            lines.append(f"{name}: {damage.words.to('en')}")
            continue
        if known:
            if (*key, name) not in warehouse.released:
                found = [*_describe_dataset(warehouse, dataset, described)]
                warehouse.released[*key, name] = found
            lines += warehouse.released[*key, name]
        else:
            lines.append(f"{name}: none imported.{INSTEAD.get(name, '')}")
    return [*lines, *([OPT_OUTS] if _tells_opt_outs(warehouse) else [])]


def _tells_opt_outs(warehouse: Warehouse) -> bool:
    try:
        people = warehouse.table("consents")
    except DamagedRows:
        return False
    if people is None:
        return False
    (row,) = fetch_rows(warehouse, people.aggregate(some=people.opted_out.any()))
    return bool(row["some"])


def _describe_dataset(
    warehouse: Warehouse, dataset: MetricDataset, described: Described
) -> Iterator[str]:
    find_filled_columns(warehouse, dataset)
    days = find_known_days(warehouse, dataset)
    rows = warehouse.listed[dataset.kind].rows
    line = f"{dataset.name}: {rows} {_name_rows(dataset)}"
    line += f", {days[0]} to {days[1]}" if days else ", without days"
    if (stale := warehouse.stale(dataset.kind)) is not None:
        line += f", {stale} days old"
    if currencies := list_currencies(warehouse, dataset.kind):
        others = f" (not {', '.join(currencies[1:])})" if currencies[1:] else ""
        line += f"; amounts in {currencies[0]}{others}"
    yield line + "."
    named, missing, seen = [], [], set()
    for name, dimension in dataset.dimensions.items():
        is_fixed = name in FIXED_VALUES
        if name in TIME_DIMENSIONS or (dimension.needs in seen and not is_fixed):
            continue
        if not is_told(warehouse, dataset, dimension.needs):
            missing.append(name)
            seen.add(dimension.needs)
            continue
        if is_fixed:
            named.append(f"{name} ({FIXED_NOTES.get(name) or ', '.join(FIXED_VALUES[name])})")
            continue
        seen.add(dimension.needs)
        named.append(_describe_column(warehouse, dataset, name, described))
    for name, note in FIELD_NOTES.items():
        if name in dataset.fields:
            known = has_column(warehouse, dataset, dataset.fields[name].needs)
            (named if known else missing).append(note if known else name)
    yield "  by " + "; ".join(named) + "."
    absent = [
        name
        for name, measure in dataset.measures.items()
        if not all(is_told(warehouse, dataset, column) for column in measure.needs)
    ]
    if missing or absent:
        parts = [f"no {', '.join(missing)}"] if missing else []
        parts += [f"so not to be had: {', '.join(absent)}"] if absent else []
        yield "  Not in the data: " + "; ".join(parts) + "."
    if dataset.kind == "orders" and (codes := explain_codes(warehouse)):
        yield f"  {codes}"
    if unasked := _list_unasked_columns(warehouse, dataset):
        yield f"  In the data, but not to group, filter or sum by: {', '.join(unasked)}."


def _list_unasked_columns(warehouse: Warehouse, dataset: MetricDataset) -> list[str]:
    """Return the columns with values that no measure, dimension or condition is about."""
    needed = {name for one in dataset.measures.values() for name in one.needs}
    needed |= {one.needs for one in dataset.dimensions.values()}
    needed |= {one.needs for one in dataset.fields.values()}
    return [
        name
        for name in load_kinds()[dataset.kind].columns
        if name not in needed
        and name not in COVERED_COLUMNS
        and has_column(warehouse, dataset, name)
    ]


def _name_rows(dataset: MetricDataset) -> str:
    return {"orders": "order lines", "events": "events"}.get(dataset.kind, "rows")


def _describe_column(
    warehouse: Warehouse, dataset: MetricDataset, name: str, described: Described
) -> str:
    dimension = dataset.dimensions[name]
    if name == "campaign" and dataset.kind == "campaigns":
        return _describe_campaigns(warehouse, dataset)
    if dimension.kind == "number" or dimension.needs == "at":
        return name
    if name in COUNT_ONLY and (many := _count_values(warehouse, dataset, name)) > MAX_LISTED:
        return f"{name} ({many} values)"
    called = load_values(warehouse, dataset, name)
    values = list(called if name in CAMPAIGN_FIELDS else called.values())
    if not values:
        return name
    earlier = described.setdefault(name, (dataset.name, frozenset(values)))
    if earlier[0] != dataset.name and earlier[1] == frozenset(values):
        return f"{name} (as in {earlier[0]})"
    if _are_few(values):
        return f"{name}: {', '.join(values)}"
    many = MAX_VALUES if name in SHORT_COLUMNS else MAX_CODES
    shown = ", ".join(values[:many])
    more = f" and {len(values) - many} more" if len(values) > many else ""
    return f"{name}: {shown}{more}"


def _are_few(values: Sequence[str]) -> bool:
    return len(values) <= MAX_LISTED and sum(map(len, values)) <= MAX_LISTED_CHARACTERS


def _describe_campaigns(warehouse: Warehouse, dataset: MetricDataset) -> str:
    """Name the campaigns of each channel that has few, such as those of the ads."""
    of_row, rows = dataset.dimensions["campaign"].value, warehouse.rows(dataset.kind)
    named = load_values(warehouse, dataset, "campaign")
    called: dict[str, list[str]] = {}
    for row in fetch_rows(warehouse, rows.select(c=rows.channel, v=of_row(rows)).distinct()):
        if row["v"] is not None:
            called.setdefault(row["c"] or "", []).append(str(row["v"]))
    listed = [
        f"of {channel or 'no channel'}: {', '.join(named.get(one, one) for one in sorted(some))}"
        for channel, some in sorted(called.items())
        if _are_few(some)
    ]
    return f"campaign ({'; '.join(listed)})" if listed else "campaign"


def _count_values(warehouse: Warehouse, dataset: MetricDataset, name: str) -> int:
    table = warehouse.rows(dataset.kind)
    column = table[dataset.dimensions[name].needs]
    return int(fetch_rows(warehouse, table.aggregate(n=column.nunique()))[0]["n"])


# The names of the values that a question may filter by.


_COLUMNS: Mapping[DatasetName, str] = {  # of names that a question may filter by
    "orders": "country region department source device code reason segment level city category "
    "product",
    "visits": "country source device category product",
    "campaigns": "source code audience retailer product",
    "feedback": "country region department source segment category product",
}
_OTHER_FIELDS = {
    ("orders", "reason"): "return_reason",
    ("campaigns", "source"): "channel",
    ("feedback", "source"): "channel",
}
COLUMN_FIELDS: Mapping[DatasetName, Mapping[str, FieldName]] = {  # column of the names → field
    dataset: {
        column: cast(FieldName, _OTHER_FIELDS.get((dataset, column), column))
        for column in columns.split()
    }
    for dataset, columns in _COLUMNS.items()
}
ValueNames = Mapping[str, Mapping[str, str]]  # column → value → name


def load_value_names(warehouse: Warehouse, dataset: DatasetName) -> ValueNames:
    """Return the names of the values that a question may filter by."""
    known = DATASETS[dataset]
    if warehouse.table(known.kind) is None:
        return {}
    return {
        column: load_values(warehouse, known, name)
        for column, name in COLUMN_FIELDS[dataset].items()
        if has_column(warehouse, known, known.dimensions[name].needs)
    }


# What the data can't tell of a query, and what an answer leaves out of what was asked.


RETURN_MEASURES = ("returned", "return_rate", "refunded")


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
        if not all(is_told(warehouse, dataset, c) for c in columns):
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
    """Say what the answer leaves out of what was asked, and its exhibit doesn't tell."""
    periods, counts = answer.periods, answer.counts
    if query.since and periods.now[0] > query.since:
        yield Words("The data begin on {day}.", day=periods.now[0])
    if answer.withheld is not None and "before" in answer.left_out:
        yield answer.withheld.words
    elif query.comparison != "none" and periods.before is None:
        yield Words("There is nothing to compare with: the data don't go back so far.")
    elif periods.before is not None and not periods.sums_compare:
        yield Words(
            "The earlier days are too few to compare sums; averages and rates are compared."
        )
    is_told = counts is not None and counts.unranked and not is_in_time(query)  # at its exhibit
    if counts is not None and counts.too_small and not is_told:
        yield Words.count(
            "{n} group has too few customers to show.",
            "{n} groups have too few customers to show.",
            counts.too_small,
        )
    of_returns = {*RETURN_MEASURES}.intersection(query.measures) or query.uses("returned")
    if of_returns and warn_of_late_returns(warehouse, periods.now):
        yield LATE_RETURNS
