"""The rows of a catalogue: which are products, which are variants of one, and which stay out."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from bot.data.catalogue.cells import DOLLARS, Mark, decimal_mark
from bot.data.catalogue.columns import Header
from bot.data.catalogue.product import Product
from bot.data.catalogue.row import BadCell, Row
from bot.data.catalogue.text_file import Fault, Record, Text, records
from bot.data.catalogue.variants import Growing

SHOWN = 2_000  # characters of a rejected row that are kept


@dataclass(frozen=True)
class Reject:
    """A row that stayed out, or a cell that did: where, why in plain English, what was there."""

    line: int
    column: str
    reason: str
    row: str


class Sorting:
    """One file's rows, sorted into `products`, `rejects` and `remarks`."""

    def __init__(
        self,
        header: Header,
        read: Text,
        name: str,
        currency: str | None,
        day: date,
        mark: Mark | None = None,
    ):
        self.header, self.read, self.name, self.day = header, read, name, day
        self.currency, self.mark = currency, mark
        self.products: dict[str, Growing] = {}
        self.titles: dict[str, Growing] = {}
        self.left_out: dict[str, int] = {}  # handle → the line of its first row, rejected
        self.rejects: list[Reject] = []
        self.remarks: list[Reject] = []

    def sort(self) -> tuple[Product, ...]:
        """The products of all rows; what stayed out is then in `rejects` and `remarks`."""
        rows = list(self._rows())
        self._about_the_file()
        prices = ("price", "sale_price", "compare_at")
        self.mark = self.mark or decimal_mark(c for row in rows for c in row.all_raw(*prices))
        usual: Mark = "," if self.header.delimiter == ";" else "."
        for row in rows:
            row.mark, row.usual, row.dollar = self.mark, usual, self._dollar()
            try:
                self._take(row)
            except BadCell as bad:
                self._reject(row.line, row.column_name(bad.field), bad.reason, row.text)
        self.rejects.sort(key=lambda reject: reject.line)
        return tuple(growing.product() for growing in self.products.values())

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


def handle_of(text: str) -> str:
    """A short name for ids and links: "Chemise en lin n° 2" is chemise-en-lin-n-2."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("ß", "ss"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:120].strip("-")
    return slug or f"product-{sha256(text.encode()).hexdigest()[:10]}"


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
