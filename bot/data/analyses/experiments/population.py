"""Whom a test is on: how many they are, and how many of such people ordered lately anyway."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import Rule
from bot.data.analyses.products import Goods, goods_of
from bot.data.analyses.result import Where
from bot.data.analyses.segments.audience import agreeing
from bot.data.analyses.segments.selection import Picking
from bot.data.floors import is_small
from bot.data.warehouse.purchases import last_day, lines
from bot.data.warehouse.query import rows_of, sql_of
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.rules.library.audiences.wished import rule_of
from bot.rules.wanted import Wanted

DAYS = 28  # over which it is counted who orders


@dataclass(frozen=True)
class People:
    """`fits` have what the rule asks today, `size` of them may be reached (all, where nobody must
    agree). Of the `then` who were in it 28 days ago, `ordered` have ordered since."""

    rule: Rule
    fits: int
    size: int
    then: int
    ordered: int
    last: date
    source: str
    sql: str
    titles: dict[str, str]  # of the products in the rule, by key


def people_of(shelf: Shelf, where: Where) -> People | None:
    """Those of `where.rule`, else those whom the words of `where.wanted` name; None where nobody
    is named, or they can't be counted: no orders, no rhythm, fewer than may be shown, or nobody or
    everybody orders."""
    bought, wanted = lines(shelf), where.wanted or Wanted()
    if bought is None or not (where.rule or wanted.whom):
        return None
    goods = goods_of(shelf, bought)
    rule = _rule(shelf, where, wanted, goods, bought)
    try:
        return _counted(shelf, bought, rule, goods, wanted) if rule else None
    except CannotDo:
        return None


def _rule(
    shelf: Shelf, where: Where, wanted: Wanted, goods: Goods, bought: ir.Table
) -> Rule | None:
    if where.rule:
        return Rule.model_validate_json(where.rule)
    return rule_of(wanted.whom, wanted.reach or "email", goods, bought, shelf)


def _counted(
    shelf: Shelf, bought: ir.Table, rule: Rule, goods: Goods, wanted: Wanted
) -> People | None:
    last = last_day(shelf)
    began = last - timedelta(days=DAYS)
    now = Picking(shelf, bought, last).fitting(rule)
    before = Picking(shelf, bought.filter(_.day <= began), began).fitting(rule)
    since = bought.filter(_.day > began, _.day <= last, _.amount >= 0).select("customer").distinct()
    back, reached = before.semi_join(since, "customer"), now
    if wanted.reach and (agreed := agreeing(shelf, wanted.reach)) is not None:
        reached = now.semi_join(agreed, "customer")
    fits, size, then, ordered = (
        int(rows_of(shelf, one.aggregate(people=one.count()))[0]["people"])
        for one in (now.distinct(), reached.distinct(), before.distinct(), back.distinct())
    )
    if min(size, then) < shelf.floor or not 0 < ordered < then:
        return None
    if any(is_small(n, shelf.sales_floor) for n in (ordered, then - ordered)):
        return None
    if is_small(fits - size, shelf.floor):
        fits = size  # how many did not agree is no figure to be told
    titles = {key: goods.titles.get(key, key) for key in rule.products}
    source = shelf.source("orders")
    return People(rule, fits, size, then, ordered, last, source, sql_of(back), titles)
