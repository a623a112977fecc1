"""What sells best: products and categories by what they brought, and the average order."""

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.fold import bag, words_of
from bot.library.bought import CANCELLED
from bot.library.findings import Findings, Where
from bot.library.money import currencies
from bot.library.narrow import last_day, narrowed, with_category
from bot.library.read import rows_of, sql_later
from bot.library.segments.audience import NO_ORDERS
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.library.titled import titled
from bot.library.trends.titles import titles
from bot.words import Words

DAYS = 90  # looked back over when no days are asked for
SHOWN = 10
READ = 60  # products read; some of them are no goods
QUERIES = {"product": "products", "category": "categories"}
NO_GOODS = bag(  # what stands on an order and is not sold: "frais de port", "POSTAGE"
    "postage shipping carriage port livraison delivery fee fees frais manual discount remise "
    "commission charges adjust adjustment gift voucher emballage packaging samples carte"
)


def find(shelf: Shelf, where: Where) -> Findings:
    """Over the days asked for, else the last 90: sellers.product-<product> and
    sellers.category-<name> .revenue, .units, .orders, .since, .until, the best ten each by what
    they brought, money paid back taken off; sellers.all.orders, .revenue and .average-order. In
    the currency of most orders; others are left out, and said to be. Raises CannotDo where the
    orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = Findings("sellers", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    until = last_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    found = Findings("sellers", shelf.source("orders"), until)
    known = currencies(shelf, "orders")
    lines = counted(shelf, where, since, until, known[0] if known else None)
    if len(known) > 1:
        others = ", ".join(known[1:])
        found.refuse(Words("What sells is counted in {currency} only; other orders are in "
                           "{others}.", currency=known[0], others=others))  # fmt: skip
    days = (since, until)
    _whole(found, shelf, lines, days, known[:1])
    _ranked(found, shelf, lines, days, known[:1], "product")
    _ranked(found, shelf, with_category(shelf, lines), days, known[:1], "category")
    return found


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
    found: Findings, shelf: Shelf, lines: ir.Table, days: tuple[date, date], unit: list[str]
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
    _dated(found, "all", days, "", n, "orders")
    add = found.add
    add("all", "orders", n, unit="orders", rows=n, query="orders")
    add("all", "revenue", round(row["revenue"]), unit=money, rows=n, query="orders")
    mean = round(float(row["revenue"]) / n, 2)
    add("all", "average-order", mean, unit=money, rows=n, query="orders")


def _ranked(
    found: Findings, shelf: Shelf, lines: ir.Table, days: tuple[date, date], unit: list[str],
    name: str,
) -> None:  # fmt: skip
    """The best of a dimension; what brought nothing is none, and what nobody named is not told."""
    table = lines.filter(lines[name].notnull()).group_by(name).aggregate(
        revenue=_.paid.sum(), units=_.pieces.sum(), orders=_["order"].nunique()
    )  # fmt: skip
    best = table.filter(_.revenue > 0).order_by(ibis.desc("revenue"), name).limit(READ)
    query = QUERIES[name]
    found.queries[query] = sql_later(best)
    rows = rows_of(shelf, best)
    keys = [str(row[name]) for row in rows]
    names = titles(shelf, keys) if name == "product" else dict(zip(keys, keys, strict=True))
    goods = [row for row in rows if is_sold(names.get(row[name]))]
    money = unit[0] if unit else None
    for row in goods[:SHOWN]:
        key, about, n = f"{name}-{slug(row[name])}", titled(names[row[name]]), int(row["orders"])
        _dated(found, key, days, about, n, query)
        for measure, value, of in (
            ("revenue", round(row["revenue"]), money),
            ("units", round(row["units"]), "units"),
            ("orders", n, "orders"),
        ):
            found.add(key, measure, value, unit=of, about=about, rows=n, query=query)


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
