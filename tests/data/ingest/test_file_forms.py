"""Well-formed files in every format, encoding and date order."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema
from tests.support.import_files import file, take_in

ROWS = "commande;date;client;montant\nA1;03/02/2026;C1;1 234,50 €\nA2;04/02/2026;C2;-12,00 €\n"
WANTED = [
    ("A1", datetime(2026, 2, 3), Decimal("1234.50")),
    ("A2", datetime(2026, 2, 4), Decimal(-12)),
]


def read_orders(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(row["order"], row["at"], row["amount"]) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.sample(4)
def test_any_encoding_and_delimiter_is_read(encoding: str, delimiter: str, tmp_path: Path) -> None:
    came = take_in(file(tmp_path, ROWS.replace(";", delimiter).encode(encoding)), tmp_path)
    assert read_orders(came.rows) == WANTED
    assert {row["currency"] for row in came.rows} == {"EUR"}
    said = [one.to("en") for one in came.understood.assumed]
    assert "Dates are read as day/month." in said
    assert "Numbers are read with a decimal comma." in said


def test_mixed_encodings_keep_accents(tmp_path: Path) -> None:
    text = b"order,date,amount,title\n1,2026-01-02,5," + "é\n".encode()
    text += b"2,2026-01-03,6," + "é\n".encode("cp1252")
    assert [row["title"] for row in take_in(file(tmp_path, text), tmp_path).rows] == ["é", "é"]


def test_workbook_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Ventes")
    for row in (
        ("Ventes 2026",),
        ("Commande", "Date", "Montant"),
        ("A1", datetime(2026, 2, 3), 9.5),
    ):
        sheet.append(row)
    book.save(tmp_path / "ventes.xlsx")
    came = take_in(tmp_path / "ventes.xlsx", tmp_path)
    assert read_orders(came.rows) == [("A1", datetime(2026, 2, 3), Decimal("9.50"))]
    assert (came.understood.sheet, came.understood.header_line) == ("Ventes", 2)


def test_json_lines_are_read_and_bad_ones_rejected(tmp_path: Path) -> None:
    rows = [{"order": "A1", "date": "2026-02-03", "amount": 9.5, "more": {"a": 1}}]
    text = json.dumps(rows[0]) + "\nno json\n"
    came = take_in(file(tmp_path, text, "orders.jsonl"), tmp_path)
    assert read_orders(came.rows) == [("A1", datetime(2026, 2, 3), Decimal("9.50"))]
    assert (
        came.rejects.splitlines()[1]
        == "2,,this line is no JSON object,(not shown: its cells can't be told apart)"
    )


def test_parquet_is_read(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT 'A1' AS \"order\", TIMESTAMP '2026-02-03 10:00' AS date, 9.5 AS amount"
    ).write_parquet(str(tmp_path / "orders.parquet"))
    came = take_in(tmp_path / "orders.parquet", tmp_path)
    assert read_orders(came.rows) == [("A1", datetime(2026, 2, 3, 10), Decimal("9.50"))]


def test_day_above_twelve_proves_date_order(tmp_path: Path) -> None:
    text = "order,date,amount\n1,02/03/2026,5\n2,02/25/2026,6\n"
    came = take_in(file(tmp_path, text), tmp_path)
    assert came.rows[0]["at"] == datetime(2026, 2, 3)
    assert not came.understood.day_first


def test_amount_is_quantity_times_price_and_lines_are_numbered(tmp_path: Path) -> None:
    text = (
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "1,A,6,2026-01-02,2.55,17850\n1,B,-2,2026-01-02,1.255,17850\n2,A,1,2026-01-02,2.55,\n"
    )
    rows = take_in(file(tmp_path, text), tmp_path).rows
    found = [(r["order"], r["line"], r["amount"]) for r in rows]
    assert sorted(found) == [
        ("1", 1, Decimal("15.30")),
        ("1", 2, Decimal("-2.51")),
        ("2", 1, Decimal("2.55")),
    ]


def test_line_number_is_stable_when_line_above_is_corrected(tmp_path: Path) -> None:
    text = "order,sku,date,amount\n1,a,2026-01-02,x\n1,b,2026-01-02,6\n1,c,2026-01-02,6\n"
    first = take_in(file(tmp_path, text), tmp_path).rows
    mended = take_in(file(tmp_path, text.replace("x", "5")), tmp_path).rows
    assert [row for row in mended if row["line"] > 1] == first


def test_experiment_metrics_become_separate_rows(tmp_path: Path) -> None:
    text = "segment,visit,conversion,spend\nMens,1,0,0\nNone,0,0,0\nMens,1,1,29.99\n"
    came = take_in(file(tmp_path, text, "hillstrom.csv"), tmp_path)
    sums = {
        metric: sum(
            row["successes"] or row["value"] or 0 for row in came.rows if row["metric"] == metric
        )
        for metric in ("visit", "conversion", "spend")
    }
    assert sums == {"visit": 2, "conversion": 1, "spend": Decimal("29.99")}
    assert {row["experiment"] for row in came.rows} == {"hillstrom"}
    assert len({row["unit"] for row in came.rows}) == 3


def test_repeated_import_gives_same_ids(tmp_path: Path) -> None:
    text = "Clothing ID,Rating,Review Text\n1,5,Lovely\n2,1,Torn\n2,1,Torn\n"
    first = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    again = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    assert {row["id"] for row in first.rows} == {row["id"] for row in again.rows}
    assert (first.taken.rows, first.taken.doubled) == (2, 1)


def test_steps_consents_and_dates_are_normalized(tmp_path: Path) -> None:
    text = "session,event_timestamp,event_name\ns,1700000000123456,add_to_cart\n"
    event = take_in(file(tmp_path, text, "ga.csv"), tmp_path).rows[0]
    assert event["step"] == "cart"
    assert event["at"] == datetime(2023, 11, 14, 22, 13, 20, 123456)
    text = "customer,email consent,consent_ad_user_data\nC1,opt-in,denied\n"
    consent = take_in(file(tmp_path, text, "c.csv"), tmp_path).rows[0]
    assert (consent["email"], consent["ads_user_data"]) == (True, False)


def test_duplicate_column_name_uses_the_first_and_is_reported(tmp_path: Path) -> None:
    came = take_in(file(tmp_path, "order,date,amount,amount\n1,2026-01-02,5,6\n"), tmp_path)
    assert came.rows[0]["amount"] == 5
    assert "amount is there twice" in came.understood.assumed[-1].to("en") + " ".join(
        one.to("en") for one in came.understood.assumed
    )


def test_given_column_names_are_used(tmp_path: Path) -> None:
    path = file(tmp_path, "nr,wann,wieviel\n1,2026-01-02,5\n", "a.csv")
    came = take_in(
        path,
        tmp_path,
        kind="orders",
        called={"nr": "order", "wann": "at", "wieviel": "amount"},
        currency="EUR",
    )
    assert came.rows[0]["currency"] == "EUR"
    assert came.rows[0]["amount"] == 5


def test_schema_survives_json(tmp_path: Path) -> None:
    understood = detect_schema(file(tmp_path, ROWS), name="orders.csv")
    assert FileSchema.model_validate(understood.model_dump(mode="json")) == understood


def test_missing_product_stays_empty(tmp_path: Path) -> None:
    text = "order,date,amount,sku\n1,2026-01-02,5,\n2,2026-01-02,6,Lin-Été\n"
    rows = take_in(file(tmp_path, text), tmp_path).rows
    assert {row["order"]: row["product"] for row in rows} == {"1": None, "2": "lin-ete"}


DATED = "order,date,amount\n"


@pytest.mark.parametrize(
    ("dates", "month", "day"), [("day-first", 4, 3), ("month-first", 3, 4), (None, 3, 4)]
)
def test_day_first_option_overrides_detection(
    dates: str | None, month: int, day: int, tmp_path: Path
) -> None:
    path = file(tmp_path, DATED + "1,03/04/2026,5.00\n")
    came = take_in(path, tmp_path, dates=dates)
    assert (came.rows[0]["at"].month, came.rows[0]["at"].day) == (month, day)
    assert came.understood.unproved == (("currency",) if dates else ("dates", "currency"))
    told = [words.to("en") for words in came.understood.assumed]
    assert ("Dates are read as month/day." in told) == (dates is None)


def test_year_first_option_overrides_detection(tmp_path: Path) -> None:
    path = file(tmp_path, DATED + "1,26-02-03,5.00\n2,26/2/3 10:30,5.00\n")
    came = take_in(path, tmp_path, dates="year-first")
    assert [str(row["at"]) for row in came.rows] == ["2026-02-03 00:00:00", "2026-02-03 10:30:00"]
    assert detect_schema(path, name="orders.csv").unproved == ("dates", "currency")


def test_year_first_is_detected_by_few_distinct_values(tmp_path: Path) -> None:
    rows = "".join(f"{n},26-01-{n:02},5.00\n" for n in range(1, 20))
    came = take_in(file(tmp_path, DATED + rows), tmp_path)
    assert [row["at"].day for row in came.rows] == list(range(1, 20))
    assert {(row["at"].year, row["at"].month) for row in came.rows} == {(2026, 1)}
    assert came.understood.unproved == ("currency",)


def test_day_first_with_two_digit_years(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n:02}/01/26,5.00\n" for n in range(1, 20))
    came = take_in(file(tmp_path, DATED + rows), tmp_path)
    assert [row["at"].day for row in came.rows] == list(range(1, 20))
    assert came.understood.unproved == ("currency",)


def test_semicolon_delimiter_implies_day_first(tmp_path: Path) -> None:
    path = file(tmp_path, "order;date;amount\n1;03/04/2026;1.234\n")
    came = take_in(path, tmp_path)
    assert (str(came.rows[0]["at"].date()), str(came.rows[0]["amount"])) == (
        "2026-04-03",
        "1234.00",
    )
    assert came.understood.unproved == ("dates", "decimal", "currency")
