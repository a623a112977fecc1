"""What was sold, of which orders it is asked and by what: month, weekday, country, device, source,
code, product … ; and held against earlier days."""

from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.library.findings import Findings, Where
from bot.library.money import currencies
from bot.library.narrow import last_day, with_category
from bot.library.read import rows_of, sql_later
from bot.library.segments.audience import NO_ORDERS
from bot.library.sellers import DAYS, is_sold
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.library.sold.facts import add, per_day, shares
from bot.library.sold.lines import (
    DATED,
    Narrowed,
    Row,
    in_order,
    lines_of,
    value_of,
    without_days,
)
from bot.library.sold.orders import delivered, times
from bot.library.titled import titled
from bot.library.trends.titles import titles
from bot.words import Words

WHOLE, EVERYTHING = "all", "whole"  # of those that are asked about; of all others, too
CUTS = ("weekday", "hour", "country", "region", "device", "source", "category", "product")
MONTHS = 12  # told when no days are asked for
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = {"weekend": (5, 6), "in-the-week": (0, 1, 2, 3, 4)}
DAWN = date(1900, 1, 1)


def find(shelf: Shelf, where: Where) -> Findings:
    """Over the days asked for, else the last 90 (by month: the last 12 months; of returns: a year,
    but for its last two weeks): sold.all and sold.<cut>-<value>, each with .revenue, .orders,
    .units, .customers, .new-customers (who ordered for the first time), .average-order,
    .units-per-order, .since and .until; .per-day of weekdays; .share of a cut's values; of all
    .begins, the first day that is known; and .without-<cut>, the orders that don't say it. With
    earlier days to hold them against each measure has a .<measure>-before and a .<measure>-change.

    Asked by a `Tally`, one cut of the orders that it means alone: sold.only-<column>-<value>.name
    is what its words name, sold.unknown.words what none of them explains (then nothing is
    counted), sold.read-<n>.as a misspelt one; sold.whole has all orders of the same days, and
    .share, .orders-share … of all are of them; of returns .returned and .return-rate.

    Money paid back is taken off, cancelled lines are left out, one currency is told. Raises
    CannotDo where the orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = Findings("sold", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    if (why := outside(shelf, where)) is not None:
        findings = Findings("sold", shelf.source("orders"), shelf.today)
        findings.refuse(why)
        return findings
    if where.tally is not None:
        from bot.library.sold.asked import Asked

        return Asked(shelf, where, where.tally).found
    until = last_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DAYS - 1)
    told = Sold(shelf, where, (since, until), fair(where, until))
    told.everything()
    told.begins(told.ever)
    told.delivered()
    times(told.found, shelf, told.ever)
    for cut in CUTS:
        told.by(cut)
    months = since if where.since else months_before(until)
    Sold(shelf, where, (months, until), None, told.found).by("month")
    return told.found


def outside(shelf: Shelf, where: Where) -> Words | None:
    """Why the days asked for can't be counted: no order of ours is as old, or as new."""
    orders = shelf.table("orders")
    if orders is None or where.since is None:
        return None
    (row,) = rows_of(shelf, orders.aggregate(first=_.at.min().date(), last=_.at.max().date()))
    file = shelf.source("orders")
    if row["first"] is None:
        return None
    if where.since > row["last"]:
        return Words("{file} ends on {day}: what you ask about came later. Import the newer "
                     "orders.", file=file, day=row["last"])  # fmt: skip
    if where.until is not None and where.until < row["first"]:
        return Words("{file} begins on {day}: what you ask about came before. Import the earlier "
                     "orders.", file=file, day=row["first"])  # fmt: skip
    return None


def fair(where: Where, until: date) -> tuple[date, date] | None:
    """The earlier days, no more of them than of the later ones that are over."""
    if where.against is None or where.since is None:
        return where.against
    first, last = where.against
    if where.until is None or until < where.until:
        last = min(last, first + (until - where.since))
    return first, last


