"""Which products come back more often than the others, and less.

Each product's share of lines that came back, against the other lines, by Fisher's exact test
(counts are small); Benjamini and Hochberg over all products asked. Twice: those found the first
time are no yardstick for the others. Only the last year counts, and
the last two weeks don't: what was bought then is still on its way back.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import Population
from bot.data.floors import is_small
from bot.data.metrics.filters import last_day, narrowed
from bot.data.stats import false_discovery, fisher
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.query import arrow_of, rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

YEAR, ON_ITS_WAY = timedelta(days=365), timedelta(days=14)
LEAST = 30  # lines of a product
CONFIRMED, WATCHED = 0.10, 0.05
LINES, REASONS = "trends.returns", "trends.reasons"


def returns(shelf: Shelf, where: Where, found: Findings, titles: dict[str, str]) -> None:
    """Adds trends.returns-<product>: status, rate and rest (%), p, and the reason most given, of
    products that come back oftener or less often; trends.returns.rate and .products for all.
    Adds nothing where the orders don't say what came back."""
    sold = _sold(shelf, where)
    person = ibis.coalesce(sold.customer, sold["order"])
    query = sold.group_by("product").aggregate(
        lines=sold.count(),
        back=sold.returned.sum(),
        title=sold.title.max(),
        people=person.nunique(),
    )
    rows = rows_of(shelf, query)
    lines, back = sum(row["lines"] for row in rows), sum(row["back"] or 0 for row in rows)
    if not back:
        return
    found.queries[LINES] = sql_later(query)
    least = max(LEAST, shelf.floor)
    asked = [row for row in rows if row["product"] and row["lines"] >= least]
    rate = round(100 * back / lines, 1)
    everybody = max(row["people"] for row in rows)  # at least; all of them may be more
    found.group("returns", everybody, sort="sales", told=not is_small(back, shelf.sales_floor))
    found.add("returns", "rate", rate, unit="%", about="returns", rows=lines, query=LINES)
    found.add("returns", "products", len(asked), about="returns", rows=lines, query=LINES)
    if not asked:
        found.refuse(
            Words(
                "No product sold {least} times, so returns can't be told by product.", least=least
            )
        )
        return
    told = [one for one in _compared(asked, lines, back) if one.status]
    why = _reasons(shelf, sold, [one.product for one in told], found)
    safe = _safe(shelf, sold, [one.product for one in told])
    for one in told:
        few = is_small(one.back, shelf.sales_floor) or one.product not in safe
        found.group(f"returns-{slug(one.product)}", one.people, told=not few)
        _one(found, one, titles.get(one.product) or one.title or one.product, why.get(one.product))


def _safe(shelf: Shelf, sold: ir.Table, products: list[str]) -> set[str]:
    """The products of which so much is told that nothing can be computed of few customers."""
    if not products:
        return set()
    named = sold.select("product", person=ibis.coalesce(sold.customer, sold["order"])).distinct()
    known = Population.of(arrow_of(shelf, named), "person")
    told = known.told([("product", one) for one in products], shelf.floor)
    return {value for dimension, value in told if dimension == "product"}


def _sold(shelf: Shelf, where: Where) -> ir.Table:
    day = last_day(shelf, "orders", where)
    table = narrowed(shelf, "orders", where)
    return table.filter(
        table.at >= ibis.literal(day - YEAR).cast("timestamp"),
        table.at < ibis.literal(day - ON_ITS_WAY).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(CANCELLED),
        table.amount >= 0,
        table.returned.notnull(),
    )


@dataclass(frozen=True)
class Compared:
    """A product beside the lines that are its yardstick."""

    product: str
    title: str | None
    lines: int
    back: int
    other_lines: int
    other_back: int
    people: int
    p: float
    status: str = ""


def _compared(asked: list[dict[str, Any]], lines: int, back: int) -> list[Compared]:
    """All products asked, the surest first."""
    first = _beside(asked, lines, back, outliers=set())
    outliers = {one.product for one in first if one.status == "confirmed"}
    return _beside(asked, lines, back, outliers)


def _beside(
    asked: list[dict[str, Any]], lines: int, back: int, outliers: set[str]
) -> list[Compared]:
    found = []
    for row in asked:
        away = [one for one in asked if one["product"] in outliers | {row["product"]}]
        others = lines - sum(one["lines"] for one in away)
        others_back = back - sum(one["back"] for one in away)
        chance = _chance(row["back"], row["lines"], others_back, others)
        found.append(
            Compared(
                row["product"],
                row["title"],
                row["lines"],
                row["back"],
                others,
                others_back,
                row["people"],
                chance,
            )
        )
    found.sort(key=lambda one: one.p)
    q = false_discovery(np.array([one.p for one in found]))
    return [
        replace(one, status=_status(one.p, float(sure))) for one, sure in zip(found, q, strict=True)
    ]


def _status(p: float, q: float) -> str:
    return "confirmed" if q <= CONFIRMED else "to watch" if p < WATCHED else ""


def _chance(back: int, lines: int, others_back: int, others: int) -> float:
    return fisher(back, lines, others_back, others)


def _one(
    found: Findings, one: Compared, about: str, why: tuple[str, float | None, int] | None
) -> None:
    subject = f"returns-{slug(one.product)}"

    def add(
        measure: str, value: float | str, unit: str | None, rows: int, query: str = LINES
    ) -> None:
        found.add(subject, measure, value, unit=unit, about=about, rows=rows, query=query)

    add("status", one.status, None, one.lines)
    add("rate", round(100 * one.back / one.lines, 1), "%", one.lines)
    if one.other_lines:
        rest = round(100 * one.other_back / one.other_lines, 1)
        add("rest", rest, "%", one.other_lines)
    add("p", max(round(one.p, 4), 0.0001), None, one.lines)
    if why:
        reason, share, given = why
        add("reason", reason, None, given, REASONS)
        if share is not None:
            add("reason-share", share, "%", given, REASONS)


def _reasons(
    shelf: Shelf, sold: ir.Table, products: list[str], found: Findings
) -> dict[str, tuple[str, float | None, int]]:
    """The reason most given for each of these products, its share in % (None where so few gave it,
    or another), of how many given; none where so few were given that they would speak of single
    customers."""
    if not products:
        return {}
    given = sold.filter(sold.returned, sold.reason.notnull(), sold["product"].isin(products))
    query = given.group_by("product", "reason").aggregate(times=given.count())
    found.queries[REASONS] = sql_later(query)
    times: dict[str, list[tuple[int, str]]] = {}
    for row in rows_of(shelf, query):
        times.setdefault(row["product"], []).append((row["times"], row["reason"]))
    top = {}
    for product, counts in times.items():
        most, total = max(counts), sum(count for count, _ in counts)
        if total < shelf.floor:
            continue
        few = any(is_small(n, shelf.sales_floor) for n in (most[0], total - most[0]))
        top[product] = (most[1], None if few else round(100 * most[0] / total, 1), total)
    return top
