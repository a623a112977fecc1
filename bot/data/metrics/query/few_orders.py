"""Say where a change of a sum is of so few orders that chance may make it."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.core.facts import Fact
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import Group
from bot.data.stats import WATCHED_P, binomial_cdf

FEW_ORDERS = 30  # in one of two periods


def warn_of_few_orders(
    answer: MetricAnswer,
    groups: Sequence[Group],
    cells: Any,
    list_names: Callable[[Sequence[Group], Sequence[Group]], str],
) -> list[str]:
    """`cells` are the facts by group and measure: now, earlier, change."""
    found = dict[str, list[str]]()
    for name in answer.query.measures if answer.query.dataset == "orders" else ():
        measure = answer.get_measure(name)
        if not measure.is_sum or not (name == "orders" or measure.unit == "money"):
            continue
        few = [one for one in groups if _are_few_alike(*cells[one, name][:2])]
        if few:
            found.setdefault(list_names(few, groups), []).append(name)
    return [
        f"{', '.join(names)}: of under {FEW_ORDERS} orders, now or earlier, for {where}: the "
        "change may be chance, as one large order alone moves it. Say so, and of how many orders."
        for where, names in found.items()
    ]


def _are_few_alike(now: Fact | None, before: Fact | None) -> bool:
    """Whether two sums are of few orders whose numbers chance may explain: given how many they are
    together, those of one period are binomial by its days (Przyborowski and Wilenski, Biometrika
    31, 1940, 313–323). What the orders are worth varies as well, so a sum varies more."""
    if now is None or before is None:
        return False
    (many, days), (earlier, days_before) = map(_count, (now, before))
    if not 0 < min(many, earlier) < FEW_ORDERS or not days or not days_before:
        return False
    share, both = days / (days + days_before), many + earlier
    below = binomial_cdf(many, both, share)
    above = 1 - binomial_cdf(many - 1, both, share)
    return 2 * min(below, above) >= WATCHED_P


def _count(fact: Fact) -> tuple[int, int]:
    """Return of how many orders a figure is, and of how many days."""
    days = (fact.until - fact.since).days + 1 if fact.since and fact.until else 0
    return fact.rows or 0, days
