"""Who bought what and when: order lines and whole orders of known customers, as expressions.

A cancelled line is left out. A line or an order below zero is money paid back: it lowers what
somebody spent and is no purchase. Lines without a customer can't be told apart and are left out.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import AnalysisFilter
from bot.data.warehouse.warehouse import Warehouse

CANCELLED_STATUSES = ("cancelled", "canceled", "annulée", "annulee", "annulé", "annule")

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


def purchase_lines(shelf: Warehouse, where: AnalysisFilter | None = None) -> ir.Table | None:
    """customer, order, at, day, product, title, category, amount, source, country, region; None
    without orders. The catalogue gives the category where the line has none. `where` narrows by
    channel, country, region, device, source and days; product, category and segment are not
    filters here, since a customer is more than one purchase."""
    orders = shelf.table("orders")
    if orders is None:
        return None
    kept = orders.filter(
        _.customer.notnull(),
        _.status.isnull() | _.status.lower().notin(CANCELLED_STATUSES),
        *_list_conditions(where or AnalysisFilter(), orders),
    ).select(*PURCHASE_COLUMNS)
    if shelf.products is None:
        known = kept.mutate(kind=_.category, named=_.title)
    else:
        products = shelf.products
        # Not distinct(on=…): not every engine can take the first one.
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
    """customer, order, at (of its first line), amount: one row an order."""
    return lines.group_by("customer", "order").aggregate(
        at=_.at.min(), amount=_.amount.sum().cast("decimal(18, 2)")
    )


def group_by_day(lines: ir.Table) -> ir.Table:
    """customer, day, amount: what somebody bought on one day counts as one purchase."""
    orders = group_by_order(lines)
    return (
        orders.mutate(day=orders.at.date())
        .filter(_.amount >= 0)
        .group_by("customer", "day")
        .aggregate(amount=_.amount.sum().cast("decimal(18, 2)"))
    )


def last_day(shelf: Warehouse, where: AnalysisFilter | None = None) -> date:
    """The day to count back from: the one asked for, else that of the newest order."""
    newest = shelf.as_of("orders")
    return min(where.until, newest) if where and where.until else newest


def _list_conditions(where: AnalysisFilter, orders: ir.Table) -> list[ir.BooleanValue]:
    """The conditions of `where`, case and accents as in the file."""
    wanted = {
        "country": where.country,
        "region": where.region,
        "device": where.device,
        "source": where.source or where.channel,
    }
    conditions = [orders[name].lower() == said.lower() for name, said in wanted.items() if said]
    if where.since:
        conditions.append(orders.at.date() >= ibis.literal(where.since))
    if where.until:
        conditions.append(orders.at.date() <= ibis.literal(where.until))
    return conditions
