"""Add the facts that compare whole campaigns, audiences, placements etc. with each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.half_up import round_half_up
from bot.data.analyses.campaigns.ads import DIMENSIONS as KEYS
from bot.data.analyses.campaigns.ads import AdRow, AdTotals, get_key, make_fact_adder, sum_by_key
from bot.data.analyses.campaigns.efficiency import (
    COMPARED_DIMENSIONS,
    DimensionKeys,
    EfficiencyCell,
    ValueComparison,
    compare_values,
)
from bot.data.analyses.result import AnalysisResult
from bot.data.stats import Numbers, find_change_point, round_figure, round_p
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

COMPARISON_QUERY = "compared"
MAX_COMPARISONS = 6
REPORTED_STATUSES = ("confirmed", "mixed", "apart", "to watch")


@dataclass(frozen=True)
class ComparisonInput:
    """The input of a comparison. `rows` belong to the period and the currency, `ads` are their
    sums; `every` are the rows of all days; `known` the lines whose trouble is reported already."""

    rows: ir.Table
    every: ir.Table
    ads: Sequence[AdRow]
    currency: str | None
    until: date
    known: Sequence[DimensionKeys] = ()


def add_ad_comparisons(
    warehouse: Warehouse, result: AnalysisResult, comparison_input: ComparisonInput
) -> None:
    """Add the facts campaigns.worse--<dimension>--<value>.* of values that sell worse than the
    others, and campaigns.compared.*: how many were compared, or why none was."""
    whole = sum((ad.sums for ad in comparison_input.ads), AdTotals())
    values = {name: sum_by_key(comparison_input.ads, get_key(name)) for name in COMPARED_DIMENSIONS}
    several = [name for name, by in values.items() if len(by) > 1]
    add = make_fact_adder(result, "compared", "", whole.rows)
    measures = _choose_measures(whole)
    if not several:
        add("status", "alone" if values["name"] else "unnamed")
        for name in values["name"]:
            add("name", name)
    elif measures is None:
        add("status", "no orders" if not whole.says("orders") else "nothing spent")
    else:
        _add_comparison(warehouse, result, comparison_input, values, measures)


def _add_comparison(
    warehouse: Warehouse,
    result: AnalysisResult,
    comparison_input: ComparisonInput,
    values: Mapping[str, Mapping[str, AdTotals]],
    measures: tuple[str, str],
) -> None:
    expression = build_cells(comparison_input.rows, *measures)
    result.queries[COMPARISON_QUERY] = defer_sql(expression)
    whole = sum((ad.sums for ad in comparison_input.ads), AdTotals())
    unit = _estimate_order_gain(whole, measures[0])
    some = _read_cells(fetch_rows(warehouse, expression))
    by = [name for name in COMPARED_DIMENSIONS if name != "product" or measures[0] == "sales"]
    every = compare_values(some, unit=unit, known=comparison_input.known, by=by)
    add = make_fact_adder(result, "compared", "", whole.rows, COMPARISON_QUERY)
    add("status", "compared")
    first = next(name for name in COMPARED_DIMENSIONS if len(values[name]) > 1)
    few = [one for one in every if one.status == "too few" and one.dimension == first]
    if named := sorted(one.value for one in few):
        add("too-few", ", ".join(named[:MAX_COMPARISONS]))
    reported = [comparison for comparison in every if comparison.status in REPORTED_STATUSES]
    for comparison in reported[:MAX_COMPARISONS]:
        by_value = values[comparison.dimension]
        _add_worse_value(result, comparison, by_value, comparison_input.currency, measures)
        if comparison.status == "confirmed":
            of = (comparison.dimension, comparison.value)
            _add_onset(
                warehouse,
                result,
                comparison_input.every,
                comparison_input.until,
                of,
                _format_subject(comparison),
            )


def build_cells(rows: ir.Table, gain: str, stake: str) -> ir.Table:
    """Return stake, gain, the sum of gain² / stake and the rows of each combination of keys. Rows
    without a stake can't be compared and are left out."""
    put, got = rows[stake].cast("float64"), rows[gain].cast("float64").fill_null(0.0)
    staked = rows.mutate(put=put, got=got).filter(put > 0)
    return staked.group_by(*KEYS).aggregate(
        stake=staked.put.sum(),
        gain=staked.got.sum(),
        squares=(staked.got * staked.got / staked.put).sum(),
        rows=staked.count(),
    )


