"""Whom a rule picks: counted for the card, listed for the export, consent first.

Without a yes to the purpose, or after an opt-out, nobody is in an audience. A count below the
floor is not shown, and an audience below it is not given out.
"""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.audience import Purpose, Rule
from bot.errors import CannotDo
from bot.library.bought import last_day, lines, orders_of
from bot.library.read import rows_of
from bot.library.segments.names import named
from bot.library.segments.rfm import rfm
from bot.library.segments.rhythm import typical_gap
from bot.library.segments.similar import buyers_of, candidates
from bot.library.shelf import Shelf
from bot.words import Words

NO_ORDERS = Words("There are no orders with customers yet: import an order file that has them.")
NO_CONSENTS = Words(
    "Not exportable: there are no consents. Import a file that says who agreed to e-mails,"
    " SMS or ads."
)
ASKED: dict[Purpose, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("sms",),
    "ads": ("ads_user_data", "ads_personalization"),  # Google wants both
}


@dataclass(frozen=True)
class Counted:
    """`fits` have what the rule asks; `reachable` of them agreed as well. None is below the floor;
    `cannot` says why nobody can be reached."""

    fits: int | None
    reachable: int | None
    floor: int
    cannot: Words | None = None

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
        return Words(
            "{fits} customers fit, {reachable} of them agreed",
            fits=self.fits,
            reachable=self.reachable,
        )


def count(shelf: Shelf, rule: Rule) -> Counted:
    """How many the rule picks. Raises CannotDo when there are no orders with customers."""
    fits = fitting(shelf, rule)
    agreed = agreeing(shelf, rule.purpose)
    if agreed is None:
        return Counted(_shown(shelf, fits), None, shelf.floor, NO_CONSENTS)
    reached = fits.semi_join(agreed, "customer")
    return Counted(_shown(shelf, fits), _shown(shelf, reached), shelf.floor)


def members(shelf: Shelf, rule: Rule) -> ir.Table:
    """customer: those to be written to. Raises CannotDo when there are no orders or no consents,
    and when fewer than the floor would be in it."""
    agreed = agreeing(shelf, rule.purpose)
    if agreed is None:
        raise CannotDo(NO_CONSENTS)
    reached = fitting(shelf, rule).semi_join(agreed, "customer")
    if _shown(shelf, reached) is None:
        raise CannotDo(
            Words("This audience has under {n} people: too few to be given out.", n=shelf.floor)
        )
    return reached


def agreeing(shelf: Shelf, purpose: Purpose) -> ir.Table | None:
    """customer: who said yes to the purpose and did not opt out; None without consents."""
    consents = shelf.table("consents")
    if consents is None:
        return None
    yes = [consents[name].fill_null(False) for name in ASKED[purpose]]
    return consents.filter(*yes, ~_.opted_out.fill_null(False)).select("customer").distinct()


def fitting(shelf: Shelf, rule: Rule) -> ir.Table:
    """customer: who fits the rule, agreed or not. Never to be listed, only counted."""
    bought = lines(shelf)
    if bought is None:
        raise CannotDo(NO_ORDERS)
    until = last_day(shelf)
    people = _sized(_grouped(shelf, rfm(orders_of(bought), until), rule), rule, until)
    fits = people.select("customer")
    for wanted in _bought(bought, rule, until):
        fits = fits.semi_join(wanted, "customer")
    without = _things(bought, rule.not_bought, rule.not_bought_categories, rule.not_within, until)
    if without is not None:
        fits = fits.anti_join(without, "customer")
    if rule.like_product or rule.like_category:
        seed = buyers_of(bought, rule.like_product, rule.like_category)
        fits = fits.semi_join(candidates(bought, seed, shelf.floor), "customer")
    return fits


def _grouped(shelf: Shelf, ranked: ir.Table, rule: Rule) -> ir.Table:
    if not rule.segments:
        return ranked
    gap = typical_gap(shelf, ranked)
    if gap is None:
        raise CannotDo(Words("Too few customers came back to name groups of them."))
    return named(ranked, gap).filter(_.segment.isin(rule.segments))


def _sized(people: ir.Table, rule: Rule, until: date) -> ir.Table:
    conditions: list[ir.BooleanValue] = []
    if rule.min_orders is not None:
        conditions.append(people.frequency >= rule.min_orders)
    if rule.max_orders is not None:
        conditions.append(people.frequency <= rule.max_orders)
    if rule.min_spend is not None:
        conditions.append(people.monetary >= rule.min_spend)
    if rule.last_from is not None:
        conditions.append(people.recency <= (until - rule.last_from).days)
    if rule.last_until is not None:
        conditions.append(people.recency >= (until - rule.last_until).days)
    return people.filter(*conditions) if conditions else people


def _bought(bought: ir.Table, rule: Rule, until: date) -> list[ir.Table]:
    """One table of customers for each thing that the rule wants of what they bought."""
    things = _things(bought, rule.bought, rule.bought_categories, rule.bought_within, until)
    wanted = [] if things is None else [things]
    for name, values in (("country", rule.countries), ("region", rule.regions)):
        if values:
            low = [value.lower() for value in values]
            wanted.append(bought.filter(bought[name].lower().isin(low)).select("customer"))
    return wanted


def _things(
    bought: ir.Table,
    products: tuple[str, ...],
    categories: tuple[str, ...],
    within: int | None,
    until: date,
) -> ir.Table | None:
    """customer: who bought any of these, within so many days; None when nothing is asked."""
    if not products and not categories:
        return None
    low = [category.lower() for category in categories]
    either = bought.product.isin(products) | bought.category.lower().isin(low)
    found = bought.filter(_.amount >= 0, either.fill_null(False))
    if within is not None:
        found = found.filter(ibis.literal(until).delta(found.day, unit="day") < within)
    return found.select("customer")


def _shown(shelf: Shelf, people: ir.Table) -> int | None:
    counted = int(rows_of(shelf, people.aggregate(people=people.count()))[0]["people"])
    return counted if counted >= shelf.floor else None
