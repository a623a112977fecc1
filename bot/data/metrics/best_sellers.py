"""Report best sellers: products by revenue or by units."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.metric_query import ANY_VALUE, NO_VALUE, MetricQuery, QueryError
from bot.core.withheld import Reason, Withheld
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import DimensionValue, Population
from bot.data.metrics.answer_log import AnswerLog
from bot.data.metrics.filters import find_last_whole_day, list_currencies
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
QUERY_NAME = "products"
FEW = Withheld(Reason.FEW, "a few people")
# names of order lines that are no products: "frais de port", "POSTAGE"
NON_PRODUCT_WORDS = word_set(
    "postage shipping carriage port livraison delivery fee fees frais manual discount remise "
    "commission charges adjust adjustment gift voucher emballage packaging samples carte"
)


def find(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    handles: Collection[str] | None = None,
    most: int = MAX_SELLERS,
    by: Literal["units", "revenue"] = "revenue",
) -> AnalysisResult:
    """Return, over the requested days or the last 90, sellers.product-<product> .revenue (net of
    refunds), .units, .orders, .since and .until of the `most` best sellers among the products with
    these handles (None: all products). What too few customers bought is left out. Only the currency
    of most orders counts; a limit names the others. Raises CannotDo where the orders lack a column
    of the filter."""
    if warehouse.table("orders") is None:
        return AnalysisResult.refuse("sellers", warehouse, NO_ORDERS)
    days = choose_days(warehouse, filter_)
    result = AnalysisResult("sellers", warehouse.source("orders"), days[1], floors=warehouse.floors)
    known = list_currencies(warehouse, "orders")
    currency = known[0] if known else None
    lines = select_counted_lines(warehouse, filter_, *days, currency)
    result.add_currency_limit(known)
    people = _load_buyers(warehouse, lines)
    best = _find_best_sellers(result, warehouse, lines, people, handles, most, by)
    safe_values = people.find_publishable(
        [("product", seller.key) for seller in best], warehouse.sales_floor
    )
    for seller in best:
        _add_seller(result, seller, people, days, currency, safe_values)
    return result


def choose_days(warehouse: Warehouse, filter_: AnalysisFilter) -> tuple[date, date]:
    until = find_last_whole_day(warehouse, "orders", filter_)
    return filter_.since or until - timedelta(days=DEFAULT_DAYS - 1), until


def find_refusal(
    warehouse: Warehouse, filter_: AnalysisFilter, log: AnswerLog, person: str
) -> Words | None:
    """Return why this person may not be told the total of these orders, given all earlier answers;
    None where they may, and it is recorded as one of them."""
    since, until = choose_days(warehouse, filter_)
    conditions = build_conditions(warehouse, filter_)
    names_any = any(
        set(one.values) <= {ANY_VALUE, NO_VALUE} for group in conditions for one in group
    )
    if filter_.segment or names_any:  # which a stored query can't express
        return FEW.words
    query = MetricQuery(
        dataset="orders", measures=("revenue",), filters=conditions, since=since, until=until
    )
    try:
        guard_answer(warehouse, answer_query(warehouse, query, see_people=False), log, person)
    except QueryError as error:
        return error.words or FEW.words
    return None


def _load_buyers(warehouse: Warehouse, lines: ir.Table) -> Population:
    """Return who bought each product: customers; orders where no customer is known."""
    person = ibis.coalesce(lines.customer, lines["order"])
    named = lines.select("product", person=person_column(warehouse, person))
    return Population.of(fetch_arrow(warehouse, named.distinct()), "person")


@dataclass(frozen=True)
class BestSeller:
    """A product with its sales."""

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
    handles: Collection[str] | None,
    most: int,
    by: str,
) -> list[BestSeller]:
    """Return the best products, only those with these handles unless None. Those without revenue,
    without a name, or with too few buyers are left out."""
    table = (
        lines.filter(lines["product"].notnull())
        .group_by("product")
        .aggregate(revenue=_.paid.sum(), units=_.pieces.sum(), orders=_["order"].nunique())
    )
    ranks = [ibis.desc(measure) for measure in dict.fromkeys((by, "revenue"))]
    best = table.filter(_.revenue > 0).order_by(*ranks, "product")
    if handles is None:
        best = best.limit(max(MAX_PRODUCTS_READ, 3 * most))
    result.queries[QUERY_NAME] = defer_sql(best)
    rows = fetch_rows(warehouse, best)
    if handles is not None:
        rows = [row for row in rows if slugify(row["product"]) in handles]
    titles = load_product_titles(warehouse, [row["product"] for row in rows])
    goods = [row for row in rows if is_product(titles.get(row["product"]))]
    sizes = people.sizes("product")
    known = [row for row in goods if sizes.get(row["product"], 0) >= warehouse.sales_floor]
    if len(known) < len(goods[:most]):
        result.withhold("sales")
    return [
        BestSeller(
            row["product"],
            format_title(titles[row["product"]]),
            row["revenue"],
            row["units"],
            int(row["orders"]),
        )
        for row in known[:most]
    ]


def _add_seller(
    result: AnalysisResult,
    seller: BestSeller,
    people: Population,
    days: tuple[date, date],
    currency: str | None,
    safe_values: set[DimensionValue],
) -> None:
    key, value = f"product-{slugify(seller.key)}", ("product", seller.key)
    size = people.count(people.which(value))
    if result.set_group_size(key, size, sort="sales", safe=value in safe_values):
        result.add_measures(
            key,
            ("since", days[0], None),
            ("until", days[1], None),
            ("revenue", round_figure(seller.revenue), currency),
            ("units", round_figure(seller.units), "units"),
            ("orders", seller.orders, "orders"),
            about=seller.title,
            rows=seller.orders,
            query=QUERY_NAME,
        )


def is_product(title: str | None) -> bool:
    """Tell from its title whether it is a product; postage and vouchers are order lines too."""
    return bool(title) and not NON_PRODUCT_WORDS & set(tokenize(title or ""))
