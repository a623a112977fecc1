"""Answers of an AI that looks figures up: code fills them in, and what is wrong is not shown."""

import re
from typing import Any

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from bot.core.request import Question
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls, list_judged, says, verdict
from tests.support.skill_runner import AI, collect_text, run
from tests.support.tool_runner import full_params

QUERY = {
    "dataset": "orders",
    "measures": ["orders", "revenue"],
    "dimensions": ["country"],
    "filters": [],
    "since": "2026-10-01",
    "until": "2026-10-31",
    "comparison": "none",
    "compare_since": "none",
    "compare_until": "none",
    "having": [],
    "order": "highest",
    "limit": 0,
}
LOOKS_UP = calls(("query_metrics", QUERY))


def report(headline: str, *points: str, **more: Any) -> Step:
    form = {"exhibit": "none", "cannot_tell": "none", "not_used": [], "next_steps": []}
    return says({"headline": headline, "points": list(points), **form, **more})


async def answer(
    *script: Step, words: str = "orders by country in October?", skill: str = "answer"
) -> tuple[Any, Any]:
    """The result, and the transcript of what the AI was sent."""
    async with ScriptedClaude(*script) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run(words, writer=writer, skill=skill)
        await writer.close()
    return found, claude.letters


def readings_of(found: DraftResult, key: str) -> set[str | None]:
    """How the look-ups of the figures of a part were read."""
    (part,) = (part for part in found.parts if part.key == key)
    return {fact.reading for fact in found.evidence.facts if fact.id in part.facts}


def table_of(found: DraftResult) -> Table:
    (table,) = (part.body for part in found.parts if part.kind == "table")
    assert isinstance(table, Table)
    return table


def text_of(found: DraftResult, title: str) -> list[str]:
    return [part.text for part in found.parts if part.title == title]


async def test_figures_are_filled_in_and_cited() -> None:
    found, letters = await answer(LOOKS_UP, report("{f1} in the whole shop.", exhibit="e1"))
    result = letters[1]["messages"][-1]["content"][0]
    assert "f1:" in str(result)
    (headline,) = text_of(found, "Finding")
    assert "{" not in headline
    assert "orders" in headline
    assert found.parts[0].facts
    assert {fact.id for fact in found.evidence.facts} >= set(found.parts[0].facts)
    assert text_of(found, "In figures")
    assert text_of(found, "Read as") == ["Orders by country · October 2026"]
    assert text_of(found, "Data")[0].startswith("orders, ")
    assert [(check.level, check.rule) for check in found.checks] == [
        ("pass", "figure"),
        ("pass", "claim"),
    ]


async def test_how_it_was_read_is_one_line_of_the_look_up_that_the_headline_shows() -> None:
    looked_up = calls(
        *(
            ("query_metrics", {**QUERY, "measures": [measure], "dimensions": []})
            for measure in ("orders", "units", "revenue", "customers")
        )
    )
    found, _letters = await answer(looked_up, report("{f4}.", "{f3} of {f1}."))
    assert text_of(found, "Read as") == ["Customers · October 2026"]


async def test_one_line_is_of_the_calls_of_the_headline_and_figures_have_their_own_call() -> None:
    looked_up = calls(
        *(
            ("query_metrics", {**QUERY, "measures": [measure], "dimensions": [], "since": since})
            for measure, since in (
                ("orders", "2026-10-01"),
                ("units", "2026-10-01"),
                ("units", "2026-10-10"),
            )
        )
    )
    ratio = calls(("calculate", {"operation": "ratio", "figures": ["f2", "f1"], "percent": 0}))
    found, _letters = await answer(looked_up, ratio, report("{f4} of them.", "{f3} since then."))
    assert text_of(found, "Read as") == ["Orders, units · October 2026"]
    assert readings_of(found, "points.1") == {"Units · 10 to 31 Oct 2026"}
    other = report("{f2} in all.", exhibit="e3")  # it holds no figure of this
    found, letters = await answer(looked_up, other, other)
    assert text_of(found, "Read as") == ["Units · October 2026"]
    assert not [part for part in found.parts if part.key == "table"]
    assert "e3 would not be shown" in str(letters[2]["messages"][-1]["content"])
    assert "(e2)" in str(letters[2]["messages"][-1]["content"])


