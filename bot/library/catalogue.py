"""A CSV of products, as shops and people export it: what is good comes in, what is not is told.

Shopify's export and plain columns, in English or French. Rows that share a handle are variants
of one product.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from bot.errors import CannotDo
from bot.library.amounts import DOLLARS, Mark, decimal_mark
from bot.library.columns import Header, find_header, first_row, known, spoken
from bot.library.plain import is_formula
from bot.library.products import Product
from bot.library.reading import Fault, Record, Text, read_text, records
from bot.library.rows import BadCell, Row
from bot.library.variants import Growing
from bot.words import Words

SHOWN = 2_000  # characters of a rejected row that are kept


@dataclass(frozen=True)
class Reject:
    """A row that stayed out, or a cell that did: where, why in plain English, what was there."""

    line: int
    column: str
    reason: str
    row: str


@dataclass(frozen=True)
class Catalogue:
    """The products of a file. `remarks` are about rows that are in, all but one cell."""

    products: tuple[Product, ...]
    rejects: tuple[Reject, ...] = ()
    remarks: tuple[Reject, ...] = ()


def read_catalogue(
    path: Path,
    *,
    currency: str | None = None,
    as_of: date | None = None,
    name: str | None = None,
    called: Mapping[str, str] | None = None,
) -> Catalogue:
    """The products in a file.

    `currency` (ISO 4217) holds where the file names none, and says which dollar a bare $ is.
    `as_of` is the day of the export: else the file's own date (UTC). `name` is what the file is
    called when it is not the path's name. `called` says which columns are which, theirs → ours.
    Raises CannotDo when nothing can be read at all.
    """
    shown = name or path.name
    read = read_text(path, shown)
    if called:
        _check_called(called, shown, read.text)
    header = find_header(read.text, called=called, dollar=currency)
    if header is None:
        raise CannotDo(_no_header(shown, read.text))
    if len(header.fields) == 1 and len(header.names) > 2:
        raise CannotDo(_no_catalogue(shown))
    day = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return _Reading(header, read, shown, currency, day).catalogue()


def write_rejects(catalogue: Catalogue, path: Path) -> None:
    """What stayed out, as a CSV that a spreadsheet opens and never computes."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "reason", "row"))
        for reject in (*catalogue.rejects, *catalogue.remarks):
            cells = (reject.column, reject.reason, reject.row)
            writer.writerow((reject.line, *(_harmless(cell) for cell in cells)))


