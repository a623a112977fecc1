"""Which columns of a table a report shows."""

from types import SimpleNamespace
from typing import Any

from bot.agent.report_exhibits import _add_alike, _explain_gaps, _leave_out_empty
from bot.core.exhibits import Exhibit
from bot.core.parts import Table
from bot.data.metrics.query.order_cautions import LATE_RETURNS

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


def test_column_that_tells_nothing_of_its_own_is_said_once_in_its_place() -> None:
    left = _leave_out_empty(WEEKS, {"Orders"}, CTX)
    assert left.table
    assert left.table.columns == ("Week", "Revenue", "Orders")
    assert left.cut == "Net revenue: the same as revenue.\nReturned: 0 in each row."


def test_a_column_that_returns_may_still_change_is_alike_only_so_far() -> None:
    late = WEEKS.model_copy(update={"footnote": f"As told. {LATE_RETURNS.text}"})
    left = _leave_out_empty(late, {"Orders"}, CTX)
    assert left.cut.startswith("Net revenue: the same as revenue so far, before")


def test_column_that_a_sentence_cites_stays() -> None:
    assert _leave_out_empty(WEEKS, {"Returned", "Net revenue"}, CTX) == WEEKS


def test_columns_of_two_tables_are_cited_by_their_heads() -> None:
    other = WEEKS.model_copy(
        update={"column_facts": tuple(frozenset({f"other {head}"}) for head in HEADS)}
    )
    assert _add_alike(["Orders"], [WEEKS, other]) == {"Orders", "other Orders"}


def test_a_cell_without_a_figure_is_explained_once() -> None:
    told = _explain_gaps(WEEKS, CTX)
    assert told.cut.startswith("“–”: ")
    assert _explain_gaps(told, CTX) == told
    assert _explain_gaps(WEEKS.with_columns([0]), CTX).cut == ""