async def test_line_is_of_the_headline_s_figures_else_of_the_shown_look_up() -> None:
    is_country = {"field": "country", "operator": "is"}
    parts = [
        ("query_metrics", {**BY_DEVICE, "filters": [[{**is_country, "values": [code]}]]})
        for code in ("FR", "GB")
    ]
    looked_up = calls(*parts, ("query_metrics", QUERY))
    found, _letters = await answer(looked_up, report("All is well.", "{f1}.", exhibit="e3"))
    assert text_of(found, "Read as")[0].startswith("Orders by country ·")
    found, _letters = await answer(
        calls(*parts), report("{f1} in all.", exhibit="e1", further_exhibits=["e2"])
    )
    assert text_of(found, "Read as") == ["Average order by device · France · October 2026"]
    assert "United Kingdom" in table_of(found).columns[-1]


async def test_a_point_on_other_days_has_its_own_reading_and_its_table_may_be_shown() -> None:
    later = {**QUERY, "since": "2026-10-10"}
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "dimensions": []}),
        ("query_metrics", {**later, "measures": ["units"]}),
    )
    said = report("{f1} in all.", "{f2} since then.", exhibit="e2")
    found, _letters = await answer(looked_up, said)
    assert text_of(found, "Read as") == ["Orders · October 2026"]
    assert readings_of(found, "headline") == {"Orders · October 2026"}
    assert readings_of(found, "table") == {"Units by country · 10 to 31 Oct 2026"}
    assert table_of(found).rows


async def test_each_call_has_its_own_reading_and_the_card_that_of_one() -> None:
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "dimensions": ["country"]}),
        (
            "query_metrics",
            {**QUERY, "measures": ["units"], "dimensions": ["device"], "since": "2026-10-10"},
        ),
        ("query_metrics", {**QUERY, "measures": ["visits"], "dimensions": [], "dataset": "visits"}),
    )
    said = report("None of both.", "{f1} and {f9}.", "{f12} came.")
    found, _letters = await answer(looked_up, said)
    assert text_of(found, "Read as") == ["Orders by country · October 2026"]
    every = readings_of(found, "points.1") | readings_of(found, "points.2")
    assert every == {
        "Orders by country · October 2026",
        "Units by device · 10 to 31 Oct 2026",
        "Visits · October 2026",
    }


async def test_a_comparison_is_read_only_where_the_card_shows_one() -> None:
    compared = {**QUERY, "measures": ["orders"], "dimensions": []}
    looked_up = calls(("query_metrics", {**compared, "comparison": "previous_period"}))
    for text, exhibit, is_told in (
        ("{f1} in all.", "none", False),
        ("{f1:from-to} in all.", "none", True),
        ("{f3} in all.", "none", True),
        ("{f1} in all.", "e1", False),  # its title says it
    ):
        found, _letters = await answer(looked_up, report(text, exhibit=exhibit))
        (reading,) = text_of(found, "Read as")
        assert reading.startswith("Orders · October 2026")
        assert ("compared with" in reading) == is_told, text


@pytest.mark.parametrize(
    ("headline", "point", "skill", "goes_back"),
    [
        ("{f2} of them.", "none", "blockers", True),
        ("All is well.", "{f2} of them.", "blockers", False),
        ("{f2} of them.", "none", "answer", False),
    ],
)
async def test_a_break_that_is_the_finding_asks_for_what_customers_write(
    headline: str, point: str, skill: str, goes_back: bool
) -> None:
    """Beside another finding it does not, nor where nobody asked why, whatever else the data
    can't tell."""
    said = report(headline, point, cannot_tell="what comes in December (no file holds it)")
    found, letters = await answer(
        calls(("funnel", full_params("funnel", {}))), said, said, skill=skill
    )
    sent = [str(letter["messages"][-1]["content"]) for letter in letters]
    assert any("call feedback_themes as well" in one for one in sent[2:]) is goes_back
    card = "What customers write about it was not looked at."
    assert any(card in text for text in text_of(found, "Read as")) is goes_back


async def test_people_and_the_second_reader_see_the_days_of_a_point_of_other_days() -> None:
    other = {**QUERY, "dimensions": [], "since": "2026-08-03", "until": "2026-09-20"}
    looked_up = calls(("query_metrics", {**QUERY, "dimensions": []}), ("query_metrics", other))
    async with ScriptedClaude(looked_up, report("{f1} in all.", "{f3} were sent.")) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders in October?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    (point,) = text_of(found, "Further points")
    assert point.endswith(" were sent (3 Aug to 20 Sept).")
    assert point.replace("\u00a0", " ") in {
        text.replace("\u00a0", " ") for text in list_judged(claude.judged[0]).values()
    }


