"""Find products that are returned more often or less often than the others.

Each product's share of returned lines is compared with the other lines by Fisher's exact test
(counts are small), with Benjamini and Hochberg over all tested products. Products that are found
are removed from the baseline of the others, and these are tested anew. The rate that is told of the
rest is that of all other lines. Only the last year counts, without the last two weeks, whose
purchases may still come back."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.half_up import round_half_up
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import Population
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import filter_rows, find_last_whole_day
from bot.data.stats import adjust_false_discovery, choose_status, fisher_test, round_figure, round_p
from bot.data.warehouse.purchases import NOT_SOLD_STATUSES
from bot.data.warehouse.query import defer_sql, fetch_arrow, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

RETURN_PERIOD, RETURN_DELAY = timedelta(days=365), timedelta(days=14)
MIN_LINES = 30  # lines of a product
RETURNS_QUERY, REASONS_QUERY = "trends.returns", "trends.reasons"


def add_returns(
    warehouse: Warehouse, filter_: AnalysisFilter, result: AnalysisResult, titles: dict[str, str]
) -> None:
    """Add trends.returns-<product>: status, rate and rest (%), p, and the most frequent reason, for
    products that are returned more or less often; trends.returns.rate and .products for all. Adds
    nothing where the orders have no returns."""
    sold = _select_sold_lines(warehouse, filter_)
    person = ibis.coalesce(sold.customer, sold["order"])
    query = sold.group_by("product").aggregate(
        lines=sold.count(),
        back=sold.returned.sum(),
        title=sold.title.max(),
        people=person.nunique(),
        first=sold["at"].min().date(),
        last=sold["at"].max().date(),
    )
    rows = fetch_rows(warehouse, query)
    lines, back = sum(row["lines"] for row in rows), sum(row["back"] or 0 for row in rows)
    if not back:
        return
    days = (min(row.pop("first") for row in rows), max(row.pop("last") for row in rows))
    result.queries[RETURNS_QUERY] = defer_sql(query)
    least = max(MIN_LINES, warehouse.floor)
    tested = [row for row in rows if row["product"] and row["lines"] >= least]
    rate = float(round_half_up(100 * back / lines, 1))
    # a lower bound; the total number of people may be larger
    everybody = max(row["people"] for row in rows)
    result.set_group_size(
        "returns", everybody, sort="sales", safe=not is_below_floor(back, warehouse.sales_floor)
    )
    add = partial(result.add, rows=lines, query=RETURNS_QUERY, days=days)
    add("returns", "rate", rate, unit="%", about="returns")
    add("returns", "products", len(tested), about="returns")
    if not tested:
        result.add_limit(
            "No product sold {least} times, so returns can't be told by product.", least=least
        )
        return
    reported = [
        comparison for comparison in _compare_products(tested, lines, back) if comparison.status
    ]
    why = _find_reasons(warehouse, sold, [comparison.product for comparison in reported], result)
    safe = _find_safe_products(warehouse, sold, [comparison.product for comparison in reported])
    for comparison in reported:
        few = (
            is_below_floor(comparison.back, warehouse.sales_floor) or comparison.product not in safe
        )
        result.set_group_size(
            f"returns-{slugify(comparison.product)}", comparison.people, safe=not few
        )
        _add_product(
            result,
            comparison,
            titles.get(comparison.product) or comparison.title or comparison.product,
            why.get(comparison.product),
            days,
        )


def _find_safe_products(warehouse: Warehouse, lines: ir.Table, products: list[str]) -> set[str]:
    """Return the products whose figures don't allow anything to be computed about few customers."""
    if not products:
        return set()
    named = lines.select("product", person=ibis.coalesce(lines.customer, lines["order"])).distinct()
    known = Population.of(fetch_arrow(warehouse, named), "person")
    safe_values = known.find_publishable(
        [("product", product) for product in products], warehouse.floor
    )
    return {value for dimension, value in safe_values if dimension == "product"}


def _select_sold_lines(warehouse: Warehouse, filter_: AnalysisFilter) -> ir.Table:
    day = find_last_whole_day(warehouse, "orders", filter_)
    table = filter_rows(warehouse, "orders", filter_)
    return table.filter(
        table.at >= ibis.literal(day - RETURN_PERIOD).cast("timestamp"),
        table.at < ibis.literal(day - RETURN_DELAY).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(NOT_SOLD_STATUSES),
        table.amount >= 0,
        table.returned.notnull(),
    )


