"""What a test starts from: how many succeed today where it is to run, and how many come a week."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.core.source import Source
from bot.data.analyses.funnel.visits import (
    CURRENT_DAYS,
    FUNNEL_STEPS,
    build_cells,
    build_product_views,
)
from bot.data.analyses.products import PurchasedProducts, load_purchased_products
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import AudienceSelection, select_consenting
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import find_last_whole_day
from bot.data.warehouse.purchases import last_day, purchase_lines
from bot.data.warehouse.query import fetch_rows, render_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.rules.library.audiences.wished import rule_of
from bot.rules.wanted import Place, Wanted

VISIT_LOOKBACK_DAYS, MAILING_LOOKBACK_DAYS = 2 * CURRENT_DAYS, 91  # looked back to
START_EVENTS: dict[Place, str] = {
    "visit": "view",
    "product": "view",
    "basket": "cart",
    "checkout": "checkout",
}
END_MEASURES: dict[Place, str] = {"subject": "opened", "letter": "clicks"}


@dataclass(frozen=True)
class BaselineRate:
    """Of `people` in `days` days, `succeeded`. `product` when only those who saw it count, and
    success is to put it into the cart."""

    people: int
    succeeded: int
    days: int
    last: date
    source: Source
    sql: str
    product: str | None = None

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def rate(self) -> float:
        return self.succeeded / self.people

    @property
    def weekly(self) -> int:
        return round(self.people * 7 / self.days)


def compute_baseline(shelf: Warehouse, where: AnalysisFilter, place: Place) -> BaselineRate | None:
    """From events, or from e-mails for what is tested there; None when they are not there, or
    nobody or everybody succeeds."""
    reads: Callable[[Warehouse, AnalysisFilter, Place], BaselineRate | None] = (
        _compute_mailing_baseline if place in END_MEASURES else _compute_visit_baseline
    )
    found = reads(shelf, where, place)
    return found if found and 0 < found.succeeded < found.people else None


def _compute_visit_baseline(
    shelf: Warehouse, where: AnalysisFilter, place: Place
) -> BaselineRate | None:
    if shelf.table("events") is None:
        return None
    last = find_last_whole_day(shelf, "events", where)
    days = [last - timedelta(days=back) for back in range(VISIT_LOOKBACK_DAYS - 1, -1, -1)]
    source = shelf.source("events")
    if place == "product" and where.product:
        query = build_product_views(shelf, AnalysisFilter(product=where.product), days)
        rows = fetch_rows(shelf, query)
        seen, carted = _sum_column(rows, "seen"), _sum_column(rows, "carted")
        return BaselineRate(seen, carted, len(days), last, source, render_sql(query), where.product)
    query = build_cells(shelf, AnalysisFilter(), days)
    rows = fetch_rows(shelf, query)
    start, end = FUNNEL_STEPS.index(START_EVENTS[place]) + 1, len(FUNNEL_STEPS)
    reached = _sum_column([r for r in rows if r["depth"] >= start], "sessions")
    bought = _sum_column([r for r in rows if r["depth"] >= end], "sessions")
    began = min((row["day"] for row in rows), default=days[0])
    return BaselineRate(reached, bought, (last - began).days + 1, last, source, render_sql(query))


def _compute_mailing_baseline(
    shelf: Warehouse, where: AnalysisFilter, place: Place
) -> BaselineRate | None:
    campaigns = shelf.table("campaigns")
    if campaigns is None:
        return None
    last = find_last_whole_day(shelf, "campaigns", where)
    sent = _count_mailings(campaigns, last, place)
    row = fetch_rows(shelf, sent)[0]
    days = min(MAILING_LOOKBACK_DAYS, (last - row["began"]).days + 1) if row["began"] else 1
    source, people = shelf.source("campaigns"), int(row["people"] or 0)
    return BaselineRate(people, int(row["succeeded"] or 0), days, last, source, render_sql(sent))


def _count_mailings(campaigns: ir.Table, last: date, place: Place) -> ir.Table:
    """people, succeeded, began: one row over the e-mails that say how many were reached."""
    reached = campaigns.delivered.coalesce(campaigns.sent)
    day = campaigns["at"].date()
    kept = campaigns.mutate(reached=reached, day=day, done=campaigns[END_MEASURES[place]]).filter(
        campaigns.channel.lower() == "email",
        day >= last - timedelta(days=MAILING_LOOKBACK_DAYS - 1),
        day <= last,
        reached.notnull(),
        campaigns[END_MEASURES[place]].notnull(),
    )
    return kept.aggregate(
        people=kept.reached.sum(), succeeded=kept.done.sum(), began=kept.day.min()
    )


def _sum_column(rows: list[dict[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)


# Whom a test is on: how many they are, and how many of such people ordered lately anyway.

ORDER_DAYS = 28  # over which it is counted who orders


@dataclass(frozen=True)
class Population:
    """`fits` have what the rule asks today, `size` of them may be reached (all, where nobody must
    agree). Of the `then` who were in it 28 days ago, `ordered` have ordered since."""

    rule: AudienceRule
    fits: int
    size: int
    then: int
    ordered: int
    last: date
    source: Source
    sql: str
    titles: dict[str, str]  # of the products in the rule, by key


def find_population(shelf: Warehouse, where: AnalysisFilter) -> Population | None:
    """Those of `where.rule`, else those whom the words of `where.wanted` name; None where nobody
    is named, or they can't be counted: no orders, no rhythm, fewer than may be shown, or nobody or
    everybody orders."""
    bought, wanted = purchase_lines(shelf), where.wanted or Wanted()
    if bought is None or not (where.rule or wanted.whom):
        return None
    goods = load_purchased_products(shelf, bought)
    rule = _resolve_rule(shelf, where, wanted, goods, bought)
    try:
        return _count_population(shelf, bought, rule, goods, wanted) if rule else None
    except CannotDo:
        return None


def _resolve_rule(
    shelf: Warehouse,
    where: AnalysisFilter,
    wanted: Wanted,
    goods: PurchasedProducts,
    bought: ir.Table,
) -> AudienceRule | None:
    if where.rule:
        return AudienceRule.model_validate_json(where.rule)
    return rule_of(wanted.whom, wanted.reach or "email", goods, bought, shelf)


def _count_population(
    shelf: Warehouse, bought: ir.Table, rule: AudienceRule, goods: PurchasedProducts, wanted: Wanted
) -> Population | None:
    last = last_day(shelf)
    began = last - timedelta(days=ORDER_DAYS)
    now = AudienceSelection(shelf, bought, last).fitting(rule)
    before = AudienceSelection(shelf, bought.filter(_.day <= began), began).fitting(rule)
    since = bought.filter(_.day > began, _.day <= last, _.amount >= 0).select("customer").distinct()
    back, reached = before.semi_join(since, "customer"), now
    if wanted.reach and (agreed := select_consenting(shelf, wanted.reach)) is not None:
        reached = now.semi_join(agreed, "customer")
    fits, size, then, ordered = (
        int(fetch_rows(shelf, one.aggregate(people=one.count()))[0]["people"])
        for one in (now.distinct(), reached.distinct(), before.distinct(), back.distinct())
    )
    if min(size, then) < shelf.floor or not 0 < ordered < then:
        return None
    if any(is_below_floor(n, shelf.sales_floor) for n in (ordered, then - ordered)):
        return None
    if is_below_floor(fits - size, shelf.floor):
        fits = size  # how many did not agree is no figure to be told
    titles = {key: goods.titles.get(key, key) for key in rule.products}
    source = shelf.source("orders")
    return Population(rule, fits, size, then, ordered, last, source, render_sql(back), titles)
