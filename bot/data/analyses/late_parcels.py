"""Find regions with late parcels: where, how many, since when.

Each region is compared with the others by Fisher's exact test, with Benjamini and Hochberg over
all. Single regions are small, so they are also analysed together as two groups, see
`bot.data.stats`; the late regions found that way are excluded from the baseline of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, BoolArray, DimensionValue, Population
from bot.data.floors import Floors, is_below_floor
from bot.data.metrics.filters import filter_rows, find_last_whole_day, list_currencies
from bot.data.stats import (
    Numbers,
    adjust_false_discovery,
    choose_status,
    compare_shares,
    compute_percent,
    find_change_point,
    fisher_test,
    round_figure,
    round_p,
    split_two_groups,
)
from bot.data.warehouse.purchases import CANCELLED_STATUSES
from bot.data.warehouse.query import defer_sql, fetch_arrow, fetch_rows, person_column
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import slugify

# Parcels by day and region: how many were due, how many were late, and what those were worth.

CURRENT_DAYS, PREVIOUS_DAYS = 56, 309  # days of orders: eight weeks, and the rest of a year


@dataclass(frozen=True)
class ParcelCounts:
    """Days × regions: due parcels, late ones, and the order value of the late ones."""

    days: list[date]
    regions: list[str]  # "" is an unknown region
    due: Numbers
    late: Numbers
    worth: Numbers

    @property
    def current_days(self) -> tuple[date, date]:
        return self.days[-CURRENT_DAYS], self.days[-1]

    @property
    def previous_days(self) -> tuple[date, date]:
        return self.days[0], self.days[-CURRENT_DAYS - 1]

    def now(self) -> tuple[Numbers, Numbers]:
        return self.late[-CURRENT_DAYS:].sum(axis=0), self.due[-CURRENT_DAYS:].sum(axis=0)

    def before(self) -> tuple[Numbers, Numbers]:
        return self.late[:-CURRENT_DAYS].sum(axis=0), self.due[:-CURRENT_DAYS].sum(axis=0)


def build_parcels(warehouse: Warehouse, filter_: AnalysisFilter, last: date) -> ir.Table:
    """Build day (of the order) and region, with the parcels that were due by `last`, the late ones,
    their worth, and those that came."""
    whole = _select_due_parcels(warehouse, filter_, last)
    return whole.group_by("day", "region").aggregate(
        due=whole.count(),
        late=whole.late.sum(),
        came=(whole.missing == 0).sum(),
        worth=whole.late.ifelse(whole.amount, 0).cast("decimal(18, 2)").sum(),
    )


def build_recipients(
    warehouse: Warehouse, filter_: AnalysisFilter, last: date
) -> tuple[Population, Population]:
    """Return the recipients of the last weeks' parcels, by region and by lateness, and those of the
    days before. Orders count where no customer is known."""
    whole = _select_due_parcels(warehouse, filter_, last)
    now = whole.day > ibis.literal(last - timedelta(days=CURRENT_DAYS))
    person = person_column(warehouse, whole.person)
    query = whole.select(
        "region", person=person, late=whole.late.ifelse("late", "in time"), now=now
    )
    table = fetch_arrow(warehouse, query.distinct())
    return (
        Population.of(table.filter(table["now"]).drop_columns("now"), "person"),
        Population.of(_drop_current(table).drop_columns("now"), "person"),
    )


def _drop_current(table: Any) -> Any:
    import pyarrow.compute as pc

    return table.filter(pc.invert(table["now"]))


def _select_due_parcels(warehouse: Warehouse, filter_: AnalysisFilter, last: date) -> ir.Table:
    """Return one row per order whose parcel was due: day, region ("" is unknown), person, late,
    missing, amount."""
    table = filter_rows(warehouse, "orders", filter_)
    first = last - timedelta(days=CURRENT_DAYS + PREVIOUS_DAYS - 1)
    table = table.filter(
        table.at >= ibis.literal(first).cast("timestamp"),
        table.status.isnull() | table.status.lower().notin(CANCELLED_STATUSES),
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


def arrange_parcels(rows: list[dict[str, Any]], last: date) -> ParcelCounts | None:
    """Arrange the rows as days × regions; None when no parcel has a delivery day, or none was due
    recently."""
    if not sum(row["came"] for row in rows):
        return None
    days = [last - timedelta(days=back) for back in range(CURRENT_DAYS + PREVIOUS_DAYS - 1, -1, -1)]
    place = {day: at for at, day in enumerate(days)}
    regions = sorted({row["region"] for row in rows})
    due, late, worth = (np.zeros((len(days), len(regions))) for _ in range(3))
    for row in rows:
        if (at := place.get(row["day"])) is not None:
            due[at, regions.index(row["region"])] += row["due"]
            late[at, regions.index(row["region"])] += row["late"]
            worth[at, regions.index(row["region"])] += float(row["worth"] or 0)
    return ParcelCounts(days, regions, due, late, worth) if due[-CURRENT_DAYS:].sum() else None


MAX_TOTAL_P = 0.01  # p of all parcels against those before: a single test
MIN_REGION_CHANCE = 0.8  # probability that a region is a late one, from which it is named
PARCELS_QUERY = "delivery.parcels"
LATE_REGIONS_VALUE = ("late-regions", "all")  # as a dimension value of the recipients


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts delivery.all: late, before (%), parcels, p, verdict;
    delivery.region-<region>: status, late, rest, before, p, late-worth of regions that differ;
    delivery.late-regions: regions, late, rest, parcels, late-parcels, late-worth (the value of
    these orders), since, since-days, when the regions fall into two groups."""
    if warehouse.table("orders") is None:
        return AnalysisResult.refuse(
            "delivery",
            warehouse,
            Words("Late parcels need orders with the day promised and the day they came."),
            source="orders",
        )
    day = find_last_whole_day(warehouse, "orders", filter_)
    result = AnalysisResult.from_table("delivery", warehouse, "orders", as_of=day)
    query = build_parcels(warehouse, filter_, day)
    rows = fetch_rows(warehouse, query)
    parcels = arrange_parcels(rows, day)
    if parcels is None:
        result.add_limit(_explain_missing_parcels(warehouse, result.source.words(), due=bool(rows)))
        return result
    result.queries[PARCELS_QUERY] = defer_sql(query)
    now, before = build_recipients(warehouse, filter_, day)
    for subject in ("all", "tested"):
        result.set_group_size(subject, now.count(now.which(TOTAL_VALUE)))
    people = _ParcelReport(now, before, warehouse.floors)
    _add_total(result, parcels, people)
    late, due = parcels.now()
    groups = split_two_groups(late, due) if (due > 0).sum() > 2 else None
    money = list_currencies(warehouse, "orders")
    currency = money[0] if len(money) == 1 else None
    surely = _find_late_regions(parcels, groups) if groups else None
    if surely is not None:
        now.mark(LATE_REGIONS_VALUE, now.any_of("region", _list_regions(parcels, surely)))
        before.mark(LATE_REGIONS_VALUE, before.any_of("region", _list_regions(parcels, surely)))
    usual = _select_usual_regions(due, groups)
    inside = np.zeros(len(due), bool) if surely is None else surely
    _add_regions(result, parcels, people, usual, ~inside, currency)
    if surely is not None:
        _add_late_regions(result, parcels, people, surely, currency)
    return result


