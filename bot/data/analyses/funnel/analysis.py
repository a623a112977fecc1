"""Where visitors are lost on their way to the purchase, what changed and since when, as facts."""

from collections.abc import Iterable
from datetime import date
from math import floor, log10

import ibis
import ibis.expr.types as ir

from bot.core.facts import source_named
from bot.data.analyses.funnel.loss import Basket, basket, lost
from bot.data.analyses.funnel.overall import whole
from bot.data.analyses.funnel.steps import LEAST, Step, daily_spread, judged, steps
from bot.data.analyses.funnel.visits import (
    NOW,
    Visitors,
    Visits,
    by_product,
    counted,
    days_read,
    read,
    sessions,
    visitors,
)
from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import TOTAL as WHOLE
from bot.data.disclosure import Population, Value
from bot.data.floors import Floors, is_small
from bot.data.metrics.currency import currencies
from bot.data.metrics.filters import last_day
from bot.data.stats import Numbers, since
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

VISITS, PRODUCTS = "funnel.visits", "funnel.products"
ALWAYS = ("total", "device")  # told when nothing moved, too
NAMED = (*ALWAYS, "product")  # so is a product that is asked about by name
BOUNDS = ("", "-low", "-high")
LEAST_BEFORE = 14  # days before the fourteen now


def find(shelf: Shelf, where: Where) -> Findings:
    """The last fourteen whole days beside the fifty-six before. A subject is
    dimension-value-step-to-step: funnel.device-mobile-checkout-to-purchase.rate (%), before (%),
    change (points), visits, passed, p, status ("confirmed", "to watch", "follows", "steady"),
    through; of a confirmed one since (a day), since-days (±) and points (by seven days, for a
    chart); of a fall lost-buyers and lost-money, each with -low and -high. The total, the
    devices and a product asked for by name always, all others when they moved. And how many visits
    there were at all, and ended in an order: `bot.data.analyses.funnel.overall`."""
    if shelf.table("events") is None:
        found = Findings("funnel", "events", shelf.today)
        found.refuse(
            Words("The path to purchase needs visits, and there are none yet. Import events.")
        )
        return found
    found = Findings(
        "funnel", shelf.source("events"), last_day(shelf, "events", where), floors=shelf.floors
    )
    with Laid(shelf, "funnel") as laid:
        _find(shelf, where, found, laid)
    return found


def _find(shelf: Shelf, where: Where, found: Findings, laid: Laid) -> None:
    days = days_read(shelf, where)
    narrow = where.product or where.category or where.brand
    came = None if narrow else laid.down("visits", sessions(shelf, where, days))
    visits = None if came is None else _visits(shelf, came, days, found, laid)
    if visits is None and found.cannot:
        return
    if visits:
        whole(shelf, where, found, laid)
    who = visitors(shelf, came, days) if came is not None and visits else None
    asked = steps(visits) if visits else []
    products = _products(shelf, where, days, found)
    compared = visits is None or len(visits.days) >= NOW + LEAST_BEFORE
    if compared:  # apart: one fall seen from ten sides must not let products through by chance
        (asked, tested), (products, more) = judged(asked, visits), judged(products, None)
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
            query=VISITS if visits else PRODUCTS,
            rows=int(visits.counts()[:, 0].sum()) if visits else None,
        )
    else:
        found.refuse(
            Words("The visits go back less than four weeks, so what changed can't be told.")
        )
    ever = ALWAYS if not where.product else NAMED
    told = [
        step
        for step in asked + products
        if step.status != "steady" or (step.dimension in ever and step.of > 0)
    ]
    _tell_all(shelf, found, visits, _Sizes(who, told, shelf.floors))


def _visits(
    shelf: Shelf, came: ir.Table, days: list[date], found: Findings, laid: Laid
) -> Visits | None:
    query = counted(came)
    visits = read(shelf, query, days)
    if len(visits.steps) < 2:
        found.refuse(
            Words(
                "{source} says that people came, not what they did: without steps such as cart,"
                " checkout and purchase there is no path to purchase to show.",
                source=source_named(found.source),
            )
        )
        return None
    found.queries[VISITS] = laid.later(query)
    return visits


