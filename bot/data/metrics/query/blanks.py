"""Say of an answer which of its columns are blank in some rows, where that changes its figures."""

from collections.abc import Iterator

from bot.core.metric_query import (
    ANY_VALUE,
    CUSTOMER_FIELDS,
    NO_VALUE,
    MetricCondition,
    MetricQuery,
)
from bot.data.metrics.filters import PEOPLE_TYPES
from bot.data.metrics.query.dataset import MetricDataset, get_field
from bot.data.metrics.query.known_values import is_told, read_stored
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

CUSTOMER = "customer"


def list_blanks(warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery) -> Iterator[str]:
    """Say which measures leave out the orders that name no customer, and which conditions let
    blank rows through. `query` has the data's own values."""
    of_customers = [name for name in query.measures if CUSTOMER in dataset.measures[name].needs]
    is_of_customers = bool(of_customers) and dataset.kind == "orders"
    if is_of_customers and (share := _describe_share(warehouse, dataset, CUSTOMER)):
        names = ", ".join(of_customers)
        yield f"{share} of all rows of orders name no customer. Without them: {names}."
    for condition in query.conditions:
        column = _find_column(warehouse, dataset, condition)
        if column and (share := _describe_share(warehouse, dataset, column)):
            values = " or ".join(condition.values)
            is_of_people = dataset.kind == "orders" and column in PEOPLE_TYPES
            rows = "the customers in your files" if is_of_people else f"all rows of {dataset.name}"
            yield (
                f"{condition.field} is blank in {share} of {rows}. They are counted here, as not "
                f"{values}."
            )


def _find_column(
    warehouse: Warehouse, dataset: MetricDataset, condition: MetricCondition
) -> str | None:
    """Return the column of which a condition excludes some values."""
    field = get_field(dataset, condition.field)
    if (
        field is None
        or field.kind != "text"
        or condition.operator != "is_not"
        or condition.field in CUSTOMER_FIELDS
        or condition.values in ((ANY_VALUE,), (NO_VALUE,))
    ):
        return None
    column = field.needs or condition.field
    return column if column != "at" and is_told(warehouse, dataset, column) else None


def _describe_share(warehouse: Warehouse, dataset: MetricDataset, column: str) -> str:
    """Return in how many of all stored rows the column is blank, or nothing where in so few that
    it would tell of a small group."""
    key = ("blank", dataset.name, column)
    if key not in warehouse.released:
        rows, share = read_stored(warehouse, dataset, column), ""
        if column in rows.columns:
            (row,) = fetch_rows(
                warehouse, rows.aggregate(filled=rows[column].count(), every=rows.count())
            )
            blank, every = row["every"] - row["filled"], row["every"]
            if blank >= warehouse.floor:
                share = f"{min(blank / every, 0.99):.0%}" if 100 * blank >= every else "under 1%"
        warehouse.released[key] = share
    return str(warehouse.released[key])
