"""Analyse the customers: segments, churn, repeat purchases, and products bought together."""

import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.analysis_context import AnalysisContext, analyse_purchases, find_currency
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments import basket, repeat_purchase, segment_facts
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import group_by_order
from bot.data.warehouse.warehouse import Warehouse

MIN_CUSTOMERS = 100


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return segments, repeat purchases and products bought together. `filter_.segment` restricts
    it to one segment; `filter_.product` or `filter_.category` selects what is bought with it;
    country, region, source, device and days filter the orders."""
    return analyse_purchases("segments", warehouse, filter_, _add_facts)


def find_repeat_purchases(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return only who comes back after the first purchase."""
    return analyse_purchases("segments", warehouse, filter_, _add_repeat_purchases)


def find_bought_together(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return only what the same customers buy."""
    return analyse_purchases("segments", warehouse, filter_, _add_bought_together)


def _add_repeat_purchases(context: AnalysisContext) -> None:
    if _load_people(context):
        repeat_purchase.add_repeat_purchase_facts(context)


def _add_bought_together(context: AnalysisContext) -> None:
    if _load_people(context):
        basket.add_basket_facts(context)


def _load_people(context: AnalysisContext) -> dict[str, int] | None:
    """Count the customers; return None, with the limit, where they are too few."""
    people = context.run_query("customers", _count_customers(context.lines))[0]
    context.people = people["customers"]
    if context.people < MIN_CUSTOMERS:
        context.result.add_limit(too_few_message(context.people, context.warehouse.floor))
        return None
    return people


def _add_facts(context: AnalysisContext) -> None:
    filter_ = context.filter_
    people = _load_people(context)
    if people is None:
        return
    context.currency = find_currency(context)
    if filter_.product or filter_.category:
        repeat_purchase.add_repeat_purchase_facts(context)
        basket.add_basket_facts(context)
    else:
        segment_facts.add_segment_facts(context, people)
        if not filter_.segment:
            repeat_purchase.add_repeat_purchase_facts(context)
            basket.add_basket_facts(context)


def _count_customers(lines: ir.Table) -> ir.Table:
    """Return one row: customers, orders, first (day)."""
    orders = group_by_order(lines).filter(_.amount >= 0)
    return orders.aggregate(
        customers=_.customer.nunique(), orders=_.count(), first=_.at.min().date()
    )


__all__ = ["find", "find_bought_together", "find_repeat_purchases"]
