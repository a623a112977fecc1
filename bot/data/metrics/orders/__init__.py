"""What was sold, of which orders it is asked and by what: month, weekday, country, device, source,
code, product … ; and held against earlier days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import partial
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.core.sales_query import SalesQuery
from bot.core.source import Source
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.disclosure import find_hidden_groups
from bot.data.floors import is_below_floor
from bot.data.metrics.best_sellers import DEFAULT_DAYS, is_product
from bot.data.metrics.filters import add_category, find_last_whole_day, list_currencies
from bot.data.metrics.orders.order_lines import (
    TIME_DIMENSIONS,
    NarrowedFilters,
    SalesRow,
    get_dimension_value,
    remove_days,
    select_order_lines,
    sort_rows,
)
from bot.data.metrics.orders.released_rows import LineRows, cache_released_rows, read_line_rows
from bot.data.metrics.orders.sales_facts import (
    RowSizes,
    add_daily_average,
    add_delivery_time,
    add_order_frequency,
    add_sales_facts,
    add_shares,
)
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import format_title, slugify

FEW_SUBJECT, OTHERS_SUBJECT = "few", "others"
PEOPLE_MEASURES = ("customers", "new-customers", "per-customer", "orders-per-customer")
ALL_SUBJECT, WHOLE_SUBJECT = "all", "whole"  # of those that are asked about; of all others, too
SALES_DIMENSIONS = (
    "weekday",
    "hour",
    "country",
    "region",
    "device",
    "source",
    "category",
    "product",
)
DEFAULT_MONTHS = 12  # told when no days are asked for
WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND_DAYS = {"weekend": (5, 6), "in-the-week": (0, 1, 2, 3, 4)}
EARLIEST_DATE = date(1900, 1, 1)


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """Over the days asked for, else the last 90 (by month: the last 12 months; of returns: a year,
    but for its last two weeks): sold.all and sold.<cut>-<value>, each with .revenue, .orders,
    .units, .customers, .new-customers (who ordered for the first time), .average-order,
    .units-per-order, .since and .until; .per-day of weekdays; .share of a cut's values; of all
    .begins, the first day that is known; and .without-<cut>, the orders that don't say it. With
    earlier days to hold them against each measure has a .<measure>-before and a .<measure>-change.

    Figures of fewer people than the floors are not told, nor what they could be derived from:
    groups that are too small are together, with others, in sold.others-<cut>; sold.few.under is
    there when nothing can be told of what is asked, and .before when nothing of the earlier days.

    Asked by a `Tally`, one cut of the orders that it means alone: sold.only-<column>-<value>.name
    is what its words name, sold.unknown.words what none of them explains (then nothing is
    counted), sold.read-<n>.as a misspelt one; sold.whole has all orders of the same days, and
    .share, .orders-share … of all are of them; of returns .returned and .return-rate.

    Money paid back is taken off, cancelled lines are left out, one currency is told. Raises
    CannotDo where the orders don't have a column that is asked about."""
    if shelf.table("orders") is None:
        findings = AnalysisResult("sold", Source(""), shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    if (why := explain_missing_days(shelf, where)) is not None:
        findings = AnalysisResult("sold", shelf.source("orders"), shelf.today)
        findings.refuse(why)
        return findings
    if where.tally is not None:
        from bot.data.metrics.orders.sales_question import SalesQuestion

        asked = SalesQuestion(shelf, where, where.tally).answer()
        cache_released_rows(shelf, where, asked.released, asked.recipe)
        return asked.found
    until = find_last_whole_day(shelf, "orders", where)
    since = where.since or until - timedelta(days=DEFAULT_DAYS - 1)
    told = SalesReport(shelf, where, (since, until), find_comparison_days(where, until))
    if not told.everything():
        return told.found
    told.begins()
    told.delivered()
    add_order_frequency(told.found, shelf, told.ever)
    for cut in SALES_DIMENSIONS:
        told.by(cut)
    months = since if where.since else find_first_month(until)
    SalesReport(shelf, where, (months, until), None, told.found).by("month")
    return told.found


def explain_missing_days(shelf: Warehouse, where: AnalysisFilter) -> Words | None:
    """Why the days asked for can't be counted: no order of ours is as old, or as new."""
    orders = shelf.table("orders")
    if orders is None or where.since is None:
        return None
    (row,) = fetch_rows(shelf, orders.aggregate(first=_.at.min().date(), last=_.at.max().date()))
    file = shelf.source("orders").words()
    if row["first"] is None:
        return None
    if where.since > row["last"]:
        return Words(
            "{file} ends on {day}: what you ask about came later. Import the newer orders.",
            file=file,
            day=row["last"],
        )
    if where.until is not None and where.until < row["first"]:
        return Words(
            "{file} begins on {day}: what you ask about came before. Import the earlier orders.",
            file=file,
            day=row["first"],
        )
    return None


def find_comparison_days(where: AnalysisFilter, until: date) -> tuple[date, date] | None:
    """The earlier days, no more of them than of the later ones that are over."""
    if where.against is None or where.since is None:
        return where.against
    first, last = where.against
    if where.until is None or until < where.until:
        last = min(last, first + (until - where.since))
    return first, last


def find_first_month(until: date) -> date:
    month = until.year * 12 + until.month - DEFAULT_MONTHS
    return date(month // 12, month % 12 + 1, 1)


class SalesReport:
    """One look at the orders of some days."""

    def __init__(
        self,
        shelf: Warehouse,
        where: AnalysisFilter,
        days: tuple[date, date],
        before: tuple[date, date] | None,
        found: AnalysisResult | None = None,
        only: NarrowedFilters = (),
    ) -> None:
        known = list_currencies(shelf, "orders")
        self.shelf, self.days, self.before, self.only = shelf, days, before, only
        self.where = where
        self.money = known[0] if known else None
        self.found = found or AnalysisResult("sold", shelf.source("orders"), days[1])
        measure = where.tally.measure if where.tally else ""
        self.returns = measure in ("returned", "return-rate")
        self.people = not measure or measure in PEOPLE_MEASURES
        self.newcomers = not measure or measure == "new-customers"
        self.shown: dict[str, dict[str, Sequence[str]]] = {}  # sorts of figures by value, by cut
        self.sorts: Sequence[str] = ()  # of the whole
        self.hiding: set[str] = (
            set()
        )  # cuts of which some groups, or some of their figures, are not told
        self.hides_parcels = False
        self.row: SalesRow = {}  # the whole
        self.unsaid: set[str] = set()  # cuts of which is told how many orders don't say them
        if found is None and len(known) > 1:
            self.found.refuse(
                Words(
                    "What was sold is counted in {currency} only; other orders are in {others}.",
                    currency=known[0],
                    others=", ".join(known[1:]),
                )
            )
        self.ever = select_order_lines(
            shelf, remove_days(where), (EARLIEST_DATE, days[1]), self.money, only
        )
        self.lines = select_order_lines(shelf, where, days, self.money, only)
        self.earlier = self._earlier(before)

    def _earlier(self, before: tuple[date, date] | None) -> ir.Table | None:
        if before is None:
            return None
        return select_order_lines(
            self.shelf, remove_days(self.where), before, self.money, self.only
        )

    @property
    def narrow(self) -> bool:
        """Whether not all orders of the days are meant."""
        tally, where = self.where.tally or SalesQuery(), remove_days(self.where)
        ends = (tally.over, tally.under, tally.pieces_from, tally.pieces_to)
        said = [one.name for one in fields(where) if getattr(where, one.name) is not None]
        asked = set(said) - {"tally", "against", "words", "days"}
        return bool(self.only or tally.only or asked or any(end is not None for end in ends))

    def everything(self, key: str = ALL_SUBJECT) -> bool:
        """Tell the whole of it; False where that is too few people, or nothing at all."""
        (row,) = self._rows(self.lines, None, key)
        self.row = row
        sizes = RowSizes.of(row)
        sums = self.shelf.sales_floor
        few = is_below_floor(sizes.people, sums)
        if not sizes.people and self.narrow:  # when a few people did not order tells of them, too
            known = (EARLIEST_DATE, self.shelf.as_of("orders"))
            lines = select_order_lines(
                self.shelf, remove_days(self.where), known, self.money, self.only
            )
            (ever,) = self._rows(lines, None, f"{key}-ever")
            few = is_below_floor(RowSizes.of(ever).people, sums)
        if few:
            self.too_few(sums)
            return False
        if not row["orders"] and not (self.only or self.where.tally):
            return False
        before = self._row_before(key)
        earlier = (before, self.before) if self.before else None
        told = self._told(row, sizes)
        self.sorts = sorted(told["told"])
        add_sales_facts(self.found, key, "", told, key, self.days, self.money, earlier)
        return True

    def _row_before(self, key: str) -> SalesRow | None:
        """The whole of the earlier days. They are left out where they are of too few people."""
        if self.earlier is None:
            return None
        (before,) = self._rows(self.earlier, None, f"{key}-before")
        sizes = RowSizes.of(before)
        if is_below_floor(sizes.people, self.shelf.sales_floor):
            self.earlier = self.before = None
            self.found.add(FEW_SUBJECT, "before", self.shelf.sales_floor, unit="customers")
            return None
        return self._told(before, sizes)

    def too_few(self, floor: int) -> None:
        """Nothing can be told: what was added goes, but for what the words were taken for."""
        kept = ("sold.only-", "sold.but-", "sold.read-")
        self.found.facts = [fact for fact in self.found.facts if fact.id.startswith(kept)]
        self.found.add(FEW_SUBJECT, "under", floor, unit="customers")
        self.found.refuse(Words("Under {n} customers: too few to show.", n=floor))

    def begins(self) -> None:
        """The first day of the file. That of some orders alone would be the day of one of them."""
        every = AnalysisFilter(tally=None)
        lines = select_order_lines(self.shelf, every, (EARLIEST_DATE, self.days[1]), self.money)
        asked = lines.aggregate(day=_.day.min(), rows=_.count())
        self.found.queries["begins"] = defer_sql(asked)
        (row,) = fetch_rows(self.shelf, asked)
        if row["day"] is not None:
            self.found.add(ALL_SUBJECT, "begins", row["day"], rows=int(row["rows"]), query="begins")

    def delivered(self) -> None:
        self.hides_parcels = not add_delivery_time(self.found, self.shelf, self.lines)

    def read(self, cut: str | None = None, *, earlier: bool = False) -> LineRows:
        """The lines themselves, with their values of a cut."""
        lines = self.earlier if earlier else self.lines
        assert lines is not None
        if cut == "category":
            lines = add_category(self.shelf, lines)
        return read_line_rows(
            self.shelf, lines, None if cut is None else get_dimension_value(lines, cut)
        )

    def by(self, cut: str) -> None:
        """One cut; nothing where the orders don't say it."""
        if cut in self.lines.columns or cut in (*TIME_DIMENSIONS, "first"):
            self._by(cut)

    def _by(self, cut: str) -> None:
        rows = {row["value"]: row for row in self._rows(self.lines, cut, cut)}
        if cut == "hour" and set(rows) <= {0}:
            return  # days without a time
        earlier: dict[Any, SalesRow] = {}
        if self.earlier is not None and cut not in TIME_DIMENSIONS:
            asked = self._rows(self.earlier, cut, f"{cut}-before")
            earlier = {row["value"]: row for row in asked}
        names = self._names(cut, [value for value in rows if value is not None])
        groups = SalesGroups(self, cut, rows, earlier, names)
        self._unsaid(cut, rows.get(None), groups.hidden)
        self.shown[cut] = {}
        said = {value: row for value, row in rows.items() if value is not None}
        for value, _row in sort_rows(said, cut):
            if (about := names.get(value)) and value not in groups.hidden:
                self.shown[cut][str(value)] = sorted(groups.told(value)["told"])
                self._group(cut, value, about, groups)
        if groups.hides(names):
            self.hiding.add(cut)
        if groups.hidden and (row := groups.others(names)):
            key = f"{OTHERS_SUBJECT}-{cut}"
            add_sales_facts(self.found, key, "others", row, cut, self.days, self.money)
            add_shares(self.found, key, "others", ALL_SUBJECT, cut)

    def _group(self, cut: str, value: Any, about: str, groups: "SalesGroups") -> None:
        key, row = f"{cut}-{slugify(str(value))}", groups.told(value)
        held = self.before and cut not in TIME_DIMENSIONS
        before = (groups.told_before(value), self.before) if held and self.before else None
        add_sales_facts(self.found, key, about, row, cut, self.days, self.money, before)
        if cut not in TIME_DIMENSIONS:
            add_shares(self.found, key, about, ALL_SUBJECT, cut)
        days = {"weekday": (value,), "weekend": WEEKEND_DAYS.get(value, ())}.get(cut)
        if days:
            add_daily_average(self.found, key, about, row, days, self.days, self.money, cut)

    def _unsaid(self, cut: str, row: SalesRow | None, hidden: Collection[Any]) -> None:
        """How many orders don't say it."""
        asked = cut in ("country", "region", "device", "source", "first")
        whole = self.found.get(ALL_SUBJECT, "orders")
        if whole and asked and row and None not in hidden and (left := int(row["orders"])):
            self.unsaid.add(cut)
            self.found.add(ALL_SUBJECT, f"without-{cut}", left, unit="orders", rows=left, query=cut)

    def _rows(
        self, lines: ir.Table, cut: str | None, query: str, values: Collection[Any] | None = None
    ) -> list[dict[str, Any]]:
        """A row for each value of a cut, and for the lines that don't say it; or one row for all
        lines of some values together."""
        bought = _.net >= 0
        if cut == "category":
            lines = add_category(self.shelf, lines)
        if cut is not None:
            lines = lines.mutate(value=get_dimension_value(lines, cut))
        if values is not None:
            inside = lines.value.isin([value for value in values if value is not None])
            lines = lines.filter(inside | lines.value.isnull() if None in values else inside)
        known = _.returned.notnull() & (_.paid >= 0)
        back = {}
        if self.returns:
            back = {
                "known": known.sum(),
                "back": (known & _.returned).sum(),
                "back_people": _count_people(known & _.returned),
                "kept_people": _count_people(known & ~_.returned),
            }
        asked = lines.aggregate(
            by=[] if cut is None or values is not None else ["value"],
            revenue=_.paid.sum(),
            orders=_["order"].nunique(where=bought),
            units=_.pieces.sum(),
            customers=_.customer.nunique(where=bought),
            new=_.customer.nunique(where=bought & (_.day == _.first_day)),
            known_paid=_.paid.sum(where=_.customer.notnull()),
            known_orders=_["order"].nunique(where=bought & _.customer.notnull()),
            people=_.customer.nunique() + _["order"].nunique(where=_.customer.isnull()),
            nameless=_["order"].nunique(where=_.customer.isnull()),
            **back,
        )
        if values is None:
            self.found.queries[query] = defer_sql(asked)
        return fetch_rows(self.shelf, asked)

    def _told(self, row: SalesRow, sizes: RowSizes) -> SalesRow:
        """The row with which of its measures may be told."""
        return {**row, "told": sizes.told(self.shelf, people=self.people, new=self.newcomers)}

    def _names(self, cut: str, values: list[Any]) -> dict[Any, str]:
        """What the values are called; products that nobody named are not told."""
        if cut == "month":
            return {value: f"{value // 100}-{value % 100:02}" for value in values}
        if cut == "weekday":
            return {value: WEEKDAY_NAMES[value] for value in values}
        if cut == "hour":
            return {value: f"{value} h" for value in values}
        if cut == "product":
            known = load_product_titles(self.shelf, [str(value) for value in values])
            return {
                value: format_title(known[value])
                for value in values
                if is_product(known.get(value))
            }
        return {value: format_title(str(value)) for value in values}


class SalesGroups:
    """The groups of one cut: which of them are shown, and which of their measures."""

    def __init__(
        self,
        sold: SalesReport,
        cut: str,
        rows: Mapping[Any, SalesRow],
        earlier: Mapping[Any, SalesRow],
        names: Mapping[Any, str],
    ) -> None:
        self.sold, self.cut, self.rows, self.earlier = sold, cut, rows, earlier
        self._unions: dict[tuple[bool, frozenset[Any]], RowSizes] = {}
        said = cut in ("country", "region", "device", "source", "first")
        nameless = {
            value
            for value in {**rows, **earlier}
            if value not in names and not (said and value is None)
        }
        nameless -= {value for value in earlier if value not in rows}
        self.hidden = self._hide("people", sold.shelf.sales_floor, nameless)
        self._few = {
            measure: self._hide(measure, floor, self.hidden)
            for measure, floor in (
                ("customers", sold.shelf.floor),
                ("new", sold.shelf.floor),
                ("old", sold.shelf.floor),
                ("back_people", sold.shelf.sales_floor),
                ("kept_people", sold.shelf.sales_floor),
            )
        }

    def _hide(self, size: str, floor: int, hidden: Collection[Any]) -> set[Any]:
        found = set(hidden)
        for rows, before in ((self.rows, False), (self.earlier, True), (self.rows, False)):
            sizes = {value: getattr(RowSizes.of(row), size) for value, row in rows.items()}
            found = find_hidden_groups(sizes, floor, partial(self._size, size, before), found)
        return found

    def _size(self, size: str, before: bool, values: Collection[Any]) -> int:
        return int(getattr(self._union(values, before), size))

    def _union(self, values: Collection[Any], before: bool) -> RowSizes:
        key = before, frozenset(values)
        if key not in self._unions:
            lines = self.sold.earlier if before else self.sold.lines
            assert lines is not None
            (row,) = self.sold._rows(lines, self.cut, self.cut, values)
            self._unions[key] = RowSizes.of(row)
        return self._unions[key]

    def hides(self, names: Collection[Any]) -> bool:
        """Whether a group that has a name is hidden, or one of its measures."""
        few = {"customers"} if self.sold.people else set()
        few |= {"new", "old"} if self.sold.newcomers else set()
        few |= {"back_people", "kept_people"} if self.sold.returns else set()
        hidden = self.hidden.union(*(self._few[name] for name in few))
        return any(value in names for value in hidden)

    def told(self, value: Any) -> SalesRow:
        return self._told(value, self.rows[value])

    def told_before(self, value: Any) -> SalesRow | None:
        row = self.earlier.get(value)
        return self._told(value, row) if row else None

    def _told(self, value: Any, row: SalesRow) -> SalesRow:
        allowed = self.sold._told(row, RowSizes.of(row))
        few = {name for name, values in self._few.items() if value in values}
        told = set(allowed["told"])
        if "customers" in few:
            told -= {"customers", "per", "new"}
        if few & {"new", "old"}:
            told -= {"new"}
        if few & {"back_people", "kept_people"}:
            told -= {"returns"}
        return {**allowed, "told": frozenset(told)}

    def others(self, names: Collection[Any]) -> SalesRow | None:
        """All that is hidden, together; None where some of it has no name, or it is too few."""
        if not all(value in names for value in self.hidden):
            return None
        (row,) = self.sold._rows(self.sold.lines, self.cut, self.cut, self.hidden)
        if row["people"] < self.sold.shelf.sales_floor:
            return None
        return {**row, "told": frozenset()}


def _count_people(which: Any) -> Any:
    """Those of whom some line is so; an order without a customer counts as one."""
    return _.customer.nunique(where=which) + _["order"].nunique(where=which & _.customer.isnull())
