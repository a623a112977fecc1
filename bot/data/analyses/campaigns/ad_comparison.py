"""Add the facts that compare whole campaigns, audiences, placements etc. with each other."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir

from bot.data.analyses.campaigns.ads import DIMENSIONS as KEYS
from bot.data.analyses.campaigns.ads import AdRow, AdTotals, make_fact_adder, sum_by_key
from bot.data.analyses.campaigns.efficiency import (
    DimensionKeys,
    EfficiencyCell,
    add_onset,
)
from bot.data.analyses.campaigns.worse_values import (
    COMPARED_DIMENSIONS,
    add_worse_value,
    compare_values,
    format_subject,
)
from bot.data.analyses.result import AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse

COMPARISON_QUERY = "compared"
MAX_COMPARISONS = 6
MIN_FREE_ORDER_SHARE = 0.01  # share of orders in rows without cost, from which it is mentioned
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
    sold: Collection[DimensionValue] = ()  # values with enough orders to be shown


def add_ad_comparisons(
    warehouse: Warehouse, result: AnalysisResult, comparison_input: ComparisonInput
) -> None:
    """Add the facts campaigns.worse--<dimension>--<value>.* of values that sell worse than the
    others, and campaigns.compared.*: how many were compared, or why none was."""
    whole = sum((ad.sums for ad in comparison_input.ads), AdTotals())
    values = {
        name: sum_by_key(comparison_input.ads, _make_key_getter(name))
        for name in COMPARED_DIMENSIONS
    }
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
    add = make_fact_adder(
        result,
        "compared",
        "",
        whole.rows,
        COMPARISON_QUERY,
        sold=TOTAL_VALUE in comparison_input.sold,
    )
    add("status", "compared")
    add("by", " by ".join(measures))
    add("held-against-each-other", sum(comparison.status != "too few" for comparison in every))
    beside = whole.orders - round(sum(cell.gain for cell in some))
    floor = result.floors.sales if result.floors else 0
    hidden = is_below_floor(beside, floor) or is_below_floor(whole.orders - beside, floor)
    if measures[0] == "orders" and beside > MIN_FREE_ORDER_SHARE * whole.orders and not hidden:
        add("orders-beside", beside, "orders")
    first = next(name for name in COMPARED_DIMENSIONS if len(values[name]) > 1)
    few = {
        (comparison.dimension, comparison.value)
        for comparison in every
        if comparison.status == "too few"
    }
    if named := sorted(value for of, value in few if of == first):
        add("too-few", ", ".join(named[:MAX_COMPARISONS]))
        add("too-few-of", first)
    reported = [comparison for comparison in every if comparison.status in REPORTED_STATUSES]
    for comparison in [
        comparison
        for comparison in reported
        if (comparison.dimension, comparison.value) in comparison_input.sold
    ][:MAX_COMPARISONS]:
        small = [value for of, value in few if of == comparison.dimension]
        add_worse_value(
            result,
            comparison,
            values[comparison.dimension],
            comparison_input.currency,
            measures,
            small,
        )
        if comparison.status == "confirmed":
            of = (comparison.dimension, comparison.value)
            add_onset(
                warehouse,
                result,
                comparison_input.every,
                comparison_input.until,
                of,
                format_subject(comparison),
            )


def _make_key_getter(name: str) -> Callable[[AdRow], str | None]:
    return lambda ad: ad.keys[name]


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
