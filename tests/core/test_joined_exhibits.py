"""Exhibits of several look-ups whose tables have the same kind of rows become one table."""

import pytest

from bot.core.exhibits import PEOPLE, Exhibit, ScopePart, TableRows
from bot.core.joined_exhibits import arrange_exhibits, join_exhibits
from bot.core.parts import Table

OCTOBER, NOVEMBER = "October 2026", "November 2026"
Cells = dict[str, tuple[str, ...]]


def build_exhibit(
    id: str,
    columns: tuple[str, ...],
    cells: Cells,
    *,
    dimension: str = "device",
    days: str = OCTOBER,
    scope: tuple[ScopePart, ...] = (),
    wholes: Cells | None = None,
) -> Exhibit:
    rows = {**cells, **(wholes or {})}
    return Exhibit(
        id=id,
        shows=id,
        scope=scope,
        days=days,
        total="Total" if wholes else "",
        table=Table(
            columns=(dimension.capitalize(), *columns),
            rows=tuple((name, *row) for name, row in rows.items()),
            facts=tuple(f"{id}.{column}" for column in columns),
        ),
        column_facts=tuple(frozenset({f"{id}.{column}"}) for column in columns),
        column_days=(days,) * len(columns),
        rows=TableRows(
            dimensions=(dimension,),
            heads=(dimension.capitalize(),),
            groups=tuple((name,) for name in cells),
        ),
    )


VISITS = build_exhibit(
    "e1",
    ("Visits", "Conversion"),
    {"Mobile": ("600", "2.1%"), "Desktop": ("200", "4.4%")},
    wholes={"Total": ("800", "2.7%")},
)
ORDERS = build_exhibit(
    "e2",
    ("Average order",),
    {"desktop": ("€122",), "mobile": ("€114",)},
    wholes={"Total": ("€117",)},
)


def table_of(*exhibits: Exhibit) -> Table:
    table = join_exhibits(exhibits).table
    assert table
    return table


def test_tables_with_the_same_rows_become_one_with_the_columns_of_each() -> None:
    (joined,), left_out = arrange_exhibits([VISITS, ORDERS])
    assert not left_out
    assert joined.table
    assert joined.table.columns == ("Device", "Visits", "Conversion", "Average order")
    assert joined.table.rows == (
        ("Mobile", "600", "2.1%", "€114"),
        ("Desktop", "200", "4.4%", "€122"),
        ("Total", "800", "2.7%", "€117"),
    )
    assert {*joined.table.facts} == {"e1.Visits", "e1.Conversion", "e2.Average order"}
    assert joined.days == OCTOBER
    assert joined.shows_of(VISITS)
    assert joined.shows_of(ORDERS)


def test_rows_are_those_of_the_first_and_what_another_lacks_is_blank() -> None:
    few = build_exhibit("e2", ("Orders",), {"Mobile": ("9",), "Tablet": ("5",)})
    assert [row[-1] for row in table_of(VISITS, few).rows] == ["9", "–", "–"]


def test_row_of_several_groups_has_no_figure_of_a_table_with_other_rows() -> None:
    """Its total and its others are of other groups, however alike their names are."""
    wholes: Cells = {"Others (2)": ("7",), "Total": ("20",)}
    first = build_exhibit("e1", ("Visits",), {"Mobile": ("9",), "Desktop": ("4",)}, wholes=wholes)
    wholes = {"Others (2)": ("3",), "Total": ("8",)}
    second = build_exhibit("e2", ("Orders",), {"Mobile": ("3",), "Tablet": ("2",)}, wholes=wholes)
    assert [row[-1] for row in table_of(first, second).rows] == ["3", "–", "–", "–"]


