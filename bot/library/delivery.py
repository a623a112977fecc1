"""Parcels that come late, by region: where, how many, since when.

A parcel is late when it came after the day promised, or has not come and that day is past;
counting delivered ones only would make the last weeks look better than they are. Parcels whose
day is still to come are left out, those that came early too, or the others would miss.

Each region is held against the others by Fisher's exact test, Benjamini and Hochberg over all.
Single regions are small, so they are also read together: two groups of regions, each with a share
of its own (a mixture of two binomials, by EM: Dempster, Laird and Rubin, J. R. Stat. Soc. B 39
(1977) 1–38), where that explains the counts better than one share by BIC. Unlike the share of the
regions picked for being late, the mixture's is not inflated by the picking. Its late regions are
no yardstick for the others.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.evidence import source_named
from bot.library.bought import CANCELLED
from bot.library.chance import Numbers, false_discovery, fisher, two_shares, x_log_y
from bot.library.findings import Findings, Where
from bot.library.money import currencies
from bot.library.narrow import last_day, narrowed
from bot.library.onset import since
from bot.library.read import rows_of, sql_later
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.words import Words

NOW, BEFORE = 56, 309  # days of orders: eight weeks, and what is left of a year
CONFIRMED, WATCHED = 0.10, 0.05
SURE = 0.01  # p of all parcels against those before: one test
SURELY = 0.8  # that a region is a late one, to be named
QUERY = "delivery.parcels"


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
    found = Findings("delivery", shelf.source("orders"), day)
    query = parcels(shelf, where, day)
    told = _arranged(rows_of(shelf, query), day)
    if told is None:
        found.refuse(
            Words(
                "{source} does not say when parcels were promised and when they came, so late ones"
                " can't be told.",
                source=source_named(found.source),
            )
        )
        return found
    found.queries[QUERY] = sql_later(query)
    _everything(found, told)
    late, due = told.now()
    groups = two_groups(late, due) if (due > 0).sum() > 2 else None
    money = currencies(shelf, "orders")
    currency = money[0] if len(money) == 1 else None
    _regions(found, told, shelf.floor, _usual(due, groups), currency)
    if groups:
        _together(found, told, shelf.floor, groups, currency)
    return found


def parcels(shelf: Shelf, where: Where, last: date) -> ir.Table:
    """day (of the order), region: parcels that were due by `last`, late ones, what these were
    worth, came."""
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
    )
    whole = whole.filter(whole.promised < ibis.literal(last))
    late = (whole.missing > 0) | (whole.delivered > whole.promised)
    return whole.group_by("day", region=whole.region.fill_null("")).aggregate(
        due=whole.count(),
        late=late.fill_null(True).sum(),
        came=(whole.missing == 0).sum(),
        worth=late.fill_null(True).ifelse(whole.amount, 0).cast("decimal(18, 2)").sum(),
    )


def two_groups(late: Numbers, due: Numbers) -> tuple[float, float, Numbers] | None:
    """The share of the late regions, of the others, and how surely each is a late one (0–1); None
    when one share for all regions explains the counts as well."""
    low, high, part = late.sum() / due.sum(), 0.0, 0.1
    one = _fit(late, due, float(low))
    high, low = min(3 * low + 0.05, 0.9), 0.7 * low
    surely = np.zeros(len(due))
    for _ in range(500):
        odds = np.log(part / (1 - part)) + _fit(late, due, high) - _fit(late, due, low)
        surely = np.exp(-np.logaddexp(0, -odds))
        part = float(np.clip(surely.mean(), 1e-6, 1 - 1e-6))
        high = _share((surely * late).sum(), (surely * due).sum())
        low = _share(((1 - surely) * late).sum(), ((1 - surely) * due).sum())
    both = np.logaddexp(
        np.log(part) + _fit(late, due, high), np.log(1 - part) + _fit(late, due, low)
    )
    if high <= low or 2 * (both.sum() - one.sum()) <= 2 * np.log(len(due)):
        return None
    return high, low, surely


def _fit(late: Numbers, due: Numbers, share: float) -> Numbers:
    return x_log_y(late, share) + x_log_y(due - late, 1 - share)


def _share(late: float, due: float) -> float:
    return float(np.clip(late / due if due else 0.0, 1e-6, 1 - 1e-6))


def _arranged(rows: list[dict[str, Any]], last: date) -> Parcels | None:
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
    found: Findings, told: Parcels, floor: int, usual: Numbers, currency: str | None
) -> None:
    """The regions that differ from the usual ones (a mask)."""
    (late, due), (late_before, due_before) = told.now(), told.before()
    asked = [at for at, name in enumerate(told.regions) if name and due[at] >= floor]
    found.add("tested", "regions", len(asked), about="regions", rows=int(due.sum()), query=QUERY)
    late_usual, due_usual = (late * usual).sum(), (due * usual).sum()
    rest = [(late_usual - late[at] * usual[at], due_usual - due[at] * usual[at]) for at in asked]
    p = np.array(
        [_chance(late[at], due[at], *others) for at, others in zip(asked, rest, strict=True)]
    )
    q = false_discovery(p)
    for n in np.argsort(p, kind="stable"):
        status = "confirmed" if q[n] <= CONFIRMED else "to watch" if p[n] < WATCHED else ""
        if not status:
            continue
        at, name = asked[n], told.regions[asked[n]]
        measures: dict[str, tuple[float | str, str | None]] = {
            "status": (status, None),
            "late": (_percent(late[at], due[at]), "%"),
            "rest": (_percent(*rest[n]), "%"),
            "p": (max(round(float(p[n]), 4), 0.0001), None),
        }
        if currency:
            measures["late-worth"] = (round(float(told.worth[-NOW:, at].sum())), currency)
        if due_before[at] >= floor:
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
    floor: int,
    groups: tuple[float, float, Numbers],
    currency: str | None,
) -> None:
    due = told.now()[1]
    high, low, surely = groups
    inside = (surely > SURELY) & np.array([bool(name) for name in told.regions])
    rows = round(due[inside].sum())
    if rows < floor:
        return
    names = ", ".join(name for name, one in zip(told.regions, inside, strict=True) if one)
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
