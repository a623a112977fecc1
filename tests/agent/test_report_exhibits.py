"""Which columns of a table a report shows."""

from types import SimpleNamespace
from typing import Any

from bot.agent.report_exhibits import (
    _add_alike,
    _cut_columns,
    _explain_gaps,
    _leave_out_empty,
)
from bot.core.exhibits import Exhibit
from bot.core.parts import Table

HEADS = ("Revenue", "Net revenue", "Returned", "Orders")
WEEKS = Exhibit(
    shows="",
    table=Table(
        columns=("Week", *HEADS),
        rows=(("This", "€9", "€9", "0", "4"), ("Last", "€7", "–", "–", "7")),
    ),
    column_facts=tuple(frozenset({head}) for head in HEADS),
)
CTX: Any = SimpleNamespace(request=SimpleNamespace(language="en"))


def test_column_that_tells_nothing_of_its_own_is_left_out() -> None:
    left = _leave_out_empty(WEEKS, {"Orders"}, CTX)
    assert left.table
    assert left.table.columns == ("Week", "Revenue", "Orders")
    assert left.cut == "Returned: 0 in each row."


def test_measures_whose_earlier_figures_have_no_room_are_named() -> None:
    heads = [head for one in "ABCDE" for head in (f"{one}, this week", "last", "Change")]
    exhibit = Exhibit(
        shows="",
        table=Table(columns=("Channel", *heads), rows=(("Ads", *map(str, range(15))),)),
        column_facts=tuple(frozenset({one}) for one in "AAABBBCCCDDDEEE"),
    )
    cut = _cut_columns(exhibit, [], ["B", "D"], 6, CTX)
    assert cut.table
    assert cut.table.rows == (("Ads", "3", "4", "5", "9", "10", "11"),)
    assert cut.cut == "Not shown, for lack of room: A, C, E."
    cut = _cut_columns(exhibit, ["A"], ["B", "D"], 6, CTX)
    assert cut.table
    assert cut.table.rows == (("Ads", "0", "1", "2", "3", "4", "9"),)
    assert cut.cut.endswith("Earlier figures not shown, for lack of room: D.")


def test_column_that_a_sentence_cites_stays() -> None:
    assert _leave_out_empty(WEEKS, {"Returned", "Net revenue"}, CTX) == WEEKS


def test_columns_of_two_tables_are_cited_by_their_heads() -> None:
    other = WEEKS.model_copy(
        update={"column_facts": tuple(frozenset({f"other {head}"}) for head in HEADS)}
    )
    assert _add_alike(["Orders"], [WEEKS, other]) == {"Orders", "other Orders"}


def test_column_of_which_a_sentence_cites_another_row_is_cited() -> None:
    heads = (*"abcdef", "share-of-budget")
    ads = Exhibit(
        shows="",
        table=Table(columns=("Campaign", *heads), rows=(("Linen", *"123456", "40%"),)),
        column_facts=tuple(frozenset({f"campaigns.name--linen.{one}"}) for one in heads),
    )
    cited = _add_alike(["campaigns.ads.share-of-budget"], [ads])
    assert cited == {"campaigns.ads.share-of-budget", "campaigns.name--linen.share-of-budget"}
    cut = _cut_columns(ads, [], cited, 6, CTX)
    assert cut.table
    assert cut.table.columns[1] == "share-of-budget"
    assert cut.cut == "Not shown, for lack of room: f."


def test_a_cell_without_a_figure_is_explained_once() -> None:
    told = _explain_gaps(WEEKS, CTX)
    assert told.cut.startswith("“–”: ")
    assert _explain_gaps(told, CTX) == told
    assert _explain_gaps(WEEKS.with_columns([0]), CTX).cut == ""
