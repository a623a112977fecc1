"""Build the facts of advertising: the total, each dimension, and the bottleneck of each line."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from bot.data.analyses.campaigns.ad_comparison import ComparisonInput, add_ad_comparisons
from bot.data.analyses.campaigns.ads import (
    DIMENSIONS,
    LINE_DIMENSION,
    MEASURES,
    AdLine,
    AdRow,
    AdTotals,
    build_ads,
    build_sales_population,
    find_main_currency,
    format_line_key,
    is_in_currency,
    is_within_days,
    sum_ads,
    sum_by_key,
    sum_by_week,
)
from bot.data.analyses.campaigns.bottlenecks import (
    find_best_line,
    find_bottlenecks,
    find_lucky_lines,
    find_sold_out_dates,
    sum_spend_since_sold_out,
)
from bot.data.analyses.campaigns.fact_builder import make_fact_adder
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue, list_publishable
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

PERIOD_DAYS = 28
OTHERS_LABEL = Words("Others")
MAX_VALUES = 12  # of one dimension
WEEKS = 8
MIN_CLICK_RATE_PRECISION = 0.001  # a rate below it is shown with three digits


def add_ad_facts(
    warehouse: Warehouse, result: AnalysisResult, table: ir.Table, filter_: AnalysisFilter
) -> None:
    until = filter_.until or result.as_of
    since = filter_.since or until - timedelta(days=PERIOD_DAYS - 1)
    before = since - (until - since) - timedelta(days=1)
    expression = sum_ads(table, since, before, until)
    rows = fetch_rows(warehouse, expression)
    if not rows:
        return
    result.queries["ads"] = defer_sql(expression)
    currency, others = find_main_currency(rows)
    if others:
        result.add_limit(
            Words(
                "Amounts are in several currencies: only {kept} is added up, {left} is left out.",
                kept=str(currency),
                left=", ".join(others),
            )
        )
    ads = build_ads(row for row in rows if row["currency"] == currency)
    report = _AdReport(result, currency, ads, since, until, warehouse.sales_floor)
    report.totals()
    report.dimensions()
    sold_out = find_sold_out_dates(warehouse)
    stuck_lines = report.add_bottlenecks(
        sum_spend_since_sold_out(warehouse, table, sold_out, currency), sold_out
    )
    known = [
        {"product": x.product, "keyword": x.keyword, "retailer": x.retailer} for x in stuck_lines
    ]
    ours = table.filter(is_in_currency(table, currency))
    comparison_input = ComparisonInput(
        ours.filter(is_within_days(ours, since, until)),
        ours,
        report.now,
        currency,
        until,
        known,
        report.sold,
    )
    add_ad_comparisons(warehouse, result, comparison_input)
    report.add_weeks(warehouse, ours)


class _AdReport:
    """Builds the advertising facts, in one currency."""

    def __init__(
        self,
        result: AnalysisResult,
        currency: str | None,
        ads: list[AdRow],
        since: date,
        until: date,
        floor: int,
    ):
        self.result, self.currency = result, currency
        self.now = [ad for ad in ads if ad.current]
        self.earlier = [ad for ad in ads if not ad.current]
        self.since, self.until, self._floor = since, until, floor
        self.sold = self._find_sold_values(self.now)
        self._sold_before = self._find_sold_values(self.earlier)

    def _find_sold_values(self, ads: list[AdRow]) -> set[DimensionValue]:
        """Return the dimension values with enough orders to be shown, without giving smaller ones
        away."""
        wanted = [
            (name, str(value))
            for name in DIMENSIONS
            for value in dict.fromkeys(ad.keys[name] for ad in ads)
            if value is not None
        ]
        wanted += [
            (LINE_DIMENSION, key) for key in dict.fromkeys(format_line_key(ad.line) for ad in ads)
        ]
        sold_values = build_sales_population(ads).find_publishable(wanted, self._floor)
        if ads and len(sold_values) <= len(wanted):
            self.result.withhold("sales")
        return sold_values

    def totals(self) -> None:
        whole = sum((ad.sums for ad in self.now), AdTotals())
        self._sums("ads", "", whole, sum((ad.sums for ad in self.earlier), AdTotals()), TOTAL_VALUE)
        if any(ad.sums.days for ad in self.now):
            add = make_fact_adder(self.result, "ads", "", whole.rows)
            add("since", self.since)
            add("until", self.until)
        else:
            self.result.add_limit(
                Words("The results carry no dates: they can't be held against a period before.")
            )
        if not whole.says("sales"):
            self.result.add_limit(
                Words(
                    "{source} does not say for how much was sold, so the return on ad spend can't "
                    "be told.",
                    source=self.result.source.words(),
                )
            )

    def dimensions(self) -> None:
        for dimension in DIMENSIONS:
            here, then = (
                sum_by_key(ads, _make_value_getter(dimension)) for ads in (self.now, self.earlier)
            )
            if len(here) < 2:
                continue
            largest = sorted(here.items(), key=lambda kv: (-kv[1].spend, kv[0]))[:MAX_VALUES]
            for value, of in largest:
                about = (of.title or value) if dimension == "product" else value
                subject = f"{dimension}--{slugify(value)}"
                self._sums(subject, about, of, then.get(value, AdTotals()), (dimension, str(value)))
            self._add_others(dimension, here)

    def _add_others(self, dimension: str, here: dict[str, AdTotals]) -> None:
        """Add the sum of the values that have too few orders to be shown on their own."""
        held = [of for value, of in here.items() if (dimension, str(value)) not in self.sold]
        whole = sum(held, AdTotals())
        if whole.orders >= self._floor and TOTAL_VALUE in self.sold:
            about, subject = OTHERS_LABEL.text, f"others--{dimension}"
            add = make_fact_adder(self.result, subject, about, whole.rows, sold=True)
            add("orders", whole.orders)
            if whole.says("sales"):
                add("sales", whole.sales, self.currency)

    def add_weeks(self, warehouse: Warehouse, rows: ir.Table) -> None:
        """Add the last eight whole weeks, Monday to Sunday: campaigns.week--<Monday>.*"""
        monday = self.until - timedelta(days=(self.until.weekday() + 1) % 7 + 6)
        first = monday - timedelta(weeks=WEEKS - 1)
        day = rows["at"].date()
        recent = rows.filter(
            day.between(ibis.literal(first), ibis.literal(monday + timedelta(days=6)))
        )
        expression = sum_ads(
            recent.mutate(week=recent["at"].truncate("W").date()), None, None, None, "week"
        )
        by_week = dict(sorted(sum_by_week(fetch_rows(warehouse, expression)).items()))
        for chunk in (list(by_week)[-PERIOD_DAYS // 7 :], list(by_week)[: -PERIOD_DAYS // 7]):
            sizes = {week: by_week[week].orders for week in chunk}
            sold = list_publishable(sizes, self._floor)
            for week in chunk:
                self._sums(
                    f"week--{week}", week.isoformat(), by_week[week], AdTotals(), sold=week in sold
                )

    def add_bottlenecks(
        self, wasted: dict[AdLine, AdTotals], sold_out: dict[str, date]
    ) -> list[AdLine]:
        """Add the bottlenecks of the lines, and return the lines that lose orders by them."""
        lines = sum_by_key(self.now, lambda ad: ad.line)
        long = sum_by_key([*self.now, *self.earlier], lambda ad: ad.line)
        bottlenecks = find_bottlenecks(
            lines, long, {line: s for line, s in wasted.items() if line in lines}
        )
        for bottleneck in bottlenecks:
            subject, about, of = (
                f"stuck--{slugify(bottleneck.line.name)}",
                bottleneck.line.name,
                bottleneck.sums,
            )
            sold = not of.orders or (self._is_sold(bottleneck.line) and not self._is_few(of))
            add = make_fact_adder(self.result, subject, about, of.rows, sold=sold)
            self._few_orders(subject, about, of)
            add("where", bottleneck.where)
            for measure in (m for m in ("spend", "impressions", "clicks", "orders") if of.says(m)):
                add(measure, getattr(of, measure), self.currency if measure == "spend" else None)
            add("days", of.days)
            if bottleneck.where == "sold out":
                add("since", sold_out[bottleneck.line.product or ""])
            if bottleneck.line.retailer:
                add("retailer", bottleneck.line.retailer)
            if bottleneck.line.product:
                add("product", of.title or bottleneck.line.product)
            if bottleneck.peers is not None:
                self._peers(add, bottleneck.where, bottleneck.peers)
        self._best(lines)
        return [
            bottleneck.line
            for bottleneck in bottlenecks
            if bottleneck.where in ("sold out", "unbought")
        ]

    def _peers(self, add: Callable[..., None], where: str, peers: float) -> None:
        if where == "unseen":
            add("usual-impressions-a-day", round(peers))
        else:
            add("usual-rate", round(100 * peers, 2), "%")

    def _best(self, lines: dict[AdLine, AdTotals]) -> None:
        if (top := find_best_line(lines)) is not None:
            line, of = top
            add = make_fact_adder(self.result, "best", line.name, of.rows, sold=self._is_sold(line))
            add("return", _round_ratio(of.returned))
            add("orders", of.orders)
            add("spend", of.spend, self.currency)
            add("sales", of.sales, self.currency)
        for line, of in find_lucky_lines(lines):
            subject = f"chance--{slugify(line.name)}"
            sold = self._is_sold(line)
            add = make_fact_adder(self.result, subject, line.name, of.rows, sold=sold)
            self._few_orders(subject, line.name, of)
            add("return", _round_ratio(of.returned))
            add("orders", of.orders)
            add("clicks", of.clicks)

    def _is_few(self, totals: AdTotals) -> bool:
        return is_below_floor(totals.orders, self._floor)

    def _few_orders(self, subject: str, about: str, totals: AdTotals) -> None:
        """Add that there were orders, where they are too few to be counted."""
        if totals.says("orders") and self._is_few(totals):
            few = f"under {self._floor}"
            self.result.add(subject, "orders", few, about=about, query="ads")

    def _is_sold(self, line: AdLine) -> bool:
        return (LINE_DIMENSION, format_line_key(line)) in self.sold

    def _sums(
        self,
        subject: str,
        about: str,
        totals: AdTotals,
        then: AdTotals,
        value: DimensionValue | None = None,
        *,
        sold: bool = False,
    ) -> None:
        sold = value in self.sold if value else sold
        add = make_fact_adder(self.result, subject, about, totals.rows, sold=sold)
        for measure in (name for name in MEASURES if totals.says(name)):
            money = self.currency if measure in ("spend", "sales") else None
            add(measure, getattr(totals, measure), money)
        if totals.click_rate is not None:
            add(
                "click-rate",
                round(
                    100 * totals.click_rate,
                    2 if totals.click_rate >= MIN_CLICK_RATE_PRECISION else 3,
                ),
                "%",
            )
        if totals.conversion is not None:
            add("orders-per-click", round(100 * totals.conversion, 2), "%", totals.clicks)
        if totals.cost_per_click is not None:
            add("cost-per-click", round(totals.cost_per_click, 2), self.currency)
        if totals.cost_per_order is not None:
            add("cost-per-order", round(totals.cost_per_order, 2), self.currency)
        if totals.returned is not None:
            add("return", _round_ratio(totals.returned))
        for measure in ("spend", "sales"):
            known = measure != "sales" or value in self._sold_before
            if known and (was := getattr(then, measure)) and totals.says(measure):
                change = 100 * (getattr(totals, measure) - was) / was
                add(f"{measure}-change", round(change, 1), "%")


def _make_value_getter(dimension: str) -> Callable[[AdRow], str | None]:
    return lambda ad: ad.keys[dimension]


def _round_ratio(value: Decimal | None) -> Decimal:
    return round(value or Decimal(0), 1)
