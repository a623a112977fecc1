"""What the rows of a table leave of its total, which tells nothing that the total doesn't."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isclose
from typing import Any

from bot.core.facts import MIN_LARGE_VALUE, Fact
from bot.core.half_up import round_half_up
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.runner import PeriodName

REST: Group = ("+rest",)  # the group of what the rows leave over
Cells = Mapping[tuple[Group, str], tuple[Fact | None, Fact | None, Fact | None]]


def list_missing(answer: MetricAnswer) -> list[Group]:
    """Return the groups of the answer's days that have no row of their own, but for those with
    nothing to tell that no filter names."""
    shown = {*answer.recipe.list_groups()}
    known = {one for period, one in answer.values if period == "now" and one != ALL_GROUPS}
    groups = known.intersection(one for rows in answer.rows.values() for one in rows.groups)
    query = answer.query

    def tells(group: Group) -> bool:
        return any(answer.values["now", group].get(name) != 0 for name in query.measures)

    return [one for one in groups if one not in shown and (query.names_groups or tells(one))]


def find_rest(
    answer: MetricAnswer, cells: Cells, name: str, at: int, period: PeriodName
) -> Fact | None:
    """Return what the shown groups leave of the total of a measure, in the first (now) or second
    (before) of their cells. None where the groups don't add up, where a shown one lacks it, and
    where it is known of none of the others: nothing known is not nothing."""
    total = cells[ALL_GROUPS, name][at]
    if answer.get_measure(name).quotient:
        return _divide_rest(answer, cells, name, at, period)
    if total is None or not adds_up(answer, name, period):
        return None
    shown = {*answer.recipe.list_groups()}
    others = [one for one in answer.rows[period].groups if one not in shown]
    if others and all(_read(answer, period, one, name) is None for one in others):
        return None
    left = Decimal(total.value)
    has_cents = total.unit == "%" or left % 1 or left < MIN_LARGE_VALUE
    for group in filter(answer.recipe.is_single, answer.recipe.list_groups()):
        fact = cells[group, name][at]
        if fact is None and answer.get_value(period, group, name) != 0:
            return None
        part = Decimal(fact.value) if fact else Decimal(0)
        left -= part if has_cents else round_half_up(part)  # as the column has them
    value = max(left, Decimal(0)) if Decimal(total.value) >= 0 else left
    return total.model_copy(
        update={"id": f"{total.id}-rest", "value": value, "exact": None, "of": None, "rows": None}
    )


def _divide_rest(
    answer: MetricAnswer, cells: Cells, name: str, at: int, period: PeriodName
) -> Fact | None:
    """Return the quotient of what is left of two sums that the table has: of the whole it must be
    that of the sums, or some rows lack one of these."""
    total, pair = cells[ALL_GROUPS, name][at], answer.get_measure(name).quotient
    if total is None or any(
        (ALL_GROUPS, one) not in cells or find_rest(answer, cells, one, at, period) is None
        for one in pair
    ):
        return None
    shown = [*filter(answer.recipe.is_single, answer.recipe.list_groups())]
    sums = [float(_read(answer, period, ALL_GROUPS, one) or 0) for one in pair]
    part, whole = (
        of_all - sum(float(_read(answer, period, group, one) or 0) for group in shown)
        for one, of_all in zip(pair, sums, strict=True)
    )
    if not whole or not isclose(sums[0] / sums[1], float(total.number), rel_tol=0.001):
        return None
    exact = Decimal(part / whole)
    value = round_half_up(exact, -int(Decimal(total.value).as_tuple().exponent))
    like = next((fact for group in shown if (fact := cells[group, name][at])), total)
    return total.model_copy(
        update={
            "id": f"{total.id}-rest",
            "value": value,
            "exact": None if exact == value else exact,
            "shown_decimals": like.shown_decimals,
            "of": None,
            "rows": None,
        }
    )


def _read(answer: MetricAnswer, period: PeriodName, group: Group, name: str) -> Any:
    """Return a figure of a group, shown or not; of a share, that of which it is one."""
    return answer.values.get((period, group), {}).get(answer.get_measure(name).share_of or name)


def adds_up(answer: MetricAnswer, name: str, period: PeriodName = "now") -> bool:
    """Whether the figures of all groups are together that of the total."""
    return answer.adds_up(answer.get_measure(name).share_of or name, period)


def are_empty(answer: MetricAnswer) -> bool:
    """Whether the groups that have no row have nothing, which the total tells: it is that of the
    rows. Rows that stand for several people are the shop's own, so that none is told as such."""
    return not list_missing(answer) and any(
        (adds_up(answer, name) or answer.dataset.weights)
        and answer.get_value("now", ALL_GROUPS, name) is not None
        for name in answer.query.measures
    )


def count_twice(answer: MetricAnswer, groups: Sequence[Group]) -> bool:
    """Whether something stands in several of these groups, so that they are more than the total."""

    def add(name: str) -> Any:
        return sum(float(answer.get_value("now", one, name) or 0) for one in groups)

    totals = {name: answer.get_value("now", ALL_GROUPS, name) for name in answer.query.measures}
    return any(
        answer.get_measure(name).is_sum and total is not None and add(name) > float(total) + 0.01
        for name, total in totals.items()
    )