def test_column_names_its_days_and_conditions_where_they_differ() -> None:
    french = (("country", "France"), ("source", "search"), ("device", "mobile or desktop"))
    first = VISITS.model_copy(update={"scope": french})
    second = ORDERS.model_copy(
        update={"scope": (("source", "search"),), "column_days": (NOVEMBER,)}
    )
    joined = join_exhibits([first, second])
    assert joined.table
    assert joined.table.columns == (
        "Device",
        "Visits, France",
        "Conversion, France",
        "Average order, November 2026",
    )
    title = joined.build_card_table()
    assert title
    assert title.title == "Search · October 2026"


def test_title_has_only_the_conditions_that_all_tables_share() -> None:
    shared = ("source", "search")
    first, second = (
        one.model_copy(
            update={"scope": (("country", of), shared), "short_scope": (("country", of), shared)}
        )
        for one, of in ((VISITS, "France"), (ORDERS, "United Kingdom"))
    )
    table = join_exhibits([first, second]).build_card_table()
    assert table
    assert "Search" in table.title
    assert "France" not in table.title
    assert table.columns[1:] == (
        *("Visits, France", "Conversion, France", "Average order, United Kingdom"),
    )


def test_same_column_stands_once_and_one_that_says_otherwise_is_not_joined() -> None:
    again = build_exhibit("e2", ("Visits", "Orders"), {"Mobile": ("600", "12")})
    assert table_of(VISITS, again).columns == ("Device", "Visits", "Conversion", "Orders")
    other = build_exhibit("e2", ("Visits",), {"Mobile": ("601",)})
    shown, _left_out = arrange_exhibits([VISITS, other])
    assert shown == [VISITS, other]


def test_one_row_each_of_the_same_columns_become_rows_without_a_total() -> None:
    one = build_exhibit("e1", ("Orders",), {"Mobile": ("9",)}, wholes={"Total": ("9",)})
    two = build_exhibit("e2", ("Orders",), {"Desktop": ("4",)}, wholes={"Total": ("4",)})
    assert table_of(one, two).rows == (("Mobile", "9"), ("Desktop", "4"))


def build_ranges(**own: Cells) -> list[Exhibit]:
    columns = ("Units", "Stock")
    return [
        build_exhibit(
            name, columns, cells, dimension="product", scope=(("category", name), ("brand", "Bo"))
        )
        for name, cells in own.items()
    ]


def test_tables_of_other_rows_and_the_same_columns_stand_as_blocks() -> None:
    ranges = build_ranges(Bath={"Towel": ("3", "7")}, Table={"Cup": ("5", "9")})
    turned = build_exhibit(
        "e3", ("Stock", "Units"), {"Sheet": ("2", "1")}, dimension="product", scope=ranges[1].scope
    )
    turned = turned.model_copy(update={"scope": (("category", "Bed"), ("brand", "Bo"))})
    (joined,), left_out = arrange_exhibits([*ranges, turned])
    assert not left_out
    assert joined.table
    assert joined.table.columns == ("Product", "Units", "Stock")
    assert joined.table.rows == (
        ("Towel · Bath", "3", "7"),
        ("Cup · Table", "5", "9"),
        ("Sheet · Bed", "1", "2"),
    )
    title = joined.build_card_table()
    assert title
    assert title.title == "Bo · October 2026"


def test_conditions_of_tables_with_the_same_rows_stay_in_their_columns() -> None:
    ranges = build_ranges(Bath={"Towel": ("3", "7")}, Table={"Towel": ("5", "9")})
    heads = ("Product", "Units, Bath", "Stock, Bath", "Units, Table", "Stock, Table")
    assert table_of(*ranges).columns == heads


def test_rows_of_one_name_that_are_other_things_stand_as_blocks() -> None:
    basket, photos = (
        build_exhibit(test, columns, {"A": cells}, dimension="variant", scope=(("test", test),))
        for test, columns, cells in (
            ("Basket", ("People", "Meant"), ("9", "8")),
            ("Photos", ("People", "Rate"), ("5", "4%")),
        )
    )
    assert basket.rows
    own = {"rows": basket.rows.model_copy(update={"are_own": True})}
    (joined,), _ = arrange_exhibits([one.model_copy(update=own) for one in (basket, photos)])
    assert joined.table
    assert joined.table.columns == ("Variant", "People", "Meant", "Rate")
    assert joined.table.rows == (("A · Basket", "9", "8", "–"), ("A · Photos", "5", "–", "4%"))


