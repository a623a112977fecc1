"""The header of a catalogue, whose names are in `columns.toml`, and its rows by product field. A
bad cell that matters rejects the row; any other bad cell is left out with a remark."""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from bot.data.catalogue.cells import (
    PRICE_ON_REQUEST,
    DecimalMark,
    PriceRange,
    UnreadableCell,
    clean_text,
    drop_repeats,
    find_currency,
    is_empty,
    is_formula,
    parse_count,
    parse_list,
    parse_price,
    parse_yes_no,
    unwrap_formula,
)
from bot.data.catalogue.product import ProductStatus
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.data.text_file import DELIMITERS, Record
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


# One row, by fields.

PRICE_FIELDS = ("price", "sale_price", "compare_at")
LONGEST_TITLE = 1_000
LONGEST_TEXT = 5_000

OPTION_NAMES = {
    "sizes": frozenset(("size", "sizes", "taille", "tailles", "pointure", "shoe size")),
    "colours": frozenset(("colour", "color", "couleur", "coloris", "colours", "colors")),
    "materials": frozenset(("material", "materials", "matiere", "fabric", "tissu")),
}
DEFAULT_OPTIONS = frozenset(("default title", "title", "default"))
STATUS_WORDS: dict[str, ProductStatus] = {
    "active": "active",
    "actif": "active",
    "draft": "draft",
    "brouillon": "draft",
    "archived": "archived",
    "archive": "archived",
    "unlisted": "unpublished",
}
TOTAL_WORDS = frozenset(
    ("total", "totaux", "sous total", "subtotal", "grand total", "total general")
)
PRODUCT_TYPES = frozenset(("simple", "variable", "variation", "grouped", "external", "virtual"))


class BadCell(Exception):
    """Why a row stays out, and because of which field."""

    def __init__(self, field: str, reason: RejectReason):
        super().__init__(field, reason)
        self.field, self.reason = field, reason


