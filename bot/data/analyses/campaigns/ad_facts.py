"""What is told of advertising: the whole, each dimension, where each line sticks."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from bot.data.analyses.campaigns.ads import (
    DIMENSIONS,
    LINE,
    MEASURES,
    Ad,
    Line,
    Sums,
    added,
    ads_of,
    line_key,
    main_currency,
    of_currency,
    sales_of,
    sums,
    weekly,
    within,
)
from bot.data.analyses.campaigns.bottlenecks import best, by_chance, stuck
from bot.data.analyses.campaigns.comparison import Asked, tell_compared
from bot.data.analyses.campaigns.fact_builder import adder
from bot.data.analyses.campaigns.sold_out import gone, spent_since
from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import TOTAL, Value, suppress
from bot.data.floors import is_small
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

PERIOD = 28  # days
OTHERS = Words("Others")
MOST = 12  # values shown of one dimension
WEEKS = 8
SEEN = 0.001  # clicks of impressions below which a rate takes three digits


def tell(shelf: Shelf, found: Findings, table: ir.Table, where: Where) -> None:
    until = where.until or found.as_of
    since = where.since or until - timedelta(days=PERIOD - 1)
    before = since - (until - since) - timedelta(days=1)
    expression = sums(table, since, before, until)
    rows = rows_of(shelf, expression)
    if not rows:
        return
    found.queries["ads"] = sql_later(expression)
    currency, others = main_currency(rows)
    if others:
        found.refuse(
            Words(
                "Amounts are in several currencies: only {kept} is added up, {left} is left out.",
                kept=str(currency),
                left=", ".join(others),
            )
        )
    ads = ads_of(row for row in rows if row["currency"] == currency)
    tell = _Ads(found, currency, ads, since, until, shelf.sales_floor)
    tell.totals()
    tell.dimensions()
    sold_out = gone(shelf)
    told = tell.sticking(spent_since(shelf, table, sold_out, currency), sold_out)
    known = [{"product": x.product, "keyword": x.keyword, "retailer": x.retailer} for x in told]
    ours = table.filter(of_currency(table, currency))
    asked = Asked(
        ours.filter(within(ours, since, until)), ours, tell.now, currency, until, known, tell.sold
    )
    tell_compared(shelf, found, asked)
    tell.weeks(shelf, ours)


class _Ads:
    """The advertising's facts, in one currency."""

    def __init__(
        self,
        found: Findings,
        currency: str | None,
        ads: list[Ad],
        since: date,
        until: date,
        floor: int,
    ):
        self.found, self.currency = found, currency
        self.now = [ad for ad in ads if ad.current]
        self.earlier = [ad for ad in ads if not ad.current]
        self.since, self.until, self._floor = since, until, floor
        self.sold = self._sold(self.now)
        self._sold_before = self._sold(self.earlier)

    def _sold(self, ads: list[Ad]) -> set[Value]:
        """What enough orders came of for these to be told, and nothing of fewer with them."""
        wanted = [
            (name, str(value))
            for name in DIMENSIONS
            for value in dict.fromkeys(ad.keys[name] for ad in ads)
            if value is not None
        ]
        wanted += [(LINE, key) for key in dict.fromkeys(line_key(ad.line) for ad in ads)]
        told = sales_of(ads).told(wanted, self._floor)
        if ads and len(told) <= len(wanted):
            self.found.withhold("sales")
        return told

    def totals(self) -> None:
        whole = sum((ad.sums for ad in self.now), Sums())
        self._sums("ads", "", whole, sum((ad.sums for ad in self.earlier), Sums()), TOTAL)
        if any(ad.sums.days for ad in self.now):
            add = adder(self.found, "ads", "", whole.rows)
            add("since", self.since)
            add("until", self.until)
        else:
            self.found.refuse(
                Words("The results carry no dates: they can't be held against a period before.")
            )
        if not whole.says("sales"):
            self.found.refuse(
                Words(
                    "{source} does not say for how much was sold, so the return on ad spend can't "
                    "be told.",
                    source=self.found.source,
                )
            )

    def dimensions(self) -> None:
        for dimension in DIMENSIONS:
            here, then = (added(ads, _value(dimension)) for ads in (self.now, self.earlier))
            if len(here) < 2:
                continue
            largest = sorted(here.items(), key=lambda kv: (-kv[1].spend, kv[0]))[:MOST]
            for value, of in largest:
                about = (of.title or value) if dimension == "product" else value
                subject = f"{dimension}--{slug(value)}"
                self._sums(subject, about, of, then.get(value, Sums()), (dimension, str(value)))
            self._others(dimension, here)

    def _others(self, dimension: str, here: dict[str, Sums]) -> None:
        """What came of those of which too few orders came, together."""
        held = [of for value, of in here.items() if (dimension, str(value)) not in self.sold]
        whole = sum(held, Sums())
        if whole.orders >= self._floor and TOTAL in self.sold:
            about, subject = OTHERS.text, f"others--{dimension}"
            add = adder(self.found, subject, about, whole.rows, sold=True)
            add("orders", whole.orders)
            if whole.says("sales"):
                add("sales", whole.sales, self.currency)

    def weeks(self, shelf: Shelf, rows: ir.Table) -> None:
        """The last eight whole weeks, Monday to Sunday: campaigns.week--<Monday>.*"""
        monday = self.until - timedelta(days=(self.until.weekday() + 1) % 7 + 6)
        first = monday - timedelta(weeks=WEEKS - 1)
        day = rows["at"].date()
        kept = rows.filter(
            day.between(ibis.literal(first), ibis.literal(monday + timedelta(days=6)))
        )
        expression = sums(
            kept.mutate(week=kept["at"].truncate("W").date()), None, None, None, "week"
        )
        by_week = dict(sorted(weekly(rows_of(shelf, expression)).items()))
        for chunk in (list(by_week)[-PERIOD // 7 :], list(by_week)[: -PERIOD // 7]):
            sizes = {week: by_week[week].orders for week in chunk}
            sold = suppress(sizes, self._floor)
            for week in chunk:
                self._sums(
                    f"week--{week}", week.isoformat(), by_week[week], Sums(), sold=week in sold
                )

    def sticking(self, wasted: dict[Line, Sums], sold_out: dict[str, date]) -> list[Line]:
        """Tells where lines stick, and gives those whose orders it costs."""
        lines = added(self.now, lambda ad: ad.line)
        long = added([*self.now, *self.earlier], lambda ad: ad.line)
        told = stuck(lines, long, {line: s for line, s in wasted.items() if line in lines})
        for one in told:
            subject, about, of = f"stuck--{slug(one.line.name)}", one.line.name, one.sums
            sold = not of.orders or (self._is_sold(one.line) and not self._is_few(of))
            add = adder(self.found, subject, about, of.rows, sold=sold)
            self._few_orders(subject, about, of)
            add("where", one.where)
            for measure in (m for m in ("spend", "impressions", "clicks", "orders") if of.says(m)):
                add(measure, getattr(of, measure), self.currency if measure == "spend" else None)
            add("days", of.days)
            if one.where == "sold out":
                add("since", sold_out[one.line.product or ""])
            if one.line.retailer:
                add("retailer", one.line.retailer)
            if one.line.product:
                add("product", of.title or one.line.product)
            if one.peers is not None:
                self._peers(add, one.where, one.peers)
        self._best(lines)
        return [one.line for one in told if one.where in ("sold out", "unbought")]

    def _peers(self, add: Callable[..., None], where: str, peers: float) -> None:
        if where == "unseen":
            add("usual-impressions-a-day", round(peers))
        else:
            add("usual-rate", round(100 * peers, 2), "%")

    def _best(self, lines: dict[Line, Sums]) -> None:
        if (top := best(lines)) is not None:
            line, of = top
            add = adder(self.found, "best", line.name, of.rows, sold=self._is_sold(line))
            add("return", _ratio(of.returned))
            add("orders", of.orders)
            add("spend", of.spend, self.currency)
            add("sales", of.sales, self.currency)
        for line, of in by_chance(lines):
            subject = f"chance--{slug(line.name)}"
            sold = self._is_sold(line)
            add = adder(self.found, subject, line.name, of.rows, sold=sold)
            self._few_orders(subject, line.name, of)
            add("return", _ratio(of.returned))
            add("orders", of.orders)
            add("clicks", of.clicks)

    def _is_few(self, of: Sums) -> bool:
        return is_small(of.orders, self._floor)

    def _few_orders(self, subject: str, about: str, of: Sums) -> None:
        """That there were orders, where they are too few to be counted."""
        if of.says("orders") and self._is_few(of):
            few = f"under {self._floor}"
            self.found.add(subject, "orders", few, about=about, query="ads")

    def _is_sold(self, line: Line) -> bool:
        return (LINE, line_key(line)) in self.sold

    def _sums(
        self,
        subject: str,
        about: str,
        of: Sums,
        then: Sums,
        value: Value | None = None,
        *,
        sold: bool = False,
    ) -> None:
        sold = value in self.sold if value else sold
        add = adder(self.found, subject, about, of.rows, sold=sold)
        for measure in (one for one in MEASURES if of.says(one)):
            money = self.currency if measure in ("spend", "sales") else None
            add(measure, getattr(of, measure), money)
        if of.click_rate is not None:
            add("click-rate", round(100 * of.click_rate, 2 if of.click_rate >= SEEN else 3), "%")
        if of.conversion is not None:
            add("orders-per-click", round(100 * of.conversion, 2), "%", of.clicks)
        if of.cost_per_click is not None:
            add("cost-per-click", round(of.cost_per_click, 2), self.currency)
        if of.cost_per_order is not None:
            add("cost-per-order", round(of.cost_per_order, 2), self.currency)
        if of.returned is not None:
            add("return", _ratio(of.returned))
        for measure in ("spend", "sales"):
            known = measure != "sales" or value in self._sold_before
            if known and (was := getattr(then, measure)) and of.says(measure):
                change = 100 * (getattr(of, measure) - was) / was
                add(f"{measure}-change", round(change, 1), "%")


def _value(dimension: str) -> Callable[[Ad], str | None]:
    return lambda ad: ad.keys[dimension]


def _ratio(value: Decimal | None) -> Decimal:
    return round(value or Decimal(0), 1)