class _Sizes:
    """Who came to the steps that are to be told, and which of these give away nobody."""

    def __init__(self, who: Visitors | None, told: list[Step], floors: Floors) -> None:
        self.told, self._who, self._floors = told, who, floors
        self._known: dict[tuple[str, bool], Population] = {}
        self._known_safe: dict[tuple[str, bool], set[Value]] = {}

    def size(self, step: Step) -> int:
        """How many people came to it."""
        if step.at < 0 or self._who is None:
            return step.people or 0
        people = self._at(step.start, now=True)
        return people.count(people.which(_value(step)))

    def is_told(self, step: Step) -> bool:
        """Whether as many as it takes came to it, now and before, and passed, in the segment and in
        all the others of the same dimension."""
        floors = self._floors
        if step.at < 0 or self._who is None:
            came = (step.people, step.people_before)
            few = any(is_small(n, floors.people) for n in came)
            return not few and not is_small(step.people_passed, floors.sales)
        value, windows = _value(step), (True, False) if step.of_before else (True,)
        return all(
            value in self._came(step.start, now=now) and value in self._counted(step.end, now=now)
            for now in windows
        )

    def bought(self, step: Step) -> bool:
        """Whether enough bought for the mean of what they paid to be told."""
        if self._who is None:
            return False
        people = self._who.at("purchase")
        return people.count(people.which(_value(step))) >= self._floors.sales

    def _at(self, step: str, *, now: bool) -> Population:
        assert self._who is not None
        if (step, now) not in self._known:
            self._known[step, now] = self._who.at(step, now=now)
        return self._known[step, now]

    def _visited(self, *, now: bool) -> set[Value]:
        """The segments that enough people came in at all: of others nothing is told, at no step."""
        wanted = [_value(one) for one in self.told if one.at >= 0]
        return self._safe("", now, wanted, self._at("view", now=now), self._floors.people)

    def _counted(self, step: str, *, now: bool) -> set[Value]:
        """Of these, the segments whose number at a step may be told, however it is told."""
        wanted = self._visited(now=now)
        return self._safe(step, now, wanted, self._at(step, now=now), self._floors.sales)

    def _came(self, step: str, *, now: bool) -> set[Value]:
        """Of these, the segments of which enough came to a step for shares of them to be told."""
        wanted = self._counted(step, now=now)
        return self._safe(f"{step} came", now, wanted, self._at(step, now=now), self._floors.people)

    def _safe(
        self, step: str, now: bool, wanted: Iterable[Value], people: Population, floor: int
    ) -> set[Value]:
        if (step, now) not in self._known_safe:
            mine = sorted(value for value in set(wanted) if value != WHOLE)
            self._known_safe[step, now] = people.told(mine, floor)
        return self._known_safe[step, now]


def _value(step: Step) -> Value:
    return step.dimension, step.value


