"""Report sales: which orders are selected, grouped by month, weekday, country, device, source,
code, product …, and compared with an earlier period."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import partial
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.core.facts import Source
from bot.core.metric_query import SalesQuery
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
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
from bot.data.warehouse.purchases import NO_ORDERS
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.calendar_names import get_weekday_key
from bot.i18n.messages import Words
from bot.text.slugs import format_title, slugify

FEW_SUBJECT, OTHERS_SUBJECT = "few", "others"
PEOPLE_MEASURES = ("customers", "new-customers", "per-customer", "orders-per-customer")
ALL_SUBJECT, WHOLE_SUBJECT = "all", "whole"  # subjects of the selected orders, and of all orders
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
DEFAULT_MONTHS = 12  # when no days are requested
WEEKEND_DAYS = {"weekend": (5, 6), "in-the-week": (0, 1, 2, 3, 4)}
EARLIEST_DATE = date(1900, 1, 1)


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return sales over the requested days, else the last 90 (by month: the last 12 months; for
    returns: a year without its last two weeks): sold.all and sold.<cut>-<value>, each with
    .revenue, .orders, .units, .customers, .new-customers (first order ever), .average-order,
    .units-per-order, .since and .until; .per-day of weekdays; .share of a cut's values; for all
    also .begins, the first known day, and .without-<cut>, the orders that lack the value. With an
    earlier period each measure has a .<measure>-before and a .<measure>-change.

    Figures of fewer people than the floors are not shown, nor figures from which they could be
    derived: groups that are too small are summed, with others, in sold.others-<cut>; sold.few.under
    is set when nothing can be shown, and .before when nothing can be shown of the earlier period.

    With a `SalesQuery`, only one cut of the orders it selects is returned:
    sold.only-<column>-<value>.name is what its words mean, sold.unknown.words the words that match
    nothing (then nothing is counted), sold.read-<n>.as a misspelt one; sold.whole has all orders of
    the same days, and .share, .orders-share … of all refer to them; for returns also .returned and
    .return-rate.

    Refunds are subtracted, cancelled lines are left out, one currency is reported. Raises CannotDo
    where the orders lack a column of the filter."""
    if warehouse.table("orders") is None:
        result = AnalysisResult("sold", Source(""), warehouse.today)
        result.add_limit(NO_ORDERS)
        return result
    if (why := explain_missing_days(warehouse, filter_)) is not None:
        result = AnalysisResult("sold", warehouse.source("orders"), warehouse.today)
        result.add_limit(why)
        return result
    if filter_.tally is not None:
        from bot.data.metrics.orders.sales_question import SalesQuestion

        question = SalesQuestion(warehouse, filter_, filter_.tally).answer()
        cache_released_rows(warehouse, filter_, question.released, question.recipe)
        return question.result
    until = find_last_whole_day(warehouse, "orders", filter_)
    since = filter_.since or until - timedelta(days=DEFAULT_DAYS - 1)
    report = SalesReport(warehouse, filter_, (since, until), find_comparison_days(filter_, until))
    if not report.add_totals():
        return report.result
    report.add_first_day()
    report.add_delivery_days()
    add_order_frequency(report.result, warehouse, report.ever)
    for cut in SALES_DIMENSIONS:
        report.add_dimension(cut)
    months = since if filter_.since else find_first_month(until)
    SalesReport(warehouse, filter_, (months, until), None, report.result).add_dimension("month")
    return report.result


def explain_missing_days(warehouse: Warehouse, filter_: AnalysisFilter) -> Words | None:
    """Return why the requested days can't be counted: they are before the first order, or after the
    last."""
    orders = warehouse.table("orders")
    if orders is None or filter_.since is None:
        return None
    (row,) = fetch_rows(
        warehouse, orders.aggregate(first=_.at.min().date(), last=_.at.max().date())
    )
    file = warehouse.source("orders").words()
    if row["first"] is None:
        return None
    if filter_.since > row["last"]:
        return Words(
            "{file} ends on {day}: what you ask about came later. Import the newer orders.",
            file=file,
            day=row["last"],
        )
    if filter_.until is not None and filter_.until < row["first"]:
        return Words(
            "{file} begins on {day}: what you ask about came before. Import the earlier orders.",
            file=file,
            day=row["first"],
        )
    return None


