"""Analyse the purchase funnel: where visitors drop out, what changed since when, and what it
cost."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, partial

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.half_up import round_half_up
from bot.data.analyses.funnel.steps import (
    MIN_SESSIONS,
    BasketValue,
    FunnelStep,
    add_overall_conversion,
    assess_steps,
    build_steps,
    estimate_basket,
    estimate_daily_dispersion,
    estimate_loss,
    is_large,
    is_over,
    mark_followers,
)
from bot.data.analyses.funnel.visits import (
    CURRENT_DAYS,
    PREVIOUS_DAYS,
    VISIT_DIMENSIONS,
    VisitCounts,
    VisitorPopulation,
    build_product_views,
    build_sessions,
    count_sessions,
    list_days,
    load_visitors,
    read_visits,
)
from bot.data.analyses.products import load_catalogue_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE as WHOLE
from bot.data.disclosure import DimensionValue, Population
from bot.data.floors import Floors, is_below_floor
from bot.data.metrics.filters import find_last_whole_day, list_currencies
from bot.data.stats import LEAST_EDGE_DAYS, Numbers, find_change_point, round_figure, round_p
from bot.data.warehouse.query import TableCache, defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import slugify

# The facts on the funnel.

VISITS_QUERY, PRODUCTS_QUERY = "funnel.visits", "funnel.products"
DEFAULT_DIMENSIONS = ("total", "device")  # reported even when nothing changed
REPORTED_DIMENSIONS = (*DEFAULT_DIMENSIONS, "product")  # when the request names a product
INTERVAL_SUFFIXES = ("", "-low", "-high")
MIN_PREVIOUS_DAYS = 14  # days before the current fourteen
TAIL_DAYS = 7  # of a change, to see whether it is over


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Compare the last fourteen whole days with the fifty-six before. A subject is
    dimension-value-step-to-step: funnel.device-mobile-checkout-to-purchase.rate (%), before (%),
    change (points), visits, passed, p, status ("confirmed", "to watch", "follows", "steady") and
    through; a confirmed one also has since (a day), since-days (±), rate-since (%), where it is
    over rate-after (%), and points (by seven days, for a chart); a fall has lost-buyers and
    lost-money, each with -low and -high. The total, the devices and a product in the request are
    always reported, all others when they changed. The overall conversion comes from
    `bot.data.analyses.funnel.steps`."""
    if warehouse.table("events") is None:
        return AnalysisResult.refuse(
            "funnel",
            warehouse,
            Words("The path to purchase needs visits, and there are none yet. Import events."),
            source="events",
        )
    result = AnalysisResult.from_table(
        "funnel", warehouse, "events", as_of=find_last_whole_day(warehouse, "events", filter_)
    )
    with TableCache(warehouse, "funnel") as table_cache:
        _add_facts(warehouse, filter_, result, table_cache)
    return result


