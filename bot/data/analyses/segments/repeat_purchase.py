"""Analyse the second purchase: who comes back, how soon, and after which first purchase.

Only customers whose first purchase is old enough are counted, so that everybody had the time to
come back. Days, country, region, source and device select customers by their first order ever; who
comes back in whatever way is followed to the end of the data. Two orders on one day are one
purchase. Groups by first purchase are compared with everybody else who started in the same month,
because customers who start in the sales or in winter come back at another rate (Mantel & Haenszel,
J. Natl. Cancer Inst. 22, 1959)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import Any, Literal, get_args

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from bot.data.analyses.analysis_context import AnalysisContext
from bot.data.disclosure import list_publishable
from bot.data.floors import is_below_floor
from bot.data.stats import CONFIRMED_FDR, adjust_false_discovery, normal_tail, to_percent
from bot.data.warehouse.purchases import group_by_day, group_by_order, last_day, purchase_lines
from bot.i18n.messages import Words
from bot.text.normalize import slugify

RETURN_WINDOWS = (30, 60, 90, 180)  # in days; the tool repeat_purchases tells what is missing
BREAKDOWN_DAYS = 90
RepeatDimension = Literal["category", "product", "source"]


@dataclass(frozen=True)
class RepeatRate:
    """Of `customers` who bought this first, `back` bought again in time; `q` is the corrected p
    value of the difference to all others (q ≤ .10: confirmed)."""

    name: str
    customers: int
    back: int
    others: float  # the expected return rate of others, if they had started in the same months
    q: float

    @property
    def counts(self) -> tuple[int, int]:
        return self.customers, self.back

    @property
    def share(self) -> float:
        return self.back / self.customers


def build_first_purchases(lines: ir.Table) -> ir.Table:
    """Return customer, day of the first purchase, and again: the days to the second, null if there
    is none."""
    days = group_by_day(lines).mutate(
        n=ibis.row_number().over(group_by="customer", order_by="day"),
    )
    first = days.filter(_.n == 0).select("customer", "day")
    second = days.filter(_.n == 1).select(who=_.customer, then=_.day)
    both = first.left_join(second, first.customer == second.who)
    return both.select(
        customer=both.customer, day=both.day, again=both.then.delta(both.day, unit="day")
    )


def build_return_shares(people: ir.Table, until: date) -> ir.Table:
    """Return one row: customers_30, back_30, customers_60, … for each of RETURN_WINDOWS. `people`
    comes from `build_first_purchases`."""
    waited = ibis.literal(until).delta(people.day, unit="day")
    counts = {}
    for days in RETURN_WINDOWS:
        counts[f"customers_{days}"] = (waited >= days).sum()
        back = (waited >= days) & (people.again <= days)
        counts[f"back_{days}"] = back.fill_null(False).sum()
    return people.aggregate(**counts)


def build_cohorts(people: ir.Table, until: date) -> ir.Table:
    """Return month (of the first purchase), customers and back."""
    return _count_returns(_filter_observed(people, until), "month")


def build_first_purchase_groups(
    people: ir.Table, lines: ir.Table, until: date, by: RepeatDimension
) -> ir.Table:
    """Return name, month, customers and back, by the content of the first purchase, or by its
    source."""
    people = _filter_observed(people, until)
    bought = lines.filter(_.amount >= 0, lines[by].notnull())
    bought = bought.select(who=_.customer, on=_.day, name=lines[by]).distinct()
    both = people.join(bought, (people.customer == bought.who) & (people.day == bought["on"]))
    return _count_returns(both, ("name", "month"))


def compare_groups(
    rows: Sequence[dict[str, Any]], everybody: Sequence[dict[str, Any]], floor: int
) -> list[RepeatRate]:
    """Compare each name with all others of the same months, without names below `floor` customers.
    `rows` come from `build_first_purchase_groups`, `everybody` from `build_cohorts`. Largest first;
    `q` is Benjamini–Hochberg over all compared names."""
    cohort = {r["month"]: (r["customers"], r["back"]) for r in everybody}
    people = sum(c[0] for c in cohort.values())
    months: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for r in rows:
        months[str(r["name"])].append((r["customers"], r["back"], *cohort[r["month"]]))
    rates = []
    for name, strata in months.items():
        n, back = (sum(s[i] for s in strata) for i in (0, 1))
        if floor <= n <= people - floor:
            p = 2 * float(normal_tail(abs(_compute_mantel_haenszel(strata))))
            rates.append(RepeatRate(name, n, back, _compute_others_share(strata), p))
    q = adjust_false_discovery(np.array([b.q for b in rates], dtype=np.float64))
    sure = [replace(b, q=float(q[i])) for i, b in enumerate(rates)]
    return sorted(sure, key=lambda b: (-b.customers, b.name))


def _compute_mantel_haenszel(strata: Sequence[tuple[int, int, int, int]]) -> float:
    """Return z of the name's returns against those expected from its months. A stratum is:
    customers and returns of the name, customers and returns of all."""
    extra = variance = 0.0
    for n, back, people, backs in strata:
        extra += back - n * backs / people
        if people > 1:
            rest = (people - n) * (people - backs)
            variance += n * backs * rest / (people**2 * (people - 1))
    return extra / sqrt(variance) if variance > 0 else 0.0


def _compute_others_share(strata: Sequence[tuple[int, int, int, int]]) -> float:
    """Return the return rate of others, weighted by the name's months."""
    known = [(n, (backs - back) / (people - n)) for n, back, people, backs in strata if people > n]
    size = sum(n for n, _share in known)
    return sum(n * share for n, share in known) / size if size else 0.0


