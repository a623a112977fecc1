"""What a test starts from: the rate of today and how many come, or how many customers it is for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.core.facts import Source
from bot.core.half_up import round_half_up
from bot.core.metric_query import PlanRequest, TestPlace
from bot.data.analyses.funnel import find as find_funnel
from bot.data.analyses.funnel.visits import (
    CURRENT_DAYS,
    FUNNEL_STEPS,
    VISIT_DIMENSIONS,
    build_cells,
    build_product_views,
    build_sessions,
)
from bot.data.analyses.products import PurchasedProducts, load_purchased_products
from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.segments.audience import AudienceSelection
from bot.data.disclosure import Population as Visitors
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import find_last_whole_day
from bot.data.warehouse.consents import select_consenting
from bot.data.warehouse.purchases import last_day, purchase_lines
from bot.data.warehouse.query import fetch_arrow, fetch_rows, render_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo

VISIT_LOOKBACK_DAYS, MAILING_LOOKBACK_DAYS = 2 * CURRENT_DAYS, 91  # days read back
START_EVENTS: dict[TestPlace, str] = {
    "visit": "view",
    "product": "view",
    "basket": "cart",
    "checkout": "checkout",
}
END_MEASURES: dict[TestPlace, str] = {
    "subject": "opened",
    "send_time": "opened",
    "letter": "clicks",
}


@dataclass(frozen=True)
class BaselineRate:
    """Of `many` visits or delivered e-mails in `days` days, `succeeded` succeeded. `product` is set
    when only visits that saw it count, and success is putting it into the cart. `changed`: the days
    begin on the one from which the rate is another, and the earlier ones do not count. `reach` is
    to how many the largest e-mail went."""

    many: int
    succeeded: int
    days: int
    last: date
    source: Source
    sql: str
    product: str | None = None
    changed: bool = False
    reach: int | None = None

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def weekly(self) -> int:
        return int(round_half_up(self.many * 7 / self.days))


def compute_baseline(
    warehouse: Warehouse, filter_: AnalysisFilter, place: TestPlace
) -> BaselineRate | None:
    """Compute the baseline from events, or from e-mails where the test runs in them. Return None
    when the data is missing, or when nobody or everybody succeeds."""
    reads: Callable[[Warehouse, AnalysisFilter, TestPlace], BaselineRate | None] = (
        _compute_mailing_baseline if place in END_MEASURES else _compute_visit_baseline
    )
    baseline = reads(warehouse, filter_, place)
    return baseline if baseline and 0 < baseline.succeeded < baseline.many else None


def _compute_visit_baseline(
    warehouse: Warehouse, filter_: AnalysisFilter, place: TestPlace
) -> BaselineRate | None:
    if warehouse.table("events") is None:
        return None
    last = find_last_whole_day(warehouse, "events", filter_)
    days = [last - timedelta(days=back) for back in range(VISIT_LOOKBACK_DAYS - 1, -1, -1)]
    source, part = warehouse.source("events"), select_part(filter_)
    product = filter_.product if place == "product" else None
    start, end = FUNNEL_STEPS.index(START_EVENTS[place]) + 1, len(FUNNEL_STEPS)
    change = None if product else _find_change(warehouse, replace(part, until=last), start)
    changed = change is not None and change > days[0]
    days = [day for day in days if change is None or day >= change]
    if part != AnalysisFilter():
        steps = (start, start + 1 if product else end)
        if not _may_show_part(warehouse, part, product, days, steps):
            return None
    if product:
        query = build_product_views(warehouse, replace(part, product=product), days)
        rows = fetch_rows(warehouse, query)
        seen, carted = _sum_column(rows, "seen"), _sum_column(rows, "carted")
        return BaselineRate(seen, carted, len(days), last, source, render_sql(query), product)
    query = build_cells(warehouse, part, days)
    rows = fetch_rows(warehouse, query)
    reached = _sum_column([r for r in rows if r["depth"] >= start], "sessions")
    lines = _sum_column([r for r in rows if r["depth"] >= end], "sessions")
    began = min((row["day"] for row in rows), default=days[0])
    many_days, sql = (last - began).days + 1, render_sql(query)
    return BaselineRate(reached, lines, many_days, last, source, sql, changed=changed)


def _find_change(warehouse: Warehouse, part: AnalysisFilter, start: int) -> date | None:
    """Return the last day on which a step from this one on changed, as the path to purchase
    confirms it of these visits."""
    steps = combinations(FUNNEL_STEPS[start - 1 :], 2)
    found = find_funnel(warehouse, part)
    since = [found.get(f"total-all-{one}-to-{other}", "since") for one, other in steps]
    return max((date.fromisoformat(str(one.value)) for one in since if one), default=None)


def select_part(filter_: AnalysisFilter) -> AnalysisFilter:
    """Return the part of the visits that a filter names: a device, a country, a source."""
    return AnalysisFilter(**{name: getattr(filter_, name) for name in VISIT_DIMENSIONS})


def _may_show_part(
    warehouse: Warehouse,
    part: AnalysisFilter,
    product: str | None,
    days: list[date],
    steps: tuple[int, int],
) -> bool:
    """Tell whether what the people of a part did may be shown beside the whole and all other parts
    of this kind: enough of them reach the first step, and the last."""
    named = [name for name in VISIT_DIMENSIONS if getattr(part, name)]
    sessions = build_sessions(warehouse, AnalysisFilter(product=product), days)
    cut = sessions.select(
        person=sessions.person,
        depth=sessions.depth,
        part=ibis.literal("\n").join([sessions[name].lower() for name in named]),
    ).distinct()
    wanted = "\n".join(getattr(part, name).lower() for name in named)
    for step, floor in zip(steps, (warehouse.floor, warehouse.sales_floor), strict=True):
        reached = cut.filter(cut.depth >= step).drop("depth")
        people = Visitors.of(fetch_arrow(warehouse, reached), "person")
        every = [("part", name) for name in people.names("part")]
        if ("part", wanted) not in people.find_publishable(every, floor):
            return False
    return True


def _compute_mailing_baseline(
    warehouse: Warehouse, filter_: AnalysisFilter, place: TestPlace
) -> BaselineRate | None:
    campaigns = warehouse.table("campaigns")
    if campaigns is None:
        return None
    last = find_last_whole_day(warehouse, "campaigns", filter_)
    sent = _count_mailings(campaigns, last, place, filter_.language)
    row = fetch_rows(warehouse, sent)[0]
    days = min(MAILING_LOOKBACK_DAYS, (last - row["began"]).days + 1) if row["began"] else 1
    source, people = warehouse.source("campaigns"), int(row["people"] or 0)
    succeeded, reach = int(row["succeeded"] or 0), int(row["reach"] or 0)
    return BaselineRate(people, succeeded, days, last, source, render_sql(sent), reach=reach)


def list_mail_languages(warehouse: Warehouse) -> list[str]:
    """Return the languages that e-mails say they are in, the one of most e-mails first."""
    campaigns = warehouse.table("campaigns")
    if campaigns is None:
        return []
    mailings = campaigns.filter(campaigns.channel.lower() == "email", campaigns.language.notnull())
    counted = mailings.group_by("language").aggregate(mailings=mailings.count())
    rows = sorted(fetch_rows(warehouse, counted), key=lambda r: (-r["mailings"], r["language"]))
    return [row["language"] for row in rows]


def _count_mailings(
    campaigns: ir.Table, last: date, place: TestPlace, language: str | None
) -> ir.Table:
    """Return one row with people, succeeded, began and reach, over the e-mails that say how many
    people they reached."""
    if language:
        campaigns = campaigns.filter(campaigns.language.lower() == language.lower())
    reached = campaigns.delivered.coalesce(campaigns.sent)
    day = campaigns["at"].date()
    mailings = campaigns.mutate(
        reached=reached, day=day, done=campaigns[END_MEASURES[place]]
    ).filter(
        campaigns.channel.lower() == "email",
        day >= last - timedelta(days=MAILING_LOOKBACK_DAYS - 1),
        day <= last,
        reached.notnull(),
        campaigns[END_MEASURES[place]].notnull(),
    )
    return mailings.aggregate(
        people=mailings.reached.sum(),
        succeeded=mailings.done.sum(),
        began=mailings.day.min(),
        reach=mailings.reached.max(),
    )


def _sum_column(rows: list[dict[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)


# The audience of a test: its size, and how many of such people recently ordered anyway.

ORDER_DAYS = 28  # days over which orders are counted


@dataclass(frozen=True)
class Population:
    """The audience of a test. `fits` customers match the rule today; `size` of them can be reached
    (all, where no consent is needed). Of the `then` customers who matched it 28 days ago, `ordered`
    have ordered since."""

    rule: AudienceRule
    fits: int
    size: int
    then: int
    ordered: int
    last: date
    source: Source
    sql: str
    titles: dict[str, str]  # of the rule's products, by key


def find_population(warehouse: Warehouse, filter_: AnalysisFilter) -> Population | None:
    """Return the audience of `filter_.rule`. None without a rule, or where it can't be counted: no
    orders, no rhythm, fewer people than may be shown, or nobody or everybody orders."""
    lines, plan = purchase_lines(warehouse), filter_.plan or PlanRequest()
    if lines is None or not filter_.rule:
        return None
    goods = load_purchased_products(warehouse, lines)
    try:
        rule = AudienceRule.model_validate_json(filter_.rule)
        return _count_population(warehouse, lines, rule, goods, plan)
    except CannotDo:
        return None


def _count_population(
    warehouse: Warehouse,
    lines: ir.Table,
    rule: AudienceRule,
    goods: PurchasedProducts,
    plan: PlanRequest,
) -> Population | None:
    last = last_day(warehouse)
    began = last - timedelta(days=ORDER_DAYS)
    now = AudienceSelection(warehouse, lines, last).select_fitting(rule)
    before = AudienceSelection(warehouse, lines.filter(_.day <= began), began).select_fitting(rule)
    since = lines.filter(_.day > began, _.day <= last, _.amount >= 0).select("customer").distinct()
    back, reached = before.semi_join(since, "customer"), now
    if plan.reach and (agreed := select_consenting(warehouse, plan.reach)) is not None:
        reached = now.semi_join(agreed, "customer")
    fits, size, then, ordered = (
        int(fetch_rows(warehouse, group.aggregate(people=group.count()))[0]["people"])
        for group in (now.distinct(), reached.distinct(), before.distinct(), back.distinct())
    )
    if min(size, then) < warehouse.floor or not 0 < ordered < then:
        return None
    if any(is_below_floor(n, warehouse.sales_floor) for n in (ordered, then - ordered)):
        return None
    if is_below_floor(fits - size, warehouse.floor):
        fits = size  # the number without consent is not to be shown
    titles = {key: goods.titles.get(key, key) for key in rule.products}
    source = warehouse.source("orders")
    return Population(rule, fits, size, then, ordered, last, source, render_sql(back), titles)
