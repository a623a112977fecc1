"""A CSV of products, as shops and people export it: what is good comes in, what is not is told.

Shopify's export and plain columns, in English or French. Rows that share a handle are variants
of one product.
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
from bot.data.catalogue.text_file import read_text
from bot.errors import CannotDo
from bot.i18n.messages import Words

SAMPLE_ROWS = 3  # products


@dataclass(frozen=True)
class Catalogue:
    """The products of a file. `remarks` are about rows that are in, all but one cell; `header` is
    how its columns were understood, `mark` the decimal mark that its prices prove or was said."""

    products: tuple[Product, ...]
    rejects: tuple[RejectedProduct, ...] = ()
    remarks: tuple[RejectedProduct, ...] = ()
    header: CatalogueHeader | None = None
    mark: DecimalMark | None = None
    encoding: str | None = None
    cells: tuple[dict[str, str], ...] = ()  # of the first rows of the first products, by field


def read_catalogue(
    path: Path,
    *,
    currency: str | None = None,
    as_of: date | None = None,
    name: str | None = None,
    called: Mapping[str, str] | None = None,
    mark: DecimalMark | None = None,
) -> Catalogue:
    """The products in a file.

    `currency` (ISO 4217) holds where the file names none, and says which dollar a bare $ is.
    `as_of` is the day of the export: else the file's own date (UTC). `name` is what the file is
    called when it is not the path's name. `called` says which columns are which, theirs → ours;
    `mark` which sign is the decimal one.
    Raises CannotDo when nothing can be read at all.
    """
    shown = name or path.name
    read = read_text(path, shown)
    if called:
        _check_named_columns(called, shown, read.text)
    header = find_catalogue_header(read.text, called=called, dollar=currency)
    if header is None:
        raise CannotDo(_no_header_message(shown, read.text))
    if len(header.fields) == 1 and len(header.names) > 2:
        raise CannotDo(_no_catalogue_message(shown))
    day = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    sorting = RowSorter(header, read, shown, currency, day, mark)
    products = sorting.sort()
    if not products and not sorting.rejects:
        raise CannotDo(Words("{file} has the columns but no products.", file=shown))
    return Catalogue(
        products,
        tuple(sorting.rejects),
        tuple(sorting.remarks),
        header,
        sorting.mark,
        read.encoding,
        tuple(growing.cells() for growing in islice(sorting.products.values(), SAMPLE_ROWS)),
    )


def _check_named_columns(called: Mapping[str, str], name: str, text: str) -> None:
    """Columns that somebody named must be there, and fields be ours."""
    ours = [field for field in list_known_fields() if not field.startswith("option_")]
    if wrong := [field for field in called.values() if field not in list_known_fields()]:
        raise CannotDo(
            Words(
                "There is no field {field}. The fields are: {known}.",
                field=wrong[0],
                known=", ".join(ours),
            )
        )
    spelled = normalize_header(text[:20_000])
    if gone := [theirs for theirs in called if normalize_header(theirs) not in spelled]:
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