async def test_end_of_returns_is_said_once_of_the_measures_that_a_point_tells() -> None:
    returns = {**QUERY, "dimensions": [], "measures": ["return_rate", "returned"]}
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "dimensions": [], "until": "none"}),
        ("query_metrics", {**returns, "until": "none"}),
    )
    beside, of_headline = report("{f1} in all.", "{f2} came back."), report("{f2} came back.")
    found, _letters = await answer(looked_up, beside)
    (reading,) = text_of(found, "Read as")
    first, end = reading.splitlines()
    assert first.startswith("Orders")
    assert end.startswith("Return rate (of units): up to ")
    found, _letters = await answer(looked_up, of_headline)
    assert len(text_of(found, "Read as")[0].splitlines()) == 1  # the line has its days
    day = end.removeprefix("Return rate (of units): up to ").partition(",")[0]
    found, _letters = await answer(looked_up, report("{f1} in all.", f"{{f2}} until {day}."))
    assert len(text_of(found, "Read as")[0].splitlines()) == 1


async def test_figures_beyond_a_condition_of_the_question_are_named() -> None:
    france = [[{"field": "country", "operator": "is", "values": ["FR"]}]]
    calls_of = {**QUERY, "dimensions": []}
    looked_up = calls(
        ("query_metrics", {**calls_of, "measures": ["orders"], "filters": france}),
        ("query_metrics", {**calls_of, "measures": ["units"]}),
        ("query_metrics", {**calls_of, "measures": ["orders"]}),
    )
    for asked, point, is_told in (
        ("french orders in October?", "{f2} went out.", True),
        ("orders in October?", "{f2} went out.", False),
        ("french orders in October?", "{f3} in the whole shop.", False),  # a comparison
    ):
        found, _letters = await answer(looked_up, report("{f1} in all.", point), words=asked)
        (reading,) = text_of(found, "Read as")
        assert ("Units: not limited to France" in reading) == is_told, (asked, point)


async def test_a_table_beyond_a_condition_of_the_question_says_so_in_its_title() -> None:
    france = [[{"field": "country", "operator": "is", "values": ["FR"]}]]
    by_device = {**QUERY, "dimensions": ["device"], "measures": ["orders"]}
    looked_up = calls(
        ("query_metrics", {**QUERY, "dimensions": [], "measures": ["orders"], "filters": france}),
        ("query_metrics", by_device),
        ("query_metrics", {**by_device, "filters": france}),
    )
    for exhibit, is_wide in (("e2", True), ("e3", False)):
        said = report("{f1} in all.", "{f2} and {f6}.", exhibit=exhibit)
        found, _letters = await answer(looked_up, said, words="french orders in October?")
        assert ("Not limited to France." in table_of(found).title) is is_wide


async def test_what_is_wider_is_named_by_its_look_up() -> None:
    """Of the funnel, “rate” alone says nothing."""
    france = [[{"field": "country", "operator": "is", "values": ["FR"]}]]
    looked_up = calls(
        ("query_metrics", {**QUERY, "dimensions": [], "measures": ["orders"], "filters": france}),
        ("funnel", full_params("funnel", {})),
    )
    said = report("{f1} in all.", "{f3} went on.")
    found, _letters = await answer(looked_up, said, words="french orders in October?")
    assert "Path to purchase: not limited to France" in text_of(found, "Read as")[0]


async def test_an_audience_within_the_condition_is_not_called_wider() -> None:
    only = [[{"field": "country", "operator": "is", "values": ["FR"]}]]
    looked_up = calls(
        ("query_metrics", {**QUERY, "dimensions": [], "measures": ["orders"], "filters": only}),
        ("audience", full_params("audience", {"countries": ["FR"]})),
    )
    for number in range(2, 8):
        said = report("{f1} in all.", f"{{f{number}}} of them.")
        found, _letters = await answer(looked_up, said, words="french orders in October?")
        assert "Not only" not in text_of(found, "Read as")[0]


async def test_bound_that_no_group_reaches_stays_in_the_reading() -> None:
    bound = [{"measure": "orders", "operator": "at_least", "value": "1000000"}]
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "having": bound}),
        ("query_metrics", {**QUERY, "measures": ["orders"]}),
    )
    said = report("None has as many.", "{f1} in all.", exhibit="e2")
    found, _letters = await answer(looked_up, said)
    (reading,) = text_of(found, "Read as")
    assert "at least 1" in reading
    said = report("{f4} at most.", "{f1} in all.", exhibit="e2")
    found, _letters = await answer(looked_up, said)
    assert "at least 1" not in text_of(found, "Read as")[0]
    (of_total,) = readings_of(found, "points.1")
    assert "at least 1" not in str(of_total)


