"""Tables without a row of column names."""

from pathlib import Path

import openpyxl
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.product_files import reread_product_file
from bot.errors import CannotDo
from tests.support.import_files import file, take_in

ROWS = "1001,2026-01-02,a@example.com,Shirt,59.90\n1002,2026-01-03,b@example.com,Vase,34.50\n"
MAPPED = {"1": "order", "2": "at", "3": "customer", "4": "title", "5": "amount"}


def list_assumptions(path: Path, **asked: object) -> list[str]:
    found = detect_schema(path, name=path.name, options=ImportOptions.model_validate(asked))
    return [words.to("en") for words in found.assumed]


def test_error_explains_how_to_name_columns(tmp_path: Path) -> None:
    with pytest.raises(CannotDo) as cannot:
        detect_schema(file(tmp_path, ROWS), name="orders.csv")
    said = cannot.value.words.to("en")
    assert "begins with a row, “1001, 2026-01-02, …, …, 59.90”" in said
    assert "--map 2=at --map 3=customer --map 5=amount and so on." in said


def test_error_shows_no_personal_data_of_first_row(tmp_path: Path) -> None:
    rows = "1001,2026-01-02,Rose Yarrow,0639982478,59.90\n1002,2026-01-03,Max,0639982479,34.50\n"
    with pytest.raises(CannotDo) as cannot:
        detect_schema(file(tmp_path, rows), name="orders.csv")
    assert "“1001, 2026-01-02, …, …, 59.90”" in cannot.value.words.to("en")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_first_row_is_data_when_columns_are_named_by_number(delimiter: str, tmp_path: Path) -> None:
    path = file(tmp_path, ROWS.replace(",", delimiter))
    came = take_in(path, tmp_path, called=MAPPED)
    assert sorted((row["order"], str(row["amount"])) for row in came.rows) == [
        ("1001", "59.90"),
        ("1002", "34.50"),
    ]
    assert any(
        "The columns have no names: the first row is “1001," in s
        for s in list_assumptions(path, called=MAPPED)
    )


def test_reject_has_its_line(tmp_path: Path) -> None:
    came = take_in(file(tmp_path, ROWS + "1003,never,c,Bowl,9\n"), tmp_path, called=MAPPED)
    assert came.rejects.splitlines()[1].startswith("3,2,is no date that I can read,")


def test_workbook_without_header_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in ROWS.splitlines():
        book.active.append(line.split(","))
    book.save(tmp_path / "orders.xlsx")
    came = take_in(tmp_path / "orders.xlsx", tmp_path, called=MAPPED)
    assert sorted(row["order"] for row in came.rows) == ["1001", "1002"]


def test_catalogue_without_header_is_read(tmp_path: Path) -> None:
    path = file(tmp_path, "LIN-1,Linen shirt,59.90,12\nVAS-1,Vase,34.50,3\n", "shop.csv")
    column_names = {"1": "handle", "2": "title", "3": "price"}
    found = detect_schema(
        path, name=path.name, options=ImportOptions(kind="products", called=column_names)
    )
    catalogue = reread_product_file(path, found)
    assert [(one.handle, str(one.price)) for one in catalogue.products] == [
        ("lin-1", "59.90"),
        ("vas-1", "34.50"),
    ]
    assert str(catalogue.products[0].source) == "shop.csv, line 1"


def test_table_with_names_can_be_mapped_by_number(tmp_path: Path) -> None:
    path = file(tmp_path, "foo,date,zorglub\n1,2026-01-02,5.00\n")
    came = take_in(path, tmp_path, called={"1": "order", "3": "amount"})
    assert [(row["order"], str(row["amount"])) for row in came.rows] == [("1", "5.00")]
    assert [one.theirs for one in came.understood.columns] == ["foo", "date", "zorglub"]


def test_skipped_lines_above_header_are_reported(tmp_path: Path) -> None:
    text = "1000,2026-01-01,4.00\n\norder,date,amount\n1,2026-01-02,5.00\n"
    assert "1 line above the names of the columns is left out." in list_assumptions(
        file(tmp_path, text)
    )
    plain = "order,date,amount\n1,2026-01-02,5.00\n"
    assert not any("above" in one for one in list_assumptions(file(tmp_path, plain)))


@pytest.mark.parametrize("head", ["a,b,c", "hello,world,", "thing,2024,2025"])
def test_row_of_words_counts_as_header(head: str, tmp_path: Path) -> None:
    with pytest.raises(CannotDo) as cannot:
        detect_schema(file(tmp_path, f"{head}\n1,2,3\n", "x.csv"), name="x.csv")
    assert "begins with a row" not in cannot.value.words.to("en")
