"""What is told of the customers: `find`."""

import ibis.expr.types as ir
from ibis import _

from bot.data.analyses.result import Findings, Where
from bot.data.analyses.segments import basket, group_facts, lookalike_facts, repeat_purchase
from bot.data.analyses.segments.audience import NO_ORDERS
from bot.data.analyses.segments.context import Told, currency_of
from bot.data.floors import too_few
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.purchases import last_day, lines, orders_of
from bot.data.warehouse.warehouse import Shelf

ENOUGH = 100  # customers


def find(shelf: Shelf, where: Where) -> Findings:
    """Named groups, who comes back, what goes together. `where.segment` tells of one group;
    `where.product` or `where.category` of what goes with it and who is like its buyers; country,
    region, source, device and days narrow the orders."""
    bought = lines(shelf, where)
    if bought is None:
        findings = Findings("segments", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = Findings(
        "segments", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    with Laid(shelf, "segments") as laid:
        bought = laid.down("lines", bought)
        _tell(Told(shelf, where, findings, bought, last_day(shelf, where), laid))
    return findings


def _tell(told: Told) -> None:
    where, findings, bought = told.where, told.findings, told.bought
    people = told.ask("customers", _counted(bought))[0]
    told.people = people["customers"]
    if told.people < ENOUGH:
        findings.refuse(too_few(told.people, told.shelf.floor))
        return
    told.currency = currency_of(told)
    if where.product or where.category:
        lookalike_facts.tell(told)
        repeat_purchase.tell(told)
        basket.tell(told)
    else:
        group_facts.tell(told, people)
        if not where.segment:
            repeat_purchase.tell(told)
            basket.tell(told)


def _counted(bought: ir.Table) -> ir.Table:
    """One row: customers, orders, first (day)."""
    orders = orders_of(bought).filter(_.amount >= 0)
    return orders.aggregate(
        customers=_.customer.nunique(), orders=_.count(), first=_.at.min().date()
    )
