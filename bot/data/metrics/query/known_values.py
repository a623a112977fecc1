"""Which columns the rows of a dataset fill in, and which values they have."""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.core.metric_query import QueryError
from bot.data.analyses.products import load_product_titles
from bot.data.metrics.campaign_names import name_campaign, name_code
from bot.data.metrics.filters import (
    OPTION_COLUMNS,
    PEOPLE_TYPES,
    add_category,
    add_deliveries,
    add_options,
    add_people,
    build_people,
    name_reviewers,
)
from bot.data.metrics.query.dataset import (
    PRICES,
    ConditionField,
    Dimension,
    MetricDataset,
    get_field,
)
from bot.data.schema import load_kinds
from bot.data.warehouse.consents import CONSENT_FIELDS, add_consents
from bot.data.warehouse.places import PLACE_COLUMNS, add_places
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.french_regions import name_place

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIXED_VALUES: Mapping[str, Mapping[str, str]] = {  # value → name
    "weekday": {str(n): name for n, name in enumerate(WEEKDAYS)},
    "customer_type": {"new": "new", "known": "known"},
    **{name: {"yes": "yes", "no": "no"} for name in CONSENT_FIELDS},
    "returned": {"yes": "yes", "no": "no"},
    "late": {"yes": "yes", "no": "no"},
    "discounted": {"yes": "yes", "no": "no"},
    "sale_day": {"yes": "yes", "no": "no"},
    "ordered_after": {"yes": "yes", "no": "no"},
    "reduced_price": {"yes": "yes", "no": "no"},
    "step": {step: step for step in ("view", "cart", "checkout", "purchase")},
}
# columns of feedback that other files tell of its customers, or of its orders
REVIEWER_COLUMNS = ("customer", "buyer", "country", *PEOPLE_TYPES)
DELIVERY_COLUMNS = ("late", "delivered")
ID_COLUMNS = ("customer", "buyer", "visitor", "session", "order", "line", "id")
MISSING_HINTS: Mapping[str, str] = {
    "segment": "Groups by how people buy (loyal, lapsed, one-time …) are in segments and audience.",
    "level": "No file of a loyalty programme was imported.",
    "points": "No file of a loyalty programme was imported.",
    **dict.fromkeys(CONSENT_FIELDS, "No file of consents was imported."),
    "city": "Towns are read from a file of customers that has a column for them.",
}
CAMPAIGN_FIELDS = ("campaign", "code")
NO_PRICES = (
    "No price history was imported, so sale days are not known. Orders at a discount are the field "
    "discounted; days that you know are the field day."
)


def list_fields(
    warehouse: Warehouse, fields: Mapping[str, Dimension | ConditionField], dataset: MetricDataset
) -> str:
    return ", ".join(name for name, one in fields.items() if is_told(warehouse, dataset, one.needs))


def require_column(warehouse: Warehouse, dataset: MetricDataset, name: str) -> None:
    """Raises QueryError where no row says it."""
    if is_told(warehouse, dataset, name):
        return
    if name == PRICES:
        raise QueryError(NO_PRICES)
    source = warehouse.source(dataset.kind).words()
    raise QueryError(
        "{source} does not say the {column}, so nothing can be told by it.{hint}",
        source=source,
        column=name,
        hint=_explain_absence(dataset, name),
    )


def _explain_absence(dataset: MetricDataset, name: str) -> str:
    """Say where else to look, or that rows of an earlier version lack what their file may say."""
    if dataset.kind == "feedback" and name in (*REVIEWER_COLUMNS, *DELIVERY_COLUMNS):
        return (
            " None of its texts names a customer or an order of whom other files say it, so texts "
            "and orders can't be joined."
        )
    if name in MISSING_HINTS:
        return f" {MISSING_HINTS[name]}"
    known = load_kinds()[dataset.kind].columns.get(name)
    if known is not None and known.added:
        return " If the file has it, it was imported before this column was read: import it again."
    return ""


def is_told(warehouse: Warehouse, dataset: MetricDataset, name: str) -> bool:
    """Whether the data have what a field needs."""
    if name == PRICES:
        return warehouse.table(PRICES) is not None
    return name in ("", "at") or has_column(warehouse, dataset, name)


