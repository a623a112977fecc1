"""What customers will do: who buys again, how much, and what next, tried on the past first."""

from datetime import date

from ibis import _

from bot.core.source import Source
from bot.data.analyses.forecast import churn, next_category, purchase_volume, repurchase
from bot.data.analyses.forecast import customer_history as sight
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.analyses.segments.context import AnalysisContext, find_currency
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import group_by_day, last_day, purchase_lines
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

# What is told of what customers will do: `find`.

DEFAULT_DAYS = 90
CUTOFF_COUNTS = (3, 4)  # days in the past that are looked back to: at least, at most
MIN_CUSTOMERS = 200  # customers


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """Who buys within `where.days` (90), how much, and what next. Each is held against windows that
    are over, and refused with its reason when it was wrong there. Country, region, source, device
    and days narrow the orders; `where.category` what comes after it. `where.product`, or what
    `where.words` names, is what something is bought after."""
    bought = purchase_lines(shelf, where)
    if bought is None:
        findings = AnalysisResult("behaviour", Source(""), shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = AnalysisResult(
        "behaviour", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    ahead = DEFAULT_DAYS if where.days is None else where.days
    if not 7 <= ahead <= 365:
        findings.refuse(Words("A forecast can look 7 to 365 days ahead, not {days}.", days=ahead))
        return findings
    with TableCache(shelf, "behaviour") as laid:
        bought = laid.down("lines", bought)
        _add_facts(
            AnalysisContext(shelf, where, findings, bought, last_day(shelf, where), laid), ahead
        )
    return findings


def _add_facts(told: AnalysisContext, ahead: int) -> None:
    findings, bought = told.findings, told.bought
    span = group_by_day(bought).aggregate(first=_.day.min(), customers=_.customer.nunique())
    row = told.ask("span", span)[0]
    told.people = row["customers"]
    if told.people < told.shelf.floor:
        findings.refuse(too_few_message(told.people, told.shelf.floor))
        return
    if told.people < MIN_CUSTOMERS:
        findings.refuse(
            Words(
                "Only {n} customers can be told apart, and a forecast needs {needed}. Import orders"
                " with a customer column, or more of them.",
                n=told.people,
                needed=MIN_CUSTOMERS,
            )
        )
        return
    told.currency = find_currency(told)
    next_category.add_bought_after(told)
    _add_forecasts(told, ahead, row["first"])
    next_category.add_next_category(told)


def _add_forecasts(told: AnalysisContext, ahead: int, first: date) -> None:
    """The windows before today, as many as the orders go back for."""
    least, most = CUTOFF_COUNTS
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
    table = sight.build_customer_table(group_by_day(told.bought), told.until, ahead, cuts)
    seen = sight.read_customer_history(told.shelf, told.keep("histories", table), ahead, cuts)
    repurchase.add_repurchase(told, seen, ahead)
    churn.add_churn(told, seen[1:], ahead)
    purchase_volume.add_purchase_volume(told, seen[:4], ahead)


__all__ = ["find"]
