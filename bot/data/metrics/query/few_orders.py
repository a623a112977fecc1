"""Where a change of a sum may be chance, as it is of few orders or of little more than before."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.core.facts import Fact
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import Group
from bot.data.stats import WATCHED_P, binomial_cdf

FEW_ORDERS = 30  # in one of two periods
BY_ORDERS = ("orders", "units")  # units come with orders


def warn_of_few_orders(
    answer: MetricAnswer,
    groups: Sequence[Group],
    cells: Any,
    list_names: Callable[[Sequence[Group], Sequence[Group]], str],
) -> list[str]:
    """`cells` are the facts by group and measure: now, earlier, change."""
    found = dict[str, list[str]]()
    for name in answer.query.measures:
        few = [one for one in groups if is_of_few_alike(answer, name, *cells[one, name][:2])]
        if few:
            found.setdefault(list_names(few, groups), []).append(name)
    return [
        f"{', '.join(names)}: of under {FEW_ORDERS} orders, now or earlier, for {where}: the "
        "change may be chance, as one large order alone moves it. Say so, and of how many orders."
        for where, names in found.items()
    ]


def is_of_few_alike(answer: MetricAnswer, name: str, now: Fact | None, before: Fact | None) -> bool:
    """Whether two sums are of few orders whose numbers chance may explain. What the orders are
    worth varies as well, so a sum varies more."""
    measure = answer.get_measure(name)
    is_sum = measure.is_sum and (name in BY_ORDERS or measure.unit == "money")
    if answer.query.dataset != "orders" or not is_sum or now is None or before is None:
        return False
    return 0 < min(now.rows or 0, before.rows or 0) < FEW_ORDERS and _are_alike(
        now, before, now.rows or 0, before.rows or 0
    )


def may_counts_be_chance(
    answer: MetricAnswer, name: str, now: Fact | None, before: Fact | None
) -> bool:
    """Whether chance may explain how many orders, or new customers, there are more or less."""
    is_new = name == "new_customers"
    if answer.query.dataset != "orders" or not (is_new or name in BY_ORDERS):
        return False
    if now is None or before is None or now.number == before.number:
        return False
    if is_of_few_alike(answer, name, now, before):
        return False  # is told as that
    many, earlier = (int(one.number) if is_new else one.rows or 0 for one in (now, before))
    return min(many, earlier) > 0 and _are_alike(now, before, many, earlier)


def _are_alike(now: Fact, before: Fact, many: int, earlier: int) -> bool:
    """Whether chance may explain two counts: given how many they are together, those of one period
    are binomial by its days (Przyborowski and Wilenski, Biometrika 31, 1940, 313–323)."""
    days, days_before = (
        (one.until - one.since).days + 1 if one.since and one.until else 0 for one in (now, before)
    )
    if not days or not days_before:
        return False
    share, both = days / (days + days_before), many + earlier
    below = binomial_cdf(many, both, share)
    above = 1 - binomial_cdf(many - 1, both, share)
    return 2 * min(below, above) >= WATCHED_P
