"""Who the customers are: named groups, who drifts away, who comes back, what goes together."""

import ibis.expr.types as ir
from ibis import _

from bot.core.source import Source
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments import basket, lookalike_facts, repeat_purchase, segment_facts
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.analyses.segments.context import AnalysisContext, find_currency
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import group_by_order, last_day, purchase_lines
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse

# What is told of the customers: `find`.

MIN_CUSTOMERS = 100  # customers


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """Named groups, who comes back, what goes together. `where.segment` tells of one group;
    `where.product` or `where.category` of what goes with it and who is like its buyers; country,
    region, source, device and days narrow the orders."""
    bought = purchase_lines(shelf, where)
    if bought is None:
        findings = AnalysisResult("segments", Source(""), shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = AnalysisResult(
        "segments", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    with TableCache(shelf, "segments") as laid:
        bought = laid.down("lines", bought)
        _add_facts(AnalysisContext(shelf, where, findings, bought, last_day(shelf, where), laid))
    return findings


def _add_facts(told: AnalysisContext) -> None:
    where, findings, bought = told.where, told.findings, told.bought
    people = told.ask("customers", _count_customers(bought))[0]
    told.people = people["customers"]
    if told.people < MIN_CUSTOMERS:
        findings.refuse(too_few_message(told.people, told.shelf.floor))
        return
    told.currency = find_currency(told)
    if where.product or where.category:
        lookalike_facts.add_lookalike_facts(told)
        repeat_purchase.add_repeat_purchase_facts(told)
        basket.add_basket_facts(told)
    else:
        segment_facts.add_segment_facts(told, people)
        if not where.segment:
            repeat_purchase.add_repeat_purchase_facts(told)
            basket.add_basket_facts(told)


def _count_customers(bought: ir.Table) -> ir.Table:
    """One row: customers, orders, first (day)."""
    orders = group_by_order(bought).filter(_.amount >= 0)
    return orders.aggregate(
        customers=_.customer.nunique(), orders=_.count(), first=_.at.min().date()
    )


__all__ = ["find"]
