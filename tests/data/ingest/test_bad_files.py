"""Files that can't be imported, and rows that are rejected."""

import random
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportCancelled, ImportOptions
from bot.data.ingest.loader import load_file
from bot.errors import UNUSABLE_PARAM, CannotDo
from tests.support.import_files import KEY, TODAY, file, take_in

GOOD = "order,date,amount\n1,2026-01-02,5.00\n2,2026-01-03,6.50\n"


def refused(path: Path, **asked: object) -> str:
    with pytest.raises(CannotDo) as told:
        detect_schema(path, name=path.name, options=ImportOptions.model_validate(asked))
    return told.value.words.to("en")


@pytest.mark.parametrize(
    ("stored", "anyhow"),
    [
        (b"", True),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, True),
        (b"order^date^amount\n1^2026-01-02^5\n", True),
        (b"a,b,c\n1,2,3\n", False),
        (b"order,date,amount\n1,soon,5\n", False),
    ],
)
def test_only_tables_are_offered_as_another_kind(
    stored: bytes, anyhow: bool, tmp_path: Path
) -> None:
    path = file(tmp_path, stored)
    with pytest.raises(CannotDo) as no:
        detect_schema(path, name=path.name)
    assert (UNUSABLE_PARAM in no.value.words.params) is anyhow


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"order,date,amount\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "no table"),
        (b"%PDF-1.7\n", "no table"),
        (random.Random(5).randbytes(64) + b"\0" * 4000, "no table"),
        (b"\x1f\x8b\x08\0\0", "compressed"),
        (b"PK\x03\x04rest", "compressed"),
        (b"\xd0\xcf\x11\xe0rest", "a password or is damaged"),
        (b"<!DOCTYPE html><table>", "a page"),
        (b'[{"order": 1}]', "JSON list"),
        (b"PAR1 and no more", "damaged"),
        (b"order^date^amount\n1^2026-01-02^5\n", "can't find columns"),
        (b"a,b,c\n1,2,3\n", "can't tell what"),
        (b"a,b,c\n1,2,3\n", "--as orders --map theirs=ours"),
        (b"Path,Users,New Users,Pageviews\n/a,3,2,9\n", "a row for each step of a visit"),
        (b"product_id,product_category_name,weight\np1,toys,5\n", "it completes them"),
        (b"0001,19970101,2,29.33\n0002,19970102,1,9.99\n", "--map 2=at --map 4=amount"),
        (b"order,date,amount\n1,soon,5\n", "can't read the dates of date"),
        (b"order,date,amount\n1,2026-01-02,much\n", "can't read the numbers of amount"),
        (b"order_id,customer_id,order_date\n1,2,2026-01-02\n", "not what they were worth"),
        (b"order_id,product_id,price\n1,2,3\n", "not when they were placed"),
    ],
)
def test_unusable_file_raises_one_clear_sentence(stored: bytes, said: str, tmp_path: Path) -> None:
    assert said in refused(file(tmp_path, stored))


def test_sparse_two_gigabyte_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as big:
        big.truncate(2_000_000_000)
    assert "no table" in refused(path)


def test_zero_bytes_after_valid_header_are_refused(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD)
    with path.open("r+b") as big:
        big.truncate(100_000_000)
    assert "no table" in refused(path)


def test_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    assert "unpacks to far more" in refused(path)


def test_broken_workbook_is_reported_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    assert "damaged" in refused(path)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("3,2026-01-04,a lot", "amount", "is no amount"),
        ("3,32/13/2026,5", "date", "is no date that I can read"),
        ("3,2027-01-04,5", "date", "lies in the future"),
        (",2026-01-04,5", "order", "is empty"),
        ("3,2026-01-04,", "amount", "is empty"),
        ("3,2026-01-04", "", "has 2 cells where the header has 3"),
        ("3,2026-01-04,5,6", "", "has 4 cells where the header has 3"),
        ('"3,2026-01-04,5', "", "a quote"),
        ('"3"x,2026-01-04,5', "", "a quote"),
    ],
)
def test_bad_row_is_rejected_with_its_reason(
    row: str, column: str, reason: str, tmp_path: Path
) -> None:
    came = take_in(file(tmp_path, GOOD + row + "\n4,2026-01-05,7\n"), tmp_path)
    assert [one["order"] for one in came.rows] == ["1", "2", "4"]
    assert came.taken.rejected == 1
    line = came.rejects.splitlines()[1]
    assert line.startswith(f"4,{column},")
    assert reason in line