def _filter_observed(people: ir.Table, until: date) -> ir.Table:
    """Return those who had enough time to come back, with the month."""
    old = people.filter(ibis.literal(until).delta(people.day, unit="day") >= BREAKDOWN_DAYS)
    return old.mutate(month=old.day.truncate("M"))


def _count_returns(people: ir.Table, by: str | tuple[str, ...]) -> ir.Table:
    back = (_.again <= BREAKDOWN_DAYS).fill_null(False).sum()
    return people.group_by(by).aggregate(customers=_.count(), back=back)


# The facts on the second purchase.

NOT_OLD_ENOUGH = Words("Nobody's first purchase is old enough to see who comes back: wait a month.")
NO_FIRST_PURCHASES = Words(
    "Too few customers bought for the first time in these days, a month or more before the end of"
    " the data, to see who comes back."
)


def add_repeat_purchase_facts(context: AnalysisContext) -> None:
    """Add facts segments.second-purchase.share-30-days (and 60, 90, 180) of those who had the time;
    segments.first-<name>.share-90-days where the first purchase makes a significant difference,
    with the others' share beside it, or for the requested product or category."""
    result, where = context.result, context.filter_
    context, firsts = _follow_first_orders(context)
    people = context.table_cache.materialize("firsts", firsts)
    table = build_return_shares(people, context.until)
    row = context.run_query("second-purchase", table)[0]
    if (row["customers_30"] or 0) < context.warehouse.floor:
        result.add_limit(NO_FIRST_PURCHASES if where.since or where.until else NOT_OLD_ENOUGH)
        return
    result.set_group_size("second-purchase", row["customers_30"])
    # who started, and who came back, between two of these windows are groups too
    floor, shown, shown_back = context.warehouse.floor, row["customers_30"], 0
    for days in RETURN_WINDOWS:
        many, back = row[f"customers_{days}"] or 0, row[f"back_{days}"] or 0
        between = [shown - many, back - shown_back if shown == many else 0]
        few = any(is_below_floor(one, floor) for one in between)
        if many >= floor and not few and _is_told(many, back, floor):
            shown, shown_back = many, back
            result.add(
                "second-purchase",
                f"share-{days}-days",
                to_percent(row[f"back_{days}"] / row[f"customers_{days}"]),
                unit="%",
                rows=row[f"customers_{days}"],
                query="second-purchase",
            )
    if (row["customers_90"] or 0) >= context.warehouse.floor:
        _add_first_purchase_groups(context, people, row)


def _is_told(many: int, back: int, floor: int) -> bool:
    """Whether a share tells of neither a few who came back nor a few who did not."""
    return not (is_below_floor(back, floor) or is_below_floor(many - back, floor))


def _follow_first_orders(context: AnalysisContext) -> tuple[AnalysisContext, ir.Table]:
    """Return the context with every purchase, and the first purchases of those whose first order
    ever is among the selected ones."""
    every = purchase_lines(context.warehouse)
    assert every is not None  # the caller has checked it
    lines = context.table_cache.materialize("every_line", every)
    place = ibis.row_number().over(group_by="customer", order_by=["at", "order"])
    orders = group_by_order(lines).filter(_.amount >= 0).mutate(nth=place)
    selected = orders.filter(_.nth == 0).semi_join(context.lines, ["customer", "order"])
    firsts = build_first_purchases(lines).semi_join(selected, "customer")
    return replace(context, lines=lines, until=last_day(context.warehouse)), firsts


def _add_first_purchase_groups(
    context: AnalysisContext, people: ir.Table, row: dict[str, Any]
) -> None:
    titles, compared = context.titles, 0
    context.result.set_group_size("first-purchase", row["customers_90"])
    everybody = context.run_query("cohorts", build_cohorts(people, context.until))
    for by in get_args(RepeatDimension):
        rows = context.run_query(
            f"first-{by}", build_first_purchase_groups(people, context.lines, context.until, by)
        )
        rates = compare_groups(rows, everybody, context.warehouse.floor)
        compared += len(rates)
        shown = [
            b
            for b in rates
            if _is_asked_for(context, by, b)
            or (b.q <= CONFIRMED_FDR and not (context.filter_.product or context.filter_.category))
        ]
        shown_names = [back.name for back in shown]
        if by == "source":  # a customer has a single source, so the others are the remainder
            sizes = {back.name: back.customers for back in shown}
            unsaid = row["customers_90"] - sum(sizes.values())
            shown_names = list_publishable(sizes, context.warehouse.floor, unsaid=unsaid)
        for back in shown:
            others = row["customers_90"] - back.customers, row["back_90"] - back.back
            told = [_is_told(many, n, context.warehouse.floor) for many, n in (back.counts, others)]
            safe = back.name in shown_names and all(told)
            if context.result.set_group_size(
                f"first-{slugify(back.name)}", back.customers, safe=safe
            ):
                _add_group(context, by, back, titles.get(back.name, back.name))
    context.result.add(
        "first-purchase", "groups-compared", compared, rows=row["customers_90"], query="cohorts"
    )


def _is_asked_for(context: AnalysisContext, by: RepeatDimension, repeat_rate: RepeatRate) -> bool:
    wanted = {"product": context.filter_.product, "category": context.filter_.category}.get(by)
    return wanted is not None and repeat_rate.name.lower() == wanted.lower()


def _add_group(
    context: AnalysisContext, by: RepeatDimension, repeat_rate: RepeatRate, name: str
) -> None:
    context.result.add_measures(
        f"first-{slugify(repeat_rate.name)}",
        ("share-90-days", to_percent(repeat_rate.share), "%"),
        ("others-90-days", to_percent(repeat_rate.others), "%"),
        about=name,
        rows=repeat_rate.customers,
        query=f"first-{by}",
    )
