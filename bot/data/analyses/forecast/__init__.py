"""Forecast customers' behaviour: who buys again, how much, and what next; each method is backtested
first."""

from datetime import date
from functools import partial

from ibis import _

from bot.data.analyses.analysis_context import AnalysisContext, analyse_purchases, find_currency
from bot.data.analyses.forecast import customer_history, next_category, purchase_volume, repurchase
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import group_by_day
from bot.data.warehouse.warehouse import Warehouse

DEFAULT_DAYS = 90
CUTOFF_COUNTS = (3, 4)  # past cutoff days for the backtest: at least, at most
MIN_CUSTOMERS = 200


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return who buys within `filter_.days` (default 90), how much, and what next. Each forecast is
    backtested on past windows and refused with the reason when it was wrong there. Country, region,
    source, device and days filter the orders; `filter_.category` selects what comes after it.
    `filter_.product` is what something is bought after."""
    ahead = DEFAULT_DAYS if filter_.days is None else filter_.days
    return analyse_purchases("behaviour", warehouse, filter_, partial(_add_facts, ahead=ahead))


def find_bought_next(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return only what is bought after the product, or after each category."""
    return analyse_purchases("behaviour", warehouse, filter_, _add_bought_next)


def _add_bought_next(context: AnalysisContext) -> None:
    if _find_first_day(context) is None:
        return
    if context.filter_.product:
        next_category.add_bought_after(context)
    else:
        next_category.add_next_category(context)


def _find_first_day(context: AnalysisContext) -> date | None:
    """Count the customers and return the first day; None, with the limit, where they are too
    few."""
    span = group_by_day(context.lines).aggregate(first=_.day.min(), customers=_.customer.nunique())
    row = context.run_query("span", span)[0]
    context.people = row["customers"]
    floor = context.warehouse.floor
    if context.people < (needed := max(MIN_CUSTOMERS, floor)):
        context.result.add_limit(too_few_message(context.people, floor, needed))
        return None
    first: date = row["first"]
    return first


def _add_facts(context: AnalysisContext, ahead: int) -> None:
    if not 7 <= ahead <= 365:
        context.result.add_limit("A forecast can look 7 to 365 days ahead, not {days}.", days=ahead)
        return
    first = _find_first_day(context)
    if first is None:
        return
    context.currency = find_currency(context)
    next_category.add_bought_after(context)
    _add_forecasts(context, ahead, first)
    next_category.add_next_category(context)


def _add_forecasts(context: AnalysisContext, ahead: int, first: date) -> None:
    """Add forecasts with as many backtest windows as the orders allow."""
    least, most = CUTOFF_COUNTS
    span = (context.until - first).days
    cuts = min(most, span // ahead - 1)
    if cuts < least:
        context.result.add_limit(
            "To say who buys within {days} days takes {needed} days of orders, to be tried on"
            " the past first; there are {span}. Import the earlier orders, or ask for fewer"
            " days.",
            days=ahead,
            needed=(least + 1) * ahead,
            span=span,
        )
        return
    table = customer_history.build_customer_table(
        group_by_day(context.lines), context.until, ahead, cuts
    )
    seen = customer_history.read_customer_history(
        context.warehouse, context.register_query("histories", table), ahead, cuts
    )
    repurchase.add_repurchase(context, seen, ahead)
    customer_history.add_churn(context, seen[1:], ahead)
    purchase_volume.add_purchase_volume(context, seen[:4], ahead)
