"""The path to purchase: where visitors are lost, what changed and since when, and what it cost."""

from collections.abc import Iterable
from datetime import date
from math import floor, log10

import ibis
import ibis.expr.types as ir

from bot.core.source import Source
from bot.data.analyses.funnel.conversion import add_overall_conversion
from bot.data.analyses.funnel.steps import (
    MIN_SESSIONS,
    BasketValue,
    FunnelStep,
    assess_steps,
    build_steps,
    estimate_basket,
    estimate_daily_dispersion,
    estimate_loss,
)
from bot.data.analyses.funnel.visits import (
    CURRENT_DAYS,
    VisitCounts,
    VisitorPopulation,
    build_product_views,
    build_sessions,
    count_sessions,
    list_days,
    load_visitors,
    read_visits,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE as WHOLE
from bot.data.disclosure import DimensionValue, Population
from bot.data.floors import Floors, is_below_floor
from bot.data.metrics.filters import find_last_whole_day, list_currencies
from bot.data.stats import Numbers, find_change_point
from bot.data.warehouse.query import TableCache, defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

# Where visitors are lost on their way to the purchase, what changed and since when, as facts.

VISITS_QUERY, PRODUCTS_QUERY = "funnel.visits", "funnel.products"
DEFAULT_DIMENSIONS = ("total", "device")  # told when nothing moved, too
REPORTED_DIMENSIONS = (
    *DEFAULT_DIMENSIONS,
    "product",
)  # so is a product that is asked about by name
INTERVAL_SUFFIXES = ("", "-low", "-high")
MIN_PREVIOUS_DAYS = 14  # days before the fourteen now


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """The last fourteen whole days beside the fifty-six before. A subject is
    dimension-value-step-to-step: funnel.device-mobile-checkout-to-purchase.rate (%), before (%),
    change (points), visits, passed, p, status ("confirmed", "to watch", "follows", "steady"),
    through; of a confirmed one since (a day), since-days (±) and points (by seven days, for a
    chart); of a fall lost-buyers and lost-money, each with -low and -high. The total, the
    devices and a product asked for by name always, all others when they moved. And how many visits
    there were at all, and ended in an order: `bot.data.analyses.funnel.overall`."""
    if shelf.table("events") is None:
        found = AnalysisResult("funnel", Source("events"), shelf.today)
        found.refuse(
            Words("The path to purchase needs visits, and there are none yet. Import events.")
        )
        return found
    found = AnalysisResult(
        "funnel",
        shelf.source("events"),
        find_last_whole_day(shelf, "events", where),
        floors=shelf.floors,
    )
    with TableCache(shelf, "funnel") as laid:
        _add_facts(shelf, where, found, laid)
    return found


def _add_facts(
    shelf: Warehouse, where: AnalysisFilter, found: AnalysisResult, laid: TableCache
) -> None:
    days = list_days(shelf, where)
    narrow = where.product or where.category or where.brand
    came = None if narrow else laid.down("visits", build_sessions(shelf, where, days))
    visits = None if came is None else _load_visits(shelf, came, days, found, laid)
    if visits is None and found.cannot:
        return
    if visits:
        add_overall_conversion(shelf, where, found, laid)
    who = load_visitors(shelf, came, days) if came is not None and visits else None
    asked = build_steps(visits) if visits else []
    products = _compare_products(shelf, where, days, found)
    compared = visits is None or len(visits.days) >= CURRENT_DAYS + MIN_PREVIOUS_DAYS
    if compared:  # apart: one fall seen from ten sides must not let products through by chance
        (asked, tested), (products, more) = (
            assess_steps(asked, visits),
            assess_steps(products, None),
        )
        if who is None:
            found.nobody("tested")
        else:
            everybody = who.population
            found.group("tested", everybody.count(everybody.which(WHOLE)))
        found.add(
            "tested",
            "steps",
            tested + more,
            about="steps",
            query=VISITS_QUERY if visits else PRODUCTS_QUERY,
            rows=int(visits.counts()[:, 0].sum()) if visits else None,
        )
    else:
        found.refuse(
            Words("The visits go back less than four weeks, so what changed can't be told.")
        )
    ever = DEFAULT_DIMENSIONS if not where.product else REPORTED_DIMENSIONS
    told = [
        step
        for step in asked + products
        if step.status != "steady" or (step.dimension in ever and step.of > 0)
    ]
    _add_steps(shelf, found, visits, _StepSizes(who, told, shelf.floors))


def _load_visits(
    shelf: Warehouse, came: ir.Table, days: list[date], found: AnalysisResult, laid: TableCache
) -> VisitCounts | None:
    query = count_sessions(came)
    visits = read_visits(shelf, query, days)
    if len(visits.steps) < 2:
        found.refuse(
            Words(
                "{source} says that people came, not what they did: without steps such as cart,"
                " checkout and purchase there is no path to purchase to show.",
                source=found.source.words(),
            )
        )
        return None
    found.queries[VISITS_QUERY] = laid.later(query)
    return visits


class _StepSizes:
    """Who came to the steps that are to be told, and which of these give away nobody."""

    def __init__(
        self, who: VisitorPopulation | None, told: list[FunnelStep], floors: Floors
    ) -> None:
        self.told, self._who, self._floors = told, who, floors
        self._known: dict[tuple[str, bool], Population] = {}
        self._known_safe: dict[tuple[str, bool], set[DimensionValue]] = {}

    def size(self, step: FunnelStep) -> int:
        """How many people came to it."""
        if step.at < 0 or self._who is None:
            return step.people or 0
        people = self._at(step.start, now=True)
        return people.count(people.which(_get_value(step)))

    def is_told(self, step: FunnelStep) -> bool:
        """Whether as many as it takes came to it, now and before, and passed, in the segment and in
        all the others of the same dimension."""
        floors = self._floors
        if step.at < 0 or self._who is None:
            came = (step.people, step.people_before)
            few = any(is_below_floor(n, floors.people) for n in came)
            return not few and not is_below_floor(step.people_passed, floors.sales)
        value, windows = _get_value(step), (True, False) if step.of_before else (True,)
        return all(
            value in self._came(step.start, now=now) and value in self._counted(step.end, now=now)
            for now in windows
        )

    def bought(self, step: FunnelStep) -> bool:
        """Whether enough bought for the mean of what they paid to be told."""
        if self._who is None:
            return False
        people = self._who.at("purchase")
        return people.count(people.which(_get_value(step))) >= self._floors.sales

    def _at(self, step: str, *, now: bool) -> Population:
        assert self._who is not None
        if (step, now) not in self._known:
            self._known[step, now] = self._who.at(step, now=now)
        return self._known[step, now]

    def _visited(self, *, now: bool) -> set[DimensionValue]:
        """The segments that enough people came in at all: of others nothing is told, at no step."""
        wanted = [_get_value(one) for one in self.told if one.at >= 0]
        return self._safe("", now, wanted, self._at("view", now=now), self._floors.people)

    def _counted(self, step: str, *, now: bool) -> set[DimensionValue]:
        """Of these, the segments whose number at a step may be told, however it is told."""
        wanted = self._visited(now=now)
        return self._safe(step, now, wanted, self._at(step, now=now), self._floors.sales)

    def _came(self, step: str, *, now: bool) -> set[DimensionValue]:
        """Of these, the segments of which enough came to a step for shares of them to be told."""
        wanted = self._counted(step, now=now)
        return self._safe(f"{step} came", now, wanted, self._at(step, now=now), self._floors.people)

    def _safe(
        self, step: str, now: bool, wanted: Iterable[DimensionValue], people: Population, floor: int
    ) -> set[DimensionValue]:
        if (step, now) not in self._known_safe:
            mine = sorted(value for value in set(wanted) if value != WHOLE)
            self._known_safe[step, now] = people.told(mine, floor)
        return self._known_safe[step, now]


def _get_value(step: FunnelStep) -> DimensionValue:
    return step.dimension, step.value


def _compare_products(
    shelf: Warehouse, where: AnalysisFilter, days: list[date], found: AnalysisResult
) -> list[FunnelStep]:
    """The step from view to cart of each product, or page where there are no products."""
    query = build_product_views(shelf, where, days)
    counts: dict[str, dict[bool, tuple[float, float]]] = {}
    people: dict[str, dict[bool, tuple[int, int]]] = {}
    for row in fetch_rows(shelf, query):
        pair = (float(row["seen"]), float(row["carted"]))
        counts.setdefault(row["thing"], {})[bool(row["now"])] = pair
        who = (int(row["people"]), int(row["carters"]))
        people.setdefault(row["thing"], {})[bool(row["now"])] = who
    if not any(pair[1] for both in counts.values() for pair in both.values()):
        return []
    found.queries[PRODUCTS_QUERY] = defer_sql(query)
    none = (0.0, 0.0)
    return [
        FunnelStep(
            "product",
            thing,
            "view",
            "cart",
            -1,
            *both.get(True, none),
            *both.get(False, none),
            people=people[thing].get(True, (0, 0))[0],
            people_before=people[thing].get(False, (0, 0))[0],
            people_passed=people[thing].get(True, (0, 0))[1],
        )
        for thing, both in sorted(counts.items())
    ]


def _add_steps(
    shelf: Warehouse,
    found: AnalysisResult,
    visits: VisitCounts | None,
    sizes: _StepSizes,
) -> None:
    money = list_currencies(shelf, "orders")
    if len(money) > 1:
        found.refuse(
            Words(
                "Orders are in several currencies and visits don't say which, so the money lost"
                " can't be told: {currencies}.",
                currencies=", ".join(money),
            )
        )
    titles = _load_titles(shelf)
    for step in sorted(sizes.told, key=lambda s: (s.status != "confirmed", s.p)):
        if not found.group(_format_subject(step), sizes.size(step), told=sizes.is_told(step)):
            continue
        _add_step(found, step, titles.get(step.value, step.value))
        if visits and step.at >= 0 and step.status == "confirmed":
            known = len(money) == 1 and sizes.bought(step)
            _add_change(shelf, found, visits, step, money[0] if known else None)


def _add_step(found: AnalysisResult, step: FunnelStep, about: str) -> None:
    subject, query = _format_subject(step), VISITS_QUERY if step.at >= 0 else PRODUCTS_QUERY

    def add(
        measure: str, value: float | int | str, unit: str | None = None, rows: float = 0
    ) -> None:
        told = round(rows or step.of)
        found.add(subject, measure, value, unit=unit, about=about, rows=told, query=query)

    add("status", step.status)
    add("rate", round(100 * step.rate, 1), "%")
    add("visits", round(step.of), "visits")
    add("passed", round(step.passed), "visits")
    if step.of_before:
        add("before", round(100 * step.before, 1), "%", step.of_before)
        add("change", round(100 * (step.rate - step.before), 1), "points")
        add("p", max(round(step.p, 4), 0.0001))
    if step.through:
        add("through", step.through[1])


def _add_change(
    shelf: Warehouse,
    found: AnalysisResult,
    visits: VisitCounts,
    step: FunnelStep,
    currency: str | None,
) -> None:
    """Since when, and what a fall cost; not twice where it follows another."""
    mask = visits.which(step.dimension, step.value)
    counts = visits.counts(mask)
    spread = estimate_daily_dispersion(visits, step.at)
    began = find_change_point(counts[:, step.at + 1], counts[:, step.at], spread)
    subject = _format_subject(step)

    def add(
        measure: str,
        value: float | int | str | date,
        unit: str | None = None,
        rows: int | None = None,
    ) -> None:
        found.add(
            subject, measure, value, unit=unit, about=step.value, rows=rows, query=VISITS_QUERY
        )

    if began:
        add("since", visits.days[began[0]])
        add("since-days", began[1], "days")
    if points := _format_chart_points(counts, step.at, visits.days, 100 * step.before):
        add("points", points)
    if step.rate >= step.before or step.through:
        return
    start = began[0] if began else len(visits.days) - CURRENT_DAYS
    worth = _estimate_basket(shelf, visits, mask, step) if currency else None
    cost = estimate_loss(counts, step.at, start, spread, worth)
    rows = round(counts[start:, step.at].sum())
    for name, value in zip(INTERVAL_SUFFIXES, cost.buyers, strict=True):
        add(f"lost-buyers{name}", round(value), "orders", rows)
    for name, value in zip(INTERVAL_SUFFIXES, cost.money or (), strict=False):
        add(f"lost-money{name}", _round_estimate(value), currency, rows)


def _count_decimals(bounds: tuple[float, float, float]) -> int:
    """How many places an estimate is told to: two digits of its interval's half, at most cents."""
    half = (bounds[2] - bounds[1]) / 2
    return min(2, 1 - floor(log10(half))) if half > 0 else 2


def _format_chart_points(counts: Numbers, at: int, days: list[date], before: float) -> str:
    """The share that passed in each seven days, ending with the last, in one text for a chart:
    "2026-11-18: 37.2 % (58.0 %); …", in brackets what it was before; empty where a week has too
    few to be shown."""
    starts = range(len(days) % 7, len(days), 7)
    came = [counts[n : n + 7, at].sum() for n in starts]
    if min(came, default=0) < MIN_SESSIONS:
        return ""
    passed = [counts[n : n + 7, at + 1].sum() for n in starts]
    return "; ".join(
        f"{days[n].isoformat()}: {100 * part / whole:.1f} % ({before:.1f} %)"
        for n, part, whole in zip(starts, passed, came, strict=True)
    )


def _estimate_basket(
    shelf: Warehouse, visits: VisitCounts, mask: Numbers, step: FunnelStep
) -> BasketValue | None:
    """Of the segment's purchases; where visits have no amounts, of its orders in the same days."""
    kept = mask.astype(bool)
    sums = [part[kept].sum() for part in (visits.paid, visits.worth, visits.squares)]
    orders = shelf.table("orders")
    if sums[0] or orders is None:
        return estimate_basket(*sums) if sums[0] >= shelf.sales_floor else None
    orders = orders.filter(orders.at >= ibis.literal(visits.days[0]).cast("timestamp"))
    if step.dimension != "total":
        orders = orders.filter(orders[step.dimension] == step.value)
    whole = orders.group_by("order").aggregate(amount=orders.amount.sum())
    amount = whole.amount.cast("float64")
    row = fetch_rows(
        shelf,
        whole.aggregate(paid=whole.count(), worth=amount.sum(), squares=(amount * amount).sum()),
    )[0]
    if row["paid"] < shelf.sales_floor:
        return None
    return estimate_basket(float(row["paid"]), float(row["worth"] or 0), float(row["squares"] or 0))


def _format_subject(step: FunnelStep) -> str:
    return f"{step.dimension}-{slugify(step.value)}-{step.start}-to-{step.end}"


def _load_titles(shelf: Warehouse) -> dict[str, str]:
    if shelf.products is None:
        return {}
    named = fetch_rows(shelf, shelf.products.select("product", "title"))
    return {row["product"]: row["title"] for row in named if row["title"]}


def _round_estimate(money: float) -> int:
    """An estimate in hundreds, or tens where it is small: cents would claim to know them."""
    return int(round(money, -2 if abs(money) >= 1000 else -1))


__all__ = ["find"]
