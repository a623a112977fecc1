"""What is known of customers besides their orders: the segments and levels that they belong to."""

import ibis
import ibis.expr.types as ir

from bot.data.warehouse.warehouse import Warehouse


def segments_table(warehouse: Warehouse) -> ir.Table | None:
    """Return customer and segment, or None when no file has segments. The levels of a loyalty
    programme are segments too, so a customer may belong to several."""
    found = []
    for kind, column in (
        ("consents", "segment"),
        ("customers", "segment"),
        ("customers", "level"),
    ):
        table = warehouse.table(kind)
        if table is not None:
            found.append(
                table.filter(table[column].notnull()).select(
                    customer=table.customer, segment=table[column]
                )
            )
    return ibis.union(*found, distinct=True) if len(found) > 1 else next(iter(found), None)