@dataclass(frozen=True)
class _ParcelReport:
    """The recipients now and before, and the regions that may be shown."""

    now: Population
    before: Population
    floors: Floors

    def regions(self, names: Sequence[str]) -> tuple[set[str], set[str]]:
        """Return the regions that may be shown for the last weeks, and for the days before."""
        wanted = [("region", name) for name in names]
        return tuple(  # type: ignore[return-value]
            {
                value
                for dimension, value in people.find_publishable(wanted, self.floors.people)
                if dimension == "region"
            }
            for people in (self.now, self.before)
        )

    def size(self, name: str) -> int:
        return self.now.count(self.now.which(("region", name)))

    def tells_share(self, people: Population, value: DimensionValue = TOTAL_VALUE) -> bool:
        """Tell whether a share of late parcels may be shown: of those with one and of those without
        there are enough people or none, inside and outside of the value."""
        inside, late = people.which(value), people.which(("late", "late"))
        return not any(
            is_below_floor(people.count(part & those), self.floors.sales)
            for part in (inside, ~inside)
            for those in (late, ~late)
        )


def _find_late_regions(parcels: ParcelCounts, groups: tuple[float, float, Numbers]) -> BoolArray:
    """Return a mask of the regions that are surely among the late ones."""
    named = np.array([bool(name) for name in parcels.regions])
    return np.asarray((groups[2] > MIN_REGION_CHANCE) & named)


def _list_regions(parcels: ParcelCounts, inside: BoolArray) -> list[str]:
    return [name for name, one in zip(parcels.regions, inside, strict=True) if one]


def _explain_missing_parcels(warehouse: Warehouse, source: str | Words, *, due: bool) -> Words:
    """Explain why there are no parcels: no delivery days are known, or no promised day is over."""
    orders = warehouse.rows("orders")
    promised = orders.filter(orders.promised.notnull()).select("promised")
    if not due and fetch_rows(warehouse, promised.limit(1)):
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


def _add_total(result: AnalysisResult, parcels: ParcelCounts, people: _ParcelReport) -> None:
    (late, due), (late_before, due_before) = parcels.now(), parcels.before()
    is_told, was_told = people.tells_share(people.now), people.tells_share(people.before)
    if not (is_told and was_told):
        result.add_limit(
            Words(
                "The share of late parcels is not shown where under {n} customers had a late one, "
                "or one in time.",
                n=people.floors.sales,
            )
        )
    parcel_count = round(due.sum())
    add = partial(result.add, "all", about="parcels", rows=parcel_count, query=PARCELS_QUERY)
    if is_told:
        add("late", compute_percent(late.sum(), due.sum()), "%", days=parcels.current_days)
    add("parcels", parcel_count, "parcels", days=parcels.current_days)
    if due_before.sum():
        a, b, c, d = (np.array([n.sum()]) for n in (late, due, late_before, due_before))
        p = float(compare_shares(a, b, c, d, np.ones(1))[0])
        before = compute_percent(late_before.sum(), due_before.sum())
        if was_told:
            add("before", before, "%", rows=round(due_before.sum()), days=parcels.previous_days)
        both = is_told and was_told
        if both:  # with one of the shares it would tell the other
            add("p", round_p(p))
        rise = late.sum() / due.sum() - late_before.sum() / due_before.sum()
        worse = both and p <= MAX_TOTAL_P and rise > 0
        add("verdict", "confirmed" if worse else "steady")


