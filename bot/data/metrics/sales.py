"""Report sales: the total of some days, and the same by month, weekday, hour, country, region,
device, source, category and product. The rows, the measures and the floors are those of the dataset
of orders in `bot/data/metrics/query`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.facts import Source
from bot.core.metric_query import MetricQuery
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import find_hidden_groups
from bot.data.floors import is_below_floor
from bot.data.metrics.best_sellers import choose_days, is_product
from bot.data.metrics.filters import (
    filter_segment,
    list_currencies,
)
from bot.data.metrics.query.dataset import ALL_ROWS
from bot.data.metrics.query.order_rows import select_counted_lines
from bot.data.metrics.query.orders import DATASET as ORDERS
from bot.data.metrics.query.orders import build_conditions
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    GroupedRows,
    HiddenGroups,
    hide_small_groups,
    is_too_few,
    read_grouped_rows,
)
from bot.data.metrics.query.runner import COUNT_KEY, QueryRunner, Values
from bot.data.stats import round_figure
from bot.data.warehouse.purchases import NO_ORDERS
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.french_regions import ABROAD
from bot.i18n.messages import Words
from bot.i18n.periods import get_weekday_key
from bot.text.normalize import format_title, slugify

FEW_SUBJECT, OTHERS_SUBJECT, ALL_SUBJECT = "few", "others", "all"
PLACE_DIMENSIONS = ("country", "region", "device", "source")  # orders may lack the value
SALES_DIMENSIONS = ("weekday", "hour", *PLACE_DIMENSIONS, "category", "product")
TIME_DIMENSIONS = ("month", "weekday", "hour")  # shown in chronological order
DEFAULT_MONTHS = 12  # when no days are requested
EARLIEST_DATE = date(1900, 1, 1)
MAX_BEST_ROWS, MAX_LAST_ROWS = 150, 10  # of a dimension, by revenue: the best and the last ones
PEOPLE_BASES = ("of_customers", "customers", "new", "known")
ORDER_FREQUENCIES = {1: "once", 2: "twice", 3: "three times or more"}
SHARE_MEASURES = {
    "revenue": "share",
    "orders": "orders-share",
    "units": "units-share",
    "customers": "customers-share",
}


@dataclass(frozen=True)
class SalesMeasure:
    """A measure of the facts, and the one of the dataset that it is. `unit` is None for money.
    `bases` are the sets of rows or people that must not be too small for it."""

    source: str
    unit: str | None
    digits: int = 0
    bases: tuple[str, ...] = ()


MEASURES: Mapping[str, SalesMeasure] = {
    "revenue": SalesMeasure("revenue", None),
    "orders": SalesMeasure("orders", "orders"),
    "units": SalesMeasure("units", "units"),
    "customers": SalesMeasure("customers", "customers", bases=("customers",)),
    "new-customers": SalesMeasure(
        "new_customers", "customers", bases=("customers", "new", "known")
    ),
    "per-customer": SalesMeasure("revenue_per_customer", None, 2, ("customers", "of_customers")),
    "orders-per-customer": SalesMeasure(
        "orders_per_customer", "", 2, ("customers", "of_customers")
    ),
    "average-order": SalesMeasure("average_order", None, 2),
    "units-per-order": SalesMeasure("units_per_order", "", 2),
}


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return sales over the requested days, else the last 90 (by month: the last 12 months):
    sold.all and sold.<dimension>-<value>, each with .revenue, .orders, .units, .customers,
    .new-customers (first order ever), .average-order, .units-per-order, .since and .until; .per-day
    of weekdays; .share of a dimension's values; for all also .begins, the first known day, and
    .without-<dimension>, the orders that lack the value.

    Figures of fewer people than the floors are not shown, nor figures from which they could be
    derived: groups that are too small are summed, with others, in sold.others-<dimension>;
    sold.few.under is set when nothing can be shown.

    Refunds are subtracted, cancelled lines are left out, one currency is reported. Raises CannotDo
    for a brand or a segment where the data know none."""
    if warehouse.table("orders") is None:
        result = AnalysisResult("sold", Source(""), warehouse.today)
        result.add_limit(NO_ORDERS)
        return result
    if (why := explain_missing_days(warehouse, filter_)) is not None:
        result = AnalysisResult("sold", warehouse.source("orders"), warehouse.today)
        result.add_limit(why)
        return result
    since, until = choose_days(warehouse, filter_)
    report = SalesReport(warehouse, filter_, (since, until))
    if not report.add_totals():
        return report.result
    report.add_first_day()
    report.add_delivery_time()
    report.add_order_frequency()
    for dimension in SALES_DIMENSIONS:
        report.add_dimension(dimension, (since, until))
    month = until.year * 12 + until.month - DEFAULT_MONTHS
    first_month = date(month // 12, month % 12 + 1, 1)
    report.add_dimension("month", (since if filter_.since else first_month, until))
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


class SalesReport:
    """The sales of some days, as facts."""

    def __init__(
        self, warehouse: Warehouse, filter_: AnalysisFilter, days: tuple[date, date]
    ) -> None:
        currencies = list_currencies(warehouse, "orders")
        self.warehouse, self.days, self.segment = warehouse, days, filter_.segment
        self.money = currencies[0] if currencies else None
        self.query = MetricQuery(
            dataset="orders",
            measures=tuple(one.source for one in MEASURES.values()),
            filters=build_conditions(warehouse, filter_),
        )
        self.result = AnalysisResult("sold", warehouse.source("orders"), days[1])
        if len(currencies) > 1:
            self.result.add_limit(
                Words(
                    "What was sold is counted in {currency} only; other orders are in {others}.",
                    currency=currencies[0],
                    others=", ".join(currencies[1:]),
                )
            )
        self.whole_runner = self._build_runner(days)
        self.lines = self._select(self.whole_runner)

    def _build_runner(self, days: tuple[date, date], *dimensions: str) -> QueryRunner:
        update = {"since": days[0], "until": days[1], "dimensions": dimensions}
        query = self.query.model_copy(update=update)
        return QueryRunner(self.warehouse, ORDERS, query, None, self.money)

    def _select(self, runner: QueryRunner) -> ir.Table:
        lines = runner.select("now")
        return filter_segment(self.warehouse, lines, self.segment) if self.segment else lines

    def _is_of_few(self, rows: GroupedRows) -> bool:
        """Whether the total is of too few people. That these few did nothing on some days is not
        told either."""
        if not len(rows.rows) and (self.query.filters or self.segment):
            ever = self._build_runner((EARLIEST_DATE, self.warehouse.as_of("orders")))
            rows = read_grouped_rows(self.warehouse, ORDERS, self._select(ever), (), ())
        return is_too_few(self.warehouse, rows, ALL_ROWS)

    def add_totals(self) -> bool:
        """Add the totals; return False where they are of too few people, or there is nothing."""
        runner = self.whole_runner
        rows = runner.read_rows({"now": self.lines})["now"]
        if self._is_of_few(rows):
            floor = self.warehouse.sales_floor
            self.result.add(FEW_SUBJECT, "under", floor, unit="customers")
            self.result.add_limit(Words("Under {n} customers: too few to show.", n=floor))
            return False
        values = runner.compute(self.lines, (), keep_sql=True)[ALL_GROUPS]
        if not values[COUNT_KEY]:
            return False
        self.result.queries[ALL_SUBJECT] = runner.sql["revenue"]
        few = {basis for basis in PEOPLE_BASES if is_too_few(self.warehouse, rows, basis)}
        if is_below_floor(_count_nameless(rows)[ALL_GROUPS], self.warehouse.sales_floor):
            few.add("of_customers")
        self._add_measures(ALL_SUBJECT, "", values, few, ALL_SUBJECT, self.days)
        return True

    def _add_measures(
        self,
        subject: str,
        about: str,
        values: Values,
        hidden_bases: Collection[str],
        query: str,
        days: tuple[date, date],
    ) -> None:
        """Add the days and the measures that are computed from none of the hidden bases."""
        orders = int(values[COUNT_KEY])
        add = partial(self.result.add, subject, about=about, rows=orders, query=query)
        add("since", days[0])
        add("until", days[1])
        for name, measure in MEASURES.items():
            value = values[measure.source]
            if value is None and not measure.digits:
                value = 0
            if value is None or not set(measure.bases).isdisjoint(hidden_bases):
                continue
            unit = self.money if measure.unit is None else measure.unit or None
            rounded = round(float(value), measure.digits) if measure.digits else round(value)
            add(name, rounded, unit=unit, exact=value)

    def add_first_day(self) -> None:
        """Add the first day of the file. The first day of a selection would be the day of a single
        order."""
        lines = select_counted_lines(
            self.warehouse, AnalysisFilter(), EARLIEST_DATE, self.days[1], self.money
        )
        query = lines.aggregate(day=lines["at"].date().min(), rows=_.count())
        self.result.queries["begins"] = defer_sql(query)
        (row,) = fetch_rows(self.warehouse, query)
        if row["day"] is not None:
            self.result.add(
                ALL_SUBJECT, "begins", row["day"], rows=int(row["rows"]), query="begins"
            )

    def add_delivery_time(self) -> None:
        """Add the average sold.all.delivery-days over .delivered-parcels. Nothing is shown of too
        few people, and no number of parcels where the remaining ones are of too few."""
        people = self.lines.filter(_.net >= 0).aggregate(
            here=_count_people(_.delivered.notnull()), there=_count_people(_.delivered.isnull())
        )
        lines = self.lines.filter(_.delivered.notnull(), _.net >= 0)
        orders = lines.group_by("order").aggregate(day=_.day.min(), came=_.delivered.max())
        query = orders.filter(_.came >= _.day).aggregate(
            days=_.came.delta(_.day, unit="day").cast("float64").mean(), parcels=_.count()
        )
        self.result.queries["delivered"] = defer_sql(query)
        (row,), (sizes,) = fetch_rows(self.warehouse, query), fetch_rows(self.warehouse, people)
        floor = self.warehouse.sales_floor
        if is_below_floor(sizes["here"], floor) or not row["parcels"]:
            return
        days, parcels = round(float(row["days"]), 1), int(row["parcels"])
        add = partial(self.result.add, ALL_SUBJECT, query="delivered")
        if is_below_floor(sizes["there"], floor):
            add("delivery-days", days, unit="days")
            return
        add("delivery-days", days, unit="days", rows=parcels)
        add("delivered-parcels", parcels, unit="parcels", rows=parcels)

    def add_order_frequency(self) -> None:
        """Add sold.times-1, -2 and -3: the .customers, and their .share, who ordered once, twice,
        and more often, over all days until the last."""
        lines = self._select(self._build_runner((EARLIEST_DATE, self.days[1])))
        lines = lines.filter(_.customer.notnull(), _.net >= 0)
        people = lines.group_by("customer").aggregate(orders=_["order"].nunique())
        often = ibis.least(people.orders, 3).cast("int64")
        query = people.mutate(often=often).aggregate(by=["often"], customers=_.count())
        self.result.queries["times"] = defer_sql(query)
        rows = {row["often"]: row["customers"] for row in fetch_rows(self.warehouse, query)}
        hidden = find_hidden_groups(
            rows, self.warehouse.floor, lambda some: sum(rows[one] for one in some)
        )
        for n, about in ORDER_FREQUENCIES.items():
            many = rows.get(n, 0)
            if many and n not in hidden:
                exact = 100 * many / sum(rows.values())
                add = partial(self.result.add, f"times-{n}", about=about, rows=many, query="times")
                add("customers", many, unit="customers")
                add("share", round(exact, 1), unit="%", exact=exact)

    def add_dimension(self, dimension: str, days: tuple[date, date]) -> None:
        """Add the groups of one dimension; nothing where the orders lack the column."""
        orders = self.warehouse.table("orders")
        if orders is None or ORDERS.dimensions[dimension].needs not in orders.columns:
            return
        runner = self._build_runner(days, dimension)
        lines = self._select(runner)
        rows = runner.read_rows({"now": lines})["now"]
        if dimension == "hour" and set(rows.groups) <= {("0",)}:
            return  # dates without times
        values = runner.compute(lines, (dimension,), keep_sql=True)
        self.result.queries[dimension] = runner.sql["revenue"]
        names = self._name_groups(dimension, list(values))
        unnamed = [
            one
            for one in values
            if one not in names and not (one == (None,) and dimension in PLACE_DIMENSIONS)
        ]
        hidden = hide_small_groups(self.warehouse, rows, PEOPLE_BASES, unnamed)
        if (None,) in values and (None,) not in hidden.groups and dimension in PLACE_DIMENSIONS:
            left = int(values[None,][COUNT_KEY])
            if left:
                measure = f"without-{dimension}"
                self.result.add(
                    ALL_SUBJECT, measure, left, unit="orders", rows=left, query=dimension
                )
        nameless = _count_nameless(rows)
        for group in _sort_groups(dimension, values):
            if group in names and group not in hidden.groups:
                few = _list_hidden_bases(hidden, group)
                if is_below_floor(nameless[group], self.warehouse.sales_floor):
                    few.add("of_customers")
                self._add_group(dimension, group, names[group], values[group], few, days)
        small = hidden.groups & set(values)
        if not small or not small <= set(names):
            return
        if rows.count_people(ALL_ROWS, small) >= self.warehouse.sales_floor:
            subject = f"{OTHERS_SUBJECT}-{dimension}"
            others = runner.compute_others(lines, small)
            self._add_measures(subject, "others", others, PEOPLE_BASES, dimension, days)
            self._add_shares(subject, "others", dimension)

    def _add_group(
        self,
        dimension: str,
        group: Group,
        about: str,
        values: Values,
        hidden_bases: Collection[str],
        days: tuple[date, date],
    ) -> None:
        (value,) = group
        assert value is not None
        subject = f"{dimension}-{slugify(value)}"
        if dimension == "month":
            first = date.fromisoformat(value)
            subject = f"month-{first:%Y%m}"
            last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            days = max(days[0], first), min(days[1], last)
        self._add_measures(subject, about, values, hidden_bases, dimension, days)
        if dimension not in TIME_DIMENSIONS:
            self._add_shares(subject, about, dimension)
        if dimension == "weekday":
            self._add_daily_average(subject, about, values, int(value), days)

    def _add_shares(self, subject: str, about: str, query: str) -> None:
        """Add the share of this subject in the totals."""
        for measure, share in SHARE_MEASURES.items():
            part, whole = self.result.get(subject, measure), self.result.get(ALL_SUBJECT, measure)
            if part is not None and whole is not None and whole.number > 0:
                exact = 100 * float(part.number) / float(whole.number)
                add = partial(self.result.add, subject, about=about, rows=part.rows, query=query)
                add(share, round(exact, 1), unit="%", exact=exact)

    def _add_daily_average(
        self, subject: str, about: str, values: Values, weekday: int, days: tuple[date, date]
    ) -> None:
        """Add the average per such day, because a period may have more Mondays than Sundays."""
        span = range((days[1] - days[0]).days + 1)
        many = sum((days[0] + timedelta(days=n)).weekday() == weekday for n in span)
        if many and values["revenue"] is not None:
            orders = int(values[COUNT_KEY])
            add = partial(self.result.add, subject, about=about, rows=orders, query="weekday")
            add("per-day", round_figure(float(values["revenue"]) / many), unit=self.money)
            add("orders-per-day", round_figure(orders / many, 1), unit="orders")

    def _name_groups(self, dimension: str, groups: Sequence[Group]) -> dict[Group, str]:
        """Return the display names of the groups; products without a name are left out."""
        values = [value for (value,) in groups if value is not None]
        if dimension == "product":
            titles = load_product_titles(self.warehouse, values)
            return {
                (value,): format_title(titles[value])
                for value in values
                if is_product(titles.get(value))
            }
        return {(value,): _name_value(dimension, value) for value in values}


def _name_value(dimension: str, value: str) -> str:
    if dimension == "month":
        return value[:7]
    if dimension == "weekday":
        return get_weekday_key(int(value))
    return f"{value} h" if dimension == "hour" else format_title(value.removeprefix(ABROAD))


def _sort_groups(dimension: str, values: Mapping[Group, Values]) -> list[Group]:
    """Sort by revenue and keep the best and the last ones; sort days chronologically."""
    known = [one for one in values if one != (None,)]
    if dimension in TIME_DIMENSIONS:
        return sorted(known, key=lambda one: (len(one[0] or ""), one))
    ranked = sorted(known, key=lambda one: (-(values[one]["revenue"] or 0), one))
    if len(ranked) > MAX_BEST_ROWS + MAX_LAST_ROWS:
        ranked = ranked[:MAX_BEST_ROWS] + ranked[-MAX_LAST_ROWS:]
    return ranked


def _list_hidden_bases(hidden: HiddenGroups, group: Group) -> set[str]:
    return {basis for basis in PEOPLE_BASES if not hidden.shows(group, [basis])}


def _count_nameless(rows: GroupedRows) -> dict[Group, int]:
    """Return by group how many orders have no customer."""
    people = rows.count_people_by_group(ALL_ROWS)
    known = rows.count_people_by_group("of_customers")
    return {group: people[group] - known[group] for group in people}


def _count_people(which: ir.BooleanValue) -> Any:
    """Count the people with such a line; an order without a customer counts as one."""
    nameless = which & _.customer.isnull()
    return _.customer.nunique(where=which) + _["order"].nunique(where=nameless)
