"""Score look-alikes: customers without a product who bought what its buyers buy.

Each customer's score is the sum, over the products they own, of the similarity between that
product's buyers and the wanted product's buyers: the cosine of item-to-item filtering (Linden,
Smith & York, IEEE Internet Computing 2003), taken on the common buyers beyond chance, so that
products everybody buys have no weight."""

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.segments.basket import build_baskets

AUDIENCE_SHARE = 0.1  # of the customers without the product: the best tenth is the audience


def score_customers(lines: ir.Table, buyers: ir.Table, floor: int) -> ir.Table:
    """Return customer, score and rank (1 is best) of everybody without the product who has a
    product in common with its buyers. `lines` has customer, product and amount; `buyers` has
    customer. Ties are ordered by customer."""
    owned = build_baskets(lines, "product", floor, most=1000)
    seed = buyers.select("customer").distinct()
    sizes = owned.group_by("thing").aggregate(owners=_.count())
    shared = owned.semi_join(seed, "customer").group_by("thing").aggregate(shared=_.count())
    part = seed.count().as_scalar() / lines.customer.nunique().nullif(0).as_scalar()
    near = shared.join(sizes, "thing").select(
        "thing", alike=(_.shared - _.owners * part) / _.owners.cast("float64").sqrt()
    )
    others = owned.anti_join(seed, "customer")
    scores = others.join(near, "thing").group_by("customer").aggregate(score=_.alike.sum().round(6))
    order = [ibis.desc("score"), ibis.asc("customer")]
    return scores.mutate(rank=ibis.row_number().over(order_by=order) + 1)


def select_buyers(lines: ir.Table, product: str | None, category: str | None) -> ir.Table:
    """Return the customers who ever bought the product, or anything of the category."""
    bought = lines.filter(_.amount >= 0)
    if product is not None:
        bought = bought.filter(_.product == product)
    if category is not None:
        bought = bought.filter(_.category.lower() == category.lower())
    return bought.select("customer").distinct()


def select_lookalikes(lines: ir.Table, buyers: ir.Table, floor: int) -> ir.Table:
    """Return the tenth of all customers without the product who are most similar to its buyers."""
    ranked = score_customers(lines, buyers, floor)
    without = lines.filter(_.amount >= 0).select("customer").distinct()
    size = without.anti_join(buyers, "customer").count() * AUDIENCE_SHARE
    return ranked.filter(_["rank"] <= size.as_scalar()).select("customer")
