"""Answer one question on sales: which orders its words select, and how they are grouped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Fact
from bot.core.metric_query import SalesQuery
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.best_sellers import DEFAULT_DAYS
from bot.data.metrics.entity_resolution import ResolvedValues, load_order_values, resolve_values
from bot.data.metrics.filters import FILTER_NAMES, add_category, find_last_whole_day
from bot.data.metrics.orders import (
    ALL_SUBJECT,
    EARLIEST_DATE,
    FEW_SUBJECT,
    PEOPLE_MEASURES,
    WHOLE_SUBJECT,
    SalesReport,
    find_comparison_days,
    find_first_month,
)
from bot.data.metrics.orders.order_lines import (
    TIME_DIMENSIONS,
    NarrowedFilters,
    remove_days,
    select_order_lines,
)
from bot.data.metrics.orders.released_rows import (
    ReleasedRows,
    group_by_order_count,
    isolates_few_people,
    make_empty_rows,
    read_line_rows,
)
from bot.data.metrics.orders.sales_facts import add_order_extremes, add_order_frequency, add_shares
from bot.data.warehouse.purchases import CANCELLED_STATUSES
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import format_title, slugify

RETURN_PERIODS = (
    timedelta(days=365),
    timedelta(days=14),
)  # days back that are read for returns; days whose parcels may still come back
RETURN_MEASURES = ("returned", "return-rate")
CUSTOMER_COUNT_MEASURES = ("customers", "new-customers")
DIMENSION_PLURALS = {
    "country": "countries",
    "region": "regions",
    "source": "sources",
    "product": "products",
    "category": "categories",
    "code": "codes",
}


@dataclass(frozen=True)
class AnswerRecipe:
    """How to read the rows behind an answer again: the filter with exact days; the sorts of figures
    shown, of the total and by cut and value; the cuts whose lines without a value are counted
    (`unsaid`); whether the share of the `whole` is shown; whether order frequency counts all days
    (`ever`); whether the number of parcels is shown."""

    where: AnalysisFilter
    shown: Mapping[str, Mapping[str, Sequence[str]]]
    sorts: Sequence[str]
    unsaid: Sequence[str]
    whole: bool
    ever: bool
    parcels: bool


class SalesQuestion:
    """Answers one question: the orders it selects, grouped by one cut."""

    def __init__(
        self, warehouse: Warehouse, filter_: AnalysisFilter, sales_query: SalesQuery
    ) -> None:
        self.until = find_last_whole_day(warehouse, "orders", filter_)
        self.warehouse, self.filter_, self.sales_query = warehouse, filter_, sales_query
        # None: the answer contains no figure of the orders
        self.released: ReleasedRows | None = None
        self.recipe: AnswerRecipe | None = None
        self.whole: SalesReport | None = None
        self.frequency_lines: ir.Table | None = None
        self.known: Mapping[str, Mapping[str, str]] = {}
        self.result = AnalysisResult("sold", warehouse.source("orders"), self.until)

    def answer(self) -> "SalesQuestion":
        """Compute all facts of the answer."""
        if self.sales_query.measure == "cancelled":
            self._add_cancelled()
            return self
        only = self._resolve_filters()
        if self.result.get("unknown", "words") or not self._has_asked_columns(only):
            return self
        report = self._build_report(only)
        if not report.add_totals():
            return self
        if report.is_narrowed:
            self.whole = self._build_whole_report(report)
            self.whole.add_totals(WHOLE_SUBJECT)
            self.whole.add_first_day()
            add_shares(self.result, ALL_SUBJECT, "", WHOLE_SUBJECT, ALL_SUBJECT)
        else:
            report.add_first_day()
        self._add_amount_limits(report.money)
        self._add_rates(report.days)
        self._add_breakdowns(report)
        self._check_released(report)
        return self

    def reread_rows(self, recipe: "AnswerRecipe") -> ReleasedRows:
        """Return the rows behind an earlier answer, given its recipe."""
        report = self._build_report(self._resolve_filters())
        report.shown = {cut: dict(some) for cut, some in recipe.shown.items()}
        report.sorts, report.unsaid = list(recipe.sorts), set(recipe.unsaid)
        if recipe.whole:
            self.whole = self._build_whole_report(report)
            self.whole.sorts = report.sorts
        if self.sales_query.cut == "times":
            self.frequency_lines = report.ever if recipe.ever else report.lines
        if recipe.parcels:
            self.result.add(ALL_SUBJECT, "delivered-parcels", 0)
        rows = self._collect_released(report)
        if (
            self.sales_query.measure in CUSTOMER_COUNT_MEASURES
            and not report.shown
            and self.frequency_lines is None
        ):
            rows.total = rows.before = rows.whole = make_empty_rows()
        return rows

    def _resolve_filters(self) -> NarrowedFilters:
        sales_query = self.sales_query
        if sales_query.names or sales_query.instead or sales_query.without:
            self.known = load_order_values(self.warehouse)
        return self._resolve_names()

    def _build_report(self, only: NarrowedFilters) -> SalesReport:
        days = self._choose_days(self.filter_, self.until, only)
        filter_, before = (
            replace(self.filter_, since=days[0]),
            find_comparison_days(self.filter_, days[1]),
        )
        return SalesReport(self.warehouse, filter_, days, before, self.result, only)

    def _build_whole_report(self, report: SalesReport) -> SalesReport:
        """Build the report on all orders of the same days."""
        sales_query = SalesQuery(measure=self.sales_query.measure)
        every = replace(self.filter_, tally=sales_query, product=None, category=None)
        return SalesReport(self.warehouse, every, report.days, None, self.result)

    def _add_breakdowns(self, report: SalesReport) -> None:
        sales_query = self.sales_query
        if sales_query.cut == "times":
            self.frequency_lines = report.lines if self.filter_.since else report.ever
            add_order_frequency(self.result, self.warehouse, self.frequency_lines)
        elif sales_query.measure == "values":
            self._add_value_count(report)
        elif sales_query.cut:
            report.add_dimension(sales_query.cut)
        for by in dict.fromkeys(by for by, some, but in report.only if len(some) > 1 and not but):
            if not sales_query.cut and by != "product":
                report.add_dimension(by)
        if sales_query.measure == "delivery-days":
            report.add_delivery_days()
        if sales_query.measure in ("largest-order", "median-order"):
            add_order_extremes(
                self.result, self.warehouse, report.lines, report.money, sales_query.measure
            )

    def _check_released(self, report: SalesReport) -> None:
        """Check whether these figures alone reveal a few people. If so remove the share of all
        orders, and where that is not enough, everything."""
        self.released = self._collect_released(report)
        if isolates_few_people(self.warehouse, self.released, whole=True):
            self.result.facts = remove_whole_shares(self.result.facts)
            self.released.whole = make_empty_rows()
            if isolates_few_people(self.warehouse, self.released, whole=False):
                report.withhold_all(self.warehouse.sales_floor)
        if self.result.get(FEW_SUBJECT, "under") is None and (
            floor := self._find_missing_floor(report)
        ):
            report.withhold_all(floor)
        if self.result.get(FEW_SUBJECT, "under"):
            self.released = None
            return
        if (
            self.sales_query.measure in CUSTOMER_COUNT_MEASURES
            and not report.shown
            and self.frequency_lines is None
        ):
            self.result.facts = keep_counts_only(self.result.facts)
            self.released.total = self.released.before = self.released.whole = make_empty_rows()
        days, before = report.days, report.before
        self.recipe = AnswerRecipe(
            where=replace(self.filter_, since=days[0], until=days[1], against=before),
            shown=report.shown,
            sorts=report.sorts,
            unsaid=sorted(report.unsaid),
            whole=self.result.get(WHOLE_SUBJECT, "since") is not None,
            ever=self.frequency_lines is not None and self.filter_.since is None,
            parcels=self.result.get(ALL_SUBJECT, "delivered-parcels") is not None,
        )

    def _find_missing_floor(self, report: SalesReport) -> int | None:
        """Return the floor that hides the requested figure, or None."""
        measure, warehouse = self.sales_query.measure, self.warehouse
        floor = warehouse.floor if measure in PEOPLE_MEASURES else warehouse.sales_floor
        hides = measure in (*PEOPLE_MEASURES, *RETURN_MEASURES, "delivery-days")
        whole = self.result.get(ALL_SUBJECT, "orders")
        if self.sales_query.cut == "times" or not whole or not whole.value:
            return None
        if self.sales_query.cut and self.sales_query.cut in report.shown:
            shown = report.shown[self.sales_query.cut]
            cells = [
                fact
                for fact in self.result.facts
                if fact.id.endswith(f".{measure}")
                and fact.id.startswith(f"sold.{self.sales_query.cut}-")
            ]
            lacks = not shown or (hides and not cells)
            return floor if lacks and self.sales_query.cut in report.hiding else None
        if not hides or self.result.get(ALL_SUBJECT, measure):
            return None
        if measure == "delivery-days":
            return floor if report.hides_parcels else None
        required = "known" if measure in RETURN_MEASURES else "customers"
        return floor if report.row.get(required) else None

    def _collect_released(self, report: SalesReport) -> ReleasedRows:
        """Collect the rows behind every figure that is shown."""
        released, warehouse = ReleasedRows(), self.warehouse
        cuts = list(report.shown)
        lines = [report.read_lines(cut) for cut in cuts] or [report.read_lines()]
        released.total = np.unique(lines[0].rows)
        released.count(lines[0], report.sorts)
        for cut, some in zip(cuts, lines, strict=False):
            for value, sorts in report.shown[cut].items():
                released.add(some, value, sorts)
            if cut in report.unsaid:
                released.add(some, None, ())
        if self.whole is not None:
            whole = self.whole.read_lines()
            released.whole = np.unique(whole.rows)
            released.count(whole, self.whole.sorts)
        if report.earlier is not None:
            held = [cut for cut in cuts if cut not in TIME_DIMENSIONS]
            before = [report.read_lines(cut, earlier=True) for cut in held] or [
                report.read_lines(earlier=True)
            ]
            released.before = np.unique(before[0].rows)
            released.count(before[0], report.sorts)
            for cut, some in zip(held, before, strict=False):
                for value, sorts in report.shown[cut].items():
                    released.add(some, value, sorts)
        if self.frequency_lines is not None:
            released.people += group_by_order_count(read_line_rows(warehouse, self.frequency_lines))
        if self.result.get(ALL_SUBJECT, "delivered-parcels"):
            released.cells.append(np.unique(lines[0].rows[lines[0].came]))
        return released

    def _resolve_names(self) -> NarrowedFilters:
        """Resolve the words to values, and add facts on them."""
        first, later, without = (
            resolve_values(words, self.known, nearly=self.sales_query.nearly)
            if words
            else ResolvedValues()
            for words in (
                self.sales_query.names,
                self.sales_query.instead,
                self.sales_query.without,
            )
        )
        for n, (word, meaning) in enumerate({**first.read, **later.read, **without.read}.items()):
            self.result.add(f"read-{n}", "as", meaning, about=word)
        strange = self.sales_query.strange
        if unknown := [*first.unknown, *later.unknown, *without.unknown, *strange]:
            self.result.add("unknown", "words", " ".join(unknown))
            return ()
        only: Mapping[str, list[str]] = {**first.only, **later.only}
        filters = [(by, tuple(values), False) for by, values in only.items()]
        filters += [(by, tuple(values), True) for by, values in without.only.items()]
        for by, some, but in filters:
            for value in some:
                key = f"{'but' if but else 'only'}-{by}-{slugify(value)}"
                self.result.add(key, "name", format_title(self.known[by][value]), about=by)
        return tuple(filters)

    def _has_asked_columns(self, only: NarrowedFilters) -> bool:
        """Tell whether the orders have values for the requested columns."""
        orders = self.warehouse.table("orders")
        returned_column = {"returned": "returned", "return-rate": "returned"}.get(
            self.sales_query.measure, ""
        )
        late = any(order_filter.by == "late" for order_filter in self.sales_query.only)
        code = any(order_filter.by == "code" for order_filter in self.sales_query.only)
        for column in (
            returned_column,
            "promised" if late else "",
            "code" if code else "",
            self.sales_query.cut,
        ):
            if orders is None or column not in orders.columns or column in ("product", "order"):
                continue
            table = add_category(self.warehouse, orders) if column == "category" else orders
            known = table.filter(table[column].notnull()).select(column).limit(1)
            if not fetch_rows(self.warehouse, known):
                self._add_missing_column(column)
                return False
        return True

    def _add_cancelled(self) -> None:
        """Answer a question on cancelled orders, which no figure counts: whether the orders state
        which ones they are."""
        orders, source = self.warehouse.table("orders"), self.result.source.words()
        assert orders is not None
        cancelled = (
            orders.filter(orders.status.lower().isin(CANCELLED_STATUSES)).select("status").limit(1)
        )
        if fetch_rows(self.warehouse, cancelled):
            self.result.add_limit(
                Words(
                    "{source} says which orders were cancelled: they are left out "
                    "of every figure, and I can't count them apart yet.",
                    source=source,
                )
            )
            return
        self.result.add_limit(
            Words("{source} does not say which orders were cancelled.", source=source)
        )

    def _add_missing_column(self, column: str) -> None:
        source = self.result.source.words()
        if column == "returned":
            self.result.add_limit(
                Words(
                    "{source} does not say what came back, so returns can't be told.", source=source
                )
            )
            return
        called = FILTER_NAMES.get(column, Words(column))
        self.result.add_limit(
            Words(
                "{source} does not say the {column}, so nothing can be told by it.",
                source=source,
                column=called,
            )
        )

    def _choose_days(
        self, filter_: AnalysisFilter, until: date, only: NarrowedFilters
    ) -> tuple[date, date]:
        if filter_.since:
            return filter_.since, until
        if self.sales_query.measure in ("returned", "return-rate"):
            return until - RETURN_PERIODS[0], until - RETURN_PERIODS[1]
        if self.sales_query.ever or any(by == "code" for by, _values, _but in only):
            every = replace(remove_days(filter_), product=None, category=None)
            lines = select_order_lines(self.warehouse, every, (EARLIEST_DATE, until), None)
            (row,) = fetch_rows(self.warehouse, lines.aggregate(day=lines.day.min()))
            return row["day"] or until, until
        if self.sales_query.cut == "month":
            return find_first_month(until), until
        return until - timedelta(days=DEFAULT_DAYS - 1), until

    def _add_value_count(self, report: SalesReport) -> None:
        """Add how many countries, sources, products … the orders have."""
        cut = self.sales_query.cut
        lines = add_category(self.warehouse, report.lines) if cut == "category" else report.lines
        query = lines.aggregate(many=lines[cut].nunique(where=lines.net >= 0))
        self.result.queries["values"] = defer_sql(query)
        (row,) = fetch_rows(self.warehouse, query)
        self.result.add(
            ALL_SUBJECT,
            f"{cut}-values",
            int(row["many"]),
            unit=DIMENSION_PLURALS.get(cut),
            query="values",
        )

    def _add_rates(self, days: tuple[date, date]) -> None:
        """Add the averages of orders and revenue per day, week and month of 30 days."""
        many = (days[1] - days[0]).days + 1
        for measure in ("orders", "revenue"):
            if (whole := self.result.get(ALL_SUBJECT, measure)) is None:
                continue
            for unit, length in (("day", 1), ("week", 7), ("month", 30)):
                mean = round(float(whole.number) * length / many, 1 if measure == "orders" else 0)
                self.result.add(
                    ALL_SUBJECT, f"{measure}-per-{unit}", mean, unit=whole.unit, query=ALL_SUBJECT
                )

    def _add_amount_limits(self, money: str | None) -> None:
        for end in ("from", "to"):
            if (pieces := getattr(self.sales_query, f"pieces_{end}")) is not None:
                self.result.add(
                    ALL_SUBJECT, f"pieces-{end}", pieces, unit="units", query=ALL_SUBJECT
                )
        for measure in ("over", "under"):
            if (value := getattr(self.sales_query, measure)) is not None:
                self.result.add(ALL_SUBJECT, measure, value, unit=money, query=ALL_SUBJECT)


def keep_counts_only(facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts with counts of customers only, without the unrequested sums of the same
    orders, so that these need not be checked against other answers."""
    sums = ("revenue", "orders", "units", "average-order", "share", "orders-share", "units-share")
    return [
        fact.model_copy(update={"rows": None})
        for fact in facts
        if not fact.id.rpartition(".")[2].startswith(sums)
    ]


def remove_whole_shares(facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts without the total of all orders and the shares of it."""
    shares = ("share", "orders-share", "units-share", "customers-share", "returned-share")
    gone = {f"sold.{ALL_SUBJECT}.{share}" for share in shares}
    return [fact for fact in facts if fact.id not in gone and not _is_of_whole(fact)]


def _is_of_whole(fact: Fact) -> bool:
    return fact.id.startswith(f"sold.{WHOLE_SUBJECT}.")
