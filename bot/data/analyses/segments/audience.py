"""Whom a rule picks: counted for the card, listed for the export, consent first.

Without a yes to the purpose, or after an opt-out, nobody is in an audience. A count below the
floor is not shown, and an audience below it is not given out.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.data.analyses.products import (
    PurchasedProducts,
    find_products_with_word,
    load_purchased_products,
)
from bot.data.analyses.segments.lookalikes import select_buyers, select_lookalikes
from bot.data.analyses.segments.rfm import assign_segments, compute_typical_gap, rank_rfm
from bot.data.floors import is_below_floor
from bot.data.warehouse.purchases import group_by_order, last_day, purchase_lines
from bot.data.warehouse.query import TableCache, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

# Who fits a rule among these order lines, as of a day: now, or as the rule would have picked then.

NO_PRODUCT = "–"  # no product's key


class AudienceSelection:
    """`lines` as bought.lines gives them, none later than `until`. What is asked again and again is
    put down in `laid`, under `name`."""

    def __init__(
        self,
        shelf: Warehouse,
        lines: ir.Table,
        until: date,
        laid: TableCache | None = None,
        name: str = "",
    ) -> None:
        self.shelf, self.until, self._laid, self._name = shelf, until, laid, name
        self.lines = self._down("lines", lines)

    def fitting(self, rule: AudienceRule) -> ir.Table:
        """customer: who fits the rule, agreed or not. Never to be listed, only counted."""
        people = self.groups.filter(_.segment.isin(rule.segments)) if rule.segments else self.ranked
        fits = self._sized(people, rule).select("customer")
        for wanted in self._bought(rule):
            fits = fits.semi_join(wanted, "customer")
        without = rule.not_bought, rule.not_bought_categories
        if (not_these := self._things(*without, rule.not_within)) is not None:
            fits = fits.anti_join(not_these, "customer")
        if rule.like_product or rule.like_category:
            seed = select_buyers(self.lines, rule.like_product, rule.like_category)
            fits = fits.semi_join(select_lookalikes(self.lines, seed, self.shelf.floor), "customer")
        return fits

    @cached_property
    def ranked(self) -> ir.Table:
        return self._down("ranked", rank_rfm(group_by_order(self.lines), self.until))

    @cached_property
    def groups(self) -> ir.Table:
        """`ranked` with `segment`. Raises CannotDo when too few came back to have a rhythm."""
        gap = compute_typical_gap(self.shelf, self.ranked)
        if gap is None:
            raise CannotDo(Words("Too few customers came back to name groups of them."))
        return self._down("groups", assign_segments(self.ranked, gap))

    @cached_property
    def goods(self) -> PurchasedProducts:
        return load_purchased_products(self.shelf, self.lines)

    def _down(self, what: str, table: ir.Table) -> ir.Table:
        return self._laid.materialize(f"{self._name}_{what}", table) if self._laid else table

    def _sized(self, people: ir.Table, rule: AudienceRule) -> ir.Table:
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

    def _bought(self, rule: AudienceRule) -> list[ir.Table]:
        """One table of customers for each thing that the rule wants of what they bought."""
        wanted = []
        named_so = [
            key for word in rule.bought_named for key in find_products_with_word(word, self.goods)
        ]
        bought = rule.bought
        if rule.bought_named:  # what nobody bought yet has no buyers, and lets nobody in
            bought = (*rule.bought, *named_so) or (NO_PRODUCT,)
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


NO_ORDERS = Words("There are no orders with customers yet: import an order file that has them.")
NO_CONSENTS = Words(
    "Not exportable: there are no consents. Import a file that says who agreed to e-mails,"
    " SMS or ads."
)
CONSENT_COLUMNS: dict[AudiencePurpose, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("sms",),
    "ads": ("ads_user_data", "ads_personalization"),  # Google wants both
}


@dataclass(frozen=True)
class AudienceCount:
    """`fits` have what the rule asks; `reachable` of them agreed as well. None is below the floor;
    `cannot` says why nobody can be reached."""

    fits: int | None
    reachable: int | None
    floor: int
    cannot: Words | None = None
    nearly_all: bool = False  # of those who fit, fewer than the floor did not agree

    @property
    def said(self) -> Words:
        """What the card says of the size."""
        if self.fits is None:
            return Words("under {n} customers", n=self.floor)
        if self.cannot is not None:
            return Words("{fits} customers fit. {reason}", fits=self.fits, reason=self.cannot)
        if self.reachable is None:
            return Words(
                "{fits} customers fit, under {n} of them agreed", fits=self.fits, n=self.floor
            )
        if self.nearly_all:
            return Words(
                "{fits} customers fit, all but under {n} of them agreed",
                fits=self.fits,
                n=self.floor,
            )
        return Words(
            "{fits} customers fit, {reachable} of them agreed",
            fits=self.fits,
            reachable=self.reachable,
        )


def count_audience(shelf: Warehouse, rule: AudienceRule) -> AudienceCount:
    """How many the rule picks. Raises CannotDo when there are no orders with customers."""
    fits = select_matching(shelf, rule)
    agreed = select_consenting(shelf, rule.purpose)
    if agreed is None:
        return AudienceCount(_count_if_safe(shelf, fits), None, shelf.floor, NO_CONSENTS)
    reached = fits.semi_join(agreed, "customer")
    fit, reachable = _count_if_safe(shelf, fits), _count_if_safe(shelf, reached)
    left = (fit or 0) - (reachable or 0)
    return AudienceCount(fit, reachable, shelf.floor, nearly_all=is_below_floor(left, shelf.floor))


def list_members(shelf: Warehouse, rule: AudienceRule) -> ir.Table:
    """customer: those to be written to. Raises CannotDo when there are no orders or no consents,
    and when fewer than the floor would be in it."""
    agreed = select_consenting(shelf, rule.purpose)
    if agreed is None:
        raise CannotDo(NO_CONSENTS)
    reached = select_matching(shelf, rule).semi_join(agreed, "customer")
    if _count_if_safe(shelf, reached) is None:
        raise CannotDo(
            Words("This audience has under {n} people: too few to be given out.", n=shelf.floor)
        )
    return reached


def select_consenting(shelf: Warehouse, purpose: AudiencePurpose) -> ir.Table | None:
    """customer: who said yes to the purpose and did not opt out; None without consents."""
    consents = shelf.table("consents")
    if consents is None:
        return None
    yes = [consents[name].fill_null(False) for name in CONSENT_COLUMNS[purpose]]
    return consents.filter(*yes, ~_.opted_out.fill_null(False)).select("customer").distinct()


def select_matching(shelf: Warehouse, rule: AudienceRule) -> ir.Table:
    """customer: who fits the rule, agreed or not. Never to be listed, only counted."""
    bought = purchase_lines(shelf)
    if bought is None:
        raise CannotDo(NO_ORDERS)
    return AudienceSelection(shelf, bought, last_day(shelf)).fitting(rule)


def _count_if_safe(shelf: Warehouse, people: ir.Table) -> int | None:
    counted = int(fetch_rows(shelf, people.aggregate(people=people.count()))[0]["people"])
    return counted if counted >= shelf.floor else None
