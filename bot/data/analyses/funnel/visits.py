"""Count the sessions that reached each funnel step, by day, device, source and country.

One pass over the events takes each session's deepest step and counts it. A session counts once per
step, and one that reached a step counts as having passed those before it, in whatever order the
events came."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter
from bot.data.disclosure import Population
from bot.data.metrics.filters import filter_rows, find_last_whole_day
from bot.data.stats import Numbers
from bot.data.warehouse.query import fetch_arrow, fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse

FUNNEL_STEPS = ("view", "cart", "checkout", "purchase")
VISIT_DIMENSIONS = ("device", "source", "country")
CURRENT_DAYS, PREVIOUS_DAYS = 14, 56  # in days


@dataclass(frozen=True)
class VisitCounts:
    """`cells` has one row per (day, device, source, country): `of` are their keys, `reached` counts
    the sessions that reached each of `steps`, `worth` and `squares` are sums over the purchases'
    amounts, `paid` counts the purchases that have one."""

    days: list[date]
    steps: tuple[str, ...]
    of: list[dict[str, Any]]
    day: Numbers
    reached: Numbers  # cells × steps
    paid: Numbers
    worth: Numbers
    squares: Numbers

    def counts(self, rows: Numbers | None = None) -> Numbers:
        """Return days × steps, over the masked cells or all."""
        out = np.zeros((len(self.days), len(self.steps)))
        selected = np.ones(len(self.day), dtype=bool) if rows is None else rows.astype(bool)
        np.add.at(out, self.day[selected].astype(int), self.reached[selected])
        return out

    def mask_of(self, dimension: str, value: str) -> Numbers:
        """Return a mask of the cells of one segment; ("total", …) selects all."""
        if dimension == "total":
            return np.ones(len(self.of))
        return np.array([float(of[dimension] == value) for of in self.of])

    def values(self, dimension: str) -> list[str]:
        return sorted({of[dimension] for of in self.of if of[dimension] is not None})


def list_days(warehouse: Warehouse, filter_: AnalysisFilter) -> list[date]:
    """Return the analysed whole days, at most 70: the current 14 and the 56 before."""
    last = find_last_whole_day(warehouse, "events", filter_)
    return [last - timedelta(days=back) for back in range(CURRENT_DAYS + PREVIOUS_DAYS - 1, -1, -1)]


def build_cells(warehouse: Warehouse, filter_: AnalysisFilter, days: list[date]) -> ir.Table:
    """Build day, device, source, country and depth (1 view … 4 purchase), with sessions, paid,
    worth and squares."""
    return count_sessions(build_sessions(warehouse, filter_, days))


def build_sessions(warehouse: Warehouse, filter_: AnalysisFilter, days: list[date]) -> ir.Table:
    """Build one row per session: day, device, source, country, depth, amount of the purchase, and
    person (the visitor; the session where none is known)."""
    events = _filter_days(filter_rows(warehouse, "events", filter_), days)
    lines = events.step == "purchase"
    sessions = events.group_by("session").aggregate(
        day=events.at.min().date(),
        device=events.device.max(),
        source=events.source.max(),
        country=events.country.max(),
        depth=_compute_depth(events).max(),
        amount=events.amount.max(where=lines),
        visitor=person_column(warehouse, events.visitor).max(where=events.visitor.notnull()),
    )
    person = ibis.coalesce(sessions.visitor, person_column(warehouse, sessions.session))
    return sessions.mutate(person=person).drop("visitor", "session")


def count_sessions(sessions: ir.Table) -> ir.Table:
    """Count sessions by day, device, source, country and depth."""
    amount = sessions.amount.cast("float64")
    return sessions.group_by("day", "device", "source", "country", "depth").aggregate(
        sessions=sessions.count(),
        paid=sessions.amount.count(),
        worth=sessions.amount.sum(),
        squares=(amount * amount).sum(),
    )


@dataclass(frozen=True)
class VisitorPopulation:
    """The visitors, one element each: device, source, country, deepest step, and whether it was in
    the current days (`now`)."""

    population: Population

    def select_at_step(
        self, step: str, *, before: str | None = None, now: bool | None = None
    ) -> Population:
        """Return those who reached a step; with `before`, in a visit that ended before that
        one."""
        last = len(FUNNEL_STEPS) if before is None else FUNNEL_STEPS.index(before)
        deep = [str(n) for n in range(FUNNEL_STEPS.index(step) + 1, last + 1)]
        reached = self.population.any_of("depth", deep)
        if now is not None:
            reached &= self.population.which(("now", "now" if now else "before"))
        return self.population.only(reached, VISIT_DIMENSIONS)


def load_visitors(warehouse: Warehouse, sessions: ir.Table, days: list[date]) -> VisitorPopulation:
    now = sessions.day >= ibis.literal(days[max(0, len(days) - CURRENT_DAYS)])
    query = sessions.select(
        *VISIT_DIMENSIONS,
        person=person_column(warehouse, sessions.person),
        depth=sessions.depth.cast("string"),
        now=now.ifelse("now", "before"),
    )
    return VisitorPopulation(Population.of(fetch_arrow(warehouse, query.distinct()), "person"))


def build_product_views(
    warehouse: Warehouse, filter_: AnalysisFilter, days: list[date]
) -> ir.Table:
    """Build product (or page, where events name no products) and now, with the sessions that viewed
    it and put it into the cart, and their people. Later steps refer to whole carts."""
    events = _filter_days(filter_rows(warehouse, "events", filter_), days)
    named = events.mutate(thing=ibis.coalesce(events.product, events.page))
    seen = named.filter(named.step.isin(("view", "cart")), named.thing.notnull())
    now = seen.at >= ibis.literal(days[-CURRENT_DAYS]).cast("timestamp")
    person = person_column(warehouse, ibis.coalesce(seen.visitor, seen.session))
    pairs = seen.group_by("session", "thing", now=now).aggregate(
        depth=_compute_depth(seen).max(), person=person.max()
    )
    return pairs.group_by("thing", "now").aggregate(
        seen=pairs.count(),
        carted=(pairs.depth == 2).sum(),
        people=pairs.person.nunique(),
        carters=pairs.person.nunique(where=pairs.depth == 2),
    )


def arrange_visits(rows: list[dict[str, Any]], days: list[date]) -> VisitCounts:
    """Arrange the rows of `build_cells` by day. Steps at which no session ended are not in the
    data."""
    deep = {int(row["depth"]) for row in rows}
    steps = [n for n in range(1, len(FUNNEL_STEPS) + 1) if n in deep]
    place = {day: at for at, day in enumerate(days)}
    inside = [row for row in rows if row["day"] in place and row["depth"] > 0]
    depth = np.array([row["depth"] for row in inside], dtype=float)
    sessions = np.array([row["sessions"] for row in inside], dtype=float)
    levels = np.array(steps, dtype=float)
    return VisitCounts(
        days=days,
        steps=tuple(FUNNEL_STEPS[n - 1] for n in steps if n > 0),
        of=[{name: row[name] for name in VISIT_DIMENSIONS} for row in inside],
        day=np.array([place[row["day"]] for row in inside], dtype=float),
        reached=(depth[:, None] >= levels[None, :]) * sessions[:, None],
        paid=np.array([row["paid"] for row in inside], dtype=float),
        worth=np.array([float(row["worth"] or 0) for row in inside]),
        squares=np.array([float(row["squares"] or 0) for row in inside]),
    )


def read_visits(warehouse: Warehouse, query: ir.Table, days: list[date]) -> VisitCounts:
    visits = arrange_visits(fetch_rows(warehouse, query), days)
    with_traffic = [at for at in range(len(days)) if visits.counts()[at].sum() > 0]
    if not with_traffic:
        return visits
    first = with_traffic[0]  # the data may begin later than the analysed days
    return replace(visits, days=days[first:], day=visits.day - first)


def _filter_days(events: ir.Table, days: list[date]) -> ir.Table:
    return events.filter(
        events.at >= ibis.literal(days[0]).cast("timestamp"),
        events.at < ibis.literal(days[-1] + timedelta(days=1)).cast("timestamp"),
    )


def _compute_depth(events: ir.Table) -> ir.IntegerValue:
    whens = [(events.step == step, n) for n, step in enumerate(FUNNEL_STEPS, 1)]
    return ibis.cases(*whens, else_=0)
