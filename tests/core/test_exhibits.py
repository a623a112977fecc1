"""The table of an exhibit as a card shows it."""

from bot.core.charts import Exhibit, is_row_name
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


def test_row_is_found_with_and_without_quotation_marks() -> None:
    assert is_row_name("too small", ("“too small”", "25"))
    assert is_row_name("« trop petit »", ("trop petit", "25"))
    assert not is_row_name("small", ("“too small”", "25"))