def _add_facts(
    warehouse: Warehouse, filter_: AnalysisFilter, result: AnalysisResult, table_cache: TableCache
) -> None:
    days = list_days(warehouse, filter_)
    narrow = filter_.product or filter_.category or filter_.brand
    came = None
    if not narrow:
        came = table_cache.materialize("visits", build_sessions(warehouse, filter_, days))
    visits = None if came is None else _load_visits(warehouse, came, days, result, table_cache)
    if visits is None and result.limits:
        return
    if visits:
        add_overall_conversion(warehouse, filter_, result, table_cache)
    who = load_visitors(warehouse, came, days) if came is not None and visits else None
    asked = [name for name in VISIT_DIMENSIONS if getattr(filter_, name)]
    steps = build_steps(visits, (*DEFAULT_DIMENSIONS, *asked)) if visits else []
    products = _compare_products(warehouse, filter_, days, result)
    whole_shop = AnalysisFilter(since=filter_.since, until=filter_.until)
    path = _Path(visits, visits, _read_later(warehouse, filter_, visits)) if visits else None
    compared = visits is None or len(visits.days) >= CURRENT_DAYS + MIN_PREVIOUS_DAYS
    # tested separately: one drop seen in ten dimensions must not make chance findings on products
    # pass
    if compared:
        of_shop, products_of_shop = list[FunnelStep](), list[FunnelStep]()
        if filter_ != whole_shop:
            found = _compare_products(warehouse, whole_shop, days, None)
            products_of_shop = assess_steps(found, ())
        if path and filter_ != whole_shop:
            query = count_sessions(build_sessions(warehouse, whole_shop, days))
            shop = read_visits(warehouse, query, days)
            if shop.steps == path.visits.steps:
                path = replace(path, shop=shop)
                of_shop = assess_steps(build_steps(shop, ()), path.spreads)
                path = replace(
                    path, moved_in_shop=_list_moved(mark_followers(of_shop, shop, path.spreads, ()))
                )
        if path:
            steps = assess_steps(steps, path.spreads, of_shop)
            steps = mark_followers(steps, path.visits, path.spreads, asked)
        products = assess_steps(products, (), products_of_shop)
        tested = sum(map(is_large, [*steps, *products]))
        if who is None:
            result.mark_without_customers("tested")
        else:
            everybody = who.population
            result.set_group_size("tested", everybody.count(everybody.which(WHOLE)))
        result.add(
            "tested",
            "steps",
            tested,
            about="steps",
            query=VISITS_QUERY if visits else PRODUCTS_QUERY,
            rows=int(visits.counts()[:, 0].sum()) if visits else None,
        )
    else:
        result.add_limit("The visits go back less than four weeks, so what changed can't be told.")
    ever = DEFAULT_DIMENSIONS if not filter_.product else REPORTED_DIMENSIONS
    reported = [
        step
        for step in steps + products
        if step.status != "steady" or (step.dimension in ever and step.of > 0)
    ]
    wholes = () if filter_ == whole_shop else ("total", *asked)
    _add_steps(warehouse, result, path, _StepSizes(who, reported, warehouse.floors), wholes)


