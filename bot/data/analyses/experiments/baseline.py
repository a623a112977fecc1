"""What a test starts from: how many succeed today where it is to run, and how many come a week."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir

from bot.data.analyses.funnel.visits import NOW, STEPS, by_product, cells
from bot.data.analyses.result import Where
from bot.data.metrics.filters import last_day
from bot.data.warehouse.query import rows_of, sql_of
from bot.data.warehouse.warehouse import Shelf
from bot.rules.wanted import Place

VISIT_DAYS, MAIL_DAYS = 2 * NOW, 91  # looked back to
STARTS: dict[Place, str] = {
    "visit": "view",
    "product": "view",
    "basket": "cart",
    "checkout": "checkout",
}
ENDS: dict[Place, str] = {"subject": "opened", "letter": "clicks"}


@dataclass(frozen=True)
class Base:
    """Of `people` in `days` days, `succeeded`. `product` when only those who saw it count, and
    success is to put it into the cart."""

    people: int
    succeeded: int
    days: int
    last: date
    source: str
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


def base_of(shelf: Shelf, where: Where, place: Place) -> Base | None:
    """From events, or from e-mails for what is tested there; None when they are not there, or
    nobody or everybody succeeds."""
    reads: Callable[[Shelf, Where, Place], Base | None] = _mails if place in ENDS else _visits
    found = reads(shelf, where, place)
    return found if found and 0 < found.succeeded < found.people else None


def _visits(shelf: Shelf, where: Where, place: Place) -> Base | None:
    if shelf.table("events") is None:
        return None
    last = last_day(shelf, "events", where)
    days = [last - timedelta(days=back) for back in range(VISIT_DAYS - 1, -1, -1)]
    source = shelf.source("events")
    if place == "product" and where.product:
        query = by_product(shelf, Where(product=where.product), days)
        rows = rows_of(shelf, query)
        seen, carted = _sum(rows, "seen"), _sum(rows, "carted")
        return Base(seen, carted, len(days), last, source, sql_of(query), where.product)
    query = cells(shelf, Where(), days)
    rows = rows_of(shelf, query)
    start, end = STEPS.index(STARTS[place]) + 1, len(STEPS)
    reached = _sum([r for r in rows if r["depth"] >= start], "sessions")
    bought = _sum([r for r in rows if r["depth"] >= end], "sessions")
    began = min((row["day"] for row in rows), default=days[0])
    return Base(reached, bought, (last - began).days + 1, last, source, sql_of(query))


def _mails(shelf: Shelf, where: Where, place: Place) -> Base | None:
    campaigns = shelf.table("campaigns")
    if campaigns is None:
        return None
    last = last_day(shelf, "campaigns", where)
    sent = _letters(campaigns, last, place)
    row = rows_of(shelf, sent)[0]
    days = min(MAIL_DAYS, (last - row["began"]).days + 1) if row["began"] else 1
    source, people = shelf.source("campaigns"), int(row["people"] or 0)
    return Base(people, int(row["succeeded"] or 0), days, last, source, sql_of(sent))


def _letters(campaigns: ir.Table, last: date, place: Place) -> ir.Table:
    """people, succeeded, began: one row over the e-mails that say how many were reached."""
    reached = campaigns.delivered.coalesce(campaigns.sent)
    day = campaigns["at"].date()
    kept = campaigns.mutate(reached=reached, day=day, done=campaigns[ENDS[place]]).filter(
        campaigns.channel.lower() == "email",
        day >= last - timedelta(days=MAIL_DAYS - 1),
        day <= last,
        reached.notnull(),
        campaigns[ENDS[place]].notnull(),
    )
    return kept.aggregate(
        people=kept.reached.sum(), succeeded=kept.done.sum(), began=kept.day.min()
    )


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)
