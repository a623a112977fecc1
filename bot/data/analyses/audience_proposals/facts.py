"""An audience as facts: its rule, its size, and what such people did in the 90 days before."""

from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import Rule
from bot.data.analyses.audience_proposals.candidates import Proposal
from bot.data.analyses.audience_proposals.measures import (
    PURPOSES,
    SINCE,
    Before,
    before,
    before_of,
    sizes_of,
    subject_lines,
    then,
)
from bot.data.analyses.experiments.sample_size import smallest_lift
from bot.data.analyses.products import Goods
from bot.data.analyses.result import Findings
from bot.data.analyses.segments.selection import Picking
from bot.data.floors import bounded, is_small
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.query import rows_of, sql_of
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.rules.library.audiences.subject import Subject
from bot.text.slugs import slug

FEW = 5  # buyers, below which a share says nothing
WIDE = 10  # times: an interval so wide says nothing, and is not told
FEW_NAMES = 3  # of the products that a word stands for
SHOWN = 40  # categories in the form
TENTH = 0.1  # from this share on, whole percents


@dataclass
class Telling:
    """What the audiences are counted on: the orders now, and as they were 90 days ago."""

    shelf: Shelf
    findings: Findings
    now: Picking
    earlier: Picking
    subject: Subject
    goods: Goods
    laid: Laid

    @cached_property
    def people(self) -> int:
        """Customers with a purchase."""
        table = self.now.ranked.aggregate(people=_.count())
        return int(rows_of(self.shelf, table)[0]["people"])

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        """The same table, compiled once, its SQL kept under that name."""
        sql = sql_of(table)
        self.findings.queries[name] = self.laid.later(table)
        if self.shelf.engine.name != "duckdb":
            return table
        return self.shelf.engine.sql(sql, schema=table.schema())

    def everybody(self) -> None:
        """What all audiences are held against, and what things are called."""
        add, known = self.findings.add, self.goods
        self.findings.group("all", self.people)
        self.findings.nobody("category", "things")
        add("all", "customers", self.people, unit="customers", rows=self.people)
        add("all", "days", SINCE, unit="days")
        if self.subject.name:
            add("all", "subject", self.subject.name, about=self.subject.name)
        if self.subject.products:
            add("all", "products", len(self.subject.products), about=self.subject.name)
            for n, key in enumerate(self.subject.products[:FEW_NAMES], 1):
                add("all", f"product-{n}", known.titles[key], about=self.subject.name)
        if self.subject.category and (first := known.first(self.subject.category)):
            add("all", "most-bought", first, about=self.subject.name)
        for n, name in enumerate(known.names[:SHOWN], 1):
            add("category", f"n{n}", name, about=name)
        all_then = self._all_then
        if all_then is None:
            self.findings.refuse(
                Words(
                    "What such people bought before can't be told: it needs orders of half a year."
                )
            )
            return
        if all_then.bought >= FEW and not is_small(all_then.bought, self.shelf.sales_floor):
            share = round(100 * all_then.share, 1)
            add("all", "bought-share", share, unit="%", rows=all_then.people, query="all-then")

    def audience(self, one: Proposal, *, least: int = 0, sure: bool = False) -> bool:
        """The facts of one audience; none, and False, when fewer than `least` fit, or when it must
        be `sure` and such people did not buy more than those they are held against."""
        fits = self.now.fitting(one.rule)
        sizes = rows_of(self.shelf, self.keep(one.id, sizes_of(fits, self.shelf)))[0]
        counted = int(sizes["fits"])
        if counted < least or (least and is_small(self.people - counted, self.shelf.floor)):
            return False
        past, base = self._past(one), self._base(one.rule)
        if sure and base is not None and not _stands_out(past, base):
            return False
        self._rule(one, counted)
        self._sizes(one, sizes)
        if past is not None and base is not None:
            self._before(one, past, base, sizes)
        return True

    def _rule(self, one: Proposal, rows: int) -> None:
        add, rule = self.findings.add, one.rule
        self.findings.nobody(one.id)  # its rule is no figure, and its counts are bounded
        rows = rows if rows >= self.shelf.floor else 0
        add(one.id, "rule", rule.stored, rows=rows)
        add(one.id, "rule-code", rule.code, rows=rows)
        for measure, (value, unit) in rule.figures.items():
            add(one.id, measure, value, unit=unit)
        self.things(rule)

    def things(self, rule: Rule) -> None:
        """What the products in a rule are called; what nobody bought has no name."""
        told = [fact for fact in self.findings.facts if fact.id.startswith("audiences.things")]
        known = {fact.about for fact in told}
        for key in rule.products:
            if key not in known and key in self.goods.titles:
                self.findings.add("things", slug(key), self.goods.titles[key], about=key)

    def _sizes(self, one: Proposal, sizes: dict[str, int]) -> None:
        fits, floor = sizes["fits"], self.shelf.floor
        self._count(one.id, "customers", fits, self.people)
        for purpose in PURPOSES:
            if purpose in sizes:
                self._count(one.id, f"by-{purpose}", sizes[purpose], fits)
        ways = [sizes[purpose] for purpose in PURPOSES if purpose in sizes]
        if any(is_small(fits - many, floor) or is_small(many, floor) for many in ways):
            self.findings.withhold("people")

    def _count(self, id: str, measure: str, counted: int, of: int) -> None:
        """A count, unless it or what it leaves of all is small."""
        shown = bounded(counted, of, self.shelf.floor)
        rows = counted if isinstance(shown, int) else None
        self.findings.add(id, measure, shown, rows=rows, query=id)

    @cached_property
    def _all_then(self) -> Before | None:
        """Everybody 90 days ago; None when the orders don't go back as far again."""
        table = self.earlier.ranked.select("customer")
        if not self._long_enough:
            return None
        asked = before_of(table, self.now.lines, self.subject, self.earlier.until)
        return before(rows_of(self.shelf, self.keep("all-then", asked))[0])

    @cached_property
    def _without_then(self) -> Before | None:
        """Those who did not have the thing 90 days ago: whom look-alikes are held against."""
        if not self._long_enough:
            return None
        had = subject_lines(self.earlier.lines, self.subject).filter(_.amount >= 0)
        table = self.earlier.ranked.anti_join(had.select("customer"), "customer").select("customer")
        asked = before_of(table, self.now.lines, self.subject, self.earlier.until)
        return before(rows_of(self.shelf, self.keep("without-then", asked))[0])

    def _base(self, rule: Rule) -> Before | None:
        """Whom an audience is held against."""
        alike = rule.like_product or rule.like_category
        return self._without_then if alike and self.subject.name else self._all_then

    @cached_property
    def _long_enough(self) -> bool:
        first = rows_of(self.shelf, self.now.lines.aggregate(first=_.day.min()))[0]["first"]
        return first is not None and (self.earlier.until - first).days >= SINCE

    def _past(self, one: Proposal) -> Before | None:
        if not self._long_enough:
            return None
        fits = self.earlier.fitting(then(one.rule))
        asked = before_of(fits, self.now.lines, self.subject, self.earlier.until)
        return before(rows_of(self.shelf, self.keep(f"{one.id}-then", asked))[0])

    def _before(self, one: Proposal, past: Before, base: Before, sizes: dict[str, int]) -> None:
        few = is_small(past.bought, self.shelf.sales_floor)
        if past.people < self.shelf.floor or past.bought < FEW or few:
            return
        if is_small(base.people - past.people, self.shelf.floor):
            return
        add, rows, query = self.findings.add, past.people, f"{one.id}-then"
        add(one.id, "people-then", past.people, unit="customers", rows=rows, query=query)
        low, high = past.share_interval
        fine = 1 if high < TENTH else 0  # both ends alike
        shares = (("", past.share, 1), ("-low", low, fine), ("-high", high, fine))
        for measure, share, digits in shares:
            value = round(100 * share, digits)
            add(one.id, f"bought-share{measure}", value, unit="%", rows=rows, query=query)
        if base.share > 0:
            others = round(100 * base.share, 1)
            add(one.id, "others-share", others, unit="%", rows=base.people, query="all-then")
            times = round(past.share / base.share, 1)
            add(one.id, "times-all", times, unit="×", rows=rows, query=query)
        verdict = "confirmed" if _stands_out(past, base) or high < base.share else "to watch"
        add(one.id, "verdict", verdict, rows=rows, query=query)
        reach = sizes.get(one.rule.purpose, sizes["fits"])
        if reach >= self.shelf.floor:
            self._expected(one, past, reach)

    def _expected(self, one: Proposal, past: Before, reach: int) -> None:
        """What so many people buy by themselves in 90 days, and what a test on them would see."""
        add, rows, query = self.findings.add, past.people, f"{one.id}-then"
        share_low, share_high = past.share_interval
        roughly = _roughly(reach * share_low, reach * share_high)
        for end, buyers in zip(("low", "high"), roughly, strict=True):
            add(one.id, f"expected-buyers-{end}", buyers, rows=rows, query=query)
        least, most = past.sales_interval
        low, high = _roughly(reach * least, reach * most)
        if self._currency and low * WIDE > high:
            for end, sales in (("low", low), ("high", high)):
                unit = self._currency
                add(one.id, f"expected-sales-{end}", sales, unit=unit, rows=rows, query=query)
        effect = smallest_lift(past.share, reach // 2) if past.share < 1 else 1.0
        if past.share < 1 and effect <= 1:
            value = round(100 * effect)
            add(one.id, "smallest-effect", value, unit="%", rows=rows, query=query)

    @cached_property
    def _currency(self) -> str | None:
        """The shop's one currency; amounts of several are not added up."""
        orders = self.shelf.table("orders")
        assert orders is not None  # asked before
        known = orders.filter(orders.currency.notnull()).select("currency").distinct()
        found = [row["currency"] for row in rows_of(self.shelf, known)]
        return found[0] if len(found) == 1 else None


def _stands_out(past: Before | None, base: Before | None) -> bool:
    """Whether even the low end of what they bought is above everybody's share."""
    if past is None or base is None:
        return False
    return past.bought >= FEW and past.share_interval[0] > base.share


def _roughly(low: float, high: float) -> tuple[int, int]:
    """Both ends of what is expected, as finely as the larger is known: to two digits; finer where
    that would round the smaller one to nothing."""
    places = min(0, 2 - len(str(int(high))))
    if low >= 1 and not round(low, places):
        places = 1 - len(str(int(low)))
    return int(round(low, places)), int(round(high, places))