class CatalogueRow:
    def __init__(self, record: Record, header: CatalogueHeader):
        self.line, self.text = record.line, record.raw
        self._cells, self._header = record.cells, header
        self.mark: DecimalMark | None = None
        self.usual: DecimalMark = "."
        self.dollar: str | None = None
        self.remarks: list[tuple[str, RejectReason]] = []

    def raw(self, field: str) -> str:
        """Return the first non-empty cell of the field. Raises BadCell when columns of the same
        name differ."""
        columns = [i for i in self._header.fields.get(field, ()) if i < len(self._cells)]
        filled = [i for i in columns if not is_empty(self._cells[i])]
        if not filled:
            return ""
        first = filled[0]
        if self._header.twice and (other := self._disagrees(first, filled)):
            raise BadCell(field, RejectReason(RejectCode.COLUMNS_DISAGREE, cell=other))
        return self._cells[first].strip()

    def all_raw(self, *fields: str) -> list[str]:
        columns = [i for field in fields for i in self._header.fields.get(field, ())]
        return [self._cells[i] for i in columns if i < len(self._cells)]

    def cells(self) -> dict[str, str]:
        """Return the first non-empty cell of each field."""
        said = ((field, self.all_raw(field)) for field in self._header.fields)
        return {field: next((c.strip() for c in cells if c.strip()), "") for field, cells in said}

    def column_name(self, field: str) -> str:
        columns = self._header.fields.get(field)
        return self._header.names[columns[0]] if columns else ""

    def title(self) -> str:
        title = self._clean("title")
        if not title and is_formula(self.raw("title")):
            raise BadCell("title", RejectReason(RejectCode.FORMULA_AS_NAME))
        if len(title) > LONGEST_TITLE:
            raise BadCell("title", RejectReason(RejectCode.NAME_TOO_LONG, n=len(title)))
        if normalize_header(title) in TOTAL_WORDS:
            raise BadCell("title", RejectReason(RejectCode.TOTAL_ROW))
        return title

    def handle(self) -> str:
        if is_formula(self.raw("handle")):
            raise BadCell("handle", RejectReason(RejectCode.FORMULA_AS_REFERENCE))
        return self._clean("handle")

    def words(self, field: str) -> str | None:
        """Return a text, or None for a spreadsheet's formula."""
        text = self._clean(field)
        if not text and self.raw(field):
            if is_formula(self.raw(field)):
                self._remark(field, RejectReason(RejectCode.FORMULA).for_cell)
            return None
        if len(text) > LONGEST_TEXT:
            self._remark(field, RejectReason(RejectCode.TEXT_CUT, n=len(text), most=LONGEST_TEXT))
            text = text[:LONGEST_TEXT].rsplit(" ", 1)[0]
        return text or None

    def type(self) -> str | None:
        said = self.words("type")
        return None if said and said.lower() in PRODUCT_TYPES else said

    def tags(self) -> tuple[str, ...]:
        cells = self.all_raw("tags")
        return drop_repeats(
            tag for cell in cells for tag in parse_list(unwrap_formula(cell), slashes=False)
        )

    def price(self) -> PriceRange | None:
        """Return the current price: the sale price if there is one."""
        sale = self._amount("sale_price")
        if sale and sale.lowest > 0:  # some exports write 0 for no sale
            return sale
        price = self._amount("price") or self._amount("compare_at")
        if price and price.lowest == 0:
            self._remark("price", RejectReason(RejectCode.ZERO_PRICE))
        return price

    def compare_at(self, price: Decimal) -> Decimal | None:
        """Return the former price that is shown struck through. A bad cell here does not reject the
        product."""
        fields = ("compare_at", "price") if self.raw("sale_price") else ("compare_at",)
        for name in fields:
            try:
                found = self._amount(name)
            except BadCell as bad:
                self._remark(name, bad.reason.for_cell)
                continue
            if found and found.lowest > price:
                return found.lowest
            if found and name == "compare_at" and 0 < found.lowest < price:
                self._remark(name, RejectReason(RejectCode.BELOW_PRICE).for_cell)
        return None

    def lowest(self) -> Decimal | None:
        try:
            found = self._amount("lowest")
        except BadCell as bad:
            self._remark("lowest", bad.reason.for_cell)
            return None
        return found.lowest if found else None

    def currency(self, price: PriceRange | None) -> str | None:
        cell = self.raw("currency")
        said = find_currency(cell, self.dollar) if cell else None
        if cell and not said:
            raise BadCell("currency", RejectReason(RejectCode.UNKNOWN_CURRENCY, cell=cell[:20]))
        if said and price and price.currency and price.currency != said:
            raise BadCell(
                "currency",
                RejectReason(RejectCode.CURRENCY_NOT_OF_PRICE, currency=said, other=price.currency),
            )
        return said or (price.currency if price else None) or self._header.currency

    def trait(self, name: str, option_names: dict[int, str]) -> tuple[str, ...]:
        """Return sizes, colours or materials, of their column and of the option with that name."""
        slashes = name != "sizes"
        cell = self.raw(name)
        found = list(parse_list(unwrap_formula(cell), slashes=slashes))
        for i, option in option_names.items():
            value = clean_text(self.raw(f"option_value_{i}"))
            if (
                normalize_header(option) in OPTION_NAMES[name]
                and normalize_header(value) not in DEFAULT_OPTIONS
            ):
                found += parse_list(value, slashes=False)
        return drop_repeats(found)

    def option_names(self) -> dict[int, str]:
        """Return the names of the options. Shopify writes them in a product's first row only."""
        return {i: name for i in (1, 2, 3) if (name := self.raw(f"option_name_{i}"))}

    def is_picture(self) -> bool:
        fields = ("title", *PRICE_FIELDS, "option_value_1", "sizes", "colours")
        return "option_value_1" in self._header.fields and not any(self.raw(f) for f in fields)

    def link(self) -> str | None:
        cell = self.raw("link")
        if not cell:
            return None
        if cell.lower().startswith(("https://", "http://")) and " " not in cell:
            return cell
        if cell.lower().startswith("www.") and " " not in cell:
            return f"https://{cell}"
        self._remark("link", RejectReason(RejectCode.NOT_A_LINK).for_cell)
        return None

    def stock(self) -> int | None:
        """Return the pieces in stock, or None where Shopify does not track them."""
        if "tracker" in self._header.fields and not self.raw("tracker"):
            return None
        cell = self.raw("stock")
        if not cell or (parse_yes_no(cell) is not None and not cell.isdigit()):
            return None
        try:
            return parse_count(cell)
        except UnreadableCell as error:
            self._remark("stock", error.reason.for_cell)
            return None

    def status(self) -> ProductStatus | None:
        said = normalize_header(self.raw("status"))
        if said in STATUS_WORDS and STATUS_WORDS[said] != "active":
            return STATUS_WORDS[said]
        seen = parse_yes_no(self.raw("published"))
        if seen is None:
            return STATUS_WORDS.get(said)
        return "active" if seen else "unpublished"

    def _amount(self, field: str) -> PriceRange | None:
        cell = self.raw(field)
        if not cell or cell.lower() in PRICE_ON_REQUEST:
            return None
        if is_formula(cell) and not cell.startswith(("-", "+")):
            raise BadCell(field, RejectReason(RejectCode.FORMULA_AS_PRICE))
        try:
            return parse_price(
                unwrap_formula(cell), mark=self.mark, usual=self.usual, dollar=self.dollar
            )
        except UnreadableCell as error:
            raise BadCell(field, error.reason) from error

    def _clean(self, field: str) -> str:
        return clean_text(unwrap_formula(self.raw(field)))

    def _disagrees(self, first: int, filled: list[int]) -> str | None:
        name = normalize_header(self._header.names[first])
        values = [
            self._cells[i].strip()
            for i in filled
            if normalize_header(self._header.names[i]) == name
        ]
        return " / ".join(dict.fromkeys(values))[:80] if len(set(values)) > 1 else None

    def _remark(self, field: str, reason: RejectReason) -> None:
        if (field, reason) not in self.remarks:
            self.remarks.append((field, reason))