async def test_figures_without_an_exhibit_say_how_they_were_read() -> None:
    days = {"since": "2026-12-01", "until": "2026-12-31"}
    names = ("product", "category", "country", "source", "device")
    scenario = {"days": 30, **dict.fromkeys(names, "none"), **days}
    looked_up = calls(
        ("forecast", scenario),
        ("query_metrics", {**QUERY, "measures": ["orders"]}),
    )
    found, _letters = await answer(looked_up, report("{f1} to come."))
    (reading,) = text_of(found, "Read as")
    assert reading.startswith("Scenario")


async def test_how_many_rows_are_shown_is_said_of_the_shown_table_alone() -> None:
    measures = ["revenue", "orders", "units", "customers", "average_order", "new_customers"]
    wide = {**QUERY, "dimensions": ["product"], "limit": 60}
    wide["measures"] = [*measures, "refunded", "units_per_order"]
    looked_up = calls(("query_metrics", wide), ("query_metrics", QUERY))
    shown, _letters = await answer(looked_up, report("{f2} in all.", exhibit="e1"))
    assert "rows shown." in table_of(shown).note
    for exhibit in ("e2", "none"):
        found, letters = await answer(looked_up, report("{f2} in all.", exhibit=exhibit))
        assert not any("rows shown" in part.text for part in found.parts)
        assert "Ask for" not in " ".join(part.text for part in found.parts)
    assert "Ask for fewer measures" in str(letters[1])


async def test_a_wide_table_keeps_the_measures_of_the_headline_and_what_fits_beside() -> None:
    measures = ["revenue", "orders", "units", "customers", "average_order", "new_customers"]
    few = {"dimensions": ["customer_type"], "comparison": "previous_period"}
    wide = {**QUERY, "measures": measures, **few}
    said = report("{f10} in the whole shop.", exhibit="e1")
    found, _letters = await answer(calls(("query_metrics", wide)), said)
    (fact,) = [one for one in found.evidence.facts if one.id in found.parts[0].facts]
    columns = table_of(found).columns
    assert len(columns) == 1 + 3 + 3  # of the others without their earlier figures
    assert "Not shown, for lack of room: average order, new customers." in table_of(found).note
    assert columns[1].lower().startswith(fact.label)
    assert {id.rpartition(".")[2].removesuffix("-change") for id in table_of(found).facts} < {
        one.replace("_", "-") for one in measures
    }


async def test_rows_that_the_question_excludes_stand_neither_in_table_nor_picture() -> None:
    whole, _letters = await answer(LOOKS_UP, report("{f1} in the shop.", exhibit="e1"))
    form = report("{f1} in the shop.", exhibit="e1", excluded_rows=["belgium"])
    found, letters = await answer(LOOKS_UP, form, words="orders by country, not Belgium")
    assert len(letters) == 2
    before, after = ({row[0] for row in table_of(one).rows} for one in (whole, found))
    assert before - after == {"Belgium", "Total"}  # which is of Belgium as well
    gone = {*table_of(whole).facts} - {*table_of(found).facts}
    assert {id.rpartition(".")[0].split("-")[2] for id in gone} == {"be"}
    (picture,) = (part.body for part in found.parts if part.key == "picture")
    assert "Belgium" not in picture.alt
    wrong = report("{f1} in the shop.", exhibit="e1", excluded_rows=["Narnia"])
    _found, letters = await answer(LOOKS_UP, wrong, form)
    assert "no row “Narnia”; its rows: France" in str(letters[2]["messages"][-1]["content"])


async def test_picture_shows_the_measure_of_the_finding_or_nothing() -> None:
    """The chart draws orders; facts come in the order of the columns: orders, then revenue."""
    about = {}
    for name in ("f1", "f2"):
        found, _letters = await answer(LOOKS_UP, report(f"{{{name}}} in the shop.", exhibit="e1"))
        about[found.parts[0].facts[0].rpartition(".")[2]] = [
            part.body for part in found.parts if part.key == "picture"
        ]
    assert len(about["orders"]) == 1
    assert "EUR" not in about["orders"][0].alt
    assert "€" not in about["orders"][0].alt
    assert "in the shop" in about["orders"][0].alt  # its title is the finding
    assert about["revenue"] == []


