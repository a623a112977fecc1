"""What stored exports mean to analyses: which orders are sales, which segments people are in."""

from datetime import date, datetime

from bot.data.warehouse.purchases import purchase_lines, segments_table
from tests.support.small_tables import small

DAY = date(2026, 11, 24)


def order(number: str, status: str) -> dict[str, object]:
    at = datetime(2026, 11, 20, 10)
    return {"order": number, "line": 1, "at": at, "customer": "c", "amount": 10, "status": status}


def test_unpaid_and_test_orders_are_no_sales() -> None:
    rows = [order("1", "sold"), order("2", "unpaid"), order("3", "test"), order("4", "cancelled")]
    lines = purchase_lines(small(DAY, orders=rows))
    assert lines is not None
    assert [row["order"] for row in lines.to_pyarrow().to_pylist()] == ["1"]


def test_loyalty_levels_are_segments_beside_those_of_consents() -> None:
    table = segments_table(
        small(
            DAY,
            consents=[{"customer": "a", "segment": "VIP"}, {"customer": "b", "segment": None}],
            customers=[{"customer": "a", "level": "Gold"}, {"customer": "b", "level": "Silver"}],
        )
    )
    assert table is not None
    found = sorted((row["customer"], row["segment"]) for row in table.to_pyarrow().to_pylist())
    assert found == [("a", "Gold"), ("a", "VIP"), ("b", "Silver")]


def test_without_segments_there_is_no_table() -> None:
    assert segments_table(small(DAY, orders=[order("1", "sold")])) is None
