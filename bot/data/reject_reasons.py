"""Why a row or a cell of a file stays out: a code with its arguments, rendered in any language."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.i18n.messages import Words


class RejectCode(StrEnum):
    """The reasons. A code is stored, so it may be added here and never be changed."""

    # Any file.
    NOT_AN_AMOUNT = "not_an_amount"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_WHOLE_NUMBER = "not_a_whole_number"
    NOT_A_DATE = "not_a_date"
    NOT_YES_OR_NO = "not_yes_or_no"
    EMPTY = "empty"
    CUT_BY_SPREADSHEET = "cut_by_spreadsheet"
    IN_THE_FUTURE = "in_the_future"
    NOT_A_RATING = "not_a_rating"
    NOT_A_JSON_OBJECT = "not_a_json_object"
    CELL_COUNT = "cell_count"
    OTHER_TABLE = "other_table"
    # Live rows.
    NOT_A_PLAIN_NUMBER = "not_a_plain_number"
    NOT_AN_ISO_DATE = "not_an_iso_date"
    NOT_ONE_VALUE = "not_one_value"
    LINE_NUMBER_MISSING = "line_number_missing"
    ID_MISSING = "id_missing"
    # A product file.
    NEGATIVE_PRICE = "negative_price"
    NOT_A_PRICE = "not_a_price"
    TWO_CURRENCIES = "two_currencies"
    PRICE_TOO_LARGE = "price_too_large"
    AMBIGUOUS_THOUSANDS = "ambiguous_thousands"  # 1.234, and nothing says what its sign means
    NOT_A_COUNT = "not_a_count"
    UNKNOWN_CURRENCY = "unknown_currency"
    CURRENCY_NOT_OF_PRICE = "currency_not_of_price"
    CURRENCY_NOT_OF_LINE = "currency_not_of_line"
    COLUMNS_DISAGREE = "columns_disagree"
    REPEATED_COLUMN = "repeated_column"
    FORMULA_AS_NAME = "formula_as_name"
    FORMULA_AS_REFERENCE = "formula_as_reference"
    FORMULA_AS_PRICE = "formula_as_price"
    FORMULA = "formula"
    NAME_TOO_LONG = "name_too_long"
    TOTAL_ROW = "total_row"
    NAME_MISSING = "name_missing"
    PRODUCT_REJECTED = "product_rejected"
    SAME_REFERENCE = "same_reference"
    SAME_NAME = "same_name"
    REPEATED_PRODUCT = "repeated_product"
    TEXT_CUT = "text_cut"
    ZERO_PRICE = "zero_price"
    BELOW_PRICE = "below_price"
    NOT_A_LINK = "not_a_link"
    READ_AS_WINDOWS_TEXT = "read_as_windows_text"
    ACCENTS_REPAIRED = "accents_repaired"
    NOT_TEXT = "not_text"
    PRODUCT_CELL_COUNT = "product_cell_count"
    UNQUOTED_DELIMITER = "unquoted_delimiter"
    # Quotes in a CSV file.
    QUOTE_NEVER_CLOSES = "quote_never_closes"
    QUOTE_SWALLOWS_ROWS = "quote_swallows_rows"
    QUOTE_NOT_DOUBLED = "quote_not_doubled"
    CELL_TOO_LONG = "cell_too_long"
    # A sentence of an old file that no code is known for.
    OTHER = "other"


TEMPLATES = {
    RejectCode.NOT_AN_AMOUNT: Words("is no amount"),
    RejectCode.NOT_A_NUMBER: Words("is no number"),
    RejectCode.NOT_A_WHOLE_NUMBER: Words("is no whole number"),
    RejectCode.NOT_A_DATE: Words("is no date that I can read"),
    RejectCode.NOT_YES_OR_NO: Words("is neither yes nor no"),
    RejectCode.EMPTY: Words("is empty"),
    RejectCode.CUT_BY_SPREADSHEET: Words("is cut short by a spreadsheet; export it as text"),
    RejectCode.IN_THE_FUTURE: Words("lies in the future"),
    RejectCode.NOT_A_RATING: Words("is no rating from 1 to 5"),
    RejectCode.NOT_A_JSON_OBJECT: Words("this line is no JSON object"),
    RejectCode.CELL_COUNT: Words("has {n} cells where the header has {width}"),
    RejectCode.OTHER_TABLE: Words("belongs to another table further down in the file"),
    RejectCode.NOT_A_PLAIN_NUMBER: Words("is no number; write 1234.50"),
    RejectCode.NOT_AN_ISO_DATE: Words("is no date; write 2026-11-24 or 2026-11-24T18:05:00"),
    RejectCode.NOT_ONE_VALUE: Words("is a list or an object; one value is wanted"),
    RejectCode.LINE_NUMBER_MISSING: Words("is needed where a product is named: 1, 2, 3 …"),
    RejectCode.ID_MISSING: Words("is empty, and other rows have one"),
    RejectCode.NEGATIVE_PRICE: Words('a price can\'t be negative ("{cell}")'),
    RejectCode.NOT_A_PRICE: Words('"{cell}" is not a price'),
    RejectCode.TWO_CURRENCIES: Words('two currencies in "{cell}"'),
    RejectCode.PRICE_TOO_LARGE: Words('"{cell}" is too large for a price'),
    RejectCode.AMBIGUOUS_THOUSANDS: Words(
        '"{cell}" may be one thousand or one; write it without the sign'
    ),
    RejectCode.NOT_A_COUNT: Words('"{cell}" is not a number of pieces'),
    RejectCode.UNKNOWN_CURRENCY: Words('"{cell}" is not a currency I know'),
    RejectCode.CURRENCY_NOT_OF_PRICE: Words("{currency}, but the price says {other}"),
    RejectCode.CURRENCY_NOT_OF_LINE: Words("{currency}, but line {n} says {other}"),
    RejectCode.COLUMNS_DISAGREE: Words('two columns of this name disagree: "{cell}"'),
    RejectCode.REPEATED_COLUMN: Words(
        'two columns are called "{column}": rows in which they differ stay out'
    ),
    RejectCode.FORMULA_AS_NAME: Words("this is a spreadsheet's formula, not a name"),
    RejectCode.FORMULA_AS_REFERENCE: Words("this is a spreadsheet's formula, not a reference"),
    RejectCode.FORMULA_AS_PRICE: Words("this is a spreadsheet's formula, not a price"),
    RejectCode.FORMULA: Words("a spreadsheet's formula"),
    RejectCode.NAME_TOO_LONG: Words("a name of {n} characters is a shifted column"),
    RejectCode.TOTAL_ROW: Words("this is a total, not a product"),
    RejectCode.NAME_MISSING: Words("there is no name"),
    RejectCode.PRODUCT_REJECTED: Words("its product was left out (line {n})"),
    RejectCode.SAME_REFERENCE: Words("the same reference as line {n}, for another product"),
    RejectCode.SAME_NAME: Words("the same name as line {n}, for another product"),
    RejectCode.REPEATED_PRODUCT: Words("the same product as line {n} once more"),
    RejectCode.TEXT_CUT: Words("{n} characters: cut at {most}"),
    RejectCode.ZERO_PRICE: Words("the price is 0"),
    RejectCode.BELOW_PRICE: Words("below the price"),
    RejectCode.NOT_A_LINK: Words("not an address that starts with https://"),
    RejectCode.READ_AS_WINDOWS_TEXT: Words(
        "not UTF-8: read as Windows text, so look at the accents"
    ),
    RejectCode.ACCENTS_REPAIRED: Words("accents that another program had spoilt were put right"),
    RejectCode.NOT_TEXT: Words("holds bytes that are no text"),
    RejectCode.PRODUCT_CELL_COUNT: Words("has {n} cells, the header {width}"),
    RejectCode.UNQUOTED_DELIMITER: Words(
        "has {n} cells, the header {width}: a text with the delimiter in it wants quotes"
    ),
    RejectCode.QUOTE_NEVER_CLOSES: Words("a quote opens here and never closes"),
    RejectCode.QUOTE_SWALLOWS_ROWS: Words("a quote opens here and swallows the rows below"),
    RejectCode.QUOTE_NOT_DOUBLED: Words("a quote inside a quoted cell must be written twice"),
    RejectCode.CELL_TOO_LONG: Words(
        "a quote never closes, or a cell is longer than 131,072 characters"
    ),
}


class RejectReason(BaseModel):
    """Why a row stays out, or one cell of it where `cell_only`: then its row is taken in."""

    model_config = ConfigDict(frozen=True)
    code: RejectCode
    args: dict[str, int | str] = {}
    cell_only: bool = False

    def __init__(self, code: RejectCode | str, **fields: Any) -> None:
        """`RejectReason(RejectCode.CELL_COUNT, n=5, width=7)`; what is stored gives `args`."""
        cell_only = fields.pop("cell_only", False)
        args = fields.pop("args", fields)
        super().__init__(code=code, args=args, cell_only=cell_only)

    @property
    def for_cell(self) -> "RejectReason":
        """The same reason of a cell that is left out of a row that is taken in."""
        return self.model_copy(update={"cell_only": True})

    def words(self) -> Words:
        args = {name: str(value) for name, value in self.args.items()}  # digits without groups
        if self.code is RejectCode.OTHER:
            reason = Words("{sentence}", **args)
        else:
            reason = Words(TEMPLATES[self.code].text, **args)
        return Words("{reason}: left out", reason=reason) if self.cell_only else reason

    def __str__(self) -> str:
        return self.words().to("en")
