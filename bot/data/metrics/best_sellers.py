"""What sells best: products and categories by what they brought, and the average order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import Findings, Where
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.analyses.trends.titles import titles
from bot.data.disclosure import TOTAL, Population, Value
from bot.data.metrics.currency import currencies
from bot.data.metrics.filters import last_day, narrowed, with_category
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.query import arrow_of, person_of, rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.normalize import bag, words_of
from bot.text.slugs import slug, titled

DAYS = 90  # looked back over when no days are asked for
SHOWN = 10
READ = 60  # products read; some of them are no goods
THINGS = ("product", "category")
QUERIES = {"product": "products", "category": "categories"}
OTHERS = Words("Others")
NO_GOODS = bag(  # what stands on an order and is not sold: "frais de port", "POSTAGE"
    "postage shipping carriage port livraison delivery fee fees frais manual discount remise "
    "commission charges adjust adjustment gift voucher emballage packaging samples carte"
)


def find(shelf: Shelf, where: Where) -> Findings:
    """Over the days asked for, else the last 90: sellers.product-<product> and
    sellers.category-<name> .revenue, .units, .orders, .since, .until, the best ten each by what
    they brought, money paid back taken off; sellers.all.orders, .revenue and .average-order. What
    too few customers bought is in sellers.others-product.revenue and sellers.others-category alone.
    In the currency of most orders; others are left out, and said to be. Raises CannotDo where the
    orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = Findings("sellers", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    until = last_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    found = Findings("sellers", shelf.source("orders"), until, floors=shelf.floors)
    known = currencies(shelf, "orders")
    lines = counted(shelf, where, since, until, known[0] if known else None)
    if len(known) > 1:
        others = ", ".join(known[1:])
        found.refuse(
            Words(
                "What sells is counted in {currency} only; other orders are in {others}.",
                currency=known[0],
                others=others,
            )
        )
    with_categories = with_category(shelf, lines)
    people = buyers(shelf, with_categories, THINGS)
    best = {
        "product": _best(found, shelf, lines, people, "product"),
        "category": _best(found, shelf, with_categories, people, "category"),
    }
    wanted = [(name, one.key) for name, some in best.items() for one in some]
    told = people.told(wanted, shelf.sales_floor)
    days = (since, until)
    _whole(found, shelf, lines, days, known[:1], people.count(people.which(TOTAL)))
    for name in THINGS:
        _ranked(found, people, best[name], told, days, known[:1], name)
    return found


def buyers(shelf: Shelf, lines: ir.Table, by: Sequence[str]) -> Population:
    """Who bought, by the values of some columns: customers; where none is known, orders."""
    person = ibis.coalesce(lines.customer, lines["order"])
    named = lines.select(*by, person=person_of(shelf, person))
    return Population.of(arrow_of(shelf, named.distinct()), "person")


def counted(shelf: Shelf, where: Where, since: date, until: date, currency: str | None) -> ir.Table:
    """The lines that count, in the one currency, of the days inclusive. Pieces that went for
    nothing and from nobody are the stock put right: no order, and nothing taken back."""
    table = narrowed(shelf, "orders", where)
    day = table["at"].date()
    kept = table.filter(
        day.between(ibis.literal(since), ibis.literal(until)),
        table.status.isnull() | table.status.lower().notin(CANCELLED),
    )
    if currency is not None:
        kept = kept.filter(kept.currency.isnull() | (kept.currency == currency))
    kept = kept.mutate(
        paid=kept.amount.cast("decimal(18, 2)"), pieces=kept.quantity.cast("float64").fill_null(1.0)
    )
    return kept.filter((kept.paid != 0) | (kept.pieces > 0))


def _whole(
    found: Findings,
    shelf: Shelf,
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
    row = _one(found, shelf, "orders", asked)
    if not row["orders"] or row["revenue"] is None:
        return
    money, n = unit[0] if unit else None, int(row["orders"])
    found.group("all", people, sort="sales")
    _dated(found, "all", days, "", n, "orders")
    add = found.add
    add("all", "orders", n, unit="orders", rows=n, query="orders")
    add("all", "revenue", round(row["revenue"]), unit=money, rows=n, query="orders")
    mean = round(float(row["revenue"]) / n, 2)
    add("all", "average-order", mean, unit=money, rows=n, query="orders")


@dataclass(frozen=True)
class Seller:
    """A product or a category, by what it brought."""

    key: str
    title: str
    revenue: Decimal
    units: float
    orders: int


def _best(
    found: Findings, shelf: Shelf, lines: ir.Table, people: Population, name: str
) -> list[Seller]:
    """The best of a dimension; what brought nothing is none, what nobody named is not told, nor
    what too few bought."""
    table = (
        lines.filter(lines[name].notnull())
        .group_by(name)
        .aggregate(revenue=_.paid.sum(), units=_.pieces.sum(), orders=_["order"].nunique())
    )
    best = table.filter(_.revenue > 0).order_by(ibis.desc("revenue"), name).limit(READ)
    found.queries[QUERIES[name]] = sql_later(best)
    rows = rows_of(shelf, best)
    keys = [str(row[name]) for row in rows]
    names = titles(shelf, keys) if name == "product" else dict(zip(keys, keys, strict=True))
    goods = [row for row in rows if is_sold(names.get(row[name]))]
    sizes = people.sizes(name)
    known = [row for row in goods if sizes.get(str(row[name]), 0) >= shelf.sales_floor]
    if len(known) < len(goods[:SHOWN]):
        found.withhold("sales")
    return [
        Seller(
            str(row[name]),
            titled(names[row[name]]),
            row["revenue"],
            row["units"],
            int(row["orders"]),
        )
        for row in known[:SHOWN]
    ]


def _ranked(
    found: Findings,
    people: Population,
    best: list[Seller],
    told: set[Value],
    days: tuple[date, date],
    unit: list[str],
    name: str,
) -> None:
    query, money = QUERIES[name], unit[0] if unit else None
    shown = Decimal(0)
    for one in best:
        key = f"{name}-{slug(one.key)}"
        size = people.count(people.which((name, one.key)))
        if not found.group(key, size, sort="sales", told=(name, one.key) in told):
            continue
        shown += one.revenue
        _dated(found, key, days, one.title, one.orders, query)
        for measure, value, of in (
            ("revenue", round(one.revenue), money),
            ("units", round(one.units), "units"),
            ("orders", one.orders, "orders"),
        ):
            found.add(key, measure, value, unit=of, about=one.title, rows=one.orders, query=query)
    if len(people.sizes(name)) > 1 and found.is_withheld("sales"):
        _others(found, name, shown, money)


def _others(found: Findings, name: str, shown: Decimal, money: str | None) -> None:
    """All that is not told of by itself."""
    whole = found.get("all", "revenue")
    if whole is None or not shown:
        return
    key, rest = f"others-{name}", round(Decimal(whole.value) - shown)
    if rest <= 0:
        return
    found.nobody(key)  # no small group: `told` saw to that
    found.add(key, "revenue", rest, unit=money, about=OTHERS.text, query=QUERIES[name])


def is_sold(title: str | None) -> bool:
    """Whether it is a product, by its name: postage and vouchers stand on orders, too."""
    return bool(title) and not NO_GOODS & set(words_of(title or ""))


def _dated(
    found: Findings, key: str, days: tuple[date, date], about: str, rows: int, query: str
) -> None:
    for measure, day in zip(("since", "until"), days, strict=True):
        found.add(key, measure, day, about=about, rows=rows, query=query)


def _one(found: Findings, shelf: Shelf, name: str, asked: ir.Table) -> dict[str, Any]:
    found.queries[name] = sql_later(asked)
    return rows_of(shelf, asked)[0]
