"""Exports of real tools come in rightly without settings, in the forms in which people have them.

Each file of `files/` is made by hand in the form of one tool and language; `truth.toml` has what it
holds.
"""

import tomllib
from pathlib import Path

import duckdb
import openpyxl
import pytest

from bot.data.ingest.tool_exports import TOOLS_FOLDER, load_exports
from bot.data.schema import load_kinds
from bot.data.warehouse.merge import StoredFile, merge_rows
from tests.exports.exported import (
    ENCODINGS,
    FOLDER,
    Taken,
    Truth,
    read,
    render,
    shuffled,
    take_in,
    truths,
    without_column,
)

TRUTHS = truths()
SOLD = "coalesce(status, 'sold') NOT IN ('cancelled', 'unpaid', 'test')"
every = pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)


def check(taken: Taken, truth: Truth, sums: dict[str, float]) -> None:
    assert taken.found.kind == truth.kind
    assert taken.loaded.rows == truth.rows
    assert taken.loaded.doubled == 0
    for column, total in sums.items():
        assert taken.sum_of(column) == pytest.approx(total), column
    for column, total in truth.of_sold.items():
        assert taken.sum_of(column, SOLD) == pytest.approx(total), column
    for column, count in truth.distinct.items():
        assert len(set(taken.values(column))) == count, column
    for column, values in truth.has.items():
        assert taken.values(column) == sorted(map(str, values)), column
    if truth.statuses:
        said = taken.values("status")
        assert {word: said.count(word) for word in set(said)} == truth.statuses


@every
def test_export_comes_in_without_settings(truth: Truth, tmp_path: Path) -> None:
    taken = take_in(truth.path, tmp_path)
    assert taken.found.export == truth.export
    assert taken.loaded.rejected == truth.rejected
    check(taken, truth, truth.sums)
    said = [words.to("en") for words in taken.found.assumed]
    for words in truth.assumed:
        assert words in said


@every
@pytest.mark.sample(11)
def test_shuffled_utf16_file_imported_again_changes_nothing(truth: Truth, tmp_path: Path) -> None:
    stored = take_in(truth.path, tmp_path / "first")
    path = tmp_path / truth.path.name
    path.write_bytes(shuffled(truth).encode("utf-16"))
    again = take_in(path, tmp_path / "again")
    check(again, truth, truth.sums)
    rows = duckdb.sql(f"SELECT count(*) FROM '{stored.rows}'").fetchall()[0][0]
    merged = merge_rows(
        truth.kind,
        again.rows,
        [StoredFile("a", stored.rows, rows, "first")],
        folder=tmp_path / "library",
        source="again",
    )
    assert (merged.new, merged.replaced, merged.same) == (0, 0, truth.rows)


@every
@pytest.mark.sample(11)  # has each encoding
def test_file_lacks_a_column_and_has_a_total(truth: Truth, tmp_path: Path) -> None:
    """In one of the encodings and line ends that spreadsheets give files, another for each."""
    form = sorted(ENCODINGS)[TRUTHS.index(truth) % len(ENCODINGS)]
    path = tmp_path / truth.path.name
    path.write_bytes(ENCODINGS[form](without_column(truth)))
    check(take_in(path, tmp_path), truth, truth.without_sums or truth.sums)


@pytest.mark.parametrize("name", ["shopify_orders", "google_ads_fr"])
def test_workbook_with_the_same_rows_comes_in(name: str, tmp_path: Path) -> None:
    truth = next(one for one in TRUTHS if one.name == name)
    above, rows, _ = read(truth)
    book = openpyxl.Workbook()
    for row in [*([line.strip()] for line in above), *rows]:
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    check(take_in(tmp_path / "export.xlsx", tmp_path), truth, truth.sums)


@pytest.mark.parametrize("name", ["yotpo_reviews", "avis_verifies_fr"])
@pytest.mark.parametrize("column", ["text", "at"])
def test_totals_row_below_reviews_is_no_review(name: str, column: str, tmp_path: Path) -> None:
    truth = next(one for one in TRUTHS if one.name == name)
    above, rows, delimiter = read(truth)
    found = take_in(truth.path, tmp_path / "first").found
    places = {one.ours: one.place for one in found.columns}
    total = [""] * len(rows[0])
    total[places[column]], total[places["rating"]] = "Total", "4"
    path = tmp_path / truth.path.name
    path.write_text(render(above, [*rows, total], delimiter), encoding="utf-8")
    taken = take_in(path, tmp_path)
    assert taken.loaded.rejected == 0
    assert len(taken.found.left_out) == 1
    check(taken, truth, truth.sums)


def test_review_that_says_total_stays(tmp_path: Path) -> None:
    truth = next(one for one in TRUTHS if one.name == "yotpo_reviews")
    above, rows, delimiter = read(truth)
    found = take_in(truth.path, tmp_path / "first").found
    place = next(one.place for one in found.columns if one.ours == "text")
    rows[-1][place] = "Total"
    path = tmp_path / truth.path.name
    path.write_text(render(above, rows, delimiter), encoding="utf-8")
    assert take_in(path, tmp_path).loaded.rows == truth.rows


def test_each_export_has_a_file_with_its_truth() -> None:
    assert {truth.export for truth in TRUTHS if truth.export} == set(load_exports())


def test_each_file_has_its_truth() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {truth.path.name for truth in TRUTHS}


def test_columns_of_exports_are_ours() -> None:
    for export in load_exports().values():
        assert export.kind in load_kinds()
        assert export.source


def test_each_tool_file_names_its_tool() -> None:
    for path in TOOLS_FOLDER.glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))["tool"]