def handle_of(text: str) -> str:
    """A short name for ids and links: "Chemise en lin n° 2" is chemise-en-lin-n-2."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("ß", "ss"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:120].strip("-")
    return slug or f"product-{sha256(text.encode()).hexdigest()[:10]}"


class _Reading:
    """One file being read."""

    def __init__(self, header: Header, read: Text, name: str, currency: str | None, day: date):
        self.header, self.read, self.name, self.day = header, read, name, day
        self.currency = currency
        self.products: dict[str, Growing] = {}
        self.titles: dict[str, Growing] = {}
        self.left_out: dict[str, int] = {}  # handle → the line of its first row, rejected
        self.rejects: list[Reject] = []
        self.remarks: list[Reject] = []

    def catalogue(self) -> Catalogue:
        rows = list(self._rows())
        if not rows and not self.rejects:
            raise CannotDo(Words("{file} has the columns but no products.", file=self.name))
        self._about_the_file()
        prices = ("price", "sale_price", "compare_at")
        mark = decimal_mark(cell for row in rows for cell in row.all_raw(*prices))
        usual: Mark = "," if self.header.delimiter == ";" else "."
        for row in rows:
            row.mark, row.usual, row.dollar = mark, usual, self._dollar()
            try:
                self._take(row)
            except BadCell as bad:
                self._reject(row.line, row.column_name(bad.field), bad.reason, row.text)
        products = [growing.product() for growing in self.products.values()]
        return Catalogue(
            tuple(products), tuple(sorted(self.rejects, key=_line)), tuple(self.remarks)
        )

    def _rows(self) -> Iterator[Row]:
        """The rows under the header that can be rows."""
        header = self.header
        width = len(header.names)
        found = records(self.read.text, header.delimiter, first=header.line, width=width)
        for record in found:
            if isinstance(record, Fault):
                self._reject(record.line, "", record.reason, record.raw)
            elif tuple(cell.strip() for cell in record.cells) == header.names:
                continue  # the header, or files put one after the other
            elif reason := _misshapen(record, width):
                self._reject(record.line, "", reason, record.raw)
            else:
                yield Row(record, header)

    def _take(self, row: Row) -> None:
        """A new product, or one more variant of one we have."""
        title, given = row.title(), row.handle()
        handle = handle_of(given or title)
        known = self.products.get(handle) or self._sibling(title, row)
        if known is None and not title:
            if handle in self.left_out:
                if row.is_picture():
                    return
                first = self.left_out[handle]
                raise BadCell("handle", f"its product was left out (line {first})")
            raise BadCell("title", "there is no name")
        if known is None:
            self._start(handle, title, row)
        elif row.is_picture():
            return  # Shopify gives each further picture a row
        elif title and title != known.title:
            what = "reference" if given else "name"
            raise BadCell("handle", f"the same {what} as line {known.line}, for another product")
        else:
            known.add(row)
        self._remark(row)

    def _sibling(self, title: str, row: Row) -> Growing | None:
        """The product that this row, with a reference of its own, is only another size or colour
        of: the same name and text."""
        known = self.titles.get(title)
        if known is None or not (row.raw("sizes") or row.raw("colours")):
            return None
        return known if known.has_room_for(row) else None

    def _start(self, handle: str, title: str, row: Row) -> None:
        try:
            growing = Growing(handle, title, row, currency=self.currency)
        except BadCell:
            self.left_out.setdefault(handle, row.line)
            raise
        growing.source, growing.as_of = f"{self.name}, line {row.line}", self.day
        self.products[handle] = self.titles[title] = growing

    def _remark(self, row: Row) -> None:
        for field, reason in row.remarks:
            column = row.column_name(field)
            self.remarks.append(Reject(row.line, column, reason, row.text[:SHOWN]))

    def _about_the_file(self) -> None:
        """What holds for the whole file, on the header's line."""
        said = [
            f'two columns are called "{twice}": rows in which they differ stay out'
            for twice in self.header.twice
        ]
        if self.read.encoding == "cp1252":
            said.append("not UTF-8: read as Windows text, so look at the accents")
        if self.read.repaired:
            said.append("accents that another program had spoilt were put right")
        for reason in said:
            self.remarks.insert(0, Reject(self.header.line, "", reason, ""))

    def _dollar(self) -> str | None:
        return self.currency if self.currency in DOLLARS else None

    def _reject(self, line: int, column: str, reason: str, row: str) -> None:
        self.rejects.append(Reject(line, column, reason, row[:SHOWN]))


def _check_called(called: Mapping[str, str], name: str, text: str) -> None:
    """Columns that somebody named must be there, and fields be ours."""
    ours = [field for field in known() if not field.startswith("option_")]
    if wrong := [field for field in called.values() if field not in known()]:
        raise CannotDo(
            Words(
                "There is no field {field}. The fields are: {known}.",
                field=wrong[0],
                known=", ".join(ours),
            )
        )
    spelled = spoken(text[:20_000])
    if gone := [theirs for theirs in called if spoken(theirs) not in spelled]:
        raise CannotDo(Words("{file} has no column {column}.", file=name, column=gone[0]))


def _misshapen(record: Record, width: int) -> str | None:
    """Why a row's cells cannot be the columns' cells."""
    if "\0" in record.raw:
        return "holds bytes that are no text"
    cells = len(record.cells)
    if any(cell.strip() for cell in record.cells[width:]):
        return (
            f"has {cells} cells, the header {width}: a text with the delimiter in it wants quotes"
        )
    if (cells < 2 <= width) or (record.suspect and cells != width):
        return f"has {cells} cells, the header {width}"
    return None


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    clean = "".join(c for c in cell if c in "\n\t" or unicodedata.category(c) != "Cc")
    starts = clean.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) or is_formula(clean)
    return f"'{clean}" if starts else clean


def _line(reject: Reject) -> int:
    return reject.line


def _no_header(name: str, text: str) -> Words:
    return Words(
        "I can't find the column with the products' names in {file}. Call it title, name, nom or "
        "produit. The first line reads: {line}",
        file=name,
        line=first_row(text)[:200],
    )


def _no_catalogue(name: str) -> Words:
    return Words(
        "{file} has a column of titles, but no price, reference or description: it doesn't look "
        "like a catalogue of products.",
        file=name,
    )
