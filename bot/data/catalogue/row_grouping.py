"""Groups the rows of a catalogue into products: one row each, or one for each variant."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import islice

from bot.core.facts import Source
from bot.data.catalogue.cells import (
    DOLLAR_CURRENCIES,
    DecimalMark,
    detect_decimal_mark,
    drop_repeats,
)
from bot.data.catalogue.columns import CatalogueHeader
from bot.data.catalogue.product import Product
from bot.data.catalogue.product_words import Trait, find_traits, qualify_materials
from bot.data.catalogue.row import BadCell, CatalogueRow
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.data.text_file import DecodedText, MalformedRecord, Record, parse_records
from bot.text.normalize import strip_accents

PRODUCT_TRAITS = ("sizes", "colours", "materials")
INFERRED_TRAITS: tuple[Trait, ...] = ("colours", "materials")
SEPARATORS = re.compile(
    r"&|/|,|\b(?:and|et)\b", re.IGNORECASE
)  # "Wind & Brass" names several things


class ProductBuilder:
    """Builds one product from its rows."""

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
    ):
        self.header, self.read, self.name, self.day = header, read, name, day
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
        prices = ("price", "sale_price", "compare_at")
        self.mark = self.mark or detect_decimal_mark(
            c for row in rows for c in row.all_raw(*prices)
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
            lines, header.delimiter, width, first=header.line, longest_cell=LONGEST_CELL
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
            self.remarks.insert(0, RejectedProduct(self.header.line, "", reason, ""))

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
