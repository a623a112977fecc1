"""Who fits a rule among these order lines, as of a day: now, or as the rule would have picked then.

The lines and the ranked customers are put down once, since a rule is compiled anew each time it is
asked.
"""

from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import Rule
from bot.data.analyses.products import Goods, goods_of, saying
from bot.data.analyses.segments.groups import named
from bot.data.analyses.segments.lookalikes import buyers_of, candidates
from bot.data.analyses.segments.rfm import rfm
from bot.data.analyses.segments.rhythm import typical_gap
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.purchases import orders_of
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.i18n.messages import Words

NOTHING = "–"  # no product's key


class Picking:
    """`lines` as bought.lines gives them, none later than `until`. What is asked again and again is
    put down in `laid`, under `name`."""

    def __init__(
        self, shelf: Shelf, lines: ir.Table, until: date, laid: Laid | None = None, name: str = ""
    ) -> None:
        self.shelf, self.until, self._laid, self._name = shelf, until, laid, name
        self.lines = self._down("lines", lines)

    def fitting(self, rule: Rule) -> ir.Table:
        """customer: who fits the rule, agreed or not. Never to be listed, only counted."""
        people = self.groups.filter(_.segment.isin(rule.segments)) if rule.segments else self.ranked
        fits = self._sized(people, rule).select("customer")
        for wanted in self._bought(rule):
            fits = fits.semi_join(wanted, "customer")
        without = rule.not_bought, rule.not_bought_categories
        if (not_these := self._things(*without, rule.not_within)) is not None:
            fits = fits.anti_join(not_these, "customer")
        if rule.like_product or rule.like_category:
            seed = buyers_of(self.lines, rule.like_product, rule.like_category)
            fits = fits.semi_join(candidates(self.lines, seed, self.shelf.floor), "customer")
        return fits

    @cached_property
    def ranked(self) -> ir.Table:
        return self._down("ranked", rfm(orders_of(self.lines), self.until))

    @cached_property
    def groups(self) -> ir.Table:
        """`ranked` with `segment`. Raises CannotDo when too few came back to have a rhythm."""
        gap = typical_gap(self.shelf, self.ranked)
        if gap is None:
            raise CannotDo(Words("Too few customers came back to name groups of them."))
        return self._down("groups", named(self.ranked, gap))

    @cached_property
    def goods(self) -> Goods:
        return goods_of(self.shelf, self.lines)

    def _down(self, what: str, table: ir.Table) -> ir.Table:
        return self._laid.down(f"{self._name}_{what}", table) if self._laid else table

    def _sized(self, people: ir.Table, rule: Rule) -> ir.Table:
        conditions: list[ir.BooleanValue] = []
        if rule.min_orders is not None:
            conditions.append(people.frequency >= rule.min_orders)
        if rule.max_orders is not None:
            conditions.append(people.frequency <= rule.max_orders)
        if rule.min_spend is not None:
            conditions.append(people.monetary >= rule.min_spend)
        if rule.last_from is not None:
            conditions.append(people.recency <= (self.until - rule.last_from).days)
        if rule.last_until is not None:
            conditions.append(people.recency >= (self.until - rule.last_until).days)
        return people.filter(*conditions) if conditions else people

    def _bought(self, rule: Rule) -> list[ir.Table]:
        """One table of customers for each thing that the rule wants of what they bought."""
        wanted = []
        named_so = [key for word in rule.bought_named for key in saying(word, self.goods)]
        bought = rule.bought
        if rule.bought_named:  # what nobody bought yet has no buyers, and lets nobody in
            bought = (*rule.bought, *named_so) or (NOTHING,)
        things = bought, rule.bought_categories, rule.bought_within
        if (found := self._things(*things, rule.bought_at_least)) is not None:
            wanted.append(found)
        for name, values in (("country", rule.countries), ("region", rule.regions)):
            if values:
                low = [value.lower() for value in values]
                ordered = self.lines.filter(self.lines[name].lower().isin(low))
                wanted.append(ordered.select("customer"))
        return wanted

    def _things(
        self,
        products: tuple[str, ...],
        categories: tuple[str, ...],
        within: int | None,
        least: int | None = None,
    ) -> ir.Table | None:
        """customer: who bought any of these (of no name: anything), or `least` different ones,
        within so many days; None when nothing is asked. What is of a category that was asked for
        counts as that category."""
        anything = not products and not categories
        if anything and within is None:
            return None
        bought = self.lines
        category = bought.category.lower()
        of_it = category.isin([one.lower() for one in categories]).fill_null(False)
        its = bought.product.isin(products).fill_null(False)
        found = bought.filter(bought.amount >= 0, ibis.literal(True) if anything else its | of_it)
        if within is not None:
            age = ibis.literal(self.until).delta(found.day, unit="day")
            found = found.filter(age < within)
        if least is None:
            return found.select("customer")
        named_ = ibis.ifelse(
            found.product.isin(products).fill_null(False), found.product, found.category.lower()
        )
        many = found.group_by("customer").aggregate(different=named_.nunique())
        return many.filter(_.different >= least).select("customer")
