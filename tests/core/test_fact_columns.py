"""How the figures of one column of a table are written."""

from datetime import date
from decimal import Decimal

from bot.core.facts import Fact, Source, spell_column


def share(value: str, many: int = 1_500) -> Fact:
    return Fact(
        id=f"metric.{value}.click-rate",
        label="click rate",
        value=Decimal(value),
        unit="%",
        source=Source("ads.csv"),
        as_of=date(2026, 11, 26),
        rows=many,
    )


def test_small_shares_that_would_look_equal_get_a_decimal() -> None:
    rates = [share(one) for one in ("6.21", "5.89", "5.24", "4.81", "4.67")]
    assert spell_column([*rates, None], "en") == ["6.2%", "5.9%", "5.2%", "4.8%", "4.7%", None]
    assert spell_column(rates[:1], "fr") == ["6\u00a0%"]


def test_small_shares_of_a_column_have_as_many_decimals_each() -> None:
    rates = [share("5.89"), share("5.87"), share("5.75", 400_000)]
    assert spell_column(rates, "en") == ["5.89%", "5.87%", "5.75%"]


def test_large_shares_and_counts_are_written_as_in_a_sentence() -> None:
    count = share("1716").model_copy(update={"unit": "orders"})
    column = [share("38.2"), share("37.9"), share("6.21"), count, share("0")]
    assert spell_column(column, "en") == ["38%", "38%", "6%", "1,716", "0%"]