def test_columns_of_each_comparison_stay_together() -> None:
    heads = ("Orders, October", "September", "Change", "Units, October", "September", "Change")
    compared = build_exhibit("e1", heads, {"Mobile": ("1", "2", "3", "4", "5", "6")})
    facts = (frozenset({"a"}),) * 3 + (frozenset({"b"}),) * 3
    compared = compared.model_copy(update={"column_facts": facts, "column_days": ("",) * 6})
    table = table_of(compared, ORDERS)
    assert table.columns == ("Device", *heads, "Average order")
    assert table.rows == (("Mobile", *"123456", "€114"),)


def test_two_tables_of_other_rows_stand_one_under_the_other_however_long() -> None:
    countries: Cells = {f"Country {n}": (str(n),) for n in range(40)}
    others = [build_exhibit(f"e{n}", ("Orders",), countries, dimension=f"kind {n}") for n in (2, 3)]
    found, left_out = arrange_exhibits([VISITS, *others])
    assert [one.id for one in found] == ["e1", "e2"]
    assert [one.id for one in left_out] == ["e3"]


WIDE = build_exhibit("e1", ("A", "B", "C", "D"), {"Mobile": ("1", "2", "3", "4")})
NARROW = build_exhibit("e2", ("X", "Y"), {"Mobile": ("8", "9")})


@pytest.mark.parametrize(
    ("headline", "points", "heads"),
    [("e1.D", [], "DABCXY"), ("", ["e1.C", "e2.Y"], "CABDYX"), ("", ["e2.Y"], "YXABCD")],
)
def test_columns_of_a_joined_table_stand_together_and_those_of_the_text_first(
    headline: str, points: list[str], heads: str
) -> None:
    table = join_exhibits([WIDE, NARROW]).with_columns_first([headline], points).table
    assert table
    assert table.columns == ("Device", *heads)


def test_wide_table_keeps_what_the_text_compares_before_the_others() -> None:
    heads = [head for one in "ABC" for head in (f"{one}, 2026", "2025", "Change")]
    exhibit = build_exhibit("e1", tuple(heads), {"Mobile": tuple("123456789")})
    facts = tuple(frozenset({one}) for one in "AAABBBCCC")
    exhibit = exhibit.model_copy(update={"column_facts": facts})
    table = exhibit.with_columns_first(["B"], ["C"]).table
    assert table
    assert table.rows == (("Mobile", *"456789"),)
    whole = exhibit.with_columns_first(["B"], ["C"], most=9).table
    assert whole
    assert sorted(whole.rows[0][1:]) == [*"123456789"]
    table = exhibit.with_columns_first(["B"], ["C", "A"]).table
    assert table
    assert table.rows == (("Mobile", *"456127"),)


def test_audiences_stand_in_one_table_that_names_each_once() -> None:
    columns = ("Customers", "Agreed to e-mail")
    wide, narrow = (
        build_exhibit(id, columns, {rule: cells}, dimension=PEOPLE, scope=((PEOPLE, rule),))
        for id, rule, cells in (
            ("e1", "spent at least €300; gone quiet", ("752", "476")),
            ("e2", "in the group At risk", ("61", "39")),
        )
    )
    (joined,), left_out = arrange_exhibits([wide, narrow])
    assert not left_out
    for exhibit, names in ((joined, [wide, narrow]), (wide, [wide])):
        table = exhibit.build_card_table()
        assert table
        assert [row[0] for row in table.rows] == [one.scope[0][1] for one in names]
        assert not any(one.scope[0][1] in table.title.lower() for one in names)
