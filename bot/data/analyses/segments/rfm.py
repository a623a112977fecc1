"""Recency, frequency and money spent, each customer ranked in fifths.

Source: Hughes, "Strategic Database Marketing", 1994: quintiles of each, 5 the best. Ties are
broken by the customer's key, so that every engine gives the same fifth.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _


def rfm(orders: ir.Table, until: date) -> ir.Table:
    """One row a customer who bought until that day, it included.

    orders: customer, at (timestamp), amount (money); one row an order, below zero is paid back.
    Gives customer, recency (days since the last order), tenure (days since the first), frequency
    (orders), monetary (decimal 18,2, paid back taken off) and r, f, m from 1 to 5, 5 the best.
    """
    end = ibis.literal(until)
    by_customer = (
        orders.filter(_.at.date() <= end)
        .group_by("customer")
        .aggregate(
            last=_.at.max(where=_.amount >= 0).date(),
            first=_.at.min(where=_.amount >= 0).date(),
            frequency=_.count(where=_.amount >= 0),
            monetary=_.amount.cast("decimal(18, 2)").sum().cast("decimal(18, 2)"),
        )
        .filter(_.frequency > 0)
    )
    counted = by_customer.select(
        customer=_.customer,
        recency=end.delta(by_customer["last"], unit="day"),
        tenure=end.delta(by_customer["first"], unit="day"),
        frequency=_.frequency,
        monetary=_.monetary,
    )
    return counted.mutate(
        r=_fifth(counted.recency.desc(), counted.customer),
        f=_fifth(counted.frequency, counted.customer),
        m=_fifth(counted.monetary, counted.customer),
    )


def _fifth(value: ir.Value, customer: ir.Value) -> ir.IntegerValue:
    """ntile counts from 0 in ibis."""
    return ibis.ntile(5).over(order_by=[value, customer]) + 1