async def test_table_stands_where_bars_would_leave_out_what_is_told() -> None:
    compared = calls(("query_metrics", {**QUERY, "comparison": "previous_period"}))
    several = report("{f1} in the shop.", "They made {f2}.", exhibit="e1")
    asked = report("{f1} in the shop.", exhibit="e1", as_table=True)
    bars = report("{f1} in the shop.", exhibit="e1")
    for looked_up, form in ((compared, bars), (LOOKS_UP, several), (LOOKS_UP, asked)):
        found, _letters = await answer(looked_up, form)
        assert "picture" not in {part.key for part in found.parts}
        assert "Total" in [row[0] for row in table_of(found).rows]
    found, _letters = await answer(compared, bars)
    assert table_of(found).columns[:4] == ("Country", "Orders, October", "September", "Change")
    found, _letters = await answer(LOOKS_UP, bars)
    assert "picture" in {part.key for part in found.parts}


BY_DEVICE = {**QUERY, "measures": ["average_order"], "dimensions": ["device"]}
VISITS_BY_DEVICE = {**BY_DEVICE, "dataset": "visits", "measures": ["conversion", "visits"]}
TWO_SETS = calls(("query_metrics", VISITS_BY_DEVICE), ("query_metrics", BY_DEVICE))


@pytest.mark.parametrize(("until", "says_so"), [("2026-10-31", True), ("2026-10-20", False)])
async def test_returns_that_are_counted_to_later_days_than_the_rate_say_so(
    until: str, says_so: bool
) -> None:
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["return_rate"], "dimensions": []}),
        (
            "query_metrics",
            {**QUERY, "measures": ["returned"], "dimensions": ["return_reason"], "until": until},
        ),
    )
    found, _letters = await answer(looked_up, report("{f1}.", "{f2} in all."))
    lines = text_of(found, "Read as")[0].splitlines()
    assert any("still to come" in line for line in lines) is says_so


async def test_tables_of_two_look_ups_with_the_same_rows_become_one() -> None:
    both = report("{f1} in the shop.", exhibit="e1", further_exhibits=["e2"])
    found, letters = await answer(TWO_SETS, both)
    assert len(letters) == 2
    assert "can be one table with e1" in str(letters[1]["messages"][-1]["content"])
    table = table_of(found)
    assert table.columns == ("Device", "Conversion rate", "Visits", "Average order")
    assert table.title == "By device · October 2026"
    assert all("–" not in row for row in table.rows)
    assert {fact.parts.measure for fact in found.evidence.facts} >= {"conversion", "average-order"}
    assert "picture" not in {part.key for part in found.parts}


async def test_figure_of_the_headline_is_in_the_table_whichever_look_up_has_it() -> None:
    _found, letters = await answer(TWO_SETS, report("{f1} in the shop."))
    told = str(letters[1]["messages"][-1]["content"][1])
    name = re.findall(r"(f\d+): [^\\]*mobile", told)[0]
    found, _letters = await answer(TWO_SETS, report(f"{{{name}}} and {{f1}}.", exhibit="e1"))
    assert "Average order" in table_of(found).columns
    assert {*table_of(found).facts} <= {fact.id for fact in found.evidence.facts}


async def test_table_cites_no_row_of_another_that_it_has_not() -> None:
    few = {**QUERY, "dimensions": ["product"], "measures": ["orders"], "limit": 3}
    many = {**few, "measures": ["revenue"], "limit": 8}
    form = report("{f1} in the shop.", exhibit="e1", further_exhibits=["e2"])
    found, _letters = await answer(
        calls(("query_metrics", few), ("query_metrics", many)), form, form
    )
    facts = {fact.id: fact for fact in found.evidence.facts}
    table = table_of(found)
    assert table.columns == ("Product", "Orders", "Revenue")
    names = {facts[id].about for id in table.facts} - {""}
    assert names <= {row[0] for row in table.rows} | {"Others"}
    assert len(names) >= 3


async def test_second_table_stands_below_the_first_with_what_it_leaves_out() -> None:
    both = report("{f1} in the shop.", exhibit="e1", further_exhibits=["e2"])
    products = {**QUERY, "dimensions": ["product", "country"], "limit": 12}
    for other, head, is_cut in ((products, "Product", True), (QUERY, "Country", False)):
        looked_up = calls(("query_metrics", BY_DEVICE), ("query_metrics", other))
        found, letters = await answer(looked_up, both)
        assert len(letters) == 2
        tables = [part.body for part in found.parts if isinstance(part.body, Table)]
        assert [one.columns[0] for one in tables] == ["Device", head]
        assert ("people are not shown" in tables[1].note) is is_cut


