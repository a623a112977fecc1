"""Score look-alikes: customers without a product who bought what its buyers buy.

Each customer's score is the sum, over the products they own, of the similarity between that
product's buyers and the wanted product's buyers: the cosine of item-to-item filtering (Linden,
Smith & York, IEEE Internet Computing 2003), taken on the common buyers beyond chance, so that
products everybody buys have no weight. The scores are validated in time: computed from purchases
before a day, measured by who bought afterwards."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from bot.data.analyses.segments.basket import build_baskets
from bot.data.stats import hypergeometric_tail

AUDIENCE_SHARE = 0.1  # of the customers without the product: the best tenth is the audience
HOLDOUT_DAYS = 90


@dataclass(frozen=True)
class HoldoutTrial:
    """The validation of earlier scores: `bought` of the `chosen` tenth bought the product within 90
    days, and `all_bought` of all `people` without it."""

    people: int
    all_bought: int
    chosen: int
    bought: int

    @property
    def rate(self) -> float:
        return self.bought / self.chosen if self.chosen else 0.0

    @property
    def lift(self) -> float:
        base = self.all_bought / self.people if self.people else 0.0
        return self.rate / base if base else 0.0

    @property
    def p(self) -> float:
        """The p value that a random tenth does equally well (hypergeometric, one-sided)."""
        four = self.bought - 1, self.people, self.all_bought, self.chosen
        return float(hypergeometric_tail(*(np.array([one], float) for one in four))[0])


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


def build_holdout_trial(
    lines: ir.Table, product: str | None, category: str | None, until: date, floor: int
) -> ir.Table:
    """Return one row: people, all_bought, chosen, bought. Customers are scored on the day 90 days
    before `until`."""
    since = ibis.literal(until) - ibis.interval(days=HOLDOUT_DAYS)
    before, after = lines.filter(_.day <= since), lines.filter(_.day > since)
    buyers = select_buyers(before, product, category)
    without = before.filter(_.amount >= 0).select("customer").distinct()
    without = without.anti_join(buyers, "customer")
    then = select_buyers(after, product, category).mutate(bought=1).rename(who="customer")
    chosen = select_lookalikes(before, buyers, floor).mutate(chosen=1).rename(other="customer")
    joined = without.left_join(then, without.customer == then.who)
    both = joined.left_join(chosen, joined.customer == chosen.other)
    return both.aggregate(
        people=_.count(),
        all_bought=_.bought.sum(),
        chosen=_.chosen.sum(),
        bought=(_.bought * _.chosen).sum(),
    )


def read_holdout_trial(row: dict[str, Any]) -> HoldoutTrial:
    """Read the one row of `build_holdout_trial`."""
    return HoldoutTrial(
        *(int(row[name] or 0) for name in ("people", "all_bought", "chosen", "bought"))
    )