def has_column(warehouse: Warehouse, dataset: MetricDataset, name: str) -> bool:
    """Whether some row of the dataset has a value in the column."""
    key = ("has", dataset.name, name)
    if key not in warehouse.released:
        column = name.partition(":")[0]
        rows = read_stored(warehouse, dataset, column)
        is_set = _is_set(rows, name)
        known = is_set is not None and fetch_rows(
            warehouse, rows.filter(is_set).select(column).limit(1)
        )
        warehouse.released[key] = bool(known)
    return bool(warehouse.released[key])


def _is_set(rows: ir.Table, name: str) -> ir.BooleanValue | None:
    """Return where a row has a value in the column, or this value: "step:cart". None: no column."""
    name, _, value = name.partition(":")
    if name not in rows.columns:
        return None
    is_set: ir.BooleanValue = rows[name] == value if value else rows[name].notnull()
    return is_set


def find_filled_columns(warehouse: Warehouse, dataset: MetricDataset) -> None:
    """Find for `has_column` which columns have a value, with one query for the stored rows and one
    for each table that is joined to them."""
    stored = warehouse.table(dataset.kind)
    assert stored is not None
    names = {*stored.columns, *(name for one in dataset.measures.values() for name in one.needs)}
    names |= {one.needs for one in dataset.dimensions.values()}
    names |= {one.needs for one in dataset.fields.values()}
    found: dict[Any, dict[str, ir.BooleanValue]] = {}
    for name in sorted(names):
        if ("has", dataset.name, name) not in warehouse.released:
            rows = read_stored(warehouse, dataset, name.partition(":")[0])
            if (is_set := _is_set(rows, name)) is not None:
                found.setdefault(rows.op(), {})[name] = is_set
    for table, columns in found.items():
        told = {f"c{number}": is_set.any() for number, is_set in enumerate(columns.values())}
        (row,) = fetch_rows(warehouse, table.to_expr().aggregate(**told))
        for number, name in enumerate(columns):
            warehouse.released["has", dataset.name, name] = bool(row[f"c{number}"])


def read_stored(warehouse: Warehouse, dataset: MetricDataset, name: str) -> ir.Table:
    """Return the stored rows, with what is joined to them for this column."""
    rows = warehouse.table(dataset.kind)
    assert rows is not None
    if dataset.kind == "orders" and name in PEOPLE_TYPES:
        people = build_people(warehouse)
        return rows if people is None else people
    if name in CONSENT_FIELDS:
        return add_consents(warehouse, rows)
    if dataset.kind == "feedback" and name in REVIEWER_COLUMNS:
        return add_people(warehouse, name_reviewers(warehouse, rows))
    if dataset.kind == "feedback" and name in DELIVERY_COLUMNS:
        return add_deliveries(warehouse, rows)
    if name in PLACE_COLUMNS and "region" in rows.columns:
        return add_places(warehouse, dataset.kind, rows)
    if name in OPTION_COLUMNS and dataset.kind == "orders":
        return add_options(warehouse, rows)
    return add_category(warehouse, rows) if name == "category" else rows


def load_values(warehouse: Warehouse, dataset: MetricDataset, name: str) -> Mapping[str, str]:
    """Return value → name of a text field, those with most rows first; nothing for a field that is
    computed from a column of ids, whose values nobody may see."""
    if name in FIXED_VALUES:
        return FIXED_VALUES[name]
    field = get_field(dataset, name)
    assert field is not None
    if (field.needs or name) in ID_COLUMNS:
        return {}
    column = field.needs or name
    is_computed = column == "at" and field.value is not None  # such as a campaign's name or code
    is_named = is_computed or name in CAMPAIGN_FIELDS
    key = ("values", dataset.name, name if is_named else column)
    if key not in warehouse.released:
        rows = read_stored(warehouse, dataset, column)
        of_row = field.value(rows) if is_computed and field.value else rows[column]
        counted = rows.filter(of_row.notnull()).group_by(value=of_row).aggregate(n=ibis._.count())
        found = fetch_rows(warehouse, counted)
        values = [
            str(row["value"]) for row in sorted(found, key=lambda one: (-one["n"], one["value"]))
        ]
        titles = load_product_titles(warehouse, values) if column == "product" else {}
        if name in CAMPAIGN_FIELDS:
            tell = name_code if name == "code" else name_campaign
            titles = {value: tell(warehouse, value, "en") for value in values}
        if column in PLACE_COLUMNS:
            titles = {value: name_place(column, value, "en") for value in values}
        warehouse.released[key] = {value: titles.get(value, value) for value in values}
    known: Mapping[str, str] = warehouse.released[key]
    return known