async def test_tables_of_the_same_periods_become_one() -> None:
    days = {"since": "2026-08-10", "until": "2026-08-16"}  # without an occasion
    compared = {**QUERY, **days, "dimensions": [], "comparison": "previous_period"}
    looked_up = calls(
        ("query_metrics", {**compared, "measures": ["orders"]}),
        ("query_metrics", {**compared, "measures": ["average_order"]}),
    )
    both = report("{f1} in the shop.", exhibit="e1", further_exhibits=["e2"])
    found, _letters = await answer(looked_up, both)
    assert table_of(found).columns == ("Period", "Orders", "Average order")
    assert len([part for part in found.parts if isinstance(part.body, Table)]) == 1


async def test_ranking_that_leaves_out_small_groups_says_so_on_the_card() -> None:
    ranked = {
        **QUERY,
        "measures": ["orders"],
        "dimensions": ["country", "product"],
        "limit": 5,
    }
    looked_up = calls(("query_metrics", ranked), ("query_metrics", QUERY))
    by = "by country and product"
    hidden = "Groups of under 5 people are not shown."
    found, _letters = await answer(looked_up, report("{f2} of this product."))
    first, second = text_of(found, "Read as")[0].splitlines()
    assert first == f"Orders {by} · October 2026"
    assert second.startswith(f"B{by[1:]}: {hidden}")
    found, _letters = await answer(looked_up, report("Here is the ranking.", exhibit="e1"))
    assert text_of(found, "Read as") == [first]
    assert hidden in table_of(found).note
    for form in (
        report("Here are the countries.", exhibit="e2"),
        report("{f1} of all products.", exhibit="e2"),  # a total has no place
    ):
        found, _letters = await answer(looked_up, form)
        assert not any("not shown" in part.text for part in found.parts)


async def test_several_rankings_that_leave_out_small_groups_take_one_line() -> None:
    ranked = {
        **QUERY,
        "measures": ["units"],
        "dimensions": ["country", "product"],
        "limit": 5,
    }
    by_orders = {**QUERY, "dimensions": ["country", "product"], "limit": 5}
    looked_up = calls(("query_metrics", ranked), ("query_metrics", by_orders))
    found, _letters = await answer(
        looked_up, report("Here are both rankings.", "{f2} of this product.", exhibit="e2")
    )
    said = text_of(found, "Read as")[0]
    assert said.count("are not shown.") == 1


async def test_typed_figure_goes_back_once_and_is_then_left_out() -> None:
    wrong = report("{f1} in October.", "France has 99,999 of them.")
    found, letters = await answer(LOOKS_UP, wrong, wrong)
    assert len(letters) == 3
    assert "99,999" in str(letters[2]["messages"][-1]["content"])
    assert "99,999" not in collect_text(found)
    assert ("info", "left out") in [(check.level, check.rule) for check in found.checks]


def blame_the_rain(body: dict[str, Any]) -> dict[str, Any]:
    """Judge as a model would that reads its prompt: a cause needs a fact."""
    return {
        "verdicts": [
            verdict(id, "not_supported", "because of the rain", "no fact names a cause")
            if "because of the rain" in text
            else verdict(id)
            for id, text in list_judged(body).items()
        ]
    }


async def test_days_that_the_question_names_are_no_typed_figures() -> None:
    form = report("{f1} in October.", "None of them since 1 June.")
    for words, sent in (("orders since june?", 2), ("commandes depuis juin", 2), ("orders?", 3)):
        _found, letters = await answer(LOOKS_UP, form, form, words=words)
        assert len(letters) == sent, words


