"""The way to purchase as counts: sessions that reached each step, by day, device, source, country.

One pass over the events: each session's deepest step, then counts. A session counts once per
step, and whoever reached a step has passed those before it, in whatever order the events came.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import Where
from bot.data.disclosure import Population
from bot.data.metrics.filters import last_day, narrowed
from bot.data.stats import Numbers
from bot.data.warehouse.query import arrow_of, person_of, rows_of
from bot.data.warehouse.warehouse import Shelf

STEPS = ("view", "cart", "checkout", "purchase")
BY = ("device", "source", "country")
NOW, BEFORE = 14, 56  # days


@dataclass(frozen=True)
class Visits:
    """`cells` has one row a (day, device, source, country): `of` their keys, `reached` how many
    sessions reached each of `steps`, `worth` and `squares` of the purchases' amounts, `paid` how
    many purchases have one."""

    days: list[date]
    steps: tuple[str, ...]
    of: list[dict[str, Any]]
    day: Numbers
    reached: Numbers  # cells × steps
    paid: Numbers
    worth: Numbers
    squares: Numbers

    def counts(self, rows: Numbers | None = None) -> Numbers:
        """Days × steps, of some cells (a mask) or all."""
        out = np.zeros((len(self.days), len(self.steps)))
        kept = np.ones(len(self.day), dtype=bool) if rows is None else rows.astype(bool)
        np.add.at(out, self.day[kept].astype(int), self.reached[kept])
        return out

    def which(self, dimension: str, value: str) -> Numbers:
        """The cells of one segment, as a mask; ("total", …) is all of them."""
        if dimension == "total":
            return np.ones(len(self.of))
        return np.array([float(of[dimension] == value) for of in self.of])

    def values(self, dimension: str) -> list[str]:
        return sorted({of[dimension] for of in self.of if of[dimension] is not None})


def days_read(shelf: Shelf, where: Where) -> list[date]:
    """The whole days looked at, the last 70 at most: 14 now and 56 before."""
    last = last_day(shelf, "events", where)
    return [last - timedelta(days=back) for back in range(NOW + BEFORE - 1, -1, -1)]


def cells(shelf: Shelf, where: Where, days: list[date]) -> ir.Table:
    """day, device, source, country, depth (1 view … 4 purchase): sessions, paid, worth, squares."""
    return counted(sessions(shelf, where, days))


def sessions(shelf: Shelf, where: Where, days: list[date]) -> ir.Table:
    """One row a session: day, device, source, country, depth, amount of the purchase, person (the
    visitor; the session where none is known)."""
    events = _in(narrowed(shelf, "events", where), days)
    bought = events.step == "purchase"
    found = events.group_by("session").aggregate(
        day=events.at.min().date(),
        device=events.device.max(),
        source=events.source.max(),
        country=events.country.max(),
        depth=_depth(events).max(),
        amount=events.amount.max(where=bought),
        visitor=person_of(shelf, events.visitor).max(where=events.visitor.notnull()),
    )
    person = ibis.coalesce(found.visitor, person_of(shelf, found.session))
    return found.mutate(person=person).drop("visitor", "session")


def counted(sessions: ir.Table) -> ir.Table:
    """The sessions by day, device, source, country and depth."""
    amount = sessions.amount.cast("float64")
    return sessions.group_by("day", "device", "source", "country", "depth").aggregate(
        sessions=sessions.count(),
        paid=sessions.amount.count(),
        worth=sessions.amount.sum(),
        squares=(amount * amount).sum(),
    )


@dataclass(frozen=True)
class Visitors:
    """Who came: one element a visitor, device, source, country, deepest step, and whether it was in
    the days `now`."""

    population: Population

    def at(self, step: str, *, now: bool | None = None) -> Population:
        """Those who reached a step."""
        deep = [str(n) for n in range(STEPS.index(step) + 1, len(STEPS) + 1)]
        kept = self.population.any_of("depth", deep)
        if now is not None:
            kept &= self.population.which(("now", "now" if now else "before"))
        return self.population.only(kept, BY)


def visitors(shelf: Shelf, sessions: ir.Table, days: list[date]) -> Visitors:
    now = sessions.day >= ibis.literal(days[max(0, len(days) - NOW)])
    asked = sessions.select(
        *BY,
        person=person_of(shelf, sessions.person),
        depth=sessions.depth.cast("string"),
        now=now.ifelse("now", "before"),
    )
    return Visitors(Population.of(arrow_of(shelf, asked.distinct()), "person"))


def by_product(shelf: Shelf, where: Where, days: list[date]) -> ir.Table:
    """product (or page, where the events know no products), now: sessions that saw it, and put it
    into the cart, and of how many people. The later steps are about whole carts."""
    events = _in(narrowed(shelf, "events", where), days)
    named = events.mutate(thing=ibis.coalesce(events.product, events.page))
    seen = named.filter(named.step.isin(("view", "cart")), named.thing.notnull())
    now = seen.at >= ibis.literal(days[-NOW]).cast("timestamp")
    person = person_of(shelf, ibis.coalesce(seen.visitor, seen.session))
    pairs = seen.group_by("session", "thing", now=now).aggregate(
        depth=_depth(seen).max(), person=person.max()
    )
    return pairs.group_by("thing", "now").aggregate(
        seen=pairs.count(),
        carted=(pairs.depth == 2).sum(),
        people=pairs.person.nunique(),
        carters=pairs.person.nunique(where=pairs.depth == 2),
    )


def arranged(rows: list[dict[str, Any]], days: list[date]) -> Visits:
    """The rows of `cells` by day. Steps that nobody ended at are not in the data."""
    deep = {int(row["depth"]) for row in rows}
    steps = [n for n in range(1, len(STEPS) + 1) if n in deep]
    place = {day: at for at, day in enumerate(days)}
    inside = [row for row in rows if row["day"] in place and row["depth"] > 0]
    depth = np.array([row["depth"] for row in inside], dtype=float)
    sessions = np.array([row["sessions"] for row in inside], dtype=float)
    levels = np.array(steps, dtype=float)
    return Visits(
        days=days,
        steps=tuple(STEPS[n - 1] for n in steps if n > 0),
        of=[{name: row[name] for name in BY} for row in inside],
        day=np.array([place[row["day"]] for row in inside], dtype=float),
        reached=(depth[:, None] >= levels[None, :]) * sessions[:, None],
        paid=np.array([row["paid"] for row in inside], dtype=float),
        worth=np.array([float(row["worth"] or 0) for row in inside]),
        squares=np.array([float(row["squares"] or 0) for row in inside]),
    )


def read(shelf: Shelf, query: ir.Table, days: list[date]) -> Visits:
    visits = arranged(rows_of(shelf, query), days)
    with_traffic = [at for at in range(len(days)) if visits.counts()[at].sum() > 0]
    if not with_traffic:
        return visits
    first = with_traffic[0]  # the data may begin later than the days looked at
    return Visits(
        days=days[first:],
        steps=visits.steps,
        of=visits.of,
        day=visits.day - first,
        reached=visits.reached,
        paid=visits.paid,
        worth=visits.worth,
        squares=visits.squares,
    )


def _in(events: ir.Table, days: list[date]) -> ir.Table:
    return events.filter(
        events.at >= ibis.literal(days[0]).cast("timestamp"),
        events.at < ibis.literal(days[-1] + timedelta(days=1)).cast("timestamp"),
    )


def _depth(events: ir.Table) -> ir.IntegerValue:
    whens = [(events.step == step, n) for n, step in enumerate(STEPS, 1)]
    return ibis.cases(*whens, else_=0)