def months_before(until: date) -> date:
    month = until.year * 12 + until.month - MONTHS
    return date(month // 12, month % 12 + 1, 1)


class Sold:
    """One look at the orders of some days."""

    def __init__(
        self,
        shelf: Shelf,
        where: Where,
        days: tuple[date, date],
        before: tuple[date, date] | None,
        found: Findings | None = None,
        only: Narrowed = (),
    ) -> None:
        known = currencies(shelf, "orders")
        self.shelf, self.days, self.before, self.only = shelf, days, before, only
        self.where = where
        self.money = known[0] if known else None
        self.found = found or Findings("sold", shelf.source("orders"), days[1])
        self.returns = bool(where.tally and where.tally.measure in ("returned", "return-rate"))
        if found is None and len(known) > 1:
            self.found.refuse(Words("What was sold is counted in {currency} only; other orders "
                                    "are in {others}.", currency=known[0],
                                    others=", ".join(known[1:])))  # fmt: skip
        ever = without_days(where)
        self.ever = lines_of(shelf, ever, (DAWN, days[1]), self.money, only)
        self.lines = lines_of(shelf, where, days, self.money, only)
        self._earlier = lines_of(shelf, ever, before, self.money, only) if before else None

    def everything(self, key: str = WHOLE) -> None:
        (row,) = self._rows(self.lines, None, key)
        if not row["orders"] and not (self.only or self.where.tally):
            return
        before: Row | None = None
        if self._earlier is not None:
            (before,) = self._rows(self._earlier, None, f"{key}-before")
        earlier = (before, self.before) if self.before else None
        add(self.found, key, "", row, key, self.days, self.money, earlier)

    def begins(self, lines: ir.Table) -> None:
        asked = lines.aggregate(day=_.day.min(), rows=_.count())
        self.found.queries["begins"] = sql_later(asked)
        (row,) = rows_of(self.shelf, asked)
        if row["day"] is not None:
            self.found.add(WHOLE, "begins", row["day"], rows=int(row["rows"]), query="begins")

    def delivered(self) -> None:
        delivered(self.found, self.shelf, self.lines)

    def by(self, cut: str) -> None:
        """One cut; nothing where the orders don't say it."""
        if cut in self.lines.columns or cut in (*DATED, "first"):
            self._by(cut)

    def _by(self, cut: str) -> None:
        rows = {row["value"]: row for row in self._rows(self.lines, cut, cut)}
        if cut == "hour" and set(rows) <= {0}:
            return  # days without a time
        earlier: dict[Any, Row] = {}
        if self._earlier is not None and cut not in DATED:
            asked = self._rows(self._earlier, cut, f"{cut}-before")
            earlier = {row["value"]: row for row in asked}
        self._unsaid(cut, sum(int(row["orders"]) for row in rows.values()))
        names = self._names(cut, list(rows))
        for value, row in in_order(rows, cut):
            if about := names.get(value):
                key = f"{cut}-{slug(str(value))}"
                held = self.before and cut not in DATED
                before = (earlier.get(value), self.before) if held and self.before else None
                add(self.found, key, about, row, cut, self.days, self.money, before)
                if cut not in DATED:
                    shares(self.found, key, about, WHOLE, cut)
                days = {"weekday": (value,), "weekend": WEEKEND.get(value, ())}.get(cut)
                if days:
                    per_day(self.found, key, about, row, days, self.days, self.money, cut)

    def _unsaid(self, cut: str, said: int) -> None:
        """How many orders don't say it."""
        whole = self.found.get(WHOLE, "orders")
        asked = cut in ("country", "region", "device", "source", "first") and whole and said
        if whole and asked and (left := int(whole.value) - said) > 0:
            self.found.add(WHOLE, f"without-{cut}", left, unit="orders", rows=left, query=cut)

    def _rows(self, lines: ir.Table, cut: str | None, query: str) -> list[dict[str, Any]]:
        bought = _.net >= 0
        if cut == "category":
            lines = with_category(self.shelf, lines)
        if cut is not None:
            lines = lines.mutate(value=value_of(lines, cut)).filter(_.value.notnull())
        back = {}
        if self.returns:
            known = _.returned.notnull() & (_.paid >= 0)
            back = {"known": known.sum(), "back": (known & _.returned).sum()}
        asked = lines.aggregate(
            by=[] if cut is None else ["value"],
            revenue=_.paid.sum(),
            orders=_["order"].nunique(where=bought),
            units=_.pieces.sum(),
            customers=_.customer.nunique(where=bought),
            new=_.customer.nunique(where=bought & (_.day == _.first_day)),
            known_paid=_.paid.sum(where=_.customer.notnull()),
            known_orders=_["order"].nunique(where=bought & _.customer.notnull()),
            **back,
        )
        self.found.queries[query] = sql_later(asked)
        return [{**row, "floor": self.shelf.floor} for row in rows_of(self.shelf, asked)]

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
