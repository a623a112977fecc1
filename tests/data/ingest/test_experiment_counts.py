"""Experiments whose file contains counts."""

from decimal import Decimal
from pathlib import Path

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file
from bot.data.warehouse.merge import StoredFile, merge_rows
from tests.support.import_files import KEY, TODAY, file, take_in
from tests.support.sample_tables import made

DAILY = (
    "test,variant,date,device,visitors,conversions\n"
    "basket,A,2026-10-01,mobile,100,10\n"
    "basket,A,2026-10-01,desktop,50,6\n"
    "basket,A,2026-10-02,mobile,120,11\n"
    "basket,B,2026-10-01,mobile,101,14\n"
)


def test_counts_keep_one_row_per_day_and_device(tmp_path: Path) -> None:
    came = take_in(file(tmp_path, DAILY, "daily.csv"), tmp_path)
    assert came.taken.doubled == 0
    assert [(row["unit"], row["users"], row["successes"]) for row in came.rows] == [
        (None, 100, 10),
        (None, 50, 6),
        (None, 120, 11),
        (None, 101, 14),
    ]


def test_repeated_import_gives_same_rows(tmp_path: Path) -> None:
    corrected = DAILY.replace("120,11", "121,12")
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    for text, to in ((DAILY, first), (corrected, second)):
        path = file(tmp_path, text, "daily.csv")
        load_file(path, detect_schema(path, name="daily.csv"), to=to, key=KEY, today=TODAY)
    held = [StoredFile("first", first, 4, "daily.csv")]
    again = merge_rows("experiments", first, held, folder=tmp_path / "kept", source="daily.csv")
    assert (again.new, again.replaced, again.same) == (0, 0, 4)
    mended = merge_rows("experiments", second, held, folder=tmp_path / "kept", source="daily.csv")
    assert (mended.new, mended.replaced, mended.same) == (0, 1, 3)


def test_named_people_have_one_row_each(tmp_path: Path) -> None:
    people = "test,variant,visitor,date,converted\nx,A,v1,2026-10-01,0\nx,A,v1,2026-10-02,1\n"
    came = take_in(file(tmp_path, people, "people.csv"), tmp_path)
    assert came.taken.doubled == 1
    assert [row["successes"] for row in came.rows] == [1]


def test_purchase_and_amount_stay_in_one_row(tmp_path: Path) -> None:
    came = take_in(made("small") / "experiments.csv", tmp_path, currency="EUR")
    assert {row["metric"] for row in came.rows} == {"purchase"}
    assert {row["successes"] for row in came.rows} == {0, 1}
    assert all((row["value"] is not None) == (row["successes"] == 1) for row in came.rows)
    assert max(row["value"] for row in came.rows if row["value"]) > Decimal(1)
