"""Analyse advertising and mailings: impressions, clicks, sales, cost, and the bottleneck of each ad
line.

`find` is about the requested period, by default the 28 days up to the newest row. A line is what a
team can change: a keyword for a product at a retailer."""

from datetime import date, timedelta

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
    get_key,
    is_in_currency,
    is_within_days,
    make_fact_adder,
    refuse_without_campaigns,
    sum_ads,
    sum_by_key,
)
from bot.data.analyses.campaigns.bottlenecks import (
    find_bottlenecks,
    find_sold_out_dates,
    sum_spend_since_sold_out,
)
from bot.data.analyses.campaigns.mailings import add_mailing_facts
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import TOTAL_VALUE, DimensionValue
from bot.data.floors import is_below_floor
from bot.data.stats import round_figure
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import slugify


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts campaigns.ads.*, campaigns.<dimension>--<value>.*,
    campaigns.worse--<dimension>--<value>.*, campaigns.stuck--<line>.* and
    campaigns.opens--<feature>.*. Rates are in %."""
    table = warehouse.table("campaigns")
    if table is None:
        return refuse_without_campaigns(warehouse)
    result = AnalysisResult.from_table("campaigns", warehouse, "campaigns")
    add_ad_facts(warehouse, result, _filter_campaigns(table, filter_), filter_)
    add_mailing_facts(warehouse, result, filter_)
    if not result.facts:
        result.add_limit(Words("No campaign fits what you asked about."))
    return result


def _filter_campaigns(table: ir.Table, filter_: AnalysisFilter) -> ir.Table:
    for name in ("product", "channel"):
        if (value := getattr(filter_, name)) is not None:
            table = table.filter(table[name] == value)
    return table


# The facts of advertising: the total, each dimension, and the bottleneck of each line.

PERIOD_DAYS = 28
MAX_VALUES = 12  # of one dimension


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
        self._sums("ads", "", whole, TOTAL_VALUE)
        if any(ad.sums.days for ad in self.now):
            self.result.add("ads", "since", self.since, query="ads")
            self.result.add("ads", "until", self.until, query="ads")
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
            here = sum_by_key(self.now, get_key(dimension))
            if len(here) < 2:
                continue
            largest = sorted(here.items(), key=lambda kv: (-kv[1].spend, kv[0]))[:MAX_VALUES]
            for value, of in largest:
                about = (of.title or value) if dimension == "product" else value
                subject = f"{dimension}--{slugify(value)}"
                self._sums(subject, about, of, (dimension, str(value)))

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
            if bottleneck.where == "budget gone by noon":
                add("days-out-of-budget", of.early, "days", of.days)
            if bottleneck.where == "sold out":
                add("since", sold_out[bottleneck.line.product or ""])
            if bottleneck.line.product:
                add("product", of.title or bottleneck.line.product)
        return [
            bottleneck.line
            for bottleneck in bottlenecks
            if bottleneck.where in ("sold out", "unbought")
        ]

    def _is_few(self, totals: AdTotals) -> bool:
        return is_below_floor(totals.orders, self._floor)

    def _few_orders(self, subject: str, about: str, totals: AdTotals) -> None:
        """Add that there were orders, where they are too few to be counted."""
        if totals.says("orders") and self._is_few(totals):
            few = f"under {self._floor}"
            self.result.add(subject, "orders", few, about=about, query="ads")

    def _is_sold(self, line: AdLine) -> bool:
        return (LINE_DIMENSION, format_line_key(line)) in self.sold

    def _sums(self, subject: str, about: str, totals: AdTotals, value: DimensionValue) -> None:
        sold = value in self.sold
        add = make_fact_adder(self.result, subject, about, totals.rows, sold=sold)
        for measure in (name for name in MEASURES if totals.says(name)):
            money = self.currency if measure in ("spend", "sales") else None
            add(measure, getattr(totals, measure), money)
        if totals.conversion is not None:
            add("orders-per-click", round_figure(100 * totals.conversion, 2), "%", totals.clicks)
        if totals.cost_per_order is not None:
            add("cost-per-order", round_figure(totals.cost_per_order, 2), self.currency)
        if totals.returned is not None:
            add("return", round_figure(totals.returned, 1))
