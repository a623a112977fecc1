"""Why a row or a cell of a file stays out: a code with its arguments, rendered in any language."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

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


TEMPLATES: dict[str, str] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)  # by code


class RejectReason(BaseModel, frozen=True):
    """Why a row stays out, or one cell of it where `cell_only`: then its row is taken in."""

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
            reason = Words(TEMPLATES[self.code], **args)
        return Words("{reason}: left out", reason=reason) if self.cell_only else reason

    def __str__(self) -> str:
        return self.words().to("en")
