"""Product catalogues in every file format."""

import csv
import io
import json
from pathlib import Path

import duckdb
import openpyxl
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.product_files import reread_product_file
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.errors import CannotDo
from tests.support.import_files import file

SHOP = """name,price,currency,colour,size
Linen shirt,59.90,EUR,"sand, blue","S, M"
Vase,34.50,EUR,white,
Bowl,a lot,EUR,white,
"""


def rows() -> list[list[str]]:
    return list(csv.reader(io.StringIO(SHOP)))


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["Our catalogue"], [], *rows()]:
        sheet.append(row)
    book.save(folder / "shop.xlsx")
    return folder / "shop.xlsx"


def json_lines(folder: Path) -> Path:
    names, *others = rows()
    told = [json.dumps(dict(zip(names, one, strict=True))) for one in others]
    return file(folder, "\n".join([*told, "no object"]), "shop.jsonl")


def parquet(folder: Path) -> Path:
    duckdb.read_csv(str(file(folder, SHOP, "x.csv"))).write_parquet(str(folder / "shop.parquet"))
    return folder / "shop.parquet"


@pytest.mark.parametrize(
    ("make", "line", "rejects"),
    [
        (lambda folder: file(folder, SHOP, "shop.csv"), 2, [(4, "price")]),
        (lambda folder: file(folder, SHOP.encode("utf-16"), "shop.csv"), 2, [(4, "price")]),
        (workbook, 4, [(6, "price")]),
        (json_lines, 1, [(3, "price"), (4, "")]),
        (parquet, 1, [(3, "price")]),
    ],
)
def test_products_have_their_source_lines(
    make: object, line: int, rejects: list[tuple[int, str]], tmp_path: Path
) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    found = detect_schema(path, name=path.name)
    assert (found.kind, found.rows, found.rejected) == ("products", 2, len(rejects))
    assert found.currency == "EUR"
    assert [(one.theirs, one.ours) for one in found.columns] == [
        *(("name", "title"), ("price", "price"), ("currency", "currency")),
        *(("colour", "colours"), ("size", "sizes")),
    ]
    assert found.sample[0]["colours"] == "sand, blue"
    catalogue = reread_product_file(path, found)
    assert [one.title for one in catalogue.products] == ["Linen shirt", "Vase"]
    assert str(catalogue.products[0].source) == f"{path.name}, line {line}"
    assert [(one.line, one.column) for one in catalogue.rejects] == rejects


def test_reason_names_line_of_the_file(tmp_path: Path) -> None:
    row = json.dumps({"name": "Vase", "price": "34.50", "currency": "EUR"})
    path = file(tmp_path, f"{row}\n{row}\n", "shop.jsonl")
    [reject] = reread_product_file(path, detect_schema(path, name=path.name)).rejects
    assert (reject.line, reject.reason) == (2, RejectReason(RejectCode.REPEATED_PRODUCT, n=1))


def test_file_changed_after_preview_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, SHOP, "shop.csv")
    found = detect_schema(path, name=path.name)
    path.write_text(SHOP.replace("59.90", "5.90"))
    with pytest.raises(CannotDo, match="changed while"):
        reread_product_file(path, found)


def test_unreadable_catalogue_is_refused_with_first_reason(tmp_path: Path) -> None:
    path = file(tmp_path, "name,price\nVase,a lot\n", "shop.csv")
    with pytest.raises(CannotDo) as told:
        detect_schema(path, name=path.name)
    assert 'Line 2, price: "a lot" is not a price' in told.value.words.to("en")


def test_ambiguous_prices_are_reported_until_decimal_option_is_set(
    tmp_path: Path,
) -> None:
    path = file(tmp_path, "name;price\nSofa;1,299\nTable;900\n", "shop.csv")
    found = detect_schema(path, name=path.name)
    assert (found.rows, found.rejected, found.unproved) == (1, 1, ("decimal", "currency"))
    for decimal, price in (("point", "1299"), ("comma", "1.299")):
        options = ImportOptions.model_validate({"decimal": decimal})
        found = detect_schema(path, name=path.name, options=options)
        assert (found.rejected, found.unproved) == (0, ("currency",))
        assert str(reread_product_file(path, found).products[0].price) == price
