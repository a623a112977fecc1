"""Analyse advertising and mailings: impressions, clicks, sales, cost, and the bottleneck of each ad
line.

`find` is about the requested period, by default the 28 days up to the newest row. A line is what a
team can change: a keyword for a product at a retailer."""

from collections.abc import Callable
from datetime import date, timedelta

import ibis.expr.types as ir

from bot.core.half_up import round_half_up
from bot.data.analyses.campaigns.ad_comparison import ComparisonInput, add_ad_comparisons
from bot.data.analyses.campaigns.ads import (
    DIMENSIONS,
    MEASURES,
    AdLine,
    AdRow,
    AdTotals,
    build_ads,
    find_main_currency,
    get_key,
    is_in_currency,
    is_within_days,
    make_fact_adder,
    refuse_without_campaigns,
    select_ads,
    sum_ads,
    sum_by_key,
)
from bot.data.analyses.campaigns.bottlenecks import (
    find_bottlenecks,
    sum_spend_since_sold_out,
)
from bot.data.analyses.campaigns.budgets import BudgetUse, sum_budgets
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.metrics.filters import find_last_whole_day
from bot.data.metrics.sold_out import find_sold_out_dates
from bot.data.stats import round_figure
from bot.data.warehouse.query import defer_sql, fetch_rows, find_source
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts campaigns.ads.*, campaigns.<dimension>--<value>.*,
    campaigns.worse--<dimension>--<value>.* and campaigns.stuck--<line>.*. Rates are in %."""
    table = warehouse.table("campaigns")
    if table is None:
        return refuse_without_campaigns(warehouse)
    result = AnalysisResult.from_table("campaigns", warehouse, "campaigns")
    ads = filter_campaigns(table, filter_)
    result.source = find_source(warehouse, "campaigns", select_ads(ads))
    add_ad_facts(warehouse, result, ads, filter_)
    result.source = warehouse.source("campaigns")  # of what can't be told
    if not result.facts:
        result.add_limit("No campaign fits what you asked about.")
    return result


def filter_campaigns(table: ir.Table, filter_: AnalysisFilter) -> ir.Table:
    """Return the rows of the campaigns that a filter names."""
    for name in ("product", "channel"):
        if (value := getattr(filter_, name)) is not None:
            table = table.filter(table[name] == value)
    for name in ("retailer", "placement"):
        if (value := getattr(filter_, name)) is not None:
            table = table.filter(table[name].lower() == value.lower())
    if filter_.without_campaign is not None:
        is_it = table.name.lower() == filter_.without_campaign.lower()
        table = table.filter(~is_it.fill_null(False))
    return table


# The facts of advertising: the total, each dimension, and the bottleneck of each line.

PERIOD_DAYS = 28
MAX_VALUES = 12  # of one dimension
# where a keyword is advertised: the column, and the measure that says it
PLACES = {"channel": "channel", "retailer": "retailer", "name": "campaign"}


def add_ad_facts(
    warehouse: Warehouse, result: AnalysisResult, table: ir.Table, filter_: AnalysisFilter
) -> None:
    until = find_last_whole_day(warehouse, "campaigns", filter_)
    since = filter_.since or until - timedelta(days=PERIOD_DAYS - 1)
    before = since - (until - since) - timedelta(days=1)
    expression = sum_ads(table, since, before, until)
    rows = fetch_rows(warehouse, expression)
    if not rows:
        return
    result.queries["ads"] = defer_sql(expression)
    currency, others = find_main_currency(rows)
    result.add_currency_limit([str(currency), *others])
    ads = build_ads(row for row in rows if row["currency"] == currency)
    ours = table.filter(is_in_currency(table, currency))
    report = _AdReport(result, currency, ads, since, until)
    report.totals()
    report.dimensions()
    budgets = sum_budgets(warehouse, ours, since, until)
    if budgets.whole:
        report.add_budget("ads", "", budgets.whole)
    for name, use in budgets.campaigns.items():
        report.add_budget(f"name--{slugify(name)}", name, use)
    sold_out = find_sold_out_dates(warehouse)
    wasted = sum_spend_since_sold_out(warehouse, table, sold_out, until, currency)
    of_lines = dict(budgets.lines)
    for product in {line.product for line in wasted if line.product}:  # of the same days
        own = sum_budgets(warehouse, ours, sold_out[product], until).lines
        of_lines |= {line: use for line, use in own.items() if line.product == product}
    stuck_lines = report.add_bottlenecks(wasted, sold_out, of_lines)
    known = [
        {"product": x.product, "keyword": x.keyword, "retailer": x.retailer} for x in stuck_lines
    ]
    comparison_input = ComparisonInput(
        ours.filter(is_within_days(ours, since, until)),
        ours,
        report.now,
        currency,
        until,
        known,
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
    ):
        self.result, self.currency = result, currency
        self.now = [ad for ad in ads if ad.current]
        self.earlier = [ad for ad in ads if not ad.current]
        self.since, self.until = since, until

    def totals(self) -> None:
        whole = sum((ad.sums for ad in self.now), AdTotals())
        self._sums("ads", "", whole)
        if any(ad.sums.days for ad in self.now):
            self.result.add("ads", "since", self.since, query="ads")
            self.result.add("ads", "until", self.until, query="ads")
        else:
            self.result.add_limit(
                "The results carry no dates: they can't be held against a period before."
            )
        if not whole.says("sales"):
            self.result.add_limit(
                "{source} does not say for how much was sold, so the return on ad spend can't "
                "be told.",
                source=self.result.source.words(),
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
                self._sums(subject, about, of)

    def add_bottlenecks(
        self,
        wasted: dict[AdLine, AdTotals],
        sold_out: dict[str, date],
        budgets: dict[AdLine, BudgetUse],
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
            add = make_fact_adder(self.result, subject, about, of.rows)
            add("where", bottleneck.where)
            for measure in (m for m in ("spend", "impressions", "clicks", "orders") if of.says(m)):
                add(measure, getattr(of, measure), self.currency if measure == "spend" else None)
            add("days", of.days)
            for name, measure in PLACES.items():
                values = {ad.keys[name] for ad in self.now if ad.line == bottleneck.line}
                if len(values) == 1 and (value := values.pop()):
                    add(measure, value)
            if use := budgets.get(bottleneck.line):
                self._budget(add, use)
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

    def add_budget(self, subject: str, about: str, use: BudgetUse) -> None:
        """Add the budget of a day, which share of it was spent, and on how many days a campaign's
        was used up."""
        add = make_fact_adder(self.result, subject, about, use.rows)
        self._budget(add, use)
        if about and use.days_out:
            add("days-out-of-budget", use.days_out, "days", use.days)

    def _budget(self, add: Callable[..., None], use: BudgetUse) -> None:
        add("budget-a-day", round_half_up(use.budget / use.days, 2), self.currency, use.days)
        add("share-of-budget", round_figure(use.share, 1), "%")

    def _sums(self, subject: str, about: str, totals: AdTotals) -> None:
        add = make_fact_adder(self.result, subject, about, totals.rows)
        for measure in (name for name in MEASURES if totals.says(name)):
            money = self.currency if measure in ("spend", "sales") else None
            add(measure, getattr(totals, measure), money)
        if totals.conversion is not None:
            add("orders-per-click", round_figure(100 * totals.conversion, 2), "%", totals.clicks)
        if totals.cost_per_order is not None:
            add("cost-per-order", round_figure(totals.cost_per_order, 2), self.currency)
        if totals.returned is not None:
            add("return", round_figure(totals.returned, 2))