def _read_cells(rows: Iterable[Mapping[str, Any]]) -> list[EfficiencyCell]:
    return [
        EfficiencyCell(
            {name: _to_text(row[name]) for name in KEYS},
            stake=float(row["stake"]),
            gain=float(row["gain"]),
            squares=float(row["squares"]),
            rows=int(row["rows"]),
        )
        for row in rows
    ]


def _to_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _choose_measures(whole: AdTotals) -> tuple[str, str] | None:
    """Choose what is compared: sales or orders per spend, else orders per click. Products are
    compared by sales only, because one order of one product may be worth many orders of another."""
    if whole.spend and whole.says("spend"):
        if whole.sales and whole.says("sales"):
            return "sales", "spend"
        if whole.orders and whole.says("orders"):
            return "orders", "spend"
    if whole.orders and whole.clicks and whole.says("orders", "clicks"):
        return "orders", "clicks"
    return None


def _estimate_order_gain(whole: AdTotals, gain: str) -> float | None:
    """Return what one order adds to the gain."""
    if gain == "orders":
        return 1.0
    return float(whole.sales) / whole.orders if whole.orders else None


# Facts of one campaign, audience, placement … that sells worse than the others.

MONEY_MEASURES = ("spend", "sales")
MIN_SHARE = 0.01
AddMeasure = Callable[..., None]


def _format_subject(comparison: ValueComparison) -> str:
    return f"worse--{comparison.dimension}--{slugify(comparison.value)}"


def _add_worse_value(
    result: AnalysisResult,
    comparison: ValueComparison,
    by: Mapping[str, AdTotals],
    currency: str | None,
    measures: tuple[str, str],
) -> None:
    """Add its share of the stake and of the gain, its rates beside those of all others together,
    and the excess cost (-low, -high). `measures` are the compared ones: sales or orders, per spend
    or click."""
    own, rest = (
        by[comparison.value],
        sum((of for value, of in by.items() if value != comparison.value), AdTotals()),
    )
    named = (
        (own.title or comparison.value) if comparison.dimension == "product" else comparison.value
    )
    add = make_fact_adder(result, _format_subject(comparison), named, own.rows, "compared")
    add("status", comparison.status)
    add("dimension", comparison.dimension)
    add("p", round_p(comparison.p))
    if comparison.through:
        add("through", comparison.through)
    _add_shares(add, own, rest, currency)
    _add_rates(add, own, rest, currency)
    if measures[1] == "spend" and comparison.status == "confirmed":
        _add_excess(add, comparison, own, rest, measures[0], currency)


def _add_shares(add: AddMeasure, own: AdTotals, rest: AdTotals, currency: str | None) -> None:
    for measure in ("spend", "clicks", "orders", "sales"):
        mine, theirs = getattr(own, measure), getattr(rest, measure)
        if own.says(measure) and mine + theirs:
            add(measure, mine, currency if measure in MONEY_MEASURES else None)
            add(f"share-of-{measure}", round_figure(100 * float(mine / (mine + theirs)), 1), "%")


def _add_rates(add: AddMeasure, own: AdTotals, rest: AdTotals, currency: str | None) -> None:
    for end, of in (("", own), ("-elsewhere", rest)):
        if of.conversion is not None:
            add(f"orders-per-click{end}", _round_share(of.conversion), "%", of.clicks)
        if of.cost_per_order is not None:
            add(f"cost-per-order{end}", round_figure(of.cost_per_order, 2), currency)
        if of.returned is not None:
            add(f"return{end}", round_figure(of.returned, 2))


def _round_share(rate: float) -> float:
    """Return percent with two significant digits."""
    return float(round_half_up(100 * rate, 1 if rate >= MIN_SHARE else 2))