@dataclass(frozen=True)
class ReturnComparison:
    """A product beside the lines it is compared with, and beside all lines but its own (rest)."""

    product: str
    title: str | None
    lines: int
    back: int
    other_lines: int
    other_back: int
    rest_lines: int
    rest_back: int
    people: int
    p: float
    status: str = ""

    @property
    def is_more(self) -> bool:
        return self.back * self.other_lines > self.other_back * self.lines

    @property
    def is_more_than_rest(self) -> bool:
        return self.back * self.rest_lines > self.rest_back * self.lines


def _compare_products(
    rows: list[dict[str, Any]], lines: int, returned: int
) -> list[ReturnComparison]:
    """Compare all tested products, the most significant first. Beside one that comes back often the
    normal ones seem to come back seldom, so outliers of one direction at a time are removed."""
    outliers = set[str]()
    while True:
        found = _compare_with_others(rows, lines, returned, outliers)
        new = [one for one in found if one.status == "confirmed" and one.product not in outliers]
        if not new:
            return [one for one in found if one.is_more == one.is_more_than_rest]
        outliers |= {one.product for one in new if one.is_more == new[0].is_more}


def _compare_with_others(
    rows: list[dict[str, Any]], lines: int, returned: int, outliers: set[str]
) -> list[ReturnComparison]:
    comparisons = []
    for row in rows:
        away = [one for one in rows if one["product"] in outliers | {row["product"]}]
        others = lines - sum(one["lines"] for one in away)
        others_back = returned - sum(one["back"] for one in away)
        p = fisher_test(row["back"], row["lines"], others_back, others)
        comparisons.append(
            ReturnComparison(
                **row,
                other_lines=others,
                other_back=others_back,
                rest_lines=lines - row["lines"],
                rest_back=returned - row["back"],
                p=p,
            )
        )
    comparisons.sort(key=lambda comparison: comparison.p)
    q = adjust_false_discovery(np.array([comparison.p for comparison in comparisons]))
    return [
        replace(comparison, status=choose_status(comparison.p, float(sure)))
        for comparison, sure in zip(comparisons, q, strict=True)
    ]


def _add_product(
    result: AnalysisResult,
    comparison: ReturnComparison,
    about: str,
    why: tuple[str, float | None, int] | None,
    days: tuple[date, date],
) -> None:
    subject, lines = f"returns-{slugify(comparison.product)}", comparison.lines
    add = partial(result.add, subject, about=about, rows=lines, query=RETURNS_QUERY, days=days)
    add("status", comparison.status)
    add("rate", round_figure(100 * comparison.back / lines, 1), "%")
    if comparison.rest_lines:
        rest = round_figure(100 * comparison.rest_back / comparison.rest_lines, 1)
        add("rest", rest, "%", rows=comparison.rest_lines)
    add("p", round_p(comparison.p))
    if why:
        reason, share, given = why
        add("reason", reason, rows=given, query=REASONS_QUERY)
        if share is not None:
            add("reason-share", share, "%", rows=given, query=REASONS_QUERY)


def _find_reasons(
    warehouse: Warehouse, lines: ir.Table, products: list[str], result: AnalysisResult
) -> dict[str, tuple[str, float | None, int]]:
    """Return each product's most frequent reason, its share in % (None where few people gave it or
    another one), and how many reasons were given. Products with so few reasons that they could be
    traced to single customers are left out."""
    if not products:
        return {}
    given = lines.filter(lines.returned, lines.reason.notnull(), lines["product"].isin(products))
    query = given.group_by("product", "reason").aggregate(times=given.count())
    result.queries[REASONS_QUERY] = defer_sql(query)
    times: dict[str, list[tuple[int, str]]] = {}
    for row in fetch_rows(warehouse, query):
        times.setdefault(row["product"], []).append((row["times"], row["reason"]))
    top = {}
    for product, counts in times.items():
        most, total = max(counts), sum(count for count, _ in counts)
        if total < warehouse.floor:
            continue
        few = any(is_below_floor(n, warehouse.sales_floor) for n in (most[0], total - most[0]))
        top[product] = (
            most[1],
            None if few else float(round_half_up(100 * most[0] / total, 1)),
            total,
        )
    return top
