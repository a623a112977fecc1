"""Reads a CSV of products, such as a shop's export: accepted products are returned, rejected rows
are listed with a reason.

It reads Shopify's export and plain columns, in English or French. Rows with the same handle are
variants of one product.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path

from bot.core.facts import Source
from bot.data.catalogue.cells import (
    DOLLAR_CURRENCIES,
    DecimalMark,
    detect_decimal_mark,
    drop_repeats,
)
from bot.data.catalogue.product import Product
from bot.data.catalogue.product_words import Trait, find_traits, qualify_materials
from bot.data.catalogue.rows import (
    PRICE_FIELDS,
    BadCell,
    CatalogueHeader,
    CatalogueRow,
    find_catalogue_header,
    list_known_fields,
    normalize_header,
    read_first_row,
)
from bot.data.ingest.file_schema import inspect_format, no_table_message, read_lines
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.data.text_file import MalformedRecord, Record, parse_records
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.normalize import strip_accents

PRODUCT_TRAITS = ("sizes", "colours", "materials")
INFERRED_TRAITS: tuple[Trait, ...] = ("colours", "materials")
SEPARATORS = re.compile(
    r"&|/|,|\b(?:and|et)\b", re.IGNORECASE
)  # "Wind & Brass" names several things


class ProductBuilder:
    source: Source
    as_of: date

    def __init__(self, handle: str, title: str, row: CatalogueRow, *, currency: str | None):
        self.handle, self.title, self.line = handle, title, row.line
        self._first, self._default = row, currency
        self._options = row.option_names()
        self._prices: list[tuple[Decimal, Decimal, Decimal | None]] = []  # lowest, highest, before
        self._traits: dict[str, list[str]] = {trait: [] for trait in PRODUCT_TRAITS}
        self._stocks: list[int] = []
        self._seen: set[tuple[object, ...]] = set()
        self._currency: str | None = None
        self._body = {
            "description": row.words("description"),
            "type": row.type(),
            "vendor": row.words("vendor"),
            "tags": row.tags(),
            "link": row.link(),
            "status": row.status(),
            "lowest_30_days": row.lowest(),
        }
        self.add(row)

    def add(self, row: CatalogueRow) -> None:
        """Add one more variant. Raises BadCell, and is then unchanged."""
        traits = {trait: row.trait(trait, self._options) for trait in PRODUCT_TRAITS}
        price = row.price()
        currency = row.currency(price)
        if currency and self._currency and currency != self._currency:
            reason = RejectReason(
                RejectCode.CURRENCY_NOT_OF_LINE,
                currency=currency,
                n=self.line,
                other=self._currency,
            )
            raise BadCell("currency", reason)
        options = tuple(row.raw(f"option_value_{i}") for i in (1, 2, 3))
        variant = (tuple(traits.values()), options)  # sizes, colours, materials; options as said
        if variant in self._seen:
            raise BadCell("handle", RejectReason(RejectCode.REPEATED_PRODUCT, n=self.line))
        self._seen.add(variant)
        self._currency = self._currency or currency
        if price:
            before = row.compare_at(price.lowest)
            self._prices.append((price.lowest, price.highest, before))
        for trait, values in traits.items():
            self._traits[trait] += values
        stock = row.stock()
        if stock is not None:
            self._stocks.append(stock)

    def cells(self) -> dict[str, str]:
        """Return the cells of its first row, by field."""
        return self._first.cells()

    def has_room_for(self, row: CatalogueRow) -> bool:
        """Return whether this row can be one more variant: the same text, another size or
        colour."""
        traits = tuple(row.trait(trait, self._options) for trait in PRODUCT_TRAITS)
        known = {variant[0] for variant in self._seen}
        return traits not in known and row.words("description") == self._body["description"]

    def product(self) -> Product:
        lowest = min(self._prices, key=lambda p: p[0], default=None)
        highest = max((p[1] for p in self._prices), default=None)
        price = lowest[0] if lowest else None
        return Product(
            handle=self.handle,
            title=self.title,
            price=price,
            price_to=highest if highest != price else None,
            compare_at=lowest[2] if lowest else None,
            currency=(self._currency or self._default) if lowest else None,
            stock=sum(self._stocks) if self._stocks else None,
            source=self.source,
            as_of=self.as_of,
            **self._body,
            **self._all_traits(),
        )

    def _all_traits(self) -> dict[str, tuple[str, ...]]:
        """Return the traits of the columns, or where they are empty, those that the product's texts
        mention."""
        traits = {trait: drop_repeats(values) for trait, values in self._traits.items()}
        for trait in INFERRED_TRAITS:
            if not traits[trait]:
                traits[trait] = self._inferred(trait)
        return traits

    def _inferred(self, trait: Trait) -> tuple[str, ...]:
        """Find a trait in the title and the tags. The description only adds materials, or is used
        when nothing else is found."""
        tags = self._body["tags"]
        own = [tag for tag in tags if not SEPARATORS.search(tag)] if isinstance(tags, tuple) else []
        short = f"{self.title}. {'. '.join(own)}"
        found = find_traits(trait, short)
        if found and trait == "colours":
            return found
        return qualify_materials(
            drop_repeats((*found, *find_traits(trait, str(self._body["description"] or ""))))
        )


# Sorting of the rows: new products, variants and rejects.

MOST_ROW_CHARACTERS = 2_000  # stored characters of a rejected row
LONGEST_CELL = 131_072  # characters


@dataclass(frozen=True)
class DecodedText:
    """The text of a file. `repaired` is true when wrongly decoded accents were corrected."""

    text: str
    encoding: str
    repaired: bool = False


@dataclass(frozen=True)
class RejectedProduct:
    """A row that stays out, or one cell of a row: where, why, and what was there."""

    line: int
    column: str
    reason: RejectReason
    row: str


class RowSorter:
    """Sorts one file's rows into `products`, `rejects` and `remarks`."""

    def __init__(
        self,
        header: CatalogueHeader,
        read: DecodedText,
        name: str,
        currency: str | None,
        day: date,
        mark: DecimalMark | None = None,
        added_lines: int = 0,
    ):
        self.header, self.read, self.name, self.day = header, read, name, day
        self.header_line = header.line - added_lines
        self.currency, self.mark = currency, mark
        self.products: dict[str, ProductBuilder] = {}
        self.titles: dict[str, ProductBuilder] = {}
        self.left_out: dict[str, int] = {}  # handle → the line of its first row, rejected
        self.rejects: list[RejectedProduct] = []
        self.remarks: list[RejectedProduct] = []

    def sort(self) -> tuple[Product, ...]:
        """Return the products of all rows. `rejects` and `remarks` are complete afterwards."""
        rows = list(self._rows())
        self._about_the_file()
        self.mark = self.mark or detect_decimal_mark(
            c for row in rows for c in row.all_raw(*PRICE_FIELDS)
        )
        usual: DecimalMark = "," if self.header.delimiter == ";" else "."
        for row in rows:
            row.mark, row.usual, row.dollar = self.mark, usual, self._dollar()
            try:
                self._take(row)
            except BadCell as bad:
                self._reject(row.line, row.column_name(bad.field), bad.reason, row.text)
        self.rejects.sort(key=lambda reject: reject.line)
        return tuple(growing.product() for growing in self.products.values())

    def _rows(self) -> Iterator[CatalogueRow]:
        """Yield the rows below the header that are well-formed."""
        header = self.header
        width = len(header.names)
        lines = islice(io.StringIO(self.read.text, newline=""), header.line - 1, None)
        found = parse_records(
            lines, header.delimiter, width, first=self.header_line, longest_cell=LONGEST_CELL
        )
        for record in found:
            if isinstance(record, MalformedRecord):
                self._reject(record.line, "", record.reason, record.raw)
            elif tuple(cell.strip() for cell in record.cells) == header.names:
                continue  # the header, or files put one after the other
            elif reason := _check_width(record, width):
                self._reject(record.line, "", reason, record.raw)
            else:
                yield CatalogueRow(record, header)

    def _take(self, row: CatalogueRow) -> None:
        """Start a new product, or add one more variant."""
        title, given = row.title(), row.handle()
        handle = make_handle(given or title)
        known = self.products.get(handle) or self._sibling(title, row)
        if known is None and not title:
            if handle in self.left_out:
                if row.is_picture():
                    return
                first = self.left_out[handle]
                raise BadCell("handle", RejectReason(RejectCode.PRODUCT_REJECTED, n=first))
            raise BadCell("title", RejectReason(RejectCode.NAME_MISSING))
        if known is None:
            self._start(handle, title, row)
        elif row.is_picture():
            return  # Shopify gives each further picture a row
        elif title and title != known.title:
            code = RejectCode.SAME_REFERENCE if given else RejectCode.SAME_NAME
            raise BadCell("handle", RejectReason(code, n=known.line))
        else:
            known.add(row)
        self._remark(row)

    def _sibling(self, title: str, row: CatalogueRow) -> ProductBuilder | None:
        """Return the product of which this row, with its own reference, is only another size or
        colour: the same name and text."""
        known = self.titles.get(title)
        if known is None or not (row.raw("sizes") or row.raw("colours")):
            return None
        return known if known.has_room_for(row) else None

    def _start(self, handle: str, title: str, row: CatalogueRow) -> None:
        try:
            growing = ProductBuilder(handle, title, row, currency=self.currency)
        except BadCell:
            self.left_out.setdefault(handle, row.line)
            raise
        growing.source, growing.as_of = Source(self.name, line=row.line), self.day
        self.products[handle] = self.titles[title] = growing

    def _remark(self, row: CatalogueRow) -> None:
        for field, reason in row.remarks:
            column = row.column_name(field)
            self.remarks.append(
                RejectedProduct(row.line, column, reason, row.text[:MOST_ROW_CHARACTERS])
            )

    def _about_the_file(self) -> None:
        """What holds for the whole file, on the header's line."""
        reasons = [
            RejectReason(RejectCode.REPEATED_COLUMN, column=name) for name in self.header.twice
        ]
        if self.read.encoding == "cp1252":
            reasons.append(RejectReason(RejectCode.READ_AS_WINDOWS_TEXT))
        if self.read.repaired:
            reasons.append(RejectReason(RejectCode.ACCENTS_REPAIRED))
        for reason in reasons:
            self.remarks.insert(0, RejectedProduct(max(self.header_line, 1), "", reason, ""))

    def _dollar(self) -> str | None:
        return self.currency if self.currency in DOLLAR_CURRENCIES else None

    def _reject(self, line: int, column: str, reason: RejectReason, row: str) -> None:
        self.rejects.append(RejectedProduct(line, column, reason, row[:MOST_ROW_CHARACTERS]))