async def test_conditions_of_an_audience_bear_out_their_days_and_reach_the_claim_check() -> None:
    given = {"purpose": "sms", "countries": ["FR"], "last_order_until": "2026-05-31"}
    call = full_params("audience", given)
    looked_up = calls(("audience", call))
    told = report("{f4:bare} buyers, last order on 31 May or earlier.")
    async with ScriptedClaude(looked_up, told) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("who stopped?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert len(claude.letters) == 2
    assert found.parts[0].facts[0].startswith("audiences.yours")
    assert "last order on 31 May 2026 or earlier" in str(claude.judged[0]["messages"])


async def test_unsupported_cause_goes_back_once_and_is_then_marked() -> None:
    wrong = report("{f1} in October.", "France led with {f2} because of the rain.")
    async with ScriptedClaude(LOOKS_UP, wrong, wrong, judge=blame_the_rain) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert len(claude.letters) == 3
    assert "because of the rain" in str(claude.letters[2]["messages"][-1]["content"])
    assert len(claude.judged) == 2  # each answer once
    assert "{f2}" not in str(claude.judged[0]["messages"])
    (marked,) = [check for check in found.checks if check.level == "warn"]
    assert (marked.rule, marked.part, marked.quote) == ("claim", "points.1", "because of the rain")


async def test_claim_that_a_correction_brings_in_goes_back_as_well() -> None:
    typed = report("{f1} in October.", "France led with 99,999.")
    wrong = report("{f1} in October.", "France led with {f2} because of the rain.")
    right = report("{f1} in October.", "France led with {f2}.")
    async with ScriptedClaude(LOOKS_UP, typed, wrong, right, judge=blame_the_rain) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert "99,999" in str(claude.letters[2]["messages"][-1]["content"])
    assert "because of the rain" in str(claude.letters[3]["messages"][-1]["content"])
    assert not [check for check in found.checks if check.level == "warn"]


async def test_claims_go_back_once_whatever_code_finds_then() -> None:
    wrong = report("{f1} in October.", "France led with {f2} because of the rain.")
    typed = report("{f1} in October.", "France led with 99,999 because of the rain.")
    async with ScriptedClaude(LOOKS_UP, wrong, typed, wrong, judge=blame_the_rain) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert len(claude.letters) == 4
    assert [check.rule for check in found.checks if check.level == "warn"] == ["claim"]


async def test_claim_check_gets_the_notes_of_the_tools() -> None:
    good = report("{f1} in October.")
    looks = calls(("query_metrics", {**QUERY, "measures": ["orders"], "limit": 1}))
    async with ScriptedClaude(looks, good) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    note = "1 of 6 groups is shown."
    assert note in str(claude.letters[1]["messages"][-1]["content"])
    assert note in str(claude.judged[0]["messages"])


@pytest.mark.parametrize(
    ("cannot_tell", "because", "is_judged"),
    [("why they left (nobody asked)", "people", False), ("who the {f1} were", "people", True)],
)
async def test_what_is_not_answered_for_another_reason_is_no_claim(
    cannot_tell: str, because: str, is_judged: bool
) -> None:
    good = report("{f2} in October.", cannot_tell=cannot_tell, cannot_tell_because=because)
    async with ScriptedClaude(LOOKS_UP, good) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    judged = list_judged(claude.judged[0]).values()
    assert any(one.startswith(cannot_tell.partition("{")[0]) for one in judged) is is_judged
    assert "<<<data" not in str(claude.judged[0]["messages"])


async def test_what_the_data_are_said_to_lack_is_held_to_what_they_hold() -> None:
    lacks = "the region (the file names none)"
    wrong = report("{f2} in October.", cannot_tell=lacks, cannot_tell_because="data")
    better = report("{f2} in October.")

    def judge(letter: dict[str, Any]) -> dict[str, Any]:
        return {
            "verdicts": [
                verdict(id, "not_supported", lacks, "orders have region")
                if text == lacks
                else verdict(id)
                for id, text in list_judged(letter).items()
            ]
        }

    async with ScriptedClaude(LOOKS_UP, wrong, better, judge=judge) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders by region?", writer=writer, skill="answer")
        await writer.close()
    asked = str(claude.judged[0]["messages"])
    assert "can't tell]: the region" in asked
    assert "orders: 24295 order lines" in asked
    assert "the data hold" in str(claude.letters[2]["messages"][-1]["content"])
    assert isinstance(found, DraftResult)
    assert not text_of(found, "Your data can't tell")


@pytest.mark.parametrize(
    ("point", "is_told"),
    [("No campaign ran in these days.", True), ("That is {f2} in one country.", False)],
)
async def test_what_a_report_says_without_a_fact_is_held_to_what_could_be_looked_up(
    point: str, is_told: bool
) -> None:
    async with ScriptedClaude(LOOKS_UP, report("{f1} in October.", point)) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    asked = str(claude.judged[0]["messages"])
    assert ("<<<data" in asked and "campaigns: " in asked) is is_told


async def test_claim_check_gets_how_the_calls_were_read() -> None:
    good = report("{f1} in October.", "Returns are not taken off.")
    async with ScriptedClaude(LOOKS_UP, good) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    read = "Read as: orders, revenue before returns"
    assert read in str(claude.judged[0]["messages"])


async def test_answer_looks_at_advertising() -> None:
    looks = calls(
        ("advertising", {"product": "none", "channel": "none", "since": "none", "until": "none"})
    )
    _found, letters = await answer(looks, report("Nothing stands out."), words="budget gone?")
    reply = letters[1]["messages"][-1]["content"][0]
    assert "There is no tool" not in str(reply)


async def test_claim_that_is_mended_leaves_no_mark() -> None:
    wrong = report("{f1} in October.", "France led with {f2} because of the rain.")
    right = report("{f1} in October.", "France led with {f2}.")
    async with ScriptedClaude(LOOKS_UP, wrong, right, judge=blame_the_rain) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run("orders by country?", writer=writer, skill="answer")
        await writer.close()
    assert isinstance(found, DraftResult)
    assert not [check for check in found.checks if check.level == "warn"]


async def test_next_step_becomes_a_button() -> None:
    step = {"label": "Draft it", "skill": "draft", "words": "an e-mail for France"}
    found, _letters = await answer(LOOKS_UP, report("{f1}.", next_steps=[step]))
    (lead,) = found.leads
    assert (lead.label.to("en"), lead.skill, lead.words) == (
        "Draft it",
        "draft",
        "an e-mail for France",
    )


async def test_next_step_that_no_skill_carries_out_is_no_button() -> None:
    step = {"label": "Fly", "skill": "fly", "words": "fly to France"}
    wrong = report("{f1}.", next_steps=[step])
    found, letters = await answer(LOOKS_UP, wrong, wrong)
    assert "no skill fly" in str(letters[2]["messages"][-1]["content"])
    assert found.leads == ()


@pytest.mark.parametrize(
    ("because", "title"),
    [
        ("data", "Your data can't tell"),
        ("people", "Not answered"),
        ("tools", "Not answered"),
    ],
)
async def test_gap_is_told_once_and_with_its_reason(because: str, title: str) -> None:
    gap = {"cannot_tell": "loyalty points (no loyalty file)", "cannot_tell_because": because}
    told = report("{f1}.", **gap, not_used=["more than 500 points", "sent by post"])
    found, _letters = await answer(LOOKS_UP, told)
    assert text_of(found, title) == ["loyalty points (no loyalty file)"]
    assert text_of(found, "Not used") == ["“sent by post”"]


async def test_refusal_is_a_report_that_says_so() -> None:
    refusal = {"reason": "no_such_data", "what": "our margin", "missing": "none"}
    nearest = {**refusal, "instead": "Sales by category?"}
    found, _letters = await answer(calls(("cannot", nearest)), words="what is our margin?")
    assert isinstance(found, DraftResult)
    assert "our margin" in found.parts[0].text
    assert not found.evidence.facts
    (step,) = found.leads
    assert (step.skill, step.words, step.ask) == ("answer", "Sales by category?", False)


async def test_question_of_the_ai_is_asked() -> None:
    asked = {"question": "Which shirt do you mean?", "options": ["Alba", "Maud"]}
    found, _letters = await answer(calls(("ask_person", asked)))
    assert isinstance(found, Question)
    assert found.options == ("Alba", "Maud")


async def test_wrong_call_gets_a_sentence_that_names_what_there_is() -> None:
    filters = [[{"field": "country", "operator": "is", "values": ["Belgique du Sud"]}]]
    wrong = calls(("query_metrics", {**QUERY, "filters": filters}))
    found, letters = await answer(wrong, LOOKS_UP, report("{f1}."))
    (reply,) = letters[1]["messages"][-1]["content"]
    assert reply["is_error"]
    assert "FR" in str(reply["content"])
    assert isinstance(found, DraftResult)


async def test_a_forecast_in_the_headline_has_a_line_of_its_own() -> None:
    names = ("product", "category", "country", "source", "device")
    coming = {"days": 30, "since": "2026-12-01", "until": "2026-12-31"}
    looked_up = calls(
        ("query_metrics", {**QUERY, "measures": ["orders"], "dimensions": []}),
        ("forecast", {**coming, **dict.fromkeys(names, "none")}),
    )
    found, _letters = await answer(looked_up, report("{f1} then, {f2} to come."))
    (reading,) = text_of(found, "Read as")
    first, second = reading.splitlines()
    assert first == "Orders · October 2026"
    assert second.endswith("December 2026")
