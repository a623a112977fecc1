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


def test_a_share_is_written_alike_in_a_table_and_in_a_sentence() -> None:
    rates = [share(one) for one in ("7.14", "6.84", "10.94", "11.21", "22.4", "0")]
    cells = ["7.14%", "6.84%", "10.9%", "11.2%", "22%", "0%"]
    assert spell_column([*rates, None], "en") == [*cells, None]
    assert [one.shown("en") for one in rates] == cells
    assert spell_column(rates[:1], "fr") == ["7,14\u00a0%"]


def test_a_share_has_no_more_decimals_than_its_value_nor_than_its_exact_number() -> None:
    assert share("9.8").model_copy(update={"exact": Decimal("9.83")}).shown("en") == "9.8%"
    assert share("17.36").model_copy(update={"exact": Decimal("17.349")}).shown("en") == "17.3%"


def test_counts_have_no_unit_in_a_column_but_changes_in_points_do() -> None:
    count = share("1716").model_copy(update={"unit": "orders"})
    change = share("0.11").model_copy(update={"id": "metric.x.rate-change", "unit": "points"})
    assert spell_column([count, change], "en") == ["1,716", "+0.11\u00a0pts"]


def test_money_of_one_column_has_cents_in_all_cells_or_in_none() -> None:
    def cells(*values: str) -> list[str | None]:
        sums = [share(one).model_copy(update={"unit": "EUR"}) for one in values]
        return spell_column(sums, "en")

    assert cells("1393", "972.40", "0") == ["€1,393", "€972", "€0"]
    assert cells("1003.20", "972.00") == ["€1,003.20", "€972.00"]
    assert cells("85.00", "12.50") == ["€85.00", "€12.50"]


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


def test_a_change_in_points_keeps_its_unit_in_a_column() -> None:
    change = Fact(
        id="funnel.mobile.share-change",
        label="change",
        value=Decimal("-3.5"),
        unit="points",
        source=Source("visits.csv"),
        as_of=date(2026, 11, 24),
    )
    assert spell_column([change], "en") == ["−3.5\u00a0pts"]
