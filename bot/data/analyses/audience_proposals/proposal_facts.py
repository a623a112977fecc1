"""Compute the facts of one audience: its rule, its size, and what such customers bought in the 90
days before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from math import sqrt
from statistics import median
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.core.half_up import round_half_up
from bot.data.analyses.experiments.hypothesis_tests import compute_smallest_lift
from bot.data.analyses.products import PurchasedProducts, Subject
from bot.data.analyses.result import AnalysisResult
from bot.data.analyses.segments.audience import AudienceSelection
from bot.data.analyses.segments.basket import build_baskets, build_pairs, find_pairs, group_pairs
from bot.data.floors import bound_count, is_below_floor
from bot.data.metrics.filters import list_currencies
from bot.data.stats import round_figure
from bot.data.warehouse.consents import select_consenting
from bot.data.warehouse.query import TableCache, fetch_rows, render_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

# Sizes of an audience, how many of it can be reached, and its purchases in the backtest.

BACKTEST_DAYS = 90
Z_95 = 1.96
PURPOSES: tuple[AudiencePurpose, ...] = ("email", "sms", "ads")


@dataclass(frozen=True)
class Proposal:
    """One proposed audience. `id` is the subject of its facts and its key in AUDIENCE_NAMES."""

    id: str
    rule: AudienceRule


@dataclass(frozen=True)
class PastPurchases:
    """Purchases of a group in the backtest. Of `people` selected as of 90 days ago, `bought` have
    bought the product since; `sales` is the sum they paid, `squares` the sum of squares of what
    each paid."""

    people: int
    bought: int
    sales: float
    squares: float

    @property
    def share(self) -> float:
        return self.bought / self.people if self.people else 0.0

    @property
    def share_interval(self) -> tuple[float, float]:
        """95 % Wilson interval (JASA 22, 1927, 209–212), which also holds for small shares."""
        n, p = self.people, self.share
        middle = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
        reach = Z_95 * sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    @property
    def sales_interval(self) -> tuple[float, float]:
        """95 % normal interval of the average sales per person, never below zero."""
        mean = self.sales / self.people
        variance = max(0.0, self.squares / self.people - mean**2)
        reach = Z_95 * sqrt(variance / self.people)
        return max(0.0, mean - reach), mean + reach


def build_sizes(fits: ir.Table, warehouse: Warehouse) -> ir.Table:
    """Return one row: fits, and email, sms and ads where there are consents."""
    joined, counts = fits.distinct(), {"fits": _.count()}
    for purpose in PURPOSES:
        agreed = select_consenting(warehouse, purpose)
        if agreed is not None:
            yes = agreed.select(**{f"who_{purpose}": _.customer})
            joined = joined.left_join(yes, joined.customer == yes[f"who_{purpose}"])
            counts[purpose] = _[f"who_{purpose}"].count()
    return joined.aggregate(**counts)


def build_past_purchases(
    fits: ir.Table, lines: ir.Table, subject: Subject, since: date
) -> ir.Table:
    """Return one row: people, bought, sales, squares. `fits` is selected as of `since`; `lines` are
    all order lines."""
    spent = (
        filter_subject_lines(lines, subject)
        .filter(_.day > ibis.literal(since), _.amount >= 0)
        .group_by(buyer=_.customer)
        .aggregate(spent=_.amount.sum().cast("float64"))
    )
    people = fits.distinct()
    both = people.left_join(spent, people.customer == spent.buyer)
    return both.aggregate(
        people=_.count(),
        bought=_.buyer.count(),
        sales=_.spent.fill_null(0.0).sum(),
        squares=(_.spent * _.spent).fill_null(0.0).sum(),
    )


def filter_subject_lines(lines: ir.Table, subject: Subject) -> ir.Table:
    """Return the lines of the subject's products or categories; all lines when the subject is
    empty."""
    if subject.product:
        return lines.filter(_.product == subject.product)
    if subject.categories:
        return lines.filter(_.category.lower().isin([one.lower() for one in subject.categories]))
    return lines


MIN_BUYERS = 5  # with fewer buyers a share is not reliable
MAX_INTERVAL_RATIO = 10  # upper end over lower end; a wider interval is not shown
MAX_CATEGORIES = 40  # offered in the form
WHOLE_PERCENT_FROM = 0.1  # shares from here on are shown as whole percents


@dataclass
class ProposalReport:
    """Builds the facts of all audiences, from the orders as they are now and as they were 90 days
    ago."""

    warehouse: Warehouse
    result: AnalysisResult
    now: AudienceSelection
    earlier: AudienceSelection
    subject: Subject
    goods: PurchasedProducts
    table_cache: TableCache

    @cached_property
    def people(self) -> int:
        table = self.now.ranked.aggregate(people=_.count())
        return int(fetch_rows(self.warehouse, table)[0]["people"])

    def register_query(self, name: str, table: ir.Table) -> ir.Table:
        """Record the table's SQL under `name` and return the table, compiled only once."""
        sql = render_sql(table)
        self.result.queries[name] = self.table_cache.defer(table)
        if self.warehouse.engine.name != "duckdb":
            return table
        return self.warehouse.engine.sql(sql, schema=table.schema())

    def add_everybody(self) -> None:
        """Add the facts of all customers (the baseline of every audience) and the names of
        categories."""
        add, known = self.result.add, self.goods
        self.result.set_group_size("all", self.people)
        self.result.mark_without_customers("category", "things")
        add("all", "customers", self.people, unit="customers", rows=self.people)
        add("all", "days", BACKTEST_DAYS, unit="days")
        if self.subject.name:
            add("all", "subject", self.subject.name, about=self.subject.name)
        categories = self.subject.categories
        if categories and (first := known.first(categories[0])):
            add("all", "most-bought", first, about=self.subject.name)
        for n, name in enumerate(known.names[:MAX_CATEGORIES], 1):
            add("category", f"n{n}", name, about=name)
        all_then = self._everybody_earlier
        if all_then is None:
            self.result.add_limit(
                "What such people bought before can't be told: it needs orders of half a year."
            )
            return
        if all_then.bought >= MIN_BUYERS and not is_below_floor(
            all_then.bought, self.warehouse.sales_floor
        ):
            share = float(round_half_up(100 * all_then.share, 1))
            rows, label = all_then.people, self._bought_label
            add("all", "bought-share", share, "%", rows=rows, query="all-then", label=label)

    def add_audience(self, proposal: Proposal, *, least: int = 0, sure: bool = False) -> bool:
        """Add the facts of one audience and return True. Return False and add nothing when fewer
        than `least` customers fit, or when `sure` is set and such customers did not buy more than
        the baseline."""
        fits = self.now.select_fitting(proposal.rule)
        sizes = fetch_rows(
            self.warehouse, self.register_query(proposal.id, build_sizes(fits, self.warehouse))
        )[0]
        counted = int(sizes["fits"])
        if counted < least or (
            least and is_below_floor(self.people - counted, self.warehouse.floor)
        ):
            return False
        past, base = self._load_past_purchases(proposal), self._choose_baseline(proposal.rule)
        if sure and base is not None and not _is_above_average(past, base):
            return False
        self._add_rule(proposal, counted)
        self._add_sizes(proposal, sizes, self._count_large_segments(proposal.rule, fits))
        if past is not None and base is not None:
            self._add_past_purchases(proposal, past, base, sizes)
        return True

    def _add_rule(self, proposal: Proposal, rows: int) -> None:
        add, rule = self.result.add, proposal.rule
        self.result.mark_without_customers(
            proposal.id
        )  # a rule is no figure, and the counts below are bounded
        rows = rows if rows >= self.warehouse.floor else 0
        add(proposal.id, "rule", rule.stored, rows=rows)
        add(proposal.id, "rule-code", rule.code, rows=rows)
        for measure, (value, unit) in rule.figures.items():
            add(proposal.id, measure, value, unit=unit)
        self.add_product_names(rule)

    def add_product_names(self, rule: AudienceRule) -> None:
        """Add the titles of the products in a rule. A product that nobody bought has no title."""
        name_facts = [fact for fact in self.result.facts if fact.id.startswith("audiences.things")]
        known = {fact.about for fact in name_facts}
        for key in rule.products:
            if key not in known and key in self.goods.titles:
                self.result.add("things", slugify(key), self.goods.titles[key], about=key)

    def _count_large_segments(self, rule: AudienceRule, fits: ir.Table) -> int | None:
        """Count the people in those segments of a rule that may be told alone, where the rest of
        it is too few: beside them the whole would tell that."""
        if len(rule.segments) < 2:
            return None
        groups = self.now.groups.semi_join(fits, "customer").group_by("segment")
        rows = fetch_rows(self.warehouse, groups.aggregate(people=_.count()))
        sizes, floor = [int(row["people"]) for row in rows], self.warehouse.floor
        few = sum(many for many in sizes if many < floor)
        return sum(sizes) - few if is_below_floor(few, floor) else None

    def _add_sizes(self, proposal: Proposal, sizes: dict[str, int], least: int | None) -> None:
        fits, floor = sizes["fits"], self.warehouse.floor
        of = self._count_without_order() if proposal.rule.never_ordered else self.people
        if least:
            self.result.add(proposal.id, "customers", f"at least {least}", query=proposal.id)
            fits = least
        else:
            self._add_count(proposal.id, "customers", fits, of)
        for purpose in PURPOSES:
            if purpose in sizes:
                self._add_count(proposal.id, f"by-{purpose}", sizes[purpose], fits)
        ways = [sizes[purpose] for purpose in PURPOSES if purpose in sizes]
        if any(is_below_floor(fits - many, floor) or is_below_floor(many, floor) for many in ways):
            self.result.withhold("people")

    def _count_without_order(self) -> int:
        table = self.now.without_order.aggregate(people=_.count())
        return int(fetch_rows(self.warehouse, table)[0]["people"])

    def _add_count(self, id: str, measure: str, counted: int, of: int) -> None:
        """Add a count, bounded when the count or its remainder is below the floor. That nobody of
        a shown audience agreed is told, or somebody writes to nobody."""
        floor = self.warehouse.floor
        is_part = measure != "customers" and of >= floor
        shown = bound_count(counted, of, floor, none_is_shown=is_part)
        rows = counted if isinstance(shown, int) else None
        kind = "orders" if measure == "customers" else "consents"
        source, as_of = self.warehouse.source(kind), self.warehouse.as_of(kind)
        self.result.add(id, measure, shown, rows=rows, query=id, source=source, as_of=as_of)

    @cached_property
    def _everybody_earlier(self) -> PastPurchases | None:
        """All customers of 90 days ago; None when the orders don't go back another 90 days."""
        return self._count_past_purchases("all-then", self.earlier.ranked.select("customer"))

    @cached_property
    def _non_buyers_earlier(self) -> PastPurchases | None:
        """Customers who did not own the subject 90 days ago: the baseline of look-alikes."""
        had = filter_subject_lines(self.earlier.lines, self.subject).filter(_.amount >= 0)
        table = self.earlier.ranked.anti_join(had.select("customer"), "customer").select("customer")
        return self._count_past_purchases("without-then", table)

    @property
    def _bought_label(self) -> str:
        return "bought it since" if self.subject.name else "bought anything since"

    def _choose_baseline(self, rule: AudienceRule) -> PastPurchases | None:
        alike = rule.like_product or rule.like_category
        return self._non_buyers_earlier if alike and self.subject.name else self._everybody_earlier

    @cached_property
    def _is_history_long_enough(self) -> bool:
        first = fetch_rows(self.warehouse, self.now.lines.aggregate(first=_.day.min()))[0]["first"]
        return first is not None and (self.earlier.until - first).days >= BACKTEST_DAYS

    def _load_past_purchases(self, proposal: Proposal) -> PastPurchases | None:
        rule = proposal.rule
        is_told = not (rule.never_ordered or rule.joined_within)  # who had signed up is not known
        if not (is_told and self._is_history_long_enough):
            return None
        fits = self.earlier.select_fitting(rule.move(-timedelta(days=BACKTEST_DAYS)))
        return self._count_past_purchases(f"{proposal.id}-then", fits)

    def _count_past_purchases(self, name: str, people: ir.Table) -> PastPurchases | None:
        """Count what the people of 90 days ago bought since; None when the orders don't go back
        another 90 days."""
        if not self._is_history_long_enough:
            return None
        query = build_past_purchases(people, self.now.lines, self.subject, self.earlier.until)
        row = fetch_rows(self.warehouse, self.register_query(name, query))[0]
        sales, squares = (float(row[column] or 0) for column in ("sales", "squares"))
        return PastPurchases(int(row["people"] or 0), int(row["bought"] or 0), sales, squares)

    def _add_past_purchases(
        self, proposal: Proposal, past: PastPurchases, base: PastPurchases, sizes: dict[str, int]
    ) -> None:
        few = is_below_floor(past.bought, self.warehouse.sales_floor)
        if past.people < self.warehouse.floor or past.bought < MIN_BUYERS or few:
            return
        if is_below_floor(base.people - past.people, self.warehouse.floor):
            return
        add = partial(self.result.add, proposal.id, rows=past.people, query=f"{proposal.id}-then")
        add("people-then", past.people, "customers")
        low, high = past.share_interval
        fine = 1 if high < WHOLE_PERCENT_FROM else 0  # the same digits for both ends
        shares = (("", past.share, 1), ("-low", low, fine), ("-high", high, fine))
        for measure, share, digits in shares:
            label = self._bought_label + measure.replace("-", " ")
            add(f"bought-share{measure}", round_figure(100 * share, digits), "%", label=label)
        if base.share > 0:
            others = float(round_half_up(100 * base.share, 1))
            is_all = base is self._everybody_earlier
            label = "all customers, to compare" if is_all else "customers without it, to compare"
            add("others-share", others, "%", rows=base.people, query="all-then", label=label)
            add("times-all", round_figure(past.share / base.share, 1), "×")
        verdict = "confirmed" if _is_above_average(past, base) or high < base.share else "to watch"
        add("verdict", verdict)
        reach = sizes.get(proposal.rule.purpose, sizes["fits"])
        if reach >= self.warehouse.floor:
            self._add_expected(add, past, reach)

    def _add_expected(self, add: Callable[..., Any], past: PastPurchases, reach: int) -> None:
        """Add how many are expected to buy without a campaign in 90 days, and the smallest effect
        that a test could detect."""
        share_low, share_high = past.share_interval
        roughly = _round_range(reach * share_low, reach * share_high)
        for end, buyers in zip(("low", "high"), roughly, strict=True):
            add(f"expected-buyers-{end}", buyers)
        least, most = past.sales_interval
        low, high = _round_range(reach * least, reach * most)
        if self._currency and low * MAX_INTERVAL_RATIO > high:
            for end, sales in (("low", low), ("high", high)):
                add(f"expected-sales-{end}", sales, self._currency)
        effect = compute_smallest_lift(past.share, reach // 2) if past.share < 1 else 1.0
        if past.share < 1 and effect <= 1:
            add("smallest-effect", round_figure(100 * effect), "%")

    @cached_property
    def _currency(self) -> str | None:
        """The shop's only currency; None when there are several, because their amounts are never
        summed."""
        currencies = list_currencies(self.warehouse, "orders")
        return currencies[0] if len(currencies) == 1 else None


def _is_above_average(past: PastPurchases | None, base: PastPurchases | None) -> bool:
    """Tell whether even the lower end of the audience's share is above the baseline's share."""
    if past is None or base is None:
        return False
    return past.bought >= MIN_BUYERS and past.share_interval[0] > base.share


def _round_range(low: float, high: float) -> tuple[int, int]:
    """Round both ends of a range to two digits of the larger end; finer where that would round the
    smaller end to zero."""
    places = min(0, 2 - len(str(int(high))))
    if low >= 1 and not round_half_up(low, places):
        places = 1 - len(str(int(low)))
    return int(round_half_up(low, places)), int(round_half_up(high, places))


# The niche: products that the same customers buy far more often than by chance.


@dataclass(frozen=True)
class Niche:
    """`lift` is the median over its pairs: how many times more customers own both than expected by
    chance."""

    things: tuple[str, ...]
    lift: float


def find_niche(report: "ProposalReport") -> Niche | None:
    """Return the strongest niche, related to the subject where there is one; None when there is
    none."""
    warehouse, goods = report.warehouse, report.goods
    table = build_pairs(build_baskets(report.now.lines, "product", warehouse.floor))
    rows = fetch_rows(warehouse, report.register_query("niche-pairs", table))
    pairs = find_pairs(rows, report.people, goods.categories, warehouse.floor)
    groups = group_pairs(pairs)
    if not groups:
        return None
    things = max(groups, key=lambda one: _count_related(report, one))
    if report.subject.name and not _count_related(report, things):
        return None
    inside = [pair for pair in pairs if pair.a in things and pair.b in things]
    owners = {str(row["a"]): row["both"] for row in rows if row["a"] == row["b"]}
    known = tuple(sorted(things, key=lambda thing: (-owners.get(thing, 0), thing)))
    return Niche(known, float(round_half_up(median(pair.lift for pair in inside), 1)))


def _count_related(report: "ProposalReport", items: tuple[str, ...]) -> int:
    """Count the products that are the subject, or of its categories."""
    subject, categories = report.subject, report.goods.categories
    named = subject.categories or (categories.get(subject.product or ""),)
    return sum(item == subject.product or categories.get(item) in named for item in items)
