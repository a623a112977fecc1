"""Parsing of price and stock cells."""

from decimal import Decimal

import pytest

from bot.data.catalogue.cells import (
    DecimalMark,
    detect_decimal_mark,
    find_currency,
    parse_count,
    parse_price,
)


@pytest.mark.parametrize(
    ("cell", "price", "currency"),
    [
        ("49", "49", None),
        ("49.00", "49.00", None),
        ("49,90", "49.90", None),
        (" 49.5 ", "49.5", None),
        (".5", "0.5", None),
        ("0.125", "0.125", None),
        ("19.990000000000002", "19.99", None),
        ("1,234.50", "1234.50", None),
        ("1.234,50", "1234.50", None),
        ("1 234,50", "1234.50", None),
        ("1\u202f234,50\u00a0€", "1234.50", "EUR"),
        ("1'234.50", "1234.50", None),
        ("1.234.567,89", "1234567.89", None),
        ("1,234,567", "1234567", None),
        ("€49", "49", "EUR"),
        ("49€90", "49.90", "EUR"),
        ("49,- €", "49", "EUR"),
        ("49 euros", "49", "EUR"),
        ("49,90 € TTC", "49.90", "EUR"),
        ("à partir de 12,50 €", "12.50", "EUR"),
        ("£1,234.50", "1234.50", "GBP"),
        ("from £5", "5", "GBP"),
        ("CHF 49.-", "49", "CHF"),
        ("Fr. 12.50", "12.50", "CHF"),
        ("$12", "12", "USD"),
        ("US$ 12", "12", "USD"),
        ("CA$12", "12", "CAD"),
        ("12 PLN", "12", "PLN"),
    ],
)
def test_price_is_parsed(cell: str, price: str, currency: str | None) -> None:
    found = parse_price(cell, mark=None, usual=".")
    assert (found.lowest, found.highest, found.currency) == (
        Decimal(price),
        Decimal(price),
        currency,
    )


@pytest.mark.parametrize("cell", ["5.99 - 12.99", "5,99–12,99", "12.99 to 5.99", "de 5,99 à 12,99"])
def test_price_range_is_parsed(cell: str) -> None:
    found = parse_price(cell, mark=None, usual=".")
    assert (found.lowest, found.highest) == (Decimal("5.99"), Decimal("12.99"))


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-5", "a price can't be negative"),
        ("\u22125", "a price can't be negative"),
        ("€ -5", "a price can't be negative"),
        ("-€5", "a price can't be negative"),
        ("(49.00)", "a price can't be negative"),
        ("abc", '"abc" is not a price'),
        ("Blue", "is not a price"),
        ("1e400", "is not a price"),
        ("1.23E+12", "is not a price"),
        ("inf", "is not a price"),
        ("12.05.2026", "is not a price"),
        ("2026-05-12", "is not a price"),
        ("1,2,3", "is not a price"),
        ("12 kr", "is not a price"),
        ("5 bananas", "is not a price"),
        ("1.234", "may be one thousand or one"),
        ("$5 - £6", "two currencies"),
        ("99999999999", "is too large for a price"),
        ("9" * 500, "is too large for a price"),
    ],
)
def test_invalid_price_is_refused(cell: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        parse_price(cell, mark=None, usual=".")
    assert len(str(error.value)) < 120


@pytest.mark.parametrize(
    ("cell", "mark", "usual", "price"),
    [
        ("1.234", None, ",", "1234"),
        ("1,234", None, ".", "1234"),
        ("1.234", ",", ".", "1234"),
        ("1.234", ".", ".", "1.234"),
        ("1,234", ",", ",", "1.234"),
        ("1,234", ".", ",", "1234"),
    ],
)
def test_ambiguous_mark_is_decided_by_other_cells(
    cell: str, mark: DecimalMark | None, usual: DecimalMark, price: str
) -> None:
    assert parse_price(cell, mark=mark, usual=usual).lowest == Decimal(price)


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["49,90", "12"], ","),
        (["49.90", "1.234"], "."),
        (["1.234,50"], ","),
        (["1,234"], None),
        (["12", ""], None),
        (["49,90", "49.90"], None),
    ],
)
def test_column_proves_decimal_mark(cells: list[str], mark: DecimalMark | None) -> None:
    assert detect_decimal_mark(cells) == mark


@pytest.mark.parametrize(
    ("text", "dollar", "currency"),
    [
        ("Prix (€)", None, "EUR"),
        ("price gbp", None, "GBP"),
        ("$", "CAD", "CAD"),
        ("$", "EUR", "USD"),
        ("US$", "CAD", "USD"),
        ("euros", None, "EUR"),
        ("price", None, None),
    ],
)
def test_currency_is_recognised(text: str, dollar: str | None, currency: str | None) -> None:
    assert find_currency(text, dollar) == currency


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [("3", 3), ("3.0", 3), ("1 200", 1200), ("1,200", 1200), ("12 pcs", 12), ("-2", 0), ("0", 0)],
)
def test_stock_is_parsed(cell: str, pieces: int) -> None:
    assert parse_count(cell) == pieces


@pytest.mark.parametrize("cell", ["many", "3.5", "1e3", "2026-05-12", "9" * 40])
def test_invalid_stock_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is not a number of pieces"):
        parse_count(cell)