def make_handle(text: str) -> str:
    """Return a short name for ids and links: "Chemise en lin n° 2" becomes chemise-en-lin-n-2."""
    bare = strip_accents(text.lower().replace("œ", "oe").replace("ß", "ss"))
    slug = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:120].strip("-")
    return slug or f"product-{sha256(text.encode()).hexdigest()[:10]}"


def _check_width(record: Record, width: int) -> RejectReason | None:
    """Why a row's cells cannot be the columns' cells."""
    if "\0" in record.raw:
        return RejectReason(RejectCode.NOT_TEXT)
    cells = len(record.cells)
    if any(cell.strip() for cell in record.cells[width:]):
        return RejectReason(RejectCode.UNQUOTED_DELIMITER, n=cells, width=width)
    if (cells < 2 <= width) or (record.suspect and cells != width):
        return RejectReason(RejectCode.PRODUCT_CELL_COUNT, n=cells, width=width)
    return None


# The whole file.

SAMPLE_ROWS = 3  # products in a preview
MOST_FILE_BYTES = 50_000_000
MOJIBAKE = re.compile(r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.|Â[\xa0-\xbf]")


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

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The products as `ProductRow.put` stores them."""
        return [(one.handle, one.title, one.model_dump_json()) for one in self.products]


def read_catalogue(
    path: Path,
    *,
    currency: str | None = None,
    as_of: date | None = None,
    name: str | None = None,
    column_names: Mapping[str, str] | None = None,
    mark: DecimalMark | None = None,
    added_lines: int = 0,
) -> Catalogue:
    """Return the products in a file.

    `currency` (ISO 4217) applies where the file names none, and tells which dollar a bare $ is.
    `as_of` is the day of the export (default: the file's modification date in UTC). `name` is the
    file's name as people see it. `column_names` maps the file's columns to ours; `mark` is the
    decimal mark. `added_lines` are lines that a copy has above the original file's first: they
    don't count. Raises CannotDo when nothing can be read.
    """
    shown = name or path.name
    read = _read_text(path, shown)
    if column_names:
        _check_named_columns(column_names, shown, read.text)
    header = find_catalogue_header(read.text, column_names=column_names, dollar=currency)
    if header is None:
        raise CannotDo(_no_header_message(shown, read.text))
    if len(header.fields) == 1 and len(header.names) > 2:
        raise CannotDo(_no_catalogue_message(shown))
    day = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    sorter = RowSorter(header, read, shown, currency, day, mark, added_lines)
    products = sorter.sort()
    if not products and not sorter.rejects:
        raise CannotDo("{file} has the columns but no products.", file=shown)
    return Catalogue(
        products,
        tuple(sorter.rejects),
        tuple(sorter.remarks),
        header,
        sorter.mark,
        read.encoding,
        tuple(builder.cells() for builder in islice(sorter.products.values(), SAMPLE_ROWS)),
    )


def _read_text(path: Path, name: str) -> DecodedText:
    """Raises CannotDo for a file that is too large or no text."""
    if path.stat().st_size > MOST_FILE_BYTES:
        limit = MOST_FILE_BYTES // 1_000_000
        raise CannotDo(
            "{file} is larger than {limit} MB. Split it into several files.", file=name, limit=limit
        )
    encoding = inspect_format(path, name).encoding
    if encoding is None:
        raise CannotDo(no_table_message(name))
    text = "".join(read_lines(path, encoding))
    if not text.strip():
        raise CannotDo("{file} is empty.", file=name)
    mended = "".join(_repair_mojibake(line) for line in text.splitlines(keepends=True))
    return DecodedText(mended, encoding, repaired=mended != text)


def _repair_mojibake(line: str) -> str:
    """Correct accents that were encoded twice: "cafÃ©" is "café"."""
    if not MOJIBAKE.search(line):
        return line
    try:
        return line.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return line


def _check_named_columns(column_names: Mapping[str, str], name: str, text: str) -> None:
    """Raises CannotDo for a column that the file lacks, or a field that does not exist."""
    ours = [field for field in list_known_fields() if not field.startswith("option_")]
    if wrong := [field for field in column_names.values() if field not in list_known_fields()]:
        raise CannotDo(
            "There is no field {field}. The fields are: {known}.",
            field=wrong[0],
            known=", ".join(ours),
        )
    spelled = normalize_header(text[:20_000])
    if gone := [theirs for theirs in column_names if normalize_header(theirs) not in spelled]:
        raise CannotDo("{file} has no column {column}.", file=name, column=gone[0])


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