def find_comparison_days(filter_: AnalysisFilter, until: date) -> tuple[date, date] | None:
    """Return the earlier days, shortened to the number of later days that are over."""
    if filter_.against is None or filter_.since is None:
        return filter_.against
    first, last = filter_.against
    if filter_.until is None or until < filter_.until:
        last = min(last, first + (until - filter_.since))
    return first, last


def find_first_month(until: date) -> date:
    month = until.year * 12 + until.month - DEFAULT_MONTHS
    return date(month // 12, month % 12 + 1, 1)


class SalesReport:
    """The sales of some days, as facts."""

    def __init__(
        self,
        warehouse: Warehouse,
        filter_: AnalysisFilter,
        days: tuple[date, date],
        before: tuple[date, date] | None,
        result: AnalysisResult | None = None,
        only: NarrowedFilters = (),
    ) -> None:
        known = list_currencies(warehouse, "orders")
        self.warehouse, self.days, self.before, self.only = warehouse, days, before, only
        self.filter_ = filter_
        self.money = known[0] if known else None
        self.result = result or AnalysisResult("sold", warehouse.source("orders"), days[1])
        measure = filter_.tally.measure if filter_.tally else ""
        self.returns = measure in ("returned", "return-rate")
        self.people = not measure or measure in PEOPLE_MEASURES
        self.newcomers = not measure or measure == "new-customers"
        # by cut and value: the sorts of figures that are shown
        self.shown: dict[str, dict[str, Sequence[str]]] = {}
        self.sorts: Sequence[str] = ()  # of the total
        self.hiding: set[str] = (
            set()
        )  # cuts with groups, or with figures of groups, that are not shown
        self.hides_parcels = False
        self.row: SalesRow = {}  # the total
        # cuts for which the number of orders without a value is shown
        self.unsaid: set[str] = set()
        if result is None and len(known) > 1:
            self.result.add_limit(
                Words(
                    "What was sold is counted in {currency} only; other orders are in {others}.",
                    currency=known[0],
                    others=", ".join(known[1:]),
                )
            )
        self.ever = select_order_lines(
            warehouse, remove_days(filter_), (EARLIEST_DATE, days[1]), self.money, only
        )
        self.lines = select_order_lines(warehouse, filter_, days, self.money, only)
        self.earlier = self._earlier(before)

    def _earlier(self, before: tuple[date, date] | None) -> ir.Table | None:
        if before is None:
            return None
        return select_order_lines(
            self.warehouse, remove_days(self.filter_), before, self.money, self.only
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether the filter selects only some of the days' orders."""
        sales_query, filter_ = self.filter_.tally or SalesQuery(), remove_days(self.filter_)
        ends = (sales_query.over, sales_query.under, sales_query.pieces_from, sales_query.pieces_to)
        names = [
            field_.name for field_ in fields(filter_) if getattr(filter_, field_.name) is not None
        ]
        narrowing = set(names) - {"tally", "against", "words", "days"}
        return bool(
            self.only or sales_query.only or narrowing or any(end is not None for end in ends)
        )

    def add_totals(self, key: str = ALL_SUBJECT) -> bool:
        """Add the totals; return False where they are of too few people, or there is nothing."""
        (row,) = self._fetch_rows(self.lines, None, key)
        self.row = row
        sizes = RowSizes.of(row)
        sums = self.warehouse.sales_floor
        few = is_below_floor(sizes.people, sums)
        if (
            not sizes.people and self.is_narrowed
        ):  # the absence of a few people's orders would reveal something about them
            known = (EARLIEST_DATE, self.warehouse.as_of("orders"))
            lines = select_order_lines(
                self.warehouse, remove_days(self.filter_), known, self.money, self.only
            )
            (ever,) = self._fetch_rows(lines, None, f"{key}-ever")
            few = is_below_floor(RowSizes.of(ever).people, sums)
        if few:
            self.withhold_all(sums)
            return False
        if not row["orders"] and not (self.only or self.filter_.tally):
            return False
        before = self._row_before(key)
        earlier = (before, self.before) if self.before else None
        allowed = self._with_allowed_measures(row, sizes)
        self.sorts = sorted(allowed["told"])
        add_sales_facts(self.result, key, "", allowed, key, self.days, self.money, earlier)
        return True

    def _row_before(self, key: str) -> SalesRow | None:
        """Return the totals of the earlier days. They are dropped where they are of too few
        people."""
        if self.earlier is None:
            return None
        (before,) = self._fetch_rows(self.earlier, None, f"{key}-before")
        sizes = RowSizes.of(before)
        if is_below_floor(sizes.people, self.warehouse.sales_floor):
            self.earlier = self.before = None
            self.result.add(FEW_SUBJECT, "before", self.warehouse.sales_floor, unit="customers")
            return None
        return self._with_allowed_measures(before, sizes)

    def withhold_all(self, floor: int) -> None:
        """Report that nothing can be shown. Remove all facts except those on how the words were
        understood."""
        kept_prefixes = ("sold.only-", "sold.but-", "sold.read-")
        self.result.facts = [
            fact for fact in self.result.facts if fact.id.startswith(kept_prefixes)
        ]
        self.result.add(FEW_SUBJECT, "under", floor, unit="customers")
        self.result.add_limit(Words("Under {n} customers: too few to show.", n=floor))

    def add_first_day(self) -> None:
        """Add the first day of the file. The first day of a selection would be the day of a single
        order."""
        every = AnalysisFilter(tally=None)
        lines = select_order_lines(self.warehouse, every, (EARLIEST_DATE, self.days[1]), self.money)
        query = lines.aggregate(day=_.day.min(), rows=_.count())
        self.result.queries["begins"] = defer_sql(query)
        (row,) = fetch_rows(self.warehouse, query)
        if row["day"] is not None:
            self.result.add(
                ALL_SUBJECT, "begins", row["day"], rows=int(row["rows"]), query="begins"
            )

    def add_delivery_days(self) -> None:
        self.hides_parcels = not add_delivery_time(self.result, self.warehouse, self.lines)

    def read_lines(self, cut: str | None = None, *, earlier: bool = False) -> LineRows:
        """Read the line rows with their values of a cut."""
        lines = self.earlier if earlier else self.lines
        assert lines is not None
        if cut == "category":
            lines = add_category(self.warehouse, lines)
        return read_line_rows(
            self.warehouse, lines, None if cut is None else get_dimension_value(lines, cut)
        )

    def add_dimension(self, cut: str) -> None:
        """Add one cut; nothing where the orders lack the column."""
        if cut in self.lines.columns or cut in (*TIME_DIMENSIONS, "first"):
            self._add_dimension(cut)

    def _add_dimension(self, cut: str) -> None:
        rows = {row["value"]: row for row in self._fetch_rows(self.lines, cut, cut)}
        if cut == "hour" and set(rows) <= {0}:
            return  # dates without times
        earlier: dict[Any, SalesRow] = {}
        if self.earlier is not None and cut not in TIME_DIMENSIONS:
            earlier_rows = self._fetch_rows(self.earlier, cut, f"{cut}-before")
            earlier = {row["value"]: row for row in earlier_rows}
        names = self._name_values(cut, [value for value in rows if value is not None])
        groups = SalesGroups(self, cut, rows, earlier, names)
        self._add_missing_values(cut, rows.get(None), groups.hidden)
        self.shown[cut] = {}
        known = {value: row for value, row in rows.items() if value is not None}
        for value, _row in sort_rows(known, cut):
            if (about := names.get(value)) and value not in groups.hidden:
                self.shown[cut][str(value)] = sorted(groups.get_row(value)["told"])
                self._add_group(cut, value, about, groups)
        if groups.hides_named(names):
            self.hiding.add(cut)
        if groups.hidden and (row := groups.sum_hidden(names)):
            key = f"{OTHERS_SUBJECT}-{cut}"
            add_sales_facts(self.result, key, "others", row, cut, self.days, self.money)
            add_shares(self.result, key, "others", ALL_SUBJECT, cut)

    def _add_group(self, cut: str, value: Any, about: str, groups: "SalesGroups") -> None:
        key, row = f"{cut}-{slugify(str(value))}", groups.get_row(value)
        held = self.before and cut not in TIME_DIMENSIONS
        before = (groups.get_earlier_row(value), self.before) if held and self.before else None
        add_sales_facts(self.result, key, about, row, cut, self.days, self.money, before)
        if cut not in TIME_DIMENSIONS:
            add_shares(self.result, key, about, ALL_SUBJECT, cut)
        days = {"weekday": (value,), "weekend": WEEKEND_DAYS.get(value, ())}.get(cut)
        if days:
            add_daily_average(self.result, key, about, row, days, self.days, self.money, cut)

    def _add_missing_values(self, cut: str, row: SalesRow | None, hidden: Collection[Any]) -> None:
        """Add how many orders lack the value."""
        is_reported = cut in ("country", "region", "device", "source", "first")
        whole = self.result.get(ALL_SUBJECT, "orders")
        if whole and is_reported and row and None not in hidden and (left := int(row["orders"])):
            self.unsaid.add(cut)
            self.result.add(
                ALL_SUBJECT, f"without-{cut}", left, unit="orders", rows=left, query=cut
            )

    def _fetch_rows(
        self, lines: ir.Table, cut: str | None, query: str, values: Collection[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Fetch one row for each value of a cut, and one for lines without a value; or one row for
        all lines of some values together."""
        bought = _.net >= 0
        if cut == "category":
            lines = add_category(self.warehouse, lines)
        if cut is not None:
            lines = lines.mutate(value=get_dimension_value(lines, cut))
        if values is not None:
            inside = lines.value.isin([value for value in values if value is not None])
            lines = lines.filter(inside | lines.value.isnull() if None in values else inside)
        known = _.returned.notnull() & (_.paid >= 0)
        back = {}
        if self.returns:
            back = {
                "known": _.pieces.sum(where=known),  # units: a line is returned as a whole
                "back": _.pieces.sum(where=known & _.returned),
                "back_people": _count_people(known & _.returned),
                "kept_people": _count_people(known & ~_.returned),
            }
        query_table = lines.aggregate(
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
            self.result.queries[query] = defer_sql(query_table)
        return fetch_rows(self.warehouse, query_table)

    def _with_allowed_measures(self, row: SalesRow, sizes: RowSizes) -> SalesRow:
        """Return the row with the sorts of measures that may be shown."""
        return {
            **row,
            "told": sizes.list_allowed_sorts(
                self.warehouse, people=self.people, new=self.newcomers
            ),
        }

    def _name_values(self, cut: str, values: list[Any]) -> dict[Any, str]:
        """Return the display names of the values; products without a name are left out."""
        if cut == "month":
            return {value: f"{value // 100}-{value % 100:02}" for value in values}
        if cut == "weekday":
            return {value: get_weekday_key(value) for value in values}
        if cut == "hour":
            return {value: f"{value} h" for value in values}
        if cut == "product":
            known = load_product_titles(self.warehouse, [str(value) for value in values])
            return {
                value: format_title(known[value])
                for value in values
                if is_product(known.get(value))
            }
        return {value: format_title(str(value)) for value in values}


class SalesGroups:
    """The groups of one cut, and which of them and of their measures may be shown."""

    def __init__(
        self,
        report: SalesReport,
        cut: str,
        rows: Mapping[Any, SalesRow],
        earlier: Mapping[Any, SalesRow],
        names: Mapping[Any, str],
    ) -> None:
        self.report, self.cut, self.rows, self.earlier = report, cut, rows, earlier
        self._unions: dict[tuple[bool, frozenset[Any]], RowSizes] = {}
        may_be_missing = cut in ("country", "region", "device", "source", "first")
        nameless = {
            value
            for value in {**rows, **earlier}
            if value not in names and not (may_be_missing and value is None)
        }
        nameless -= {value for value in earlier if value not in rows}
        self.hidden = self._hide("people", report.warehouse.sales_floor, nameless)
        self._few = {
            measure: self._hide(measure, floor, self.hidden)
            for measure, floor in (
                ("customers", report.warehouse.floor),
                ("new", report.warehouse.floor),
                ("old", report.warehouse.floor),
                ("back_people", report.warehouse.sales_floor),
                ("kept_people", report.warehouse.sales_floor),
            )
        }

    def _hide(self, size: str, floor: int, hidden: Collection[Any]) -> set[Any]:
        hidden_values = set(hidden)
        for rows, before in ((self.rows, False), (self.earlier, True), (self.rows, False)):
            sizes = {value: getattr(RowSizes.of(row), size) for value, row in rows.items()}
            hidden_values = find_hidden_groups(
                sizes, floor, partial(self._size, size, before), hidden_values
            )
        return hidden_values

    def _size(self, size: str, before: bool, values: Collection[Any]) -> int:
        return int(getattr(self._union(values, before), size))

    def _union(self, values: Collection[Any], before: bool) -> RowSizes:
        key = before, frozenset(values)
        if key not in self._unions:
            lines = self.report.earlier if before else self.report.lines
            assert lines is not None
            (row,) = self.report._fetch_rows(lines, self.cut, self.cut, values)
            self._unions[key] = RowSizes.of(row)
        return self._unions[key]

    def hides_named(self, names: Collection[Any]) -> bool:
        """Tell whether a group with a name, or one of its measures, is hidden."""
        few = {"customers"} if self.report.people else set()
        few |= {"new", "old"} if self.report.newcomers else set()
        few |= {"back_people", "kept_people"} if self.report.returns else set()
        hidden = self.hidden.union(*(self._few[name] for name in few))
        return any(value in names for value in hidden)

    def get_row(self, value: Any) -> SalesRow:
        return self._with_allowed_measures(value, self.rows[value])

    def get_earlier_row(self, value: Any) -> SalesRow | None:
        row = self.earlier.get(value)
        return self._with_allowed_measures(value, row) if row else None

    def _with_allowed_measures(self, value: Any, row: SalesRow) -> SalesRow:
        allowed = self.report._with_allowed_measures(row, RowSizes.of(row))
        few = {name for name, values in self._few.items() if value in values}
        sorts = set(allowed["told"])
        if "customers" in few:
            sorts -= {"customers", "per", "new"}
        if few & {"new", "old"}:
            sorts -= {"new"}
        if few & {"back_people", "kept_people"}:
            sorts -= {"returns"}
        return {**allowed, "told": frozenset(sorts)}

    def sum_hidden(self, names: Collection[Any]) -> SalesRow | None:
        """Return the sum of all hidden groups; None where some of them have no name, or it is too
        small."""
        if not all(value in names for value in self.hidden):
            return None
        (row,) = self.report._fetch_rows(self.report.lines, self.cut, self.cut, self.hidden)
        if row["people"] < self.report.warehouse.sales_floor:
            return None
        return {**row, "told": frozenset()}


def _count_people(which: Any) -> Any:
    """Count the people with such a line; an order without a customer counts as one."""
    return _.customer.nunique(where=which) + _["order"].nunique(where=which & _.customer.isnull())