def _list_moved(steps: Iterable[FunnelStep]) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Return the parts that moved at a step of the path, each with the one that it follows, or
    itself: not the whole, which is another of each part that is asked for."""
    return {
        (one.dimension, one.value, one.at): one.through or (one.dimension, one.value)
        for one in steps
        if one.status in ("confirmed", "follows") and one.dimension != "total"
    }


@dataclass(frozen=True)
class _Path:
    """The visits that were asked for, those of the whole shop in the same days, and those asked for
    of the days after."""

    visits: VisitCounts
    shop: VisitCounts
    later: VisitCounts | None
    moved_in_shop: Mapping[tuple[str, str, int], tuple[str, str]] = field(default_factory=dict)

    def count_moved(self, step: FunnelStep) -> Numbers:
        """Return the counts by which a change is dated, so that it has one first day whatever part
        is asked for: of the part that it follows, else its own; those of the whole shop, where
        either moved there too."""
        parts = list(filter(None, (step.through, (step.dimension, step.value))))
        for part in parts:
            if moved := self.moved_in_shop.get((*part, step.at)):
                return self.shop.counts(self.shop.mask_of(*moved))
        return self.visits.counts(self.visits.mask_of(*parts[0]))

    @cached_property
    def spreads(self) -> list[float]:
        """The overdispersion of each step, in the whole shop."""
        return [estimate_daily_dispersion(self.shop, at) for at in range(len(self.shop.steps) - 1)]

    def count_tail(self, step: FunnelStep, began: int) -> tuple[list[date], Numbers, Numbers]:
        """Return the last days: those after the asked ones, or else the last week of a change that
        is older; and the counts of a step in the change before them and in them."""
        counts = self.visits.counts(self.visits.mask_of(step.dimension, step.value))[began:]
        days = self.visits.days[began:]
        if self.later is not None:
            tail = self.later.counts(self.later.mask_of(step.dimension, step.value))
            return self.later.days, counts.sum(axis=0), tail.sum(axis=0)
        if len(days) < LEAST_EDGE_DAYS + TAIL_DAYS:
            return [], counts.sum(axis=0), np.zeros(counts.shape[1])
        cut = len(days) - TAIL_DAYS
        return days[cut:], counts[:cut].sum(axis=0), counts[cut:].sum(axis=0)


def _read_later(
    warehouse: Warehouse, filter_: AnalysisFilter, visits: VisitCounts
) -> VisitCounts | None:
    """Return the visits of the days after the asked ones, at most fourteen; None where there are
    none, or steps are missing."""
    open_end = replace(filter_, until=None)
    known = (find_last_whole_day(warehouse, "events", open_end) - visits.days[-1]).days
    if not filter_.until or known < 1:
        return None
    days = [visits.days[-1] + timedelta(days=n + 1) for n in range(min(known, CURRENT_DAYS))]
    later = read_visits(warehouse, count_sessions(build_sessions(warehouse, open_end, days)), days)
    return later if later.steps == visits.steps else None


def _load_visits(
    warehouse: Warehouse,
    came: ir.Table,
    days: list[date],
    result: AnalysisResult,
    table_cache: TableCache,
) -> VisitCounts | None:
    query = count_sessions(came)
    visits = read_visits(warehouse, query, days)
    if len(visits.steps) < 2:
        result.add_limit(
            "{source} says that people came, not what they did: without steps such as cart,"
            " checkout and purchase there is no path to purchase to show.",
            source=result.source.words(),
        )
        return None
    result.queries[VISITS_QUERY] = table_cache.defer(query)
    return visits


class _StepSizes:
    """The number of people at the reported steps, and which of these may be shown without giving
    small groups away."""

    def __init__(
        self, visitors: VisitorPopulation | None, steps: list[FunnelStep], floors: Floors
    ) -> None:
        self.steps, self._who, self._floors = steps, visitors, floors
        self._known: dict[tuple[str, bool], Population] = {}
        self._known_safe: dict[tuple[str, bool], set[DimensionValue]] = {}

    def size(self, step: FunnelStep) -> int:
        """Return how many people reached the step."""
        if step.at < 0 or self._who is None:
            return step.people or 0
        people = self._at(step.start, now=True)
        return people.count(people.which(_get_value(step)))

    def is_shown(self, step: FunnelStep) -> bool:
        """Tell whether enough people reached it now and before, and enough of them passed it and
        did not, in the segment and in all others of the dimension together."""
        if step.at < 0 or self._who is None:
            return not any(is_below_floor(n, self._floors.people) for n in step.list_people())
        value, windows = _get_value(step), (True, False) if step.of_before else (True,)
        return all(
            value in self._came(step.start, now=now)
            and value
            in (self._counted if step.end == "purchase" else self._came)(step.end, now=now)
            and value in self._left(step, now=now)
            for now in windows
        )

    def bought(self, step: FunnelStep) -> bool:
        """Tell whether enough people bought for their mean payment to be shown."""
        if self._who is None:
            return False
        people = self._who.select_at_step("purchase")
        return people.count(people.which(_get_value(step))) >= self._floors.sales

    def _at(self, step: str, *, now: bool) -> Population:
        assert self._who is not None
        if (step, now) not in self._known:
            self._known[step, now] = self._who.select_at_step(step, now=now)
        return self._known[step, now]

    def _visited(self, *, now: bool) -> set[DimensionValue]:
        """Return the segments with enough visitors at all; nothing is reported for others at any
        step."""
        wanted = [_get_value(value) for value in self.steps if value.at >= 0]
        return self._safe("", now, wanted, self._at("view", now=now), self._floors.people)

    def _counted(self, step: str, *, now: bool) -> set[DimensionValue]:
        """Return, of these, the segments whose number at a step may be shown in any form."""
        wanted = self._visited(now=now)
        return self._safe(step, now, wanted, self._at(step, now=now), self._floors.sales)

    def _came(self, step: str, *, now: bool) -> set[DimensionValue]:
        """Return, of these, the segments with enough people at a step for shares of them to be
        shown."""
        wanted = self._counted(step, now=now)
        return self._safe(f"{step} came", now, wanted, self._at(step, now=now), self._floors.people)

    def _left(self, step: FunnelStep, *, now: bool) -> set[DimensionValue]:
        """Return, of these, the segments whose number of people that did not pass a step may be
        shown."""
        assert self._who is not None
        wanted = self._counted(step.start, now=now)
        people = self._who.select_at_step(step.start, before=step.end, now=now)
        floor = self._floors.of("sales" if step.end == "purchase" else "people")
        return self._safe(f"{step.start} left", now, wanted, people, floor)

    def _safe(
        self, step: str, now: bool, wanted: Iterable[DimensionValue], people: Population, floor: int
    ) -> set[DimensionValue]:
        if (step, now) not in self._known_safe:
            mine = sorted(value for value in set(wanted) if value != WHOLE)
            self._known_safe[step, now] = people.find_publishable(mine, floor)
        return self._known_safe[step, now]


def _get_value(step: FunnelStep) -> DimensionValue:
    return step.dimension, step.value


def _compare_products(
    warehouse: Warehouse, filter_: AnalysisFilter, days: list[date], result: AnalysisResult | None
) -> list[FunnelStep]:
    """Compare the step from view to cart for each product, or page where events name no
    products."""
    query = build_product_views(warehouse, filter_, days)
    rows = {(row["thing"], bool(row["now"])): row for row in fetch_rows(warehouse, query)}
    if not any(row["carted"] for row in rows.values()):
        return []
    if result:
        result.queries[PRODUCTS_QUERY] = defer_sql(query)
    none = {"seen": 0, "carted": 0, "people": 0, "carters": 0}
    steps = []
    for thing in sorted({thing for thing, _ in rows}):
        now, before = rows.get((thing, True), none), rows.get((thing, False), none)
        steps.append(
            FunnelStep(
                "product",
                thing,
                "view",
                "cart",
                -1,
                of=float(now["seen"]),
                passed=float(now["carted"]),
                of_before=float(before["seen"]),
                passed_before=float(before["carted"]),
                people=int(now["people"]),
                people_before=int(before["people"]),
                people_passed=int(now["carters"]),
                people_passed_before=int(before["carters"]),
            )
        )
    return steps


def _add_steps(
    warehouse: Warehouse,
    result: AnalysisResult,
    path: _Path | None,
    sizes: _StepSizes,
    wholes: Collection[str],
) -> None:
    """Add the facts of the steps. The dimensions in `wholes` have what was asked for, told with its
    own cost though it follows a part of it."""
    money = list_currencies(warehouse, "orders")
    if len(money) > 1:
        result.add_limit(
            "Orders are in several currencies and visits don't say which, so the money lost"
            " can't be told: {currencies}.",
            currencies=", ".join(money),
        )
    titles = load_catalogue_titles(warehouse)
    for step in sorted(sizes.steps, key=lambda s: (s.status != "confirmed", s.p)):
        if not result.set_group_size(
            _format_subject(step), sizes.size(step), safe=sizes.is_shown(step)
        ):
            continue
        _add_step(result, step, titles.get(step.value, step.value))
        is_told = not step.through or step.dimension in wholes
        if path and step.at >= 0 and step.status == "confirmed" and is_told:
            known = len(money) == 1 and sizes.bought(step)
            _add_change(warehouse, result, path, step, money[0] if known else None)


def _add_step(result: AnalysisResult, step: FunnelStep, about: str) -> None:
    query = VISITS_QUERY if step.at >= 0 else PRODUCTS_QUERY
    add = partial(result.add, _format_subject(step), about=about, rows=round(step.of), query=query)
    first = result.as_of - timedelta(days=CURRENT_DAYS - 1)
    now = (first, result.as_of)
    earlier = (first - timedelta(days=PREVIOUS_DAYS), first - timedelta(days=1))
    add("status", step.status)
    add("rate", round_figure(100 * step.rate, 1), "%", days=now)
    add("visits", round_figure(step.of), "visits", days=now)
    add("passed", round_figure(step.passed), "visits", days=now)
    if step.of_before:
        before = round_figure(100 * step.before, 1)
        add("before", before, "%", rows=round(step.of_before), days=earlier)
        add("change", round_figure(100 * (step.rate - step.before), 1), "points")
        add("p", round_p(step.p))
    if step.through:
        add("through", step.through[1])


def _add_change(
    warehouse: Warehouse,
    result: AnalysisResult,
    path: _Path,
    step: FunnelStep,
    currency: str | None,
) -> None:
    """Add when a change began, and ended, and what a drop cost."""
    visits, spread = path.visits, path.spreads[step.at]
    mask = visits.mask_of(step.dimension, step.value)
    counts = visits.counts(mask)
    moved = path.count_moved(step)
    began = find_change_point(moved[:, step.at + 1], moved[:, step.at], spread)
    add = partial(result.add, _format_subject(step), about=step.value, query=VISITS_QUERY)
    if began:
        add("since", visits.days[began[0]])
        add("since-days", began[1], "days")
        came, passed = counts[began[0] :, [step.at, step.at + 1]].sum(axis=0)
        if came >= MIN_SESSIONS:
            known = {"rows": round(came), "days": (visits.days[began[0]], visits.days[-1])}
            add("rate-since", round_figure(100 * passed / came, 1), "%", **known)
        days, broken, tail = path.count_tail(step, began[0])
        pair, floor = tail[[step.at, step.at + 1]], warehouse.sales_floor
        earlier = counts[: began[0]].sum(axis=0)[[step.at, step.at + 1]]
        is_shown = pair[0] >= MIN_SESSIONS and min(pair[1], pair[0] - pair[1]) >= floor
        if is_shown and is_over(earlier, broken[[step.at, step.at + 1]], pair, spread):
            known = {"rows": round(pair[0]), "days": (days[0], days[-1])}
            add("rate-after", round_figure(100 * pair[1] / pair[0], 1), "%", **known)
    if points := _format_chart_points(counts, step.at, visits.days, 100 * step.before):
        add("points", points)
    if step.rate >= step.before:
        return
    start = began[0] if began else len(visits.days) - CURRENT_DAYS
    worth = _estimate_basket(warehouse, visits, mask, step) if currency else None
    cost = estimate_loss(counts, step.at, start, spread, worth)
    known = {
        "rows": round(counts[start:, step.at].sum()),
        "days": (visits.days[start], visits.days[-1]),
    }
    for name, value in zip(INTERVAL_SUFFIXES, cost.buyers, strict=True):
        add(f"lost-buyers{name}", round_figure(value), "orders", **known)
    for name, value in zip(INTERVAL_SUFFIXES, cost.money or (), strict=False):
        add(f"lost-money{name}", _round_estimate(value), currency, **known)


def _format_chart_points(counts: Numbers, at: int, days: list[date], before: float) -> str:
    """Return the seven-day rates up to the last day, as text for a chart: "2026-11-18: 37.2 % (58.0
    %); …", with the earlier rate in brackets; empty where a week has too few visits to be shown."""
    starts = range(len(days) % 7, len(days), 7)
    came = [counts[n : n + 7, at].sum() for n in starts]
    if min(came, default=0) < MIN_SESSIONS:
        return ""
    passed = [counts[n : n + 7, at + 1].sum() for n in starts]
    usual = round_half_up(before, 1)
    return "; ".join(
        f"{days[n].isoformat()}: {round_half_up(100 * part / whole, 1)} % ({usual} %)"
        for n, part, whole in zip(starts, passed, came, strict=True)
    )


