"""The table of an exhibit as a card shows it."""

import pytest

from bot.core.exhibits import (
    MAX_ROW_NAME,
    PEOPLE,
    Exhibit,
    ExhibitChart,
    ExhibitPoint,
    TableRows,
    is_row_name,
    shorten_names,
)
from bot.core.parts import Table

EXHIBIT = Exhibit(
    id="e1",
    shows="x",
    scope=(("category", "linen"), ("days", "1 to 28 October")),
    measure_facts={"units returned": frozenset({"metric.a.units"}), "cost": frozenset({"b"})},
    facts=("metric.a.units",),
    table=Table(
        columns=("Reason", "Colour", "Units", "Cost"),
        rows=(
            ("too small", "red", "25", "–"),
            ("not stated", "", "–", "–"),
            ("Total", "", "25", ""),
        ),
    ),
)


def test_table_is_titled_by_what_it_is_of() -> None:
    table = EXHIBIT.build_card_table()
    assert table is not None
    assert table.title == "Units returned · linen · 1 to 28 October"
    undated = EXHIBIT.model_copy(update={"scope": (), "days": "2026"}).build_card_table()
    assert undated is not None
    assert undated.title == "Units returned · 2026"


def test_columns_and_rows_without_any_figure_take_no_room() -> None:
    table = EXHIBIT.build_card_table()
    assert table is not None
    assert table.columns == ("Reason", "Colour", "Units")
    assert table.rows == (("too small", "red", "25"), ("Total", "", "25"))


def test_title_says_the_days_of_the_figures_and_which_columns_are_of_others() -> None:
    november, year = "1 to 28 Nov 2026", "30 Nov 2025 to 28 Nov 2026"
    table = Exhibit(
        shows="x",
        scope=(("what", "products"), ("days", "since 1 November 2026")),
        table=Table(
            columns=("Product", "Units", "Cover", "Stock", "Returned"),
            rows=(("Lamp", "97", "46", "160", "3.65%"), ("Towel", "97", "55", "190", "3.78%")),
        ),
        column_facts=tuple(frozenset({name}) for name in ("a", "b", "c", "d")),
        column_days=(november, november, "", year),
    ).build_card_table()
    assert table
    assert table.title == f"Products · {november}. Returned ({year})"


def test_title_of_audiences_says_what_the_rows_are_and_whose_days_it_tells() -> None:
    table = Exhibit(
        shows="x",
        scope=((PEOPLE, "nothing for 90 days"),),
        table=Table(
            columns=("Audience", "Customers", "Spent"), rows=(("nothing for 90 days", "9", "€8"),)
        ),
        column_facts=(frozenset({"a"}), frozenset({"b"})),
        column_days=("", "2025"),
        rows=TableRows(dimensions=(PEOPLE,), heads=("Audience",), groups=()),
    ).build_card_table()
    assert table
    assert table.title == "Audience. Spent (2025)"


def test_no_title_is_days_alone() -> None:
    heads = ("Revenue, May", "April", "Orders, May", "April", "Visits")
    facts = tuple(frozenset({name}) for name in "aabbc")
    table = Table(columns=("Period", *heads), rows=(("May", *"12345"), ("June", *"12345")))
    exhibit = Exhibit(shows="", days="2026", table=table, column_facts=facts)
    shown = exhibit.build_card_table()
    assert shown
    assert shown.title == "Revenue, Orders… · 2026"


def test_what_a_table_leaves_out_stands_below_it() -> None:
    left_out = EXHIBIT.model_copy(update={"cut": "2 of 3 rows.", "not_ranked": "Some are hidden."})
    table = left_out.build_card_table()
    assert table
    assert table.note == "2 of 3 rows.\nSome are hidden."


def test_a_row_of_everything_is_named_by_the_conditions_of_its_table() -> None:
    table = Table(columns=("Where", "Change"), rows=(("All", "€9"),))
    scope = (("country", "France"), ("days", "May"))
    for whole, name in (("All", "France"), ("", "All")):
        shown = Exhibit(shows="", whole=whole, scope=scope, table=table).build_card_table()
        assert shown
        assert shown.rows == ((name, "€9"),)


def test_long_names_of_rows_are_cut_where_they_stay_apart() -> None:
    of_long = f"bought {'linen, ' * 12}"
    one, two, three = f"{of_long} by e-mail", f"{of_long} by SMS", f"seen {'linen, ' * 12}"
    short = shorten_names([one, two, three, "short"])
    assert len({*short.values()}) == 4
    assert all(len(name) <= MAX_ROW_NAME for name in short.values())
    assert short[one].endswith("by e-mail")
    assert short[three].endswith("…")


def test_row_is_found_with_and_without_quotation_marks() -> None:
    assert is_row_name("too small", ("“too small”", "25"))
    assert is_row_name("« trop petit »", ("trop petit", "25"))
    assert not is_row_name("small", ("“too small”", "25"))


@pytest.mark.parametrize(
    ("rows", "kind", "asked", "shown"),
    [
        (3, "bars", False, False),
        (12, "bars", False, False),
        (13, "bars", False, True),  # a bar for twelve of them
        (18, "bars", True, True),
        (18, "line", False, False),
        (18, "line", True, True),
    ],
)
def test_table_stands_in_place_of_a_chart_that_says_less(
    rows: int, kind: str, *, asked: bool, shown: bool
) -> None:
    cells = tuple((f"product {n}", str(n)) for n in range(rows))
    chart = {"kind": kind, "points": (ExhibitPoint(name="product 1", value=1),)}
    exhibit = Exhibit(
        shows="x",
        total="Total",
        table=Table(columns=("Product", "Units"), rows=(*cells, ("Total", "99"))),
        chart=ExhibitChart.model_validate(chart),
    )
    assert exhibit.shows_table((), asked=asked) is shown
