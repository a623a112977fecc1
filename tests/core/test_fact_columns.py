"""How the figures of one column of a table are written."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.core.fact_book import FactBook
from bot.core.fact_sentences import date_table
from bot.core.facts import Fact, Source
from bot.core.parts import Table
from bot.core.rounding import round_alike, round_sums, spell_column, tell_as_table


def share(value: str, many: int = 1_500) -> Fact:
    return Fact(
        id=f"metric.{value.replace('.', '-')}.click-rate",
        label="click rate",
        value=Decimal(value),
        unit="%",
        source=Source("ads.csv"),
        as_of=date(2026, 11, 26),
        rows=many,
    )


def test_share_of_few_is_a_whole_percent() -> None:
    few = share("9.09").model_copy(update={"of": 22})
    told = round_alike([few, share("18.63"), share("11.3")])
    assert [one.shown("en") for one in told] == ["9%", "19%", "11%"]
    assert spell_column(told, "en")[0] == "9% (of 22)"


def test_shares_of_one_column_have_the_same_decimals_in_a_table_and_in_a_sentence() -> None:
    rates = [share(one) for one in ("7.14", "6.84", "10.94", "11.21", "22.4", "0")]
    cells = ["7.1%", "6.8%", "10.9%", "11.2%", "22.4%", "0%"]
    assert spell_column([*rates, None], "en") == [*cells, None]
    assert [one.shown("en") for one in round_alike(rates)] == cells
    assert spell_column([share("4.80"), share("4.57")], "en") == ["4.80%", "4.57%"]
    assert spell_column([share("35.2"), share("56.3"), share("100")], "en") == [
        "35%",
        "56%",
        "100%",
    ]
    assert spell_column(rates[:1], "fr") == ["7,14\u00a0%"]


def test_shares_that_would_be_read_as_one_have_the_decimals_that_tell_them_apart() -> None:
    assert spell_column([share("38.4"), share("37.6")], "en") == ["38.4%", "37.6%"]


def compare(now: str, before: str) -> list[Fact]:
    """A share, the earlier one and their change, as a tool gives them."""
    measure, old = "metric.x.visits-share", "metric.y.visits-share"
    difference = Decimal(now) - Decimal(before)
    return [
        share(now).model_copy(update={"id": measure, "compared_with": old}),
        share(before).model_copy(update={"id": old}),
        share(str(difference)).model_copy(
            update={"id": f"{measure}-change", "unit": "points", "compared_with": old}
        ),
    ]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ("56.62", "54.44", ["56.6%", "54.4%", "+2.2\u00a0points"]),
        ("56.65", "54.44", ["56.7%", "54.4%", "+2.3\u00a0points"]),  # exactly: +2.21
        ("39.26", "58.41", ["39%", "58%", "−19\u00a0points"]),
        ("4.57", "4.8", ["4.57%", "4.80%", "−0.23\u00a0points"]),
        ("10.24", "9.96", ["10.2%", "10.0%", "+0.2\u00a0points"]),
        ("1.151", "1.154", ["1.15%", "1.15%", "0\u00a0points"]),
    ],
)
def test_a_change_is_the_difference_of_the_shares_as_they_are_read(
    now: str, before: str, said: list[str]
) -> None:
    facts = round_alike(compare(now, before))
    assert [one.shown("en") for one in facts] == said
    book = FactBook(facts)
    text = book.fill("{f1}, {f2}, {f3}", "en").text
    assert text == ", ".join(said)


def test_shares_that_are_compared_with_the_same_one_have_its_decimals() -> None:
    """And so has what is told of the others beside it."""
    now, before, _change = compare("37.7", "57.7")
    since = now.model_copy(update={"id": "metric.x.rate-since", "value": Decimal("41.2")})
    rest = share("35.04").model_copy(update={"id": "metric.x.rest"})
    facts = [now, since, before, rest]
    assert [one.shown("en") for one in round_alike(facts)] == ["38%", "41%", "58%", "35%"]
    near = since.model_copy(update={"value": Decimal("57.9")})
    told = round_alike([now, near, before, rest])
    assert [one.shown("en") for one in told] == ["37.7%", "57.9%", "57.7%", "35.0%"]


def test_a_ratio_has_the_decimals_of_its_column() -> None:
    ratios = [share(one).model_copy(update={"unit": None}) for one in ("3", "3.64")]
    assert spell_column(ratios, "en") == ["3.00", "3.64"]
    assert [one.shown("en") for one in round_alike(ratios)] == ["3.00", "3.64"]


def test_sums_of_a_call_have_cents_together_or_not_at_all() -> None:
    small, large, mean = (
        share(one).model_copy(update={"id": f"metric.x.{name}", "unit": "EUR"})
        for one, name in (("235", "spend"), ("1192", "sales"), ("17.81", "cost-per-order"))
    )
    told = round_sums([small, large, mean], ["spend", "sales"])
    assert [one.shown("en") for one in told] == ["€235", "€1,192", "€17.81"]
    assert round_sums([small, mean], ["spend"])[0].shown("en") == "€235.00"


@pytest.mark.parametrize(("amount", "shown"), [("1112.5", "€1,113"), ("1737.50", "€1,738")])
def test_half_a_unit_of_money_is_rounded_up(amount: str, shown: str) -> None:
    sales = share(amount).model_copy(update={"unit": "EUR"})
    assert sales.model_copy(update={"shown_decimals": 0}).shown("en") == shown
    assert sales.model_copy(update={"value": Decimal("0.125")}).shown("en") == "€0.13"


def test_a_whole_amount_has_no_cents_beside_one_without() -> None:
    amounts = [
        share(one).model_copy(update={"unit": "EUR"}) for one in ("235", "1192", "17.81", "85")
    ]
    book = FactBook(amounts)
    assert book.fill("{f1} of {f2}, {f3} each", "en").text == "€235 of €1,192, €17.81 each"
    assert book.fill("{f1} at {f4}", "en").text == "€235.00 at €85.00"


def test_change_has_in_a_text_the_decimals_of_its_table() -> None:
    rose, fell = (
        share(value).model_copy(
            update={
                "id": f"metric.{value}.revenue-change",
                "exact": Decimal(value),
                "shown_decimals": decimals,
            }
        )
        for value, decimals in (("12.66", 0), ("-4.02", 1))
    )
    book = FactBook([rose, fell])
    assert book.fill("{f1:abs} up, {f2:abs} down", "en").text == "13% up, 4.0% down"
    assert spell_column([rose, fell], "en") == ["+13%", "−4.0%"]


@pytest.mark.parametrize(("least", "told"), [("9.62", "10%"), ("1.88", "1.9%")])
def test_shares_beside_those_of_few_are_whole_where_that_tells_them(least: str, told: str) -> None:
    few, many = (
        share(value).model_copy(update={"exact": Decimal(value), "of": of})
        for value, of in (("34.21", 38), (least, 5_000))
    )
    other = share("18.57").model_copy(update={"exact": Decimal("18.57")})
    assert spell_column(round_alike([few, many, other]), "en")[:2] == ["34% (of 38)", told]


def test_a_change_has_the_same_decimals_alone_and_in_any_column() -> None:
    slowed, rose = (
        share(value).model_copy(
            update={"id": f"metric.{name}.revenue-change", "exact": Decimal(f"{value}2")}
        )
        for name, value in (("a", "-4.0"), ("b", "16.1"))
    )
    assert round_alike([slowed])[0].shown("en") == "−4.0%"
    assert [one.shown("en") for one in round_alike([slowed, rose])] == ["−4.0%", "+16%"]
    assert spell_column(round_alike([slowed, rose]), "en") == ["−4.0%", "+16%"]


def test_a_fact_keeps_its_decimals_where_it_is_stored() -> None:
    one, *_ = round_alike([share("4.8"), share("4.57")])
    assert Fact.model_validate_json(one.model_dump_json()).shown("en") == "4.80%"
    assert "shown_decimals" not in share("4.8").model_dump()


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


def test_shares_beside_a_table_have_its_decimals_and_their_change_agrees() -> None:
    cells = round_alike(
        share(value).model_copy(update={"id": f"metric.{name}.visits-share"})
        for name, value in (("a", "11.92"), ("b", "7.12"))
    )
    now, before, change = compare("7.12", "6.43")
    told = tell_as_table([*cells, now, before, change], [one.id for one in cells])
    assert [one.shown("en") for one in told[2:]] == ["7.1%", "6.4%", "+0.7\u00a0points"]
    assert [one.shown("en") for one in told[:2]] == [one.shown("en") for one in cells]
