"""What a reader must know of the figures of ads: which ran on for products that were sold out, that
none has a country, and which platforms or campaigns an exclusion leaves nothing of."""

from datetime import date
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import MetricQuery
from bot.data.metrics.query.conditions import filter_rows, resolve_conditions
from bot.data.metrics.query.known_values import load_values
from bot.data.metrics.query.runner import DATASETS, QueryRunner
from bot.data.metrics.sold_out import find_sold_out_dates
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MAX_NAMED = 6
NO_COUNTRY = (
    "Campaigns have no country: these figures are of all countries together. Asked by country, say "
    "so; orders by country and source tell what came of ads in each."
)
COSTS = ("spend", "cost")  # what the names of measures have in common


def list_ad_cautions(runner: QueryRunner, rows: ir.Table) -> list[str]:
    """Return the cautions of a query of campaigns; `rows` are those that it selects."""
    query = runner.query
    if runner.dataset.kind != "campaigns" or not query.asks(*COSTS):
        return []
    return [*_name_emptied(runner, rows), *_tell_countries(runner.warehouse)]


def _tell_countries(warehouse: Warehouse) -> list[str]:
    """Say that ads have no country, where orders have several."""
    if warehouse.table("orders") is None:
        return []
    countries = load_values(warehouse, DATASETS["orders"], "country")
    return [NO_COUNTRY] if len(countries) > 1 else []


def find_ads_of_sold_out(
    warehouse: Warehouse, query: MetricQuery, first: date, last: date
) -> dict[str, date]:
    """Return since when the products are sold out on whose ads, of those that the query selects,
    money was spent within these days and after that; those on which most was first."""
    if query.dataset != "campaigns" or not query.asks(*COSTS):
        return {}
    since = {product: day for product, day in find_sold_out_dates(warehouse).items() if day <= last}
    if not since:
        return {}
    dataset = DATASETS["campaigns"]
    rows = filter_rows(
        dataset, warehouse.rows("campaigns"), resolve_conditions(warehouse, dataset, query)[0]
    )
    after = [
        (rows.product == one) & (rows["at"].date() >= ibis.literal(max(day, first)))
        for one, day in since.items()
    ]
    ads = rows.filter(reduce(or_, after), rows["at"].date() <= ibis.literal(last), rows.spend > 0)
    spent = fetch_rows(warehouse, ads.group_by("product").aggregate(spend=_.spend.sum()))
    ordered = sorted(spent, key=lambda row: (-row["spend"], row["product"]))
    return {row["product"]: since[row["product"]] for row in ordered}


def _name_emptied(runner: QueryRunner, rows: ir.Table) -> list[str]:
    """Name the groups that have rows only without what the query excludes."""
    query = runner.query
    kept = tuple(group for group in query.filters if any(one.operator != "is_not" for one in group))
    if len(kept) == len(query.filters):
        return []
    every = runner.select("now", query.model_copy(update={"filters": kept}))
    emptied = list[str]()
    for name in query.dimensions:
        dimension = runner.dataset.dimensions[name]
        values = [
            {row["value"] for row in fetch_rows(runner.warehouse, table) if row["value"]}
            for table in (
                some.select(value=dimension.value(some).cast("string")).distinct()
                for some in (every.filter(every.spend > 0), rows)
            )
        ]
        excluded = {v for one in query.conditions if one.field == name for v in one.values}
        emptied += sorted(values[0] - values[1] - excluded)
    if not emptied:
        return []
    return [
        f"No row here, as all of it is what the call excludes: {', '.join(emptied[:MAX_NAMED])}. "
        "Say so beside the table, or it seems forgotten."
    ]
