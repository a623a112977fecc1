"""What is told of what customers will do: `find`."""

from datetime import date

from ibis import _

from bot.data.analyses.forecast import churn, next_category, purchase_volume, repurchase
from bot.data.analyses.forecast import windows as sight
from bot.data.analyses.result import Findings, Where
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.analyses.segments.context import Told, currency_of
from bot.data.floors import too_few
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.purchases import days_of, last_day, lines
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words

DAYS = 90
CUTS = (3, 4)  # days in the past that are looked back to: at least, at most
ENOUGH = 200  # customers


def find(shelf: Shelf, where: Where) -> Findings:
    """Who buys within `where.days` (90), how much, and what next. Each is held against windows that
    are over, and refused with its reason when it was wrong there. Country, region, source, device
    and days narrow the orders; `where.category` what comes after it. `where.product`, or what
    `where.words` names, is what something is bought after."""
    bought = lines(shelf, where)
    if bought is None:
        findings = Findings("behaviour", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = Findings(
        "behaviour", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    ahead = DAYS if where.days is None else where.days
    if not 7 <= ahead <= 365:
        findings.refuse(Words("A forecast can look 7 to 365 days ahead, not {days}.", days=ahead))
        return findings
    with Laid(shelf, "behaviour") as laid:
        bought = laid.down("lines", bought)
        _tell(Told(shelf, where, findings, bought, last_day(shelf, where), laid), ahead)
    return findings


def _tell(told: Told, ahead: int) -> None:
    findings, bought = told.findings, told.bought
    span = days_of(bought).aggregate(first=_.day.min(), customers=_.customer.nunique())
    row = told.ask("span", span)[0]
    told.people = row["customers"]
    if told.people < told.shelf.floor:
        findings.refuse(too_few(told.people, told.shelf.floor))
        return
    if told.people < ENOUGH:
        findings.refuse(
            Words(
                "Only {n} customers can be told apart, and a forecast needs {needed}. Import orders"
                " with a customer column, or more of them.",
                n=told.people,
                needed=ENOUGH,
            )
        )
        return
    told.currency = currency_of(told)
    next_category.add_bought_after(told)
    _forecast(told, ahead, row["first"])
    next_category.add_next_category(told)


def _forecast(told: Told, ahead: int, first: date) -> None:
    """The windows before today, as many as the orders go back for."""
    least, most = CUTS
    span = (told.until - first).days
    cuts = min(most, span // ahead - 1)
    if cuts < least:
        told.findings.refuse(
            Words(
                "To say who buys within {days} days takes {needed} days of orders, to be tried on"
                " the past first; there are {span}. Import the earlier orders, or ask for fewer"
                " days.",
                days=ahead,
                needed=(least + 1) * ahead,
                span=span,
            )
        )
        return
    table = sight.table(days_of(told.bought), told.until, ahead, cuts)
    seen = sight.look(told.shelf, told.keep("histories", table), ahead, cuts)
    repurchase.add_repurchase(told, seen, ahead)
    churn.add_churn(told, seen[1:], ahead)
    purchase_volume.add_purchase_volume(told, seen[:4], ahead)
