"""Matches a catalogue's column names to product fields, with the names of `columns.toml`."""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from bot.data.catalogue.cells import find_currency
from bot.data.text_file import DELIMITERS
from bot.text.normalize import strip_accents

COLUMNS_FILE = Path(__file__).parent / "columns.toml"
SEARCHED_ROWS = 10  # rows that are searched for the header


@dataclass(frozen=True)
class CatalogueHeader:
    """The row with the column names, and the fields that they mean."""

    line: int
    delimiter: str
    names: tuple[str, ...]  # as in the file
    fields: dict[str, list[int]]  # our field → columns, the most likely first
    currency: str | None = None  # named in the price column's header
    twice: tuple[str, ...] = field(default=())  # names of several columns that are read


def find_catalogue_header(
    text: str, *, column_names: Mapping[str, str] | None = None, dollar: str | None = None
) -> CatalogueHeader | None:
    """Return the best header and delimiter, or None when no column has product names.
    `column_names` (theirs → ours) applies to columns that are not recognised by name."""
    candidates = [
        _build_header(delimiter, line, cells, column_names or {}, dollar)
        for delimiter in DELIMITERS
        for line, cells in _read_first_rows(text, delimiter)
    ]
    return max(
        (header for header in candidates if "title" in header.fields),
        key=lambda header: (len(header.fields), len(header.names), -header.line),
        default=None,
    )


def read_first_row(text: str) -> str:
    """Return the first non-empty row, for an error message."""
    return next((line.strip() for line in io.StringIO(text) if line.strip()), "")


@lru_cache(maxsize=10_000)
def normalize_header(name: str) -> str:
    """Return a column's name without accents, punctuation and capitals."""
    bare = strip_accents(re.sub(r"\(product\.metafields[^)]*\)", "", name))
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


@cache
def list_known_fields() -> dict[str, list[str]]:
    with COLUMNS_FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _field_by_name() -> dict[str, tuple[str, int]]:
    """Return the field and the rank of each known column name."""
    return {
        name: (ours, rank)
        for ours, names in list_known_fields().items()
        for rank, name in enumerate(names)
    }


def _read_first_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begin = 1
    try:
        for cells in islice(reader, SEARCHED_ROWS):
            yield begin, cells
            begin = reader.line_num + 1
    except csv.Error:
        return


def _build_header(
    delimiter: str,
    line: int,
    cells: Sequence[str],
    column_names: Mapping[str, str],
    dollar: str | None,
) -> CatalogueHeader:
    ranked: dict[str, list[tuple[int, int]]] = {}
    currency = None
    renamed = {normalize_header(theirs): ours for theirs, ours in column_names.items()}
    for column, cell in enumerate(cells):
        meant = (
            (renamed[normalize_header(cell)], -1)
            if normalize_header(cell) in renamed
            else _match_field(cell)
        )
        if meant is None:
            continue
        ranked.setdefault(meant[0], []).append((meant[1], column))
        if meant[0] in ("price", "sale_price"):
            currency = currency or find_currency(cell, dollar)
    fields = {ours: [column for _, column in sorted(found)] for ours, found in ranked.items()}
    used = [normalize_header(cells[column]) for columns in fields.values() for column in columns]
    twice = tuple(dict.fromkeys(name for name in used if used.count(name) > 1))
    return CatalogueHeader(
        line, delimiter, tuple(c.strip() for c in cells), fields, currency, twice
    )


def _match_field(cell: str) -> tuple[str, int] | None:
    """Return the field that a column's name means. A currency in it ("Prix (€)", "price_gbp") is
    ignored."""
    name = normalize_header(cell)
    if name in _field_by_name():
        return _field_by_name()[name]
    if find_currency(cell.replace("_", " ")):
        words = [word for word in name.split() if not find_currency(word) and word != "en"]
        return _field_by_name().get(" ".join(words))
    return None
