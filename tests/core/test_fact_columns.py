"""How the figures of one column of a table are written."""

from datetime import date, timedelta
from decimal import Decimal

from bot.core.fact_sentences import date_table
from bot.core.facts import Fact, Source, spell_column
from bot.core.parts import Table


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


def of_week(day: int, *, weeks: int = 1) -> Fact:
    monday = date(2026, 11, day)
    days = {"since": monday - timedelta(weeks=weeks - 1), "until": monday + timedelta(days=6)}
    return share("40").model_copy(update=days)


def test_days_of_all_figures_stand_in_the_first_title() -> None:
    table = Table(columns=("What", "Now", "Plan"), rows=(("A", "1", "2"), ("B", "1", "–")))
    dated = date_table(table, [[of_week(16), share("5")], [of_week(16), None]], "en")
    assert dated.columns == ("What · 16 to 22 Nov 2026", "Now", "Plan")
    assert dated.rows == table.rows


def test_days_that_differ_stand_with_their_column_or_their_row() -> None:
    table = Table(columns=("What", "Now", "Before"), rows=(("A", "1", "2"), ("B", "1", "2")))
    dated = date_table(table, [[of_week(16), of_week(2)], [of_week(16), of_week(2)]], "en")
    assert dated.columns == ("What", "Now, 16 to 22 Nov 2026", "Before, 2 to 8 Nov 2026")
    one = Table(columns=("What", "A week"), rows=(("A", "1"), ("B", "1")))
    rows = date_table(one, [[of_week(16)], [of_week(16, weeks=3)]], "en").rows
    assert rows == (("A, 16 to 22 Nov 2026", "1"), ("B, 2 to 22 Nov 2026", "1"))