def _products(shelf: Shelf, where: Where, days: list[date], found: Findings) -> list[Step]:
    """The step from view to cart of each product, or page where there are no products."""
    query = by_product(shelf, where, days)
    counts: dict[str, dict[bool, tuple[float, float]]] = {}
    people: dict[str, dict[bool, tuple[int, int]]] = {}
    for row in rows_of(shelf, query):
        pair = (float(row["seen"]), float(row["carted"]))
        counts.setdefault(row["thing"], {})[bool(row["now"])] = pair
        who = (int(row["people"]), int(row["carters"]))
        people.setdefault(row["thing"], {})[bool(row["now"])] = who
    if not any(pair[1] for both in counts.values() for pair in both.values()):
        return []
    found.queries[PRODUCTS] = sql_later(query)
    none = (0.0, 0.0)
    return [
        Step(
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


def _tell_all(
    shelf: Shelf,
    found: Findings,
    visits: Visits | None,
    sizes: _Sizes,
) -> None:
    money = currencies(shelf, "orders")
    if len(money) > 1:
        found.refuse(
            Words(
                "Orders are in several currencies and visits don't say which, so the money lost"
                " can't be told: {currencies}.",
                currencies=", ".join(money),
            )
        )
    titles = _titles(shelf)
    for step in sorted(sizes.told, key=lambda s: (s.status != "confirmed", s.p)):
        if not found.group(_subject(step), sizes.size(step), told=sizes.is_told(step)):
            continue
        _one(found, step, titles.get(step.value, step.value))
        if visits and step.at >= 0 and step.status == "confirmed":
            known = len(money) == 1 and sizes.bought(step)
            _changed(shelf, found, visits, step, money[0] if known else None)


def _one(found: Findings, step: Step, about: str) -> None:
    subject, query = _subject(step), VISITS if step.at >= 0 else PRODUCTS

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


def _changed(
    shelf: Shelf, found: Findings, visits: Visits, step: Step, currency: str | None
) -> None:
    """Since when, and what a fall cost; not twice where it follows another."""
    mask = visits.which(step.dimension, step.value)
    counts = visits.counts(mask)
    spread = daily_spread(visits, step.at)
    began = since(counts[:, step.at + 1], counts[:, step.at], spread)
    subject = _subject(step)

    def add(
        measure: str,
        value: float | int | str | date,
        unit: str | None = None,
        rows: int | None = None,
    ) -> None:
        found.add(subject, measure, value, unit=unit, about=step.value, rows=rows, query=VISITS)

    if began:
        add("since", visits.days[began[0]])
        add("since-days", began[1], "days")
    if points := _points(counts, step.at, visits.days, 100 * step.before):
        add("points", points)
    if step.rate >= step.before or step.through:
        return
    start = began[0] if began else len(visits.days) - NOW
    worth = _basket(shelf, visits, mask, step) if currency else None
    cost = lost(counts, step.at, start, spread, worth)
    rows = round(counts[start:, step.at].sum())
    for name, value in zip(BOUNDS, cost.buyers, strict=True):
        add(f"lost-buyers{name}", round(value), "orders", rows)
    for name, value in zip(BOUNDS, cost.money or (), strict=False):
        add(f"lost-money{name}", _about(value), currency, rows)


def _places(bounds: tuple[float, float, float]) -> int:
    """How many places an estimate is told to: two digits of its interval's half, at most cents."""
    half = (bounds[2] - bounds[1]) / 2
    return min(2, 1 - floor(log10(half))) if half > 0 else 2


def _points(counts: Numbers, at: int, days: list[date], before: float) -> str:
    """The share that passed in each seven days, ending with the last, in one text for a chart:
    "2026-11-18: 37.2 % (58.0 %); …", in brackets what it was before; empty where a week has too
    few to be shown."""
    starts = range(len(days) % 7, len(days), 7)
    came = [counts[n : n + 7, at].sum() for n in starts]
    if min(came, default=0) < LEAST:
        return ""
    passed = [counts[n : n + 7, at + 1].sum() for n in starts]
    return "; ".join(
        f"{days[n].isoformat()}: {100 * part / whole:.1f} % ({before:.1f} %)"
        for n, part, whole in zip(starts, passed, came, strict=True)
    )


def _basket(shelf: Shelf, visits: Visits, mask: Numbers, step: Step) -> Basket | None:
    """Of the segment's purchases; where visits have no amounts, of its orders in the same days."""
    kept = mask.astype(bool)
    sums = [part[kept].sum() for part in (visits.paid, visits.worth, visits.squares)]
    orders = shelf.table("orders")
    if sums[0] or orders is None:
        return basket(*sums) if sums[0] >= shelf.sales_floor else None
    orders = orders.filter(orders.at >= ibis.literal(visits.days[0]).cast("timestamp"))
    if step.dimension != "total":
        orders = orders.filter(orders[step.dimension] == step.value)
    whole = orders.group_by("order").aggregate(amount=orders.amount.sum())
    amount = whole.amount.cast("float64")
    row = rows_of(
        shelf,
        whole.aggregate(paid=whole.count(), worth=amount.sum(), squares=(amount * amount).sum()),
    )[0]
    if row["paid"] < shelf.sales_floor:
        return None
    return basket(float(row["paid"]), float(row["worth"] or 0), float(row["squares"] or 0))


def _subject(step: Step) -> str:
    return f"{step.dimension}-{slug(step.value)}-{step.start}-to-{step.end}"


def _titles(shelf: Shelf) -> dict[str, str]:
    if shelf.products is None:
        return {}
    named = rows_of(shelf, shelf.products.select("product", "title"))
    return {row["product"]: row["title"] for row in named if row["title"]}


def _about(money: float) -> int:
    """An estimate in hundreds, or tens where it is small: cents would claim to know them."""
    return int(round(money, -2 if abs(money) >= 1000 else -1))
