"""What sells best: products and categories by what they brought, and the average order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.source import Source
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.disclosure import TOTAL_VALUE, DimensionValue, Population
from bot.data.metrics.filters import add_category, filter_rows, find_last_whole_day, list_currencies
from bot.data.warehouse.purchases import CANCELLED_STATUSES
from bot.data.warehouse.query import defer_sql, fetch_arrow, fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import tokenize, word_set
from bot.text.slugs import format_title, slugify

DEFAULT_DAYS = 90  # looked back over when no days are asked for
MAX_SELLERS = 10
MAX_PRODUCTS_READ = 60  # products read; some of them are no goods
SELLER_DIMENSIONS = ("product", "category")
QUERY_NAMES = {"product": "products", "category": "categories"}
OTHERS_LABEL = Words("Others")
NON_PRODUCT_WORDS = word_set(  # what stands on an order and is not sold: "frais de port", "POSTAGE"
    "postage shipping carriage port livraison delivery fee fees frais manual discount remise "
    "commission charges adjust adjustment gift voucher emballage packaging samples carte"
)


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """Over the days asked for, else the last 90: sellers.product-<product> and
    sellers.category-<name> .revenue, .units, .orders, .since, .until, the best ten each by what
    they brought, money paid back taken off; sellers.all.orders, .revenue and .average-order. What
    too few customers bought is in sellers.others-product.revenue and sellers.others-category alone.
    In the currency of most orders; others are left out, and said to be. Raises CannotDo where the
    orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = AnalysisResult("sellers", Source(""), shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    until = find_last_whole_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DEFAULT_DAYS - 1)
    found = AnalysisResult("sellers", shelf.source("orders"), until, floors=shelf.floors)
    known = list_currencies(shelf, "orders")
    lines = select_counted_lines(shelf, where, since, until, known[0] if known else None)
    if len(known) > 1:
        others = ", ".join(known[1:])
        found.refuse(
            Words(
                "What sells is counted in {currency} only; other orders are in {others}.",
                currency=known[0],
                others=others,
            )
        )
    with_categories = add_category(shelf, lines)
    people = build_buyers(shelf, with_categories, SELLER_DIMENSIONS)
    best = {
        "product": _find_best_sellers(found, shelf, lines, people, "product"),
        "category": _find_best_sellers(found, shelf, with_categories, people, "category"),
    }
    wanted = [(name, one.key) for name, some in best.items() for one in some]
    told = people.told(wanted, shelf.sales_floor)
    days = (since, until)
    _add_total(found, shelf, lines, days, known[:1], people.count(people.which(TOTAL_VALUE)))
    for name in SELLER_DIMENSIONS:
        _add_sellers(found, people, best[name], told, days, known[:1], name)
    return found


def build_buyers(shelf: Warehouse, lines: ir.Table, by: Sequence[str]) -> Population:
    """Who bought, by the values of some columns: customers; where none is known, orders."""
    person = ibis.coalesce(lines.customer, lines["order"])
    named = lines.select(*by, person=person_column(shelf, person))
    return Population.of(fetch_arrow(shelf, named.distinct()), "person")


def select_counted_lines(
    shelf: Warehouse, where: AnalysisFilter, since: date, until: date, currency: str | None
) -> ir.Table:
    """The lines that count, in the one currency, of the days inclusive. Pieces that went for
    nothing and from nobody are the stock put right: no order, and nothing taken back."""
    table = filter_rows(shelf, "orders", where)
    day = table["at"].date()
    kept = table.filter(
        day.between(ibis.literal(since), ibis.literal(until)),
        table.status.isnull() | table.status.lower().notin(CANCELLED_STATUSES),
    )
    if currency is not None:
        kept = kept.filter(kept.currency.isnull() | (kept.currency == currency))
    kept = kept.mutate(
        paid=kept.amount.cast("decimal(18, 2)"), pieces=kept.quantity.cast("float64").fill_null(1.0)
    )
    return kept.filter((kept.paid != 0) | (kept.pieces > 0))


