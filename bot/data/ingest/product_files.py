"""Reads catalogues of products from any file format, through the catalogue's own reader."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.core.facts import PARTS_KEY
from bot.data.catalogue.product import Product
from bot.data.catalogue.reader import Catalogue, RejectedProduct, read_catalogue
from bot.data.catalogue.rows import CatalogueHeader
from bot.data.ingest import file_errors
from bot.data.ingest.column_names import PRODUCTS_KIND
from bot.data.ingest.file_schema import (
    DECIMAL_MARKS,
    FileInfo,
    FileLayout,
    FileSchema,
    ImportOptions,
    MappedColumn,
    UnprovedSetting,
    check_unchanged,
    layout_of_schema,
)
from bot.data.ingest.source import RowSource, open_source
from bot.data.reject_reasons import RejectCode
from bot.data.warehouse.parquet import TEMPORARY_PREFIX
from bot.i18n.messages import Words

PRICE_FIELDS = ("price", "sale_price", "compare_at", "lowest")
FIELD_CONVERSIONS = {**dict.fromkeys(PRICE_FIELDS, "amount"), "stock": "number"}


def read_product_file(path: Path, name: str, shape: FileLayout, said: ImportOptions) -> Catalogue:
    """Return the products of a file. Raises CannotDo when nothing of it can be read."""
    day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    mark = DECIMAL_MARKS[said.decimal] if said.decimal else None

    read = partial(
        read_catalogue,
        currency=said.currency,
        as_of=day,
        name=name,
        column_names=said.called,
        mark=mark,
    )
    if shape.format == "csv" and shape.header_line:
        return read(path)
    with (
        TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder,
        open_source(path, name, shape) as source,
    ):
        copy = Path(folder) / "products.csv"
        _write_csv(source, shape, copy)
        # Without a line of column names in the file, the copy has one line more.
        catalogue = read(copy, added_lines=0 if shape.header_line else 1)
        faults = tuple(RejectedProduct(one.line, "", one.reason, one.raw) for one in source.faults)
    rejects = sorted((*catalogue.rejects, *faults), key=lambda one: one.line)
    return replace(catalogue, rejects=tuple(rejects))


def detect_product_schema(
    path: Path, name: str, shape: FileLayout, file: FileInfo, said: ImportOptions
) -> FileSchema:
    """Return the schema of a catalogue. The whole file is read, so that its figures are exact.
    Raises CannotDo when it contains no product."""
    catalogue = read_product_file(path, name, shape, said)
    header = catalogue.header
    if header is None or not catalogue.products:
        raise file_errors.no_rows_error(name, catalogue.rejects)
    direct = shape.format == "csv" and shape.header_line > 0  # read by the catalogue's own reader
    used = {at for places in header.fields.values() for at in places}
    return FileSchema(
        name=name,
        kind=PRODUCTS_KIND,
        format=shape.format,
        encoding=catalogue.encoding if direct else shape.encoding,
        delimiter=header.delimiter if direct else shape.delimiter,
        sheet=shape.sheet,
        header_line=header.line if direct else shape.header_line,
        names=header.names,
        decimal=catalogue.mark or ".",
        currency=said.currency or shared_currency(catalogue.products),
        sha256=file.sha256,
        size=file.size,
        columns=tuple(map_header_columns(header)),
        ignored=tuple(n for at, n in enumerate(header.names) if n and at not in used),
        sample=sample_products(catalogue),
        rows=len(catalogue.products),
        rejected=len(catalogue.rejects),
        lines=shape.lines,
        said=said,
        unproved=tuple(_list_unproved_settings(catalogue)),
        assumed=tuple(_describe_assumptions(catalogue)),
    )


def reread_product_file(path: Path, found: FileSchema) -> Catalogue:
    """Return the products of a file whose schema was detected. Raises CannotDo when the file
    changed since."""
    check_unchanged(path, found)
    catalogue = read_product_file(path, found.name, layout_of_schema(found), found.said)
    check_unchanged(path, found)
    return catalogue


def map_header_columns(header: CatalogueHeader) -> Iterator[MappedColumn]:
    """Yield the columns that are read, in their order, each with its product field."""
    fields = {at: ours for ours, places in header.fields.items() for at in places}
    for at in sorted(fields):
        how = FIELD_CONVERSIONS.get(fields[at], "as it is")
        yield MappedColumn(theirs=header.names[at], ours=fields[at], how=how, place=at)


def sample_products(catalogue: Catalogue) -> tuple[dict[str, str], ...]:
    """Return three products by their fields. Fields that others are derived from show the file's
    own text."""
    shown = []
    for one, cells in zip(catalogue.products, catalogue.cells, strict=False):
        told = one.model_dump(mode="json", exclude={"price_history"})
        told.pop(PARTS_KEY, None)
        told |= {"lowest": told["lowest_30_days"], "sale_price": told["price"]}
        kept = {
            name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in told.items()
            if value is not None
        }
        shown.append({name: cell for name, cell in (cells | kept).items() if cell})
    return tuple(shown)


def shared_currency(products: Sequence[Product]) -> str | None:
    """Return the currency of all prices, or None when there are several."""
    found = {one.currency for one in products if one.currency}
    return found.pop() if len(found) == 1 else None


def _list_unproved_settings(catalogue: Catalogue) -> Iterator[UnprovedSetting]:
    """Yield the settings that a person may change."""
    if any(one.reason.code is RejectCode.AMBIGUOUS_THOUSANDS for one in catalogue.rejects):
        yield "decimal"
    if _lacks_currency(catalogue):
        yield "currency"


def _lacks_currency(catalogue: Catalogue) -> bool:
    """Return whether there are prices without a currency."""
    products = catalogue.products
    return any(one.price for one in products) and not any(one.currency for one in products)


def _describe_assumptions(catalogue: Catalogue) -> Iterator[Words]:
    if catalogue.mark == ",":
        yield Words("Numbers are read with a decimal comma.")
    header, products = catalogue.header, catalogue.products
    if header and any(one.price for one in products):
        if _lacks_currency(catalogue):
            yield Words("No currency is named.")
        elif "currency" not in header.fields and (found := shared_currency(products)):
            yield Words("Amounts are in {currency}.", currency=found)
    if header and header.twice:
        yield Words(
            "Two columns are called {column}: rows in which they differ stay out.",
            column=header.twice[0],
        )


def _write_csv(source: RowSource, shape: FileLayout, to: Path) -> None:
    """Write the rows as CSV, each on its line of the original file, below the column names."""
    cells = ", ".join(f"c{i}" for i in range(len(shape.names)))
    found = source.con.execute(f"SELECT n, {cells} FROM {source.relation} ORDER BY n")
    first = max(shape.header_line, 1)
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        file.write("\n" * (first - 1))
        writer.writerow(shape.names)
        at = first
        while rows := found.fetchmany(10_000):
            for n, *row in rows:
                line = n if shape.header_line else n + 1
                file.write("\n" * (line - at - 1))
                writer.writerow([" ".join((cell or "").splitlines()) for cell in row])
                at = line
