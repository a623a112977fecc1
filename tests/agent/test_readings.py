"""How the line on a card that says how a question was read is put together."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bot.agent.report_reading import Reading, add_days, read_question
from bot.core.exhibits import AGAINST, PEOPLE, WHEN, Exhibit, join_scope
from bot.core.fact_book import FactBook
from bot.core.facts import Fact, Source
from bot.core.report import ReportForm
from tests.support.tool_runner import call_tool

OF_ADS = {"dataset": "campaigns", "measures": ["campaign_sales"], "dimensions": ["channel"]}
OF_SHOP = {"dataset": "orders", "measures": ["revenue"], "dimensions": ["channel"]}


@pytest.mark.parametrize(("call", "is_told"), [(OF_ADS, True), (OF_SHOP, False)])
async def test_whose_figures_they_are_stands_in_the_title_of_their_table(
    call: Any, is_told: bool
) -> None:
    (exhibit,) = (await call_tool("query_metrics", call)).exhibits
    table = exhibit.build_card_table()
    assert table
    assert ("As reported by the platforms." in table.title) is is_told
    assert "reported" not in exhibit.cut


async def test_figures_of_other_days_in_one_call_are_read_each_on_their_own() -> None:
    asked = {"dataset": "orders", "measures": ["return_rate", "units"]}
    result = await call_tool("query_metrics", asked)
    assert len(result.read_as.splitlines()) == 2
    assert [one.read_as for one in result.exhibits] == result.read_as.splitlines()
    assert {id for one in result.exhibits for id in one.facts} == {one.id for one in result.facts}


def test_how_a_question_was_read_says_whose_figures_they_are_where_all_of_them_are() -> None:
    own, theirs = Exhibit(shows=""), Exhibit(shows="", footnote="As reported by the platforms.")
    assert Reading("spend", (theirs, theirs)).footnote == theirs.footnote
    assert not Reading("spend, orders", (theirs, own)).footnote
    assert not Reading("orders", (own,)).footnote


def test_a_text_stands_once_with_what_and_by_what_first_and_the_days_last() -> None:
    scope = [("days", "October 2026"), ("channel", "advertising"), ("by", "by month")]
    named = [("what", "Advertising"), *scope]
    assert join_scope(named) == "Advertising by month · October 2026"
    assert join_scope([*scope, ("what", "spend"), ("what", "clicks"), ("what", "spend")]) == (
        "spend, clicks by month · advertising · October 2026"
    )


def test_days_are_told_where_nobody_named_any() -> None:
    exhibit = Exhibit(shows="", scope=(("what", "orders"),), days="1 May to 3 June 2026")
    assert exhibit.tell_scope(()) == "orders · 1 May to 3 June 2026"
    assert exhibit.model_copy(update={"days": ""}).tell_scope((), "2025") == "orders · 2025"


def test_a_call_without_an_exhibit_says_what_its_figures_are_of() -> None:
    """As `render_result` keeps it; beside measures of its own, an exhibit has no others."""
    scope = (("what", "visits"), ("days", "1 to 6 May 2026"))
    bare = Exhibit(shows="", scope=scope)
    assert bare.tell_scope(()) == "visits · 1 to 6 May 2026"
    named = bare.model_copy(update={"measure_facts": {"orders": frozenset({"f"})}})
    assert named.tell_scope(("f",)) == "orders · 1 to 6 May 2026"


def test_days_that_nobody_named_are_left_out_beside_those_of_a_condition() -> None:
    scope = [("what", "late orders"), (WHEN, "delivered from 16 to 22 November 2026")]
    assert join_scope(scope, "2025").endswith("late orders · delivered from 16 to 22 November 2026")
    assert join_scope([*scope, ("days", "May 2026")], "2025").endswith("· May 2026")


async def test_a_condition_on_days_tells_its_period_once_and_as_short_as_people_do() -> None:
    asked = {
        "field": "delivered_day",
        "operator": "between",
        "values": ["2026-10-05", "2026-10-11"],
    }
    call = {"dataset": "orders", "measures": ["orders"], "filters": [[asked]]}
    (exhibit,) = (await call_tool("query_metrics", call)).exhibits
    assert exhibit.tell_scope(()) == "orders · delivered from 5 to 11 October 2026"


def build_fact(id: str, since: date | None = None, until: date | None = None, **more: Any) -> Fact:
    source, as_of = Source(file="orders.csv"), date(2026, 11, 23)
    days = {"since": since, "until": until}
    return Fact(
        id=f"orders.{id}", label="a", value=Decimal(5), source=source, as_of=as_of, **days, **more
    )


WEEK = (date(2026, 11, 16), date(2026, 11, 22))
WEEK_BEFORE = (date(2026, 11, 9), date(2026, 11, 15))
SIX_WEEKS = (date(2026, 10, 12), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("headline", "point", "shown"),
    [
        ("{f1} sold", "{f3:from-to} came late.", "{f3:from-to} came late (12 Oct to 22 Nov)."),
        ("{f1} sold", "{f3} came late", "{f3} came late (12 Oct to 22 Nov)"),
        ("{f1} sold", "Since October {f3} came late.", None),  # it names days
        ("{f1} sold", "The week before it was {f2}.", None),  # what the headline compares with
        ("{f1} sold", "Of {f1}, {f3} came late.", None),  # figures of two kinds of days
        ("{f1} sold", "{f4} are in stock.", None),  # of no days
        ("{f4} are in stock", "{f3} came late.", None),
    ],
)
def test_a_point_of_other_days_than_the_headline_says_them(
    headline: str, point: str, shown: str | None
) -> None:
    facts = {
        "f1": build_fact("a.now", *WEEK, compared_with="orders.a.before"),
        "f2": build_fact("a.before", *WEEK_BEFORE),
        "f3": build_fact("b.now", *SIX_WEEKS, compared_with="orders.b.before"),
        "f4": build_fact("c.now"),
        "f5": build_fact("b.before", date(2026, 8, 31), date(2026, 10, 11)),
    }
    book = FactBook(facts.values())
    request = SimpleNamespace(language="en")
    ctx: Any = SimpleNamespace(book=book, request=request, today=date(2026, 11, 24))
    form = ReportForm(
        headline=headline, points=[point], exhibit="e1", cannot_tell="", not_used=[], next_steps=[]
    )
    dated = add_days(form, ctx)
    assert dated.points == [shown or point]
    assert add_days(dated, ctx) == dated


def build_call(id: str, *scope: tuple[str, str]) -> Exhibit:
    return Exhibit(id=id, shows=id, read_as=id, scope=scope, facts=(f"orders.x.{id}",))


def fill(text: str, _language: str) -> Any:
    return SimpleNamespace(text=text)


def read(
    headline: str, points: list[str], *calls: Exhibit, chosen: Exhibit | None = None, alike: int = 0
) -> str:
    """Return how it was read; f1, f2 … are the facts of the calls, the first `alike` ones of the
    same figure."""
    facts = {
        f"f{number}": Fact(
            id=one.facts[0],
            label="orders",
            value=Decimal(max(number, alike)),
            source=Source("orders.csv"),
            as_of=date(2026, 11, 1),
        )
        for number, one in enumerate(calls, 1)
    }
    form: Any = SimpleNamespace(headline=headline, points=points, cannot_tell="")
    request = SimpleNamespace(language="en", brief=SimpleNamespace(follows="", words=""))
    book = SimpleNamespace(get=facts.get, facts=[*facts.values()], fill=fill)
    ctx: Any = SimpleNamespace(
        book=book, exhibits=calls, request=request, read_as=(), today=date(2026, 11, 1)
    )
    reading = read_question(form, chosen, ctx)
    return "\n".join([reading.line, *reading.beside])


def test_a_figure_that_the_shown_table_has_too_is_read_as_this_one() -> None:
    change, table = build_call("change", ("what", "change")), build_call("table", ("what", "sales"))
    assert read("{f1}", [], change, table, chosen=table, alike=2) == "Sales"
    assert read("{f1}", [], change, table, chosen=table) == "Change"


def test_people_of_a_point_are_not_those_of_the_headline() -> None:
    gold, quiet = (build_call(one, (PEOPLE, one)) for one in ("gold", "quiet"))
    assert read("It can't be told", ["{f1} are gold"], gold, quiet) == ""
    assert read("{f1} are gold", ["{f2} are quiet"], gold, quiet) == "Gold"
    assert read("{f1} are gold, {f2} quiet", [], gold, quiet) == "Gold\nQuiet"


def test_calls_of_one_line_differ_in_one_condition_and_others_have_their_own() -> None:
    may, june = ("days", "May 2026"), ("days", "June 2026")
    french, british = (("country", one) for one in ("France", "United Kingdom"))
    mobile, desktop = (("device", one) for one in ("mobile", "desktop"))
    first = build_call("a", french, mobile, may)
    for other, line in (
        (build_call("b", british, mobile, may), "France, United Kingdom · mobile · May 2026"),
        (
            build_call("b", french, mobile, june),
            "France · mobile · May 2026\nFrance · mobile · June 2026",
        ),
        (
            build_call("b", british, desktop, may),
            "France · mobile · May 2026\nUnited Kingdom · desktop · May 2026",
        ),
        (build_call("b", mobile, may), "France · mobile · May 2026"),  # it says nothing of its own
    ):
        assert read("{f1} and {f2}", [], first, other) == line
        assert read("{f1}", ["{f2}"], first, other) == "France · mobile · May 2026"


def test_a_comparison_is_named_only_where_its_figures_are_told() -> None:
    days = ("days", "May 2026")
    first = build_call("now", days, (AGAINST, "May 2026 compared with April 2026"))
    last_year = build_call("now-change", days, (AGAINST, "May 2026 compared with last year"))
    assert read("{f1}, {f2}", [], first, last_year) == "May 2026 compared with last year"
    assert read("{f1}", ["{f2}"], first, last_year) == "May 2026"
