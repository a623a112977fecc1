"""Report what the customers of an audience rule bought: the argument to write to them with."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.segments.audience import select_matching
from bot.data.analyses.segments.profile import (
    build_tastes,
    find_distinctive_categories,
    find_favourites,
)
from bot.data.warehouse.purchases import purchase_lines
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MAX_PRODUCTS = 3
AUDIENCE, OTHERS = "audience", "others"


@dataclass(frozen=True)
class AudienceTastes:
    """What an audience bought. `favourite` is the category that most of them bought from, `typical`
    the one that they buy more than other customers do, `products` the titles with most buyers among
    them. Nothing that fewer of them than the floor bought is named."""

    favourite: str | None = None
    typical: str | None = None
    products: tuple[str, ...] = ()


def find_tastes(warehouse: Warehouse, rule: AudienceRule) -> AudienceTastes:
    """Return what the customers of the rule bought, with or without consent. Raises CannotDo when
    there are no orders with customers."""
    fits = select_matching(warehouse, rule)
    lines = purchase_lines(warehouse)
    assert lines is not None  # select_matching has refused
    members = fits.distinct()
    others = lines.select("customer").distinct().anti_join(members, "customer")
    groups = members.mutate(segment=ibis.literal(AUDIENCE)).union(
        others.mutate(segment=ibis.literal(OTHERS))
    )
    rows = fetch_rows(warehouse, build_tastes(groups, lines))
    floor = warehouse.floor
    favourite, buyers = find_favourites(rows).get(AUDIENCE, ("", 0))
    typical, _lift = find_distinctive_categories(rows, floor).get(AUDIENCE, (None, 0.0))
    return AudienceTastes(
        favourite=favourite if buyers >= floor else None,
        typical=typical,
        products=_find_products(warehouse, lines.semi_join(members, "customer")),
    )


def _find_products(warehouse: Warehouse, lines: ir.Table) -> tuple[str, ...]:
    bought = lines.filter(_.amount >= 0, _.product.notnull())
    counted = bought.group_by("product").aggregate(buyers=_.customer.nunique())
    common = counted.filter(_.buyers >= warehouse.floor)
    most = fetch_rows(
        warehouse, common.order_by(ibis.desc("buyers"), "product").limit(MAX_PRODUCTS)
    )
    titles = load_product_titles(warehouse, [row["product"] for row in most])
    return tuple(titles[row["product"]] for row in most if row["product"] in titles)
