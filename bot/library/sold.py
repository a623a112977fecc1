"""What was sold, cut as people ask for it: by month, weekday, hour, country, device, source,
category or product; and held against earlier days."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.library.findings import Findings, Where
from bot.library.money import currencies
from bot.library.narrow import last_day, with_category
from bot.library.read import rows_of, sql_later
from bot.library.segments.audience import NO_ORDERS
from bot.library.sellers import DAYS, counted, is_sold
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.library.sold_lines import (
    DATED,
    Row,
    first_of,
    firsts,
    in_order,
    value_of,
    without_days,
)
from bot.library.titled import titled
from bot.library.trends.titles import titles
from bot.words import Words

WHOLE = "all"
CUTS = ("weekday", "hour", "country", "region", "device", "source", "category", "product")
MONTHS = 12  # told when no days are asked for
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIMES = {1: "once", 2: "twice", 3: "three times or more"}
UNITS = {"orders": "orders", "units": "units", "customers": "customers",
         "new-customers": "customers"}  # fmt: skip


def find(shelf: Shelf, where: Where) -> Findings:
    """Over the days asked for, else the last 90 (by month: the last 12 months): sold.all and
    sold.<cut>-<value>, each with .revenue, .orders, .units, .customers, .new-customers (who ordered
    for the first time), .average-order, .since and .until; .per-day of weekdays; .delivery-days of
    all, and .begins, the first day that is known; and .without-<cut>, the orders that don't say it.
    With earlier days to hold them against each measure has a .<measure>-before and a
    .<measure>-change. Money paid back is taken off, cancelled lines are left out, one currency is
    told. Raises CannotDo where the orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = Findings("sold", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    until = last_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    told = _Sold(shelf, where, (since, until), _fair(where, until))
    told.everything()
    told.times()
    for cut in CUTS:
        told.by(cut)
    months = since if where.since else _months_before(until)
    _Sold(shelf, where, (months, until), None, told.found).by("month")
    return told.found


def _fair(where: Where, until: date) -> tuple[date, date] | None:
    """The earlier days, no more of them than of the later ones that are over."""
    if where.against is None or where.since is None:
        return where.against
    first, last = where.against
    if where.until is None or until < where.until:
        last = min(last, first + (until - where.since))
    return first, last


def _months_before(until: date) -> date:
    month = until.year * 12 + until.month - MONTHS
    return date(month // 12, month % 12 + 1, 1)


class _Sold:
    """One look at the orders of some days."""

    def __init__(
        self,
        shelf: Shelf,
        where: Where,
        days: tuple[date, date],
        before: tuple[date, date] | None,
        found: Findings | None = None,
    ) -> None:
        known = currencies(shelf, "orders")
        self.shelf, self.days, self.before = shelf, days, before
        self.money = known[0] if known else None
        self.found = found or Findings("sold", shelf.source("orders"), days[1])
        if found is None and len(known) > 1:
            self.found.refuse(Words("What was sold is counted in {currency} only; other orders "
                                    "are in {others}.", currency=known[0],
                                    others=", ".join(known[1:])))  # fmt: skip
        ever = without_days(where)
        self._ever = self._of(ever, (date(1900, 1, 1), days[1]))
        self._lines = self._of(where, days)
        self._earlier = self._of(ever, before) if before else None

    def _of(self, where: Where, days: tuple[date, date]) -> ir.Table:
        """The lines of some days; with the first day that each customer ever ordered on."""
        lines = counted(self.shelf, where, *days, self.money)
        lines = lines.mutate(net=_.paid.sum().over(group_by="order"), day=_.at.date())
        return lines.left_join(firsts(self.shelf), "customer").drop("customer_right")

    def everything(self) -> None:
        (row,) = self._asked(self._lines, None, WHOLE)
        if not row["orders"] or row["revenue"] is None:
            return
        before = (
            self._asked(self._earlier, None, f"{WHOLE}-before")
            if self._earlier is not None
            else [None]
        )
        self._add(WHOLE, "", row, before[0], WHOLE)
        self.found.add(WHOLE, "begins", self._first_day(), rows=int(row["orders"]), query="begins")
        self._delivered()

    def by(self, cut: str) -> None:
        """One cut; nothing where the orders don't say it."""
        if cut in self._lines.columns or cut in DATED:
            self._by(cut)

    def _by(self, cut: str) -> None:
        rows = {row["value"]: row for row in self._asked(self._lines, cut, cut)}
        if cut == "hour" and set(rows) <= {0}:
            return  # days without a time
        earlier: dict[Any, Row] = {}
        if self._earlier is not None and cut not in DATED:
            asked = self._asked(self._earlier, cut, f"{cut}-before")
            earlier = {row["value"]: row for row in asked}
        self._unsaid(cut, sum(int(row["orders"]) for row in rows.values()))
        names = self._names(cut, list(rows))
        for value, row in in_order(rows, cut):
            if about := names.get(value):
                key = f"{cut}-{slug(str(value))}"
                self._add(key, about, row, earlier.get(value), cut)
                if cut not in DATED:
                    self._share(key, about, row, cut)
                if cut == "weekday":
                    self._per_day(key, about, row)

    def times(self) -> None:
        """sold.times-1, -2 and -3: of all customers ever, who ordered once, twice, and more
        often: .customers and .share."""
        lines = self._ever.filter(_.customer.notnull(), _.net >= 0)
        people = lines.group_by("customer").aggregate(orders=_["order"].nunique())
        often = ibis.least(people.orders, 3).cast("int64")
        asked = people.mutate(often=often).aggregate(by=["often"], customers=_.count())
        self.found.queries["times"] = sql_later(asked)
        rows = {row["often"]: row["customers"] for row in rows_of(self.shelf, asked)}
        for n, about in TIMES.items():
            if (many := rows.get(n, 0)) >= self.shelf.floor:
                share = round(100 * many / sum(rows.values()), 1)
                add, key = self.found.add, f"times-{n}"
                add(key, "customers", many, unit="customers", about=about, rows=many, query="times")
                add(key, "share", share, unit="%", about=about, rows=many, query="times")

    def _first_day(self) -> date:
        asked = self._ever.aggregate(day=_.day.min())
        self.found.queries["begins"] = sql_later(asked)
        (row,) = rows_of(self.shelf, asked)
        day: date = row["day"]
        return day

    def _unsaid(self, cut: str, said: int) -> None:
        """How many orders don't say it."""
        whole = self.found.get(WHOLE, "orders")
        asked = cut in ("country", "region", "device", "source") and whole and said
        if whole and asked and (left := int(Decimal(whole.value)) - said) > 0:
            self.found.add(WHOLE, f"without-{cut}", left, unit="orders", rows=left, query=cut)

    def _asked(self, lines: ir.Table, cut: str | None, query: str) -> list[dict[str, Any]]:
        bought = _.net >= 0
        if cut == "category":
            lines = with_category(self.shelf, lines)
        if cut is not None:
            lines = lines.mutate(value=value_of(lines, cut)).filter(_.value.notnull())
        asked = lines.aggregate(
            by=[] if cut is None else ["value"],
            revenue=_.paid.sum(),
            orders=_["order"].nunique(where=bought),
            units=_.pieces.sum(),
            customers=_.customer.nunique(where=bought),
            new=_.customer.nunique(where=bought & (_.day == _.first_day)),
        )
        self.found.queries[query] = sql_later(asked)
        return rows_of(self.shelf, asked)

    def _names(self, cut: str, values: list[Any]) -> dict[Any, str]:
        """What the values are called; products that nobody named are not told."""
        if cut == "month":
            return {value: f"{value // 100}-{value % 100:02}" for value in values}
        if cut == "weekday":
            return {value: WEEKDAYS[value] for value in values}
        if cut == "hour":
            return {value: f"{value} h" for value in values}
        if cut == "product":
            known = titles(self.shelf, [str(value) for value in values])
            return {value: titled(known[value]) for value in values if is_sold(known.get(value))}
        return {value: titled(str(value)) for value in values}

    def _add(self, key: str, about: str, row: Row, before: Row | None, query: str) -> None:
        rows = int(row["orders"])
        add = partial(self.found.add, key, about=about, rows=rows, query=query)
        add("since", self._begins(key))
        add("until", self._ends(key))
        if before is not None and self.before is not None:
            add("since-before", self.before[0])
            add("until-before", self.before[1])
        for measure, value in self._measures(row):
            unit = UNITS.get(measure, self.money)
            add(measure, value, unit=unit)
            was = dict(self._measures(before)).get(measure) if before else None
            if was is not None:
                add(f"{measure}-before", was, unit=unit)
            if was:
                change = round(100 * (float(value) - float(was)) / float(was), 1)
                add(f"{measure}-change", change, unit="%")

    def _measures(self, row: Row) -> Iterator[tuple[str, int | float]]:
        """Few people are not counted apart; an average stands on orders."""
        orders, money = int(row["orders"]), row["revenue"] or Decimal(0)
        yield "revenue", round(money)
        yield "orders", orders
        yield "units", round(row["units"] or 0)
        for measure, people in (("customers", row["customers"]), ("new-customers", row["new"])):
            if people >= self.shelf.floor:
                yield measure, int(people)
        if orders:
            yield "average-order", round(float(money) / orders, 2)

    def _begins(self, key: str) -> date:
        if not key.startswith("month-"):
            return self.days[0]
        return max(self.days[0], first_of(key))

    def _ends(self, key: str) -> date:
        if not key.startswith("month-"):
            return self.days[1]
        after = (first_of(key) + timedelta(days=32)).replace(day=1)
        return min(self.days[1], after - timedelta(days=1))

    def _share(self, key: str, about: str, row: Row, cut: str) -> None:
        whole = self.found.get(WHOLE, "revenue")
        if whole is not None and Decimal(whole.value) > 0 and row["revenue"] is not None:
            share = round(100 * float(row["revenue"]) / float(whole.value), 1)
            self.found.add(key, "share", share, unit="%", about=about,
                           rows=int(row["orders"]), query=cut)  # fmt: skip

    def _per_day(self, key: str, about: str, row: Row) -> None:
        """What such a day brings on average: there may be more Mondays than Sundays."""
        first, last = self.days
        span = range((last - first).days + 1)
        days = sum((first + timedelta(days=n)).weekday() == row["value"] for n in span)
        if days and row["revenue"] is not None:
            mean = round(float(row["revenue"]) / days)
            self.found.add(key, "per-day", mean, unit=self.money, about=about,
                           rows=int(row["orders"]), query="weekday")  # fmt: skip

    def _delivered(self) -> None:
        lines = self._lines.filter(_.delivered.notnull(), _.net >= 0)
        orders = lines.group_by("order").aggregate(day=_.day.min(), came=_.delivered.max())
        asked = orders.filter(_.came >= _.day).aggregate(
            days=_.came.delta(_.day, unit="day").cast("float64").mean(), parcels=_.count()
        )
        self.found.queries["delivered"] = sql_later(asked)
        (row,) = rows_of(self.shelf, asked)
        if row["parcels"]:
            for measure, value, unit in (
                ("delivery-days", round(float(row["days"]), 1), "days"),
                ("delivered-parcels", int(row["parcels"]), "parcels"),
            ):
                self.found.add(WHOLE, measure, value, unit=unit, rows=int(row["parcels"]),
                               query="delivered")  # fmt: skip