def _estimate_basket(
    warehouse: Warehouse, visits: VisitCounts, mask: Numbers, step: FunnelStep
) -> BasketValue | None:
    """Estimate the mean basket from the segment's purchases; where visits have no amounts, from its
    orders of the same days."""
    selected = mask.astype(bool)
    sums = [part[selected].sum() for part in (visits.paid, visits.worth, visits.squares)]
    orders = warehouse.table("orders")
    if sums[0] or orders is None:
        return estimate_basket(*sums) if sums[0] >= warehouse.sales_floor else None
    orders = orders.filter(orders.at >= ibis.literal(visits.days[0]).cast("timestamp"))
    if step.dimension != "total":
        orders = orders.filter(orders[step.dimension] == step.value)
    whole = orders.group_by("order").aggregate(amount=orders.amount.sum())
    amount = whole.amount.cast("float64")
    row = fetch_rows(
        warehouse,
        whole.aggregate(paid=whole.count(), worth=amount.sum(), squares=(amount * amount).sum()),
    )[0]
    if row["paid"] < warehouse.sales_floor:
        return None
    return estimate_basket(float(row["paid"]), float(row["worth"] or 0), float(row["squares"] or 0))


def _format_subject(step: FunnelStep) -> str:
    return f"{step.dimension}-{slugify(step.value)}-{step.start}-to-{step.end}"


def _round_estimate(money: float) -> int:
    """Round an estimate to hundreds, or tens where it is small, because cents would suggest false
    precision."""
    return int(round_half_up(money, -2 if abs(money) >= 1000 else -1))
