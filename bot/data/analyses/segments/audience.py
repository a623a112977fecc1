"""Whom a rule picks: counted for the card, listed for the export, consent first.

Without a yes to the purpose, or after an opt-out, nobody is in an audience. A count below the
floor is not shown, and an audience below it is not given out.
"""

from dataclasses import dataclass

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import Purpose, Rule
from bot.data.analyses.segments.selection import Picking
from bot.data.floors import is_small
from bot.data.warehouse.purchases import last_day, lines
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.i18n.messages import Words

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


def count(shelf: Shelf, rule: Rule) -> Counted:
    """How many the rule picks. Raises CannotDo when there are no orders with customers."""
    fits = fitting(shelf, rule)
    agreed = agreeing(shelf, rule.purpose)
    if agreed is None:
        return Counted(_shown(shelf, fits), None, shelf.floor, NO_CONSENTS)
    reached = fits.semi_join(agreed, "customer")
    fit, reachable = _shown(shelf, fits), _shown(shelf, reached)
    left = (fit or 0) - (reachable or 0)
    return Counted(fit, reachable, shelf.floor, nearly_all=is_small(left, shelf.floor))


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
    return Picking(shelf, bought, last_day(shelf)).fitting(rule)


def _shown(shelf: Shelf, people: ir.Table) -> int | None:
    counted = int(rows_of(shelf, people.aggregate(people=people.count()))[0]["people"])
    return counted if counted >= shelf.floor else None