def _add_total(
    found: AnalysisResult,
    shelf: Warehouse,
    lines: ir.Table,
    days: tuple[date, date],
    unit: list[str],
    people: int,
) -> None:
    """An order below zero is money paid back: it lowers the sum and is no order."""
    orders = lines.group_by("order").aggregate(paid=_.paid.sum())
    asked = orders.aggregate(
        revenue=_.paid.sum(), orders=_.count(where=_.paid >= 0), rows=_.count()
    )
    row = _read_row(found, shelf, "orders", asked)
    if not row["orders"] or row["revenue"] is None:
        return
    money, n = unit[0] if unit else None, int(row["orders"])
    found.group("all", people, sort="sales")
    _add_period(found, "all", days, "", n, "orders")
    add = found.add
    add("all", "orders", n, unit="orders", rows=n, query="orders")
    add("all", "revenue", round(row["revenue"]), unit=money, rows=n, query="orders")
    mean = round(float(row["revenue"]) / n, 2)
    add("all", "average-order", mean, unit=money, rows=n, query="orders")


@dataclass(frozen=True)
class BestSeller:
    """A product or a category, by what it brought."""

    key: str
    title: str
    revenue: Decimal
    units: float
    orders: int


def _find_best_sellers(
    found: AnalysisResult, shelf: Warehouse, lines: ir.Table, people: Population, name: str
) -> list[BestSeller]:
    """The best of a dimension; what brought nothing is none, what nobody named is not told, nor
    what too few bought."""
    table = (
        lines.filter(lines[name].notnull())
        .group_by(name)
        .aggregate(revenue=_.paid.sum(), units=_.pieces.sum(), orders=_["order"].nunique())
    )
    best = table.filter(_.revenue > 0).order_by(ibis.desc("revenue"), name).limit(MAX_PRODUCTS_READ)
    found.queries[QUERY_NAMES[name]] = defer_sql(best)
    rows = fetch_rows(shelf, best)
    keys = [str(row[name]) for row in rows]
    names = (
        load_product_titles(shelf, keys)
        if name == "product"
        else dict(zip(keys, keys, strict=True))
    )
    goods = [row for row in rows if is_product(names.get(row[name]))]
    sizes = people.sizes(name)
    known = [row for row in goods if sizes.get(str(row[name]), 0) >= shelf.sales_floor]
    if len(known) < len(goods[:MAX_SELLERS]):
        found.withhold("sales")
    return [
        BestSeller(
            str(row[name]),
            format_title(names[row[name]]),
            row["revenue"],
            row["units"],
            int(row["orders"]),
        )
        for row in known[:MAX_SELLERS]
    ]


def _add_sellers(
    found: AnalysisResult,
    people: Population,
    best: list[BestSeller],
    told: set[DimensionValue],
    days: tuple[date, date],
    unit: list[str],
    name: str,
) -> None:
    query, money = QUERY_NAMES[name], unit[0] if unit else None
    shown = Decimal(0)
    for one in best:
        key = f"{name}-{slugify(one.key)}"
        size = people.count(people.which((name, one.key)))
        if not found.group(key, size, sort="sales", told=(name, one.key) in told):
            continue
        shown += one.revenue
        _add_period(found, key, days, one.title, one.orders, query)
        for measure, value, of in (
            ("revenue", round(one.revenue), money),
            ("units", round(one.units), "units"),
            ("orders", one.orders, "orders"),
        ):
            found.add(key, measure, value, unit=of, about=one.title, rows=one.orders, query=query)
    if len(people.sizes(name)) > 1 and found.is_withheld("sales"):
        _add_others(found, name, shown, money)


def _add_others(found: AnalysisResult, name: str, shown: Decimal, money: str | None) -> None:
    """All that is not told of by itself."""
    whole = found.get("all", "revenue")
    if whole is None or not shown:
        return
    key, rest = f"others-{name}", round(Decimal(whole.value) - shown)
    if rest <= 0:
        return
    found.nobody(key)  # no small group: `told` saw to that
    found.add(key, "revenue", rest, unit=money, about=OTHERS_LABEL.text, query=QUERY_NAMES[name])


def is_product(title: str | None) -> bool:
    """Whether it is a product, by its name: postage and vouchers stand on orders, too."""
    return bool(title) and not NON_PRODUCT_WORDS & set(tokenize(title or ""))


def _add_period(
    found: AnalysisResult, key: str, days: tuple[date, date], about: str, rows: int, query: str
) -> None:
    for measure, day in zip(("since", "until"), days, strict=True):
        found.add(key, measure, day, about=about, rows=rows, query=query)


def _read_row(
    found: AnalysisResult, shelf: Warehouse, name: str, asked: ir.Table
) -> dict[str, Any]:
    found.queries[name] = defer_sql(asked)
    return fetch_rows(shelf, asked)[0]
