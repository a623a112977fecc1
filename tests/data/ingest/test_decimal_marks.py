"""Numbers with one mark and three digits after it, such as 1.234."""

from pathlib import Path
from typing import Any

import pytest

from bot.data.ingest.column_formats import DecimalMarks, prove_decimal_marks
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from tests.support.import_files import file, take_in

ADS = "date;campaign;impressions;clicks;spend\n"


def amounts(text: str, folder: Path, **asked: Any) -> list[str]:
    return [str(row["amount"]) for row in take_in(file(folder, text), folder, **asked).rows]


def orders(*cells: str, delimiter: str = ",", head: str = "order,date,amount") -> str:
    lines = [head.split(","), *([str(n), "2026-01-31", cell] for n, cell in enumerate(cells, 1))]
    return "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)


def doubts(text: str, folder: Path, **asked: Any) -> list[str]:
    found = detect_schema(
        file(folder, text), name="orders.csv", options=ImportOptions.model_validate(asked)
    )
    told = [words.to("en") for words in found.assumed if "is read as" in words.to("en")]
    assert bool(told) == ("decimal" in found.unproved)
    return told


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("1.234", "12,50"), ["1234.00", "12.50"]),  # by its neighbours
        (("1,234", "12.50"), ["1234.00", "12.50"]),
        (("1.234.567", "1.234"), ["1234567.00", "1234.00"]),  # by several groups
        (("1,234,567", "1,234"), ["1234567.00", "1234.00"]),
        (("1.234,5", "1.234"), ["1234.50", "1234.00"]),  # by both signs
        (("0.234", "1.234"), ["0.23", "1.23"]),  # nobody writes 0 thousands
        (("1234.567", "1.234"), ["1234.57", "1.23"]),
        (
            ("990", "1.250", "85", "2.100", "4.075"),
            ["990.00", "1250.00", "85.00", "2100.00", "4075.00"],
        ),
        (("€1.234", "12,5 €"), ["1234.00", "12.50"]),
    ],
)
@pytest.mark.sample(2)
def test_ambiguous_number_is_read_as_other_cells_prove(
    cells: tuple[str, ...], read: list[str], tmp_path: Path
) -> None:
    assert amounts(orders(*cells), tmp_path) == read
    assert doubts(orders(*cells), tmp_path) == []


@pytest.mark.parametrize(
    ("delimiter", "head", "read"),
    [
        (",", "order,date,amount", "1.23"),
        (";", "order,date,amount", "1234.00"),
        (",", "commande,date,montant", "1234.00"),
        (",", "Bestellnummer,Datum,amount", "1234.00"),
    ],
)
def test_unproved_mark_uses_the_usual_one_and_is_reported(
    delimiter: str, head: str, read: str, tmp_path: Path
) -> None:
    text = orders("1.234", "5.678", delimiter=delimiter, head=head)
    column_names = {head.split(",")[0]: "order", head.split(",")[1]: "at"}
    assert amounts(text, tmp_path, called=column_names)[0] == read
    (told,) = doubts(text, tmp_path, called=column_names)
    assert "“1.234” in" in told
    assert f"is read as {'1.234' if read == '1.23' else '1234'}:" in told


@pytest.mark.parametrize(
    ("sign", "cell", "read"),
    [
        ("comma", "1.234", "1234.00"),
        ("comma", "1,234", "1.23"),
        ("point", "1.234", "1.23"),
        ("point", "1,234", "1234.00"),
    ],
)
def test_decimal_option_overrides_detection(
    sign: str, cell: str, read: str, tmp_path: Path
) -> None:
    assert amounts(orders(cell, cell), tmp_path, decimal=sign) == [read, read]
    assert doubts(orders(cell, cell), tmp_path, decimal=sign) == []


def test_mark_in_count_column_separates_thousands(tmp_path: Path) -> None:
    rows = "2026-01-31;Linen;12.345;1.020;80.50\n2026-01-30;Linen;9.870;950;7.25\n"
    came = take_in(file(tmp_path, ADS + rows, "ads.csv"), tmp_path)
    told = [(row["impressions"], row["clicks"], str(row["spend"])) for row in came.rows]
    assert told == [(12345, 1020, "80.50"), (9870, 950, "7.25")]
    assert (came.understood.decimal, came.understood.unproved) == (".", ("currency",))


def test_mark_in_rating_is_decimal(tmp_path: Path) -> None:
    text = "id,date,rating,comment\n1,2026-01-31,4.125,Good\n2,2026-01-31,3,Well\n"
    came = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    assert [row["rating"] for row in came.rows] == [4.125, 3.0]


def test_json_numbers_keep_their_point(tmp_path: Path) -> None:
    text = '{"commande": 1, "date": "2026-01-31", "montant": 1.234}\n'
    came = take_in(file(tmp_path, text, "ventes.jsonl"), tmp_path)
    assert str(came.rows[0]["amount"]) == "1.23"


def test_column_with_both_marks_is_doubtful() -> None:
    found = prove_decimal_marks({3: {"9.999": 2, "9,999": 2}}, {3: "figure"}, ".", True)
    assert found == DecimalMarks(".", doubtful={3: "."})
