"""Workbooks with several sheets."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.header import split_tables
from bot.data.ingest.inspection import inspect_files
from bot.errors import CannotDo
from tests.support.import_files import take_in

HEAD = ("Order", "Date", "Customer", "Amount")
REVIEWS = [("Date", "Rating", "Comment"), (datetime(2026, 4, 1), 4, "Soft, and it fits")]
NOTES = [("Export of the shop",), ("Made on Monday",)]


def orders(month: int, *amounts: Any) -> list[Sequence[Any]]:
    days = [(f"{month}-{n}", datetime(2026, month, n + 1), "c", a) for n, a in enumerate(amounts)]
    return [HEAD, *days]


def book(folder: Path, sheets: dict[str, list[Any]], *charts: str) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for name in charts:
        made.create_chartsheet(name)
    path = folder / "shop.xlsx"
    made.save(path)
    return path


def assumed(path: Path) -> list[str]:
    return [words.to("en") for words in detect_schema(path, name=path.name).assumed]


def test_sheets_with_same_columns_are_one_table(tmp_path: Path) -> None:
    path = book(tmp_path, {"May": orders(5, 1, 2), "June": orders(6, 3), "July": orders(7, 4)})
    assert [one.sheets for one in split_tables(path, ImportOptions())] == [()]
    came = take_in(path, tmp_path)
    assert sorted(row["order"] for row in came.rows) == ["5-0", "5-1", "6-0", "7-0"]
    assert "Sheets of the same columns are read as one table: May, June, July." in assumed(path)


def test_reject_names_its_sheet(tmp_path: Path) -> None:
    came = take_in(book(tmp_path, {"May": orders(5, 1), "June": orders(6, 3, "?")}), tmp_path)
    assert came.rejects.splitlines()[1].startswith("June!3,Amount,is no amount,")


def test_reject_of_single_sheet_has_line_only(tmp_path: Path) -> None:
    came = take_in(book(tmp_path, {"Notes": NOTES, "June": orders(6, 3, "?")}), tmp_path)
    assert came.rejects.splitlines()[1].startswith("3,Amount,")


def test_skipped_sheets_are_named_except_empty_and_chart_sheets(tmp_path: Path) -> None:
    path = book(tmp_path, {"Notes": NOTES, "June": orders(6, 3), "Sheet3": []}, "Chart1")
    told = "One sheet is left out, as it holds no table that I know: Notes."
    assert [one for one in assumed(path) if "sheet" in one.lower()] == [told]


def test_sheets_with_different_columns_are_several_tables(tmp_path: Path) -> None:
    path = book(tmp_path, {"May": orders(5, 1), "Said": REVIEWS, "June": orders(6, 2)})
    assert [one.sheets for one in split_tables(path, ImportOptions())] == [
        ("May", "June"),
        ("Said",),
    ]
    seen, left = inspect_files([path], tmp_path, ImportOptions())
    assert [(one.found.kind, one.found.name) for one in seen] == [
        ("orders", "shop.xlsx (May, June)"),
        ("feedback", "shop.xlsx (Said)"),
    ]
    assert not left
    assert seen[0].messages[0].to("en") == (
        "shop.xlsx holds 2 tables: May, June; Said. To have one alone, name its sheet: --sheet May"
    )


def test_orders_and_lines_in_two_sheets_are_joined(tmp_path: Path) -> None:
    halves: dict[str, list[Any]] = {
        "Orders": [("Order ID", "Order date", "Customer ID"), ("A1", datetime(2026, 5, 1), "c1")],
        "Lines": [("Order ID", "SKU", "Quantity", "Unit price"), ("A1", "TEE", 2, 19)],
        "Catalogue": [("SKU", "Title", "Price"), ("TEE", "Tee shirt", 21)],
        "Notes": NOTES,
    }
    seen, left = inspect_files([book(tmp_path, halves)], tmp_path, ImportOptions())
    assert [one.found.kind for one in seen] == ["orders", "products"]
    assert not left
    row = seen[0].found.sample[0]
    told = [words.to("en") for words in seen[0].messages]
    assert told[-1] == "One sheet is left out, as it holds no table that I know: Notes."
    assert len(set(told)) == len(told)
    assert row["amount"] == "38.00"  # the 21 is what it costs now


def test_named_sheet_is_read_alone(tmp_path: Path) -> None:
    path = book(tmp_path, {"May": orders(5, 1), "June": orders(6, 2), "Said": REVIEWS})
    seen, _ = inspect_files([path], tmp_path, ImportOptions(sheets=("June",)))
    assert [(one.found.sheet, one.found.stacked, one.found.rows) for one in seen] == [
        ("June", (), 1)
    ]


def test_unknown_sheet_error_lists_sheets(tmp_path: Path) -> None:
    path = book(tmp_path, {"May": orders(5, 1), "Said": REVIEWS})
    _, ((_, why),) = inspect_files([path], tmp_path, ImportOptions(sheets=("Mai",)))
    assert why.words.to("en") == (
        "shop.xlsx has no sheet Mai with anything in it. Its sheets are: May, Said."
    )


def test_workbook_without_table_error_names_its_columns(tmp_path: Path) -> None:
    path = book(tmp_path, {"Notes": NOTES, "More": [("a", "b"), (1, 2)]})
    with pytest.raises(CannotDo, match="Its columns are: a, b"):
        detect_schema(path, name=path.name)


def test_column_mapping_of_one_table_is_accepted(tmp_path: Path) -> None:
    theirs = [("Beleg", "Wann", "Wer", "Wieviel"), ("B1", datetime(2026, 4, 1), "c", 5)]
    path = book(tmp_path, {"Sales": theirs, "Reviews": REVIEWS})
    said = {"Beleg": "order", "Wann": "at", "Wer": "customer", "Wieviel": "amount"}
    seen, left = inspect_files([path], tmp_path, ImportOptions(called=said))
    assert [(one.part.sheets, one.found.kind) for one in seen] == [
        (("Sales",), "orders"),
        (("Reviews",), "feedback"),
    ]
    assert left == []
    assert not [w for one in seen for w in one.found.assumed if "left out" in w.to("en")]


def test_column_that_no_table_has_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, {"May": orders(5, 1, 2), "Reviews": REVIEWS})
    with pytest.raises(CannotDo) as no:
        inspect_files([path], tmp_path, ImportOptions(called={"Comment": "text", "Beleg": "order"}))
    assert no.value.words.to("en") == (
        "None of these tables has a column Beleg: shop.xlsx (May), shop.xlsx (Reviews)."
    )


def test_column_mapping_reaches_joined_and_third_table(tmp_path: Path) -> None:
    sheets: dict[str, list[Any]] = {
        "Heads": [("Order", "Date", "Wer"), ("A1", datetime(2026, 4, 1), "c")],
        "Lines": [("Order", "Product", "Wieviel"), ("A1", "mug", 5), ("A1", "bowl", 6)],
        "Reviews": [("Date", "Rating", "Gesagt"), (datetime(2026, 4, 1), 4, "Soft, and it fits")],
    }
    said = {"Wer": "customer", "Wieviel": "amount", "Gesagt": "text"}
    seen, left = inspect_files([book(tmp_path, sheets)], tmp_path, ImportOptions(called=said))
    assert sorted((one.found.kind, one.found.rows) for one in seen) == [
        ("feedback", 1),
        ("orders", 2),
    ]
    assert left == []


def test_workbook_of_the_old_form_is_read(tmp_path: Path) -> None:
    path = Path(__file__).parent / "orders.xls"
    came = take_in(path, tmp_path)
    amounts = {row["order"]: row["amount"] for row in came.rows}
    assert {order: float(amount) for order, amount in amounts.items()} == {
        "1001": 49.9,
        "1002": 20.0,
        "1003": 15.5,
    }
    assert {str(row["at"])[:10] for row in came.rows} == {"2026-05-01", "2026-05-02", "2026-05-03"}