def _add_regions(
    result: AnalysisResult,
    parcels: ParcelCounts,
    people: _ParcelReport,
    usual: Numbers,
    outside: BoolArray,
    currency: str | None,
) -> None:
    """Add the regions that differ from the usual ones (a mask). The share beside theirs is that of
    all regions `outside` the late ones, as it is beside the late ones together."""
    (late, due), (late_before, due_before) = parcels.now(), parcels.before()
    floors = people.floors
    tested = [
        at
        for at, name in enumerate(parcels.regions)
        if name and due[at] >= floors.people and people.size(name) >= floors.people
    ]
    result.add(
        "tested", "regions", len(tested), about="regions", rows=int(due.sum()), query=PARCELS_QUERY
    )
    late_usual, due_usual = (late * usual).sum(), (due * usual).sum()
    rest = [(late_usual - late[at] * usual[at], due_usual - due[at] * usual[at]) for at in tested]
    p = np.array(
        [fisher_test(late[at], due[at], *others) for at, others in zip(tested, rest, strict=True)]
    )
    q = adjust_false_discovery(p)
    judged = {int(n): choose_status(p[n], q[n]) for n in np.argsort(p, kind="stable")}
    status_of = {n: status for n, status in judged.items() if status}
    safe, safe_before = people.regions([parcels.regions[tested[n]] for n in status_of])
    for n, status in status_of.items():
        at, name = tested[n], parcels.regions[tested[n]]
        size, is_told = people.size(name), people.tells_share(people.now, ("region", name))
        if not result.set_group_size(
            f"region-{slugify(name)}", size, safe=name in safe and is_told
        ):
            continue
        subject, rows = f"region-{slugify(name)}", round(due[at])
        add = partial(result.add, subject, about=name, rows=rows, query=PARCELS_QUERY)
        add("status", status)
        add("late", compute_percent(late[at], due[at]), "%", days=parcels.current_days)
        others = outside & (np.arange(len(due)) != at)
        elsewhere = compute_percent(late[others].sum(), due[others].sum())
        add("rest", elsewhere, "%", days=parcels.current_days)
        add("p", round_p(p[n]))
        if currency:
            worth = round_figure(float(parcels.worth[-CURRENT_DAYS:, at].sum()))
            add("late-worth", worth, currency, days=parcels.current_days)
        if (
            due_before[at] >= floors.people
            and name in safe_before
            and people.tells_share(people.before, ("region", name))
        ):
            before = compute_percent(late_before[at], due_before[at])
            add("before", before, "%", rows=round(due_before[at]), days=parcels.previous_days)


def _select_usual_regions(due: Numbers, groups: tuple[float, float, Numbers] | None) -> Numbers:
    return np.ones(len(due)) if groups is None else (groups[2] <= 0.5).astype(float)


def _add_late_regions(
    result: AnalysisResult,
    parcels: ParcelCounts,
    people: _ParcelReport,
    inside: BoolArray,
    currency: str | None,
) -> None:
    assert result.floors is not None
    late, due = parcels.now()
    rows = round(due[inside].sum())
    now = people.now
    size, every = (now.count(now.which(value)) for value in (LATE_REGIONS_VALUE, TOTAL_VALUE))
    safe = LATE_REGIONS_VALUE in now.find_publishable([LATE_REGIONS_VALUE], result.floors.people)
    safe = safe and people.tells_share(now, LATE_REGIONS_VALUE)
    if rows < result.floors.people or not result.set_group_size(
        "late-regions", size, every - size, safe=safe
    ):
        return
    names = ", ".join(_list_regions(parcels, inside))
    began = find_change_point(
        parcels.late[:, inside].sum(axis=1), parcels.due[:, inside].sum(axis=1)
    )

    add = partial(result.add, "late-regions", about=names, rows=rows, query=PARCELS_QUERY)
    add("status", "confirmed")
    add("regions", names)
    add = partial(add, days=parcels.current_days)
    add("late", compute_percent(late[inside].sum(), due[inside].sum()), "%")
    add("rest", compute_percent(late[~inside].sum(), due[~inside].sum()), "%")
    add("parcels", rows, "parcels")
    add("late-parcels", round_figure(late[inside].sum()), "parcels")
    if currency:
        worth = round_figure(float(parcels.worth[-CURRENT_DAYS:, inside].sum()))
        add("late-worth", worth, currency)
    if began:
        add("since", parcels.days[began[0]], days=None)
        add("since-days", began[1], "days", days=None)
