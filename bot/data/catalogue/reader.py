"""Reads a CSV of products, such as a shop's export: accepted products are returned, rejected rows
are listed with a reason.

It reads Shopify's export and plain columns, in English or French. Rows with the same handle are
variants of one product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from bot.data.catalogue.cells import DecimalMark
from bot.data.catalogue.columns import (
    CatalogueHeader,
    find_catalogue_header,
    list_known_fields,
    normalize_header,
    read_first_row,
)
from bot.data.catalogue.product import Product
from bot.data.catalogue.row_grouping import RejectedProduct, RowSorter
from bot.data.text_file import read_text
from bot.errors import CannotDo
from bot.i18n.messages import Words

SAMPLE_ROWS = 3  # products in a preview


@dataclass(frozen=True)
class Catalogue:
    """The products of a file. `remarks` are about accepted rows of which one cell was left out.
    `header` is the detected header; `mark` is the decimal mark that the prices prove or that was
    given."""

    products: tuple[Product, ...]
    rejects: tuple[RejectedProduct, ...] = ()
    remarks: tuple[RejectedProduct, ...] = ()
    header: CatalogueHeader | None = None
    mark: DecimalMark | None = None
    encoding: str | None = None
    cells: tuple[dict[str, str], ...] = ()  # cells of the first row of the first products, by field


def read_catalogue(
    path: Path,
    *,
    currency: str | None = None,
    as_of: date | None = None,
    name: str | None = None,
    column_names: Mapping[str, str] | None = None,
    mark: DecimalMark | None = None,
) -> Catalogue:
    """Return the products in a file.

    `currency` (ISO 4217) applies where the file names none, and tells which dollar a bare $ is.
    `as_of` is the day of the export (default: the file's modification date in UTC). `name` is the
    file's name as people see it. `column_names` maps the file's columns to ours; `mark` is the
    decimal mark. Raises CannotDo when nothing can be read.
    """
    shown = name or path.name
    read = read_text(path, shown)
    if column_names:
        _check_named_columns(column_names, shown, read.text)
    header = find_catalogue_header(read.text, column_names=column_names, dollar=currency)
    if header is None:
        raise CannotDo(_no_header_message(shown, read.text))
    if len(header.fields) == 1 and len(header.names) > 2:
        raise CannotDo(_no_catalogue_message(shown))
    day = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    sorter = RowSorter(header, read, shown, currency, day, mark)
    products = sorter.sort()
    if not products and not sorter.rejects:
        raise CannotDo(Words("{file} has the columns but no products.", file=shown))
    return Catalogue(
        products,
        tuple(sorter.rejects),
        tuple(sorter.remarks),
        header,
        sorter.mark,
        read.encoding,
        tuple(builder.cells() for builder in islice(sorter.products.values(), SAMPLE_ROWS)),
    )


def _check_named_columns(column_names: Mapping[str, str], name: str, text: str) -> None:
    """Raises CannotDo for a column that the file lacks, or a field that does not exist."""
    ours = [field for field in list_known_fields() if not field.startswith("option_")]
    if wrong := [field for field in column_names.values() if field not in list_known_fields()]:
        raise CannotDo(
            Words(
                "There is no field {field}. The fields are: {known}.",
                field=wrong[0],
                known=", ".join(ours),
            )
        )
    spelled = normalize_header(text[:20_000])
    if gone := [theirs for theirs in column_names if normalize_header(theirs) not in spelled]:
        raise CannotDo(Words("{file} has no column {column}.", file=name, column=gone[0]))


def _no_header_message(name: str, text: str) -> Words:
    return Words(
        "I can't find the column with the products' names in {file}. Call it title, name, nom or "
        "produit. The first line reads: {line}",
        file=name,
        line=read_first_row(text)[:200],
    )


def _no_catalogue_message(name: str) -> Words:
    return Words(
        "{file} has a column of titles, but no price, reference or description: it doesn't look "
        "like a catalogue of products.",
        file=name,
    )