def test_reject_has_its_line_below_multiline_cells(tmp_path: Path) -> None:
    text = 'id,date,comment\n1,2026-01-01,"one\ntwo"\n\n2,never,x\n3,2026-01-03,y\n'
    came = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    assert came.rejects.splitlines()[1].startswith("5,date,")


def test_rejects_file_contains_no_live_formula(tmp_path: Path) -> None:
    came = take_in(file(tmp_path, GOOD + "=1+1,2026-01-04,=2*3\n"), tmp_path)
    assert '"\'=1+1,2026-01-04,=2*3"' in came.rejects.splitlines()[1]


def test_file_changed_after_detection_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD)
    understood = detect_schema(path, name=path.name)
    path.write_text(GOOD.replace("5.00", "9.00"))
    with pytest.raises(CannotDo, match="changed while"):
        load_file(path, understood, to=tmp_path / "o.parquet", key=KEY, today=TODAY)
    assert not (tmp_path / "o.parquet").exists()


def test_file_changed_during_reading_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path, room = file(tmp_path, GOOD + "3,x,1\n"), tmp_path / "room"
    understood = detect_schema(path, name=path.name)
    asked: list[int] = []

    def cancelled() -> bool:
        if not asked:
            asked.append(path.write_text(GOOD.replace("5.00", "9.00") + "3,x,1\n"))
        return False

    room.mkdir()
    with pytest.raises(CannotDo, match="changed while"):
        load_file(path, understood, to=room / "o", key=KEY, today=TODAY, cancelled=cancelled)
    assert list(room.iterdir()) == []


def test_cancelled_import_leaves_nothing(tmp_path: Path) -> None:
    path, room = file(tmp_path, GOOD), tmp_path / "room"
    room.mkdir()
    with pytest.raises(ImportCancelled):
        load_file(
            path,
            detect_schema(path, name=path.name),
            to=room / "o",
            key=KEY,
            today=TODAY,
            cancelled=lambda: True,
        )
    assert list(room.iterdir()) == []


def test_unknown_options_are_refused(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD)
    assert "no kind shoes" in refused(path, kind="shoes")
    assert "no column nothing" in refused(path, called={"nothing": "order"})
    assert "no column shoe" in refused(path, called={"order": "shoe"})
    assert "no currency" in refused(path, currency="EURO")
    assert "can't be Visits to the shop: I find no column for step" in refused(path, kind="events")


def test_workbook_formulas_without_values_are_empty(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("order", "date", "amount", "title"), (1, "2026-01-02", 5, "=1+1")):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    came = take_in(tmp_path / "orders.xlsx", tmp_path)
    assert came.rows[0]["title"] is None


@pytest.mark.parametrize(
    ("columns", "kind", "missing"),
    [
        ("order id,product,country", "orders", "date (at), amount"),
        ("date,session id,page", None, "step"),
        ("order id,product,color", None, "date (at), amount"),
        ("date,product,country", "feedback", "text"),
        ("utm_campaign,country,date", "campaigns", "impressions, clicks, sent or opened"),
    ],
)
def test_missing_column_is_named(
    tmp_path: Path, columns: str, kind: str | None, missing: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{columns}\n1,2,3\n", encoding="utf-8")
    assert f"I find no column for {missing}. Its columns are: {columns.replace(',', ', ')}" in (
        refused(path, kind=kind)
    )
