"""In which currency a kind's amounts are: the one that most rows have."""

from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf


def currencies(shelf: Shelf, kind: str) -> list[str]:
    """All currencies of a kind, the one with most rows first; amounts are never added across
    them."""
    table = shelf.table(kind)
    if table is None or "currency" not in table.columns:
        return []
    known = table.filter(table.currency.notnull())
    counted = rows_of(shelf, known.group_by("currency").aggregate(rows=known.count()))
    return [row["currency"] for row in sorted(counted, key=lambda r: (-r["rows"], r["currency"]))]
