"""Report best sellers: products and categories by revenue, and the average order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import ANY_VALUE, NO_VALUE, MetricQuery, QueryError
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue, Population
from bot.data.metrics.answer_log import AnswerLog
from bot.data.metrics.filters import add_category, find_last_whole_day, list_currencies
from bot.data.metrics.query.execution import answer_query
from bot.data.metrics.query.guard import guard_answer
from bot.data.metrics.query.order_rows import select_counted_lines
from bot.data.metrics.query.orders import build_conditions
from bot.data.stats import round_figure
from bot.data.warehouse.purchases import NO_ORDERS
from bot.data.warehouse.query import defer_sql, fetch_arrow, fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import format_title, slugify, tokenize, word_set

DEFAULT_DAYS = 90  # when no days are requested
MAX_SELLERS = 10
MAX_PRODUCTS_READ = 60  # products read; some of them are no goods, such as postage
SELLER_DIMENSIONS = ("product", "category")
QUERY_NAMES = {"product": "products", "category": "categories"}
OTHERS_LABEL = Words("Others")
# names of order lines that are no products: "frais de port", "POSTAGE"
NON_PRODUCT_WORDS = word_set(
    "postage shipping carriage port livraison delivery fee fees frais manual discount remise "
    "commission charges adjust adjustment gift voucher emballage packaging samples carte"
)


def find(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    dimensions: Sequence[str] = SELLER_DIMENSIONS,
    *,
    handles: Collection[str] | None = None,
    most: int = MAX_SELLERS,
    by: str = "revenue",
) -> AnalysisResult:
    """Return, over the requested days or the last 90: sellers.product-<product> and
    sellers.category-<name> .revenue, .units, .orders, .since, .until, the best ten each by revenue
    net of refunds; sellers.all.orders, .revenue and .average-order. What too few customers bought
    is summed in sellers.others-product.revenue and sellers.others-category. Only the currency of
    most orders counts; a limit names the others. Raises CannotDo where the orders lack a column of
    the filter."""
    if warehouse.table("orders") is None:
        return AnalysisResult.refuse("sellers", warehouse, NO_ORDERS)
    since, until = choose_days(warehouse, filter_)
    result = AnalysisResult("sellers", warehouse.source("orders"), until, floors=warehouse.floors)
    known = list_currencies(warehouse, "orders")
    lines = select_counted_lines(warehouse, filter_, since, until, known[0] if known else None)
    result.add_currency_limit(known)
    tables = {
        name: add_category(warehouse, lines) if name == "category" else lines for name in dimensions
    }
    people = build_buyers(warehouse, tables[dimensions[-1]], dimensions)
    best = {
        name: _find_best_sellers(result, warehouse, table, people, name, handles, most, by)
        for name, table in tables.items()
    }
    wanted = [(name, seller.key) for name, some in best.items() for seller in some]
    safe_values = people.find_publishable(wanted, warehouse.sales_floor)
    days = (since, until)
    _add_total(result, warehouse, lines, days, known[:1], people.count(people.which(TOTAL_VALUE)))
    for name in dimensions:
        _add_sellers(result, people, best[name], safe_values, days, known[:1], name)
    return result


def choose_days(warehouse: Warehouse, filter_: AnalysisFilter) -> tuple[date, date]:
    until = find_last_whole_day(warehouse, "orders", filter_)
    return filter_.since or until - timedelta(days=DEFAULT_DAYS - 1), until


def may_see_total(
    warehouse: Warehouse, filter_: AnalysisFilter, log: AnswerLog, person: str
) -> bool:
    """Whether this person may be told the total of these orders, given all earlier answers. It is
    recorded as one of them."""
    since, until = choose_days(warehouse, filter_)
    conditions = build_conditions(warehouse, filter_)
    names_any = any(
        set(one.values) <= {ANY_VALUE, NO_VALUE} for group in conditions for one in group
    )
    if filter_.segment or names_any:  # which a stored query can't express
        return False
    query = MetricQuery(
        dataset="orders", measures=("revenue",), filters=conditions, since=since, until=until
    )
    try:
        guard_answer(warehouse, answer_query(warehouse, query, see_people=False), log, person)
    except QueryError:
        return False
    return True


def rank_products(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    handles: Collection[str] | None,
    most: int,
    by: Literal["units", "revenue"] = "revenue",
) -> AnalysisResult:
    """Return sellers.product-<product> .revenue, .units, .orders, .since and .until of the `most`
    best sellers among the products with these handles (None: all products), and sellers.all as
    `find` does. Days, floors and currency are those of `find`."""
    return find(warehouse, filter_, ("product",), handles=handles, most=most, by=by)


def build_buyers(warehouse: Warehouse, lines: ir.Table, by: Sequence[str]) -> Population:
    """Return who bought, by the values of some columns: customers; orders where no customer is
    known."""
    person = ibis.coalesce(lines.customer, lines["order"])
    named = lines.select(*by, person=person_column(warehouse, person))
    return Population.of(fetch_arrow(warehouse, named.distinct()), "person")


def _add_total(
    result: AnalysisResult,
    warehouse: Warehouse,
    lines: ir.Table,
    days: tuple[date, date],
    unit: list[str],
    people: int,
) -> None:
    """Add the totals. An order with a negative amount is a refund: it lowers the sum and does not
    count as an order."""
    orders = lines.group_by("order").aggregate(paid=_.paid.sum())
    query = orders.aggregate(
        revenue=_.paid.sum(), orders=_.count(where=_.paid >= 0), rows=_.count()
    )
    row = _read_row(result, warehouse, "orders", query)
    if not row["orders"] or row["revenue"] is None:
        return
    money, n = unit[0] if unit else None, int(row["orders"])
    result.set_group_size("all", people, sort="sales")
    _add_period(result, "all", days, "", n, "orders")
    add = result.add
    add("all", "orders", n, unit="orders", rows=n, query="orders")
    add("all", "revenue", round_figure(row["revenue"]), unit=money, rows=n, query="orders")
    mean = round(float(row["revenue"]) / n, 2)
    add("all", "average-order", mean, unit=money, rows=n, query="orders")


@dataclass(frozen=True)
class BestSeller:
    """A product or a category with its revenue."""

    key: str
    title: str
    revenue: Decimal
    units: float
    orders: int


def _find_best_sellers(
    result: AnalysisResult,
    warehouse: Warehouse,
    lines: ir.Table,
    people: Population,
    name: str,
    handles: Collection[str] | None,
    most: int,
    by: str,
) -> list[BestSeller]:
    """Return the best of a dimension, of products only those with these handles unless None.
    Values without revenue, without a name, or with too few buyers are left out."""
    table = (
        lines.filter(lines[name].notnull())
        .group_by(name)
        .aggregate(revenue=_.paid.sum(), units=_.pieces.sum(), orders=_["order"].nunique())
    )
    ranks = [ibis.desc(measure) for measure in dict.fromkeys((by, "revenue"))]
    best = table.filter(_.revenue > 0).order_by(*ranks, name)
    if handles is None:
        best = best.limit(max(MAX_PRODUCTS_READ, 3 * most))
    result.queries[QUERY_NAMES[name]] = defer_sql(best)
    rows = fetch_rows(warehouse, best)
    if handles is not None:
        rows = [row for row in rows if slugify(str(row[name])) in handles]
    keys = [str(row[name]) for row in rows]
    names = (
        load_product_titles(warehouse, keys)
        if name == "product"
        else dict(zip(keys, keys, strict=True))
    )
    goods = [row for row in rows if is_product(names.get(row[name]))]
    sizes = people.sizes(name)
    known = [row for row in goods if sizes.get(str(row[name]), 0) >= warehouse.sales_floor]
    if len(known) < len(goods[:most]):
        result.withhold("sales")
    return [
        BestSeller(
            str(row[name]),
            format_title(names[row[name]]),
            row["revenue"],
            row["units"],
            int(row["orders"]),
        )
        for row in known[:most]
    ]


def _add_sellers(
    result: AnalysisResult,
    people: Population,
    best: list[BestSeller],
    safe_values: set[DimensionValue],
    days: tuple[date, date],
    unit: list[str],
    name: str,
) -> None:
    query, money = QUERY_NAMES[name], unit[0] if unit else None
    shown = Decimal(0)
    for seller in best:
        key = f"{name}-{slugify(seller.key)}"
        size = people.count(people.which((name, seller.key)))
        if not result.set_group_size(
            key, size, sort="sales", safe=(name, seller.key) in safe_values
        ):
            continue
        shown += seller.revenue
        _add_period(result, key, days, seller.title, seller.orders, query)
        for measure, value, of in (
            ("revenue", round_figure(seller.revenue), money),
            ("units", round_figure(seller.units), "units"),
            ("orders", seller.orders, "orders"),
        ):
            result.add(
                key, measure, value, unit=of, about=seller.title, rows=seller.orders, query=query
            )
    if len(people.sizes(name)) > 1 and result.is_withheld("sales"):
        _add_others(result, name, shown, money)


def _add_others(result: AnalysisResult, name: str, shown: Decimal, money: str | None) -> None:
    """Add the sum of everything that is not shown on its own."""
    whole = result.get("all", "revenue")
    if whole is None or not shown:
        return
    key, rest = f"others-{name}", round(Decimal(whole.value) - shown)
    if rest <= 0:
        return
    result.mark_without_customers(key)  # a sum over several groups, checked by `safe_values`
    result.add(key, "revenue", rest, unit=money, about=OTHERS_LABEL.text, query=QUERY_NAMES[name])


def is_product(title: str | None) -> bool:
    """Tell from its title whether it is a product; postage and vouchers are order lines too."""
    return bool(title) and not NON_PRODUCT_WORDS & set(tokenize(title or ""))


def _add_period(
    result: AnalysisResult, key: str, days: tuple[date, date], about: str, rows: int, query: str
) -> None:
    for measure, day in zip(("since", "until"), days, strict=True):
        result.add(key, measure, day, about=about, rows=rows, query=query)


def _read_row(
    result: AnalysisResult, warehouse: Warehouse, name: str, table: ir.Table
) -> dict[str, Any]:
    result.queries[name] = defer_sql(table)
    return fetch_rows(warehouse, table)[0]