def _add_excess(
    add: AddMeasure,
    comparison: ValueComparison,
    own: AdTotals,
    rest: AdTotals,
    gain: str,
    currency: str | None,
) -> None:
    """Add what was spent on it beyond what the same orders or sales cost elsewhere."""
    mine, theirs = (Decimal(getattr(of, gain)) / of.spend for of in (own, rest))
    ratio = float(mine / theirs)
    scale = ratio / comparison.ratio if comparison.ratio else 1.0
    for name, of in (
        ("", ratio),
        ("-low", scale * comparison.high),
        ("-high", scale * comparison.low),
    ):
        add(f"excess{name}", _round_estimate(float(own.spend) * max(0.0, 1 - of)), currency)


def _round_estimate(money: float) -> int:
    """Round an estimate to hundreds, or to tens or ones where it is small, because finer digits
    would suggest false precision."""
    return int(round_half_up(money, -2 if money >= 1000 else -1 if money >= 100 else 0))


# The day since which one campaign, audience or placement sells worse than before.

ONSET_DAYS = 70  # days searched for the change
MIN_ONSET_ORDERS = 20  # orders required in these days


def _add_onset(
    warehouse: Warehouse,
    result: AnalysisResult,
    rows: ir.Table,
    until: date,
    dimension_value: tuple[str, str],
    subject: str,
) -> None:
    """Add since and since-days (±) to the subject, where from one day on fewer of its clicks end in
    an order. `rows` covers all days; `dimension_value` is a dimension and its value."""
    days, counts = _count_by_day(warehouse, rows, until, dimension_value)
    if counts is None or counts[:, 1].sum() < MIN_ONSET_ORDERS:
        return
    clicks, orders = counts[:, 0], np.minimum(counts[:, 1], counts[:, 0])
    began = find_change_point(orders, clicks, _estimate_spread(orders, clicks))
    if began is None or not _has_fallen(orders, clicks, began[0]):
        return
    add = make_fact_adder(result, subject, dimension_value[1], len(days), "compared")
    add("since", days[began[0]])
    add("since-days", began[1], "days")


def _count_by_day(
    warehouse: Warehouse, rows: ir.Table, until: date, dimension_value: tuple[str, str]
) -> tuple[list[date], Numbers | None]:
    first = until - timedelta(days=ONSET_DAYS - 1)
    day = rows["at"].date()
    mine = rows.filter(
        rows[dimension_value[0]] == dimension_value[1],
        day.between(ibis.literal(first), ibis.literal(until)),
    ).mutate(day=rows["at"].date())
    sums = fetch_rows(
        warehouse,
        mine.group_by("day").aggregate(
            clicks=mine.clicks.fill_null(0).sum(), orders=mine.orders.fill_null(0).sum()
        ),
    )
    if not sums:
        return [], None
    begun = min(row["day"] for row in sums)
    days = [begun + timedelta(days=n) for n in range((until - begun).days + 1)]
    counts = np.zeros((len(days), 2))
    for row in sums:
        counts[(row["day"] - begun).days] = float(row["clicks"]), float(row["orders"])
    return days, counts


def _has_fallen(orders: Numbers, clicks: Numbers, at: int) -> bool:
    before, after = (
        orders[part].sum() / max(clicks[part].sum(), 1.0)
        for part in (slice(0, at), slice(at, None))
    )
    return bool(after < before)


def _estimate_spread(orders: Numbers, clicks: Numbers) -> float:
    """Estimate how much more than coin tosses neighbouring days vary, so that the one change
    searched for does not count as noise (Rice, Ann. Stat. 12 (1984) 1215–1230)."""
    clicked = clicks > 0
    share = orders[clicked].sum() / max(clicks[clicked].sum(), 1.0)
    if clicked.sum() < 3 or not 0 < share < 1:
        return 1.0
    rates, of = orders[clicked] / clicks[clicked], clicks[clicked]
    gaps = np.diff(rates) ** 2 / (share * (1 - share) * (1 / of[1:] + 1 / of[:-1]))
    return max(1.0, float(gaps.mean()))
