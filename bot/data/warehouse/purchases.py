"""Purchases as ibis expressions: order lines and whole orders of known customers.

Cancelled lines are left out. A line or an order below zero is a refund: it lowers what the customer
spent and is not a purchase. Lines without a customer are left out, because they can't be assigned
to anybody.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.places import is_in_region
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

CANCELLED_STATUSES = ("cancelled", "canceled", "annulée", "annulee", "annulé", "annule")
NOT_SOLD_STATUSES = (*CANCELLED_STATUSES, "unpaid", "test")  # kept apart from sales

NO_ORDERS = Words("There are no orders with customers yet: import an order file that has them.")
PURCHASE_COLUMNS = [
    "customer",
    "order",
    "at",
    "product",
    "title",
    "category",
    "amount",
    "source",
    "country",
    "region",
]


def purchase_lines(warehouse: Warehouse, where: AnalysisFilter | None = None) -> ir.Table | None:
    """Return customer, order, at, day, product, title, category, amount, source, country and
    region, or None without orders. The catalogue provides the category where the line has none.
    `where` filters by channel, country, region, device, source and days. It does not filter by
    product, category or segment, because a customer is more than one purchase."""
    orders = warehouse.table("orders")
    if orders is None:
        return None
    kept = orders.filter(
        _.customer.notnull(),
        _.status.isnull() | _.status.lower().notin(NOT_SOLD_STATUSES),
        *_list_conditions(warehouse, where or AnalysisFilter(), orders),
    ).select(*PURCHASE_COLUMNS)
    if warehouse.products is None:
        known = kept.mutate(kind=_.category, named=_.title)
    else:
        products = warehouse.products
        # distinct(on=…) is not used because some engines do not support it.
        catalogue = products.group_by(ref=products.product).aggregate(
            its=products.category.max(), called=products.title.max()
        )
        joined = kept.left_join(catalogue, kept.product == catalogue.ref)
        known = joined.mutate(
            kind=ibis.coalesce(_.category, _.its), named=ibis.coalesce(_.called, _.title)
        )
    return known.select(
        customer=_.customer,
        order=_.order,
        at=_.at,
        day=_.at.date(),
        product=_.product,
        title=_.named,
        category=_.kind,
        amount=_.amount.cast("decimal(18, 2)"),
        source=_.source,
        country=_.country,
        region=_.region,
    )


def group_by_order(lines: ir.Table) -> ir.Table:
    """Return customer, order, at (of the first line) and amount, one row for each order."""
    return lines.group_by("customer", "order").aggregate(
        at=_.at.min(), amount=_.amount.sum().cast("decimal(18, 2)")
    )


def group_by_day(lines: ir.Table) -> ir.Table:
    """Return customer, day and amount. Everything that a customer bought on one day counts as one
    purchase."""
    orders = group_by_order(lines)
    return (
        orders.mutate(day=orders.at.date())
        .filter(_.amount >= 0)
        .group_by("customer", "day")
        .aggregate(amount=_.amount.sum().cast("decimal(18, 2)"))
    )


def last_day(warehouse: Warehouse, where: AnalysisFilter | None = None) -> date:
    """Return the day from which periods are counted back: `where.until`, but not after the day of
    the newest order."""
    newest = warehouse.as_of("orders")
    return min(where.until, newest) if where and where.until else newest


def _list_conditions(
    warehouse: Warehouse, where: AnalysisFilter, orders: ir.Table
) -> list[ir.BooleanValue]:
    """Return the filter conditions of `where`. Case is ignored; accents are not."""
    wanted = {
        "country": where.country,
        "device": where.device,
        "source": where.source or where.channel,
    }
    conditions = [orders[name].lower() == said.lower() for name, said in wanted.items() if said]
    if where.region:
        conditions.append(is_in_region(warehouse, "orders", orders, where.region))
    if where.since:
        conditions.append(orders.at.date() >= ibis.literal(where.since))
    if where.until:
        conditions.append(orders.at.date() <= ibis.literal(where.until))
    return conditions


# What is known of customers besides their orders: the segments and levels that they belong to.


def segments_table(warehouse: Warehouse) -> ir.Table | None:
    """Return customer and segment, or None when no file has segments. The levels of a loyalty
    programme are segments too, so a customer may belong to several."""
    found = []
    for kind, column in (
        ("consents", "segment"),
        ("customers", "segment"),
        ("customers", "level"),
    ):
        table = warehouse.table(kind)
        if table is not None:
            found.append(
                table.filter(table[column].notnull()).select(
                    customer=table.customer, segment=table[column]
                )
            )
    return ibis.union(*found, distinct=True) if len(found) > 1 else next(iter(found), None)
