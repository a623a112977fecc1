"""Parcels that come late, by region: where, how many, since when.

What a late parcel is: `bot.data.analyses.late_parcels`. Each region is held against the others by
Fisher's
exact test, Benjamini and Hochberg over all. Single regions are small, so they are also read
together, in two groups: `bot.data.stats`. The late regions of that are no yardstick for
the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.core.facts import source_named
from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import TOTAL, Mask, Population
from bot.data.floors import Floors, is_small
from bot.data.metrics.currency import currencies
from bot.data.metrics.filters import last_day, narrowed
from bot.data.stats import Numbers, false_discovery, fisher, since, two_groups, two_shares
from bot.data.warehouse.purchases import CANCELLED
from bot.data.warehouse.query import arrow_of, person_of, rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

# Parcels by day and region: how many were due, how many came late, and what those were worth.

NOW, BEFORE = 56, 309  # days of orders: eight weeks, and what is left of a year


@dataclass(frozen=True)
class Parcels:
    """Days × regions: parcels due, late ones, and what the late ones were worth."""

    days: list[date]
    regions: list[str]  # "" is unknown
    due: Numbers
    late: Numbers
    worth: Numbers

    def now(self) -> tuple[Numbers, Numbers]:
        return self.late[-NOW:].sum(axis=0), self.due[-NOW:].sum(axis=0)

    def before(self) -> tuple[Numbers, Numbers]:
        return self.late[:-NOW].sum(axis=0), self.due[:-NOW].sum(axis=0)


def parcels(shelf: Shelf, where: Where, last: date) -> ir.Table:
    """day (of the order), region: parcels that were due by `last`, late ones, what these were
    worth, came."""
    whole = _due(shelf, where, last)
    return whole.group_by("day", "region").aggregate(
        due=whole.count(),
        late=whole.late.sum(),
        came=(whole.missing == 0).sum(),
        worth=whole.late.ifelse(whole.amount, 0).cast("decimal(18, 2)").sum(),
    )


def receivers(shelf: Shelf, where: Where, last: date) -> tuple[Population, Population]:
    """Who was to get the parcels of the last weeks, by region and by whether these were late; and
    those of the days before. Orders, where no customer is known."""
    whole = _due(shelf, where, last)
    now = whole.day > ibis.literal(last - timedelta(days=NOW))
    person = person_of(shelf, whole.person)
    asked = whole.select(
        "region", person=person, late=whole.late.ifelse("late", "in time"), now=now
    )
    table = arrow_of(shelf, asked.distinct())
    return (
        Population.of(table.filter(table["now"]).drop_columns("now"), "person"),
        Population.of(_others(table).drop_columns("now"), "person"),
    )


def _others(table: Any) -> Any:
    import pyarrow.compute as pc

    return table.filter(pc.invert(table["now"]))


def _due(shelf: Shelf, where: Where, last: date) -> ir.Table:
    """One row an order whose parcel was due: day, region ("" is unknown), person, late, missing,
    amount."""
    table = narrowed(shelf, "orders", where)
    first = last - timedelta(days=NOW + BEFORE - 1)
    table = table.filter(
        table.at >= ibis.literal(first).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(CANCELLED),
        table.promised.notnull(),
        table.amount >= 0,
    )
    whole = table.group_by("order").aggregate(
        day=table.at.min().date(),
        region=table.region.max(),
        promised=table.promised.max(),
        delivered=table.delivered.max(),
        missing=table.count() - table.delivered.count(),
        amount=table.amount.sum(),
        customer=table.customer.max(),
    )
    whole = whole.filter(whole.promised < ibis.literal(last))
    late = (whole.missing > 0) | (whole.delivered > whole.promised)
    return whole.mutate(
        region=whole.region.fill_null(""),
        late=late.fill_null(True),
        person=ibis.coalesce(whole.customer, whole["order"]),
    )


def arranged(rows: list[dict[str, Any]], last: date) -> Parcels | None:
    """The rows as days × regions; None when nothing ever came, or nothing was due lately."""
    if not sum(row["came"] for row in rows):
        return None
    days = [last - timedelta(days=back) for back in range(NOW + BEFORE - 1, -1, -1)]
    place = {day: at for at, day in enumerate(days)}
    regions = sorted({row["region"] for row in rows})
    due, late, worth = (np.zeros((len(days), len(regions))) for _ in range(3))
    for row in rows:
        if (at := place.get(row["day"])) is not None:
            due[at, regions.index(row["region"])] += row["due"]
            late[at, regions.index(row["region"])] += row["late"]
            worth[at, regions.index(row["region"])] += float(row["worth"] or 0)
    return Parcels(days, regions, due, late, worth) if due[-NOW:].sum() else None


CONFIRMED, WATCHED = 0.10, 0.05
SURE = 0.01  # p of all parcels against those before: one test
SURELY = 0.8  # that a region is a late one, to be named
QUERY = "delivery.parcels"
LATE = ("late-regions", "all")  # as a value of the receivers


def find(shelf: Shelf, where: Where) -> Findings:
    """delivery.all: late, before (%), parcels, p, verdict; delivery.region-<region>: status, late,
    rest, before, p, late-worth of regions that differ; delivery.late-regions: regions, late, rest,
    parcels, late-parcels, late-worth (what these orders were worth), since, since-days, when the
    regions fall into two groups."""
    if shelf.table("orders") is None:
        found = Findings("delivery", "orders", shelf.today)
        found.refuse(Words("Late parcels need orders with the day promised and the day they came."))
        return found
    day = last_day(shelf, "orders", where)
    found = Findings("delivery", shelf.source("orders"), day, floors=shelf.floors)
    query = parcels(shelf, where, day)
    rows = rows_of(shelf, query)
    told = arranged(rows, day)
    if told is None:
        found.refuse(_why_none(shelf, source_named(found.source), due=bool(rows)))
        return found
    found.queries[QUERY] = sql_later(query)
    now, before = receivers(shelf, where, day)
    for subject in ("all", "tested"):
        found.group(subject, now.count(now.which(TOTAL)))
    _everything(found, told)
    late, due = told.now()
    groups = two_groups(late, due) if (due > 0).sum() > 2 else None
    money = currencies(shelf, "orders")
    currency = money[0] if len(money) == 1 else None
    surely = _late_regions(told, groups) if groups else None
    if surely is not None:
        now.mark(LATE, now.any_of("region", _named(told, surely)))
        before.mark(LATE, before.any_of("region", _named(told, surely)))
    _regions(found, told, _Told(now, before, shelf.floors), _usual(due, groups), currency)
    if groups and surely is not None:
        _together(found, told, now, groups, surely, currency)
    return found


@dataclass(frozen=True)
class _Told:
    """Who the parcels are for, now and before, and the regions that may be told of."""

    now: Population
    before: Population
    floors: Floors

    def regions(self, names: Sequence[str]) -> tuple[set[str], set[str]]:
        """Those of the last weeks, and those of the days before."""
        wanted = [("region", name) for name in names]
        return tuple(  # type: ignore[return-value]
            {
                value
                for dimension, value in people.told(wanted, self.floors.people)
                if dimension == "region"
            }
            for people in (self.now, self.before)
        )

    def size(self, name: str) -> int:
        return self.now.count(self.now.which(("region", name)))

    def late_worth(self, name: str) -> bool:
        """Whether so many had a late one that what these were worth may be told."""
        late = self.now.which(("region", name)) & self.now.which(("late", "late"))
        return not is_small(self.now.count(late), self.floors.sales)


def _late_regions(told: Parcels, groups: tuple[float, float, Numbers]) -> Mask:
    """Which regions are surely of the late ones."""
    named = np.array([bool(name) for name in told.regions])
    return np.asarray((groups[2] > SURELY) & named)


def _named(told: Parcels, inside: Mask) -> list[str]:
    return [name for name, one in zip(told.regions, inside, strict=True) if one]


def _why_none(shelf: Shelf, source: str | Words, *, due: bool) -> Words:
    """Why there are no parcels to tell of: no days are known, or no promised one is over."""
    orders = shelf.table("orders")
    assert orders is not None
    promised = orders.filter(orders.promised.notnull()).select("promised")
    if not due and rows_of(shelf, promised.limit(1)):
        return Words(
            "In {source} the day promised is over for none of the parcels of these weeks, "
            "so late ones can't be told yet.",
            source=source,
        )
    return Words(
        "{source} does not say when parcels were promised and when they came, so late ones"
        " can't be told.",
        source=source,
    )


def _everything(found: Findings, told: Parcels) -> None:
    (late, due), (late_before, due_before) = told.now(), told.before()

    def add(measure: str, value: float | str, unit: str | None, rows: Any) -> None:
        found.add("all", measure, value, unit=unit, about="parcels", rows=round(rows), query=QUERY)

    add("late", _percent(late.sum(), due.sum()), "%", due.sum())
    add("parcels", round(due.sum()), "parcels", due.sum())
    if due_before.sum():
        a, b, c, d = (np.array([n.sum()]) for n in (late, due, late_before, due_before))
        p = float(two_shares(a, b, c, d, np.ones(1))[0])
        add("before", _percent(late_before.sum(), due_before.sum()), "%", due_before.sum())
        add("p", max(round(p, 4), 0.0001), None, due.sum())
        worse = p <= SURE and late.sum() / due.sum() > late_before.sum() / due_before.sum()
        add("verdict", "confirmed" if worse else "steady", None, due.sum())


def _regions(
    found: Findings, told: Parcels, people: _Told, usual: Numbers, currency: str | None
) -> None:
    """The regions that differ from the usual ones (a mask)."""
    (late, due), (late_before, due_before) = told.now(), told.before()
    floors = people.floors
    asked = [
        at
        for at, name in enumerate(told.regions)
        if name and due[at] >= floors.people and people.size(name) >= floors.people
    ]
    found.add("tested", "regions", len(asked), about="regions", rows=int(due.sum()), query=QUERY)
    late_usual, due_usual = (late * usual).sum(), (due * usual).sum()
    rest = [(late_usual - late[at] * usual[at], due_usual - due[at] * usual[at]) for at in asked]
    p = np.array(
        [_chance(late[at], due[at], *others) for at, others in zip(asked, rest, strict=True)]
    )
    q = false_discovery(p)
    status_of = {
        int(n): "confirmed" if q[n] <= CONFIRMED else "to watch"
        for n in np.argsort(p, kind="stable")
        if q[n] <= CONFIRMED or p[n] < WATCHED
    }
    safe, safe_before = people.regions([told.regions[asked[n]] for n in status_of])
    for n, status in status_of.items():
        at, name = asked[n], told.regions[asked[n]]
        few = is_small(float(late[at]), floors.sales)
        size = people.size(name)
        if not found.group(f"region-{slug(name)}", size, told=name in safe and not few):
            continue
        measures: dict[str, tuple[float | str, str | None]] = {
            "status": (status, None),
            "late": (_percent(late[at], due[at]), "%"),
            "rest": (_percent(*rest[n]), "%"),
            "p": (max(round(float(p[n]), 4), 0.0001), None),
        }
        if currency and people.late_worth(name):
            measures["late-worth"] = (round(float(told.worth[-NOW:, at].sum())), currency)
        if due_before[at] >= floors.people and name in safe_before:
            measures["before"] = (_percent(late_before[at], due_before[at]), "%")
        for measure, (value, unit) in measures.items():
            rows = round(due_before[at] if measure == "before" else due[at])
            found.add(
                f"region-{slug(name)}",
                measure,
                value,
                unit=unit,
                about=name,
                rows=rows,
                query=QUERY,
            )


def _usual(due: Numbers, groups: tuple[float, float, Numbers] | None) -> Numbers:
    return np.ones(len(due)) if groups is None else (groups[2] <= 0.5).astype(float)


def _chance(late: float, due: float, others_late: float, others: float) -> float:
    return fisher(late, due, others_late, others)


def _together(
    found: Findings,
    told: Parcels,
    people: Population,
    groups: tuple[float, float, Numbers],
    inside: Mask,
    currency: str | None,
) -> None:
    assert found.floors is not None
    due = told.now()[1]
    high, low, _ = groups
    rows = round(due[inside].sum())
    size, every = (people.count(people.which(value)) for value in (LATE, TOTAL))
    safe = LATE in people.told([LATE], found.floors.people)
    if rows < found.floors.people or not found.group("late-regions", size, every - size, told=safe):
        return
    names = ", ".join(_named(told, inside))
    began = since(told.late[:, inside].sum(axis=1), told.due[:, inside].sum(axis=1))

    def add(measure: str, value: float | str | date, unit: str | None = None) -> None:
        found.add("late-regions", measure, value, unit=unit, about=names, rows=rows, query=QUERY)

    add("status", "confirmed")
    add("regions", names)
    add("late", round(100 * high, 1), "%")
    add("rest", round(100 * low, 1), "%")
    add("parcels", rows, "parcels")
    add("late-parcels", round(told.now()[0][inside].sum()), "parcels")
    if currency:
        add("late-worth", round(float(told.worth[-NOW:, inside].sum())), currency)
    if began:
        add("since", told.days[began[0]])
        add("since-days", began[1], "days")


def _percent(part: float, whole: float) -> float:
    return round(100 * float(part) / float(whole), 1) if whole else 0.0
