"""Whom a test is on when it names a group of customers: how many they are, and how many of such
people ordered lately by themselves."""

from dataclasses import dataclass
from datetime import date, timedelta

from ibis import _

from bot.audience import Rule
from bot.errors import CannotDo
from bot.library.bought import last_day, lines
from bot.library.read import rows_of, sql_of
from bot.library.segments.picking import Picking
from bot.library.shelf import Shelf

DAYS = 28  # over which it is counted who orders


@dataclass(frozen=True)
class People:
    """`size` are in the group today. Of the `then` who were in it 28 days ago, `ordered` have
    ordered since."""

    size: int
    then: int
    ordered: int
    last: date
    source: str
    sql: str


def people_of(shelf: Shelf, segments: tuple[str, ...]) -> People | None:
    """None where they can't be counted: no orders, no rhythm, fewer than may be shown, or nobody
    or everybody orders."""
    bought = lines(shelf)
    if bought is None:
        return None
    last, rule = last_day(shelf), Rule(segments=segments)
    began = last - timedelta(days=DAYS)
    try:
        now = Picking(shelf, bought, last).fitting(rule)
        before = Picking(shelf, bought.filter(_.day <= began), began).fitting(rule)
    except CannotDo:
        return None
    since = bought.filter(_.day > began, _.day <= last, _.amount >= 0).select("customer").distinct()
    back = before.semi_join(since, "customer")
    size, then, ordered = (
        int(rows_of(shelf, one.aggregate(people=one.count()))[0]["people"])
        for one in (now, before, back)
    )
    if min(size, then) < shelf.floor or not 0 < ordered < then:
        return None
    return People(size, then, ordered, last, shelf.source("orders"), sql_of(back))
