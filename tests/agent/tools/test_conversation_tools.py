"""The tools that read no rows: occasions, read_thread, ask_person, cannot."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.agent.report_writer import build_refusal
from bot.agent.tool import ToolError, load_tools
from bot.agent.tools.cannot import FILE_NAMES, WAYS_OUT
from bot.config.brand import Brand, Market
from bot.data.schema import load_kinds
from bot.drafts.occasions import load_occasions
from bot.i18n.messages import LANGUAGES, Words
from tests.support.metric_queries import workspace_data
from tests.support.sample_tables import TODAY
from tests.support.small_tables import small
from tests.support.tool_runner import call_tool, text_of, tool_deps


async def test_occasions_ahead_come_in_order_with_their_days() -> None:
    result = await call_tool(
        "occasions", {"country": "FR", "days_ahead": 60}, tool_deps(language="fr")
    )
    starts = [str(fact.value) for fact in result.facts if fact.parts.measure == "starts"]
    assert starts == sorted(starts)
    assert starts[0] == "2026-11-27"
    assert "soldes d'hiver (FR)" in {fact.about for fact in result.facts}
    assert any("soldes d'hiver" in note for note in result.notes)
    assert "6 janvier 2027" in text_of(result, "fr")


async def test_occasions_know_a_country_by_its_names() -> None:
    named, coded = [
        await call_tool("occasions", {"country": name, "days_ahead": 60}) for name in ("UK", "GB")
    ]
    assert [fact.id for fact in named.facts] == [fact.id for fact in coded.facts]
    assert "Boxing Day (GB)" in {fact.about for fact in named.facts}


async def test_a_market_with_occasions_of_its_own_has_no_others() -> None:
    brand = Brand(
        name="Maison Ormelin",
        markets={"BE": Market(language="fr", occasions=("saint_nicolas", "noel"))},
    )
    deps = replace(tool_deps(), brand=brand)
    result = await call_tool("occasions", {"country": "BE", "days_ahead": 400}, deps)
    assert {fact.parts.subject.split("-20")[0] for fact in result.facts} == {
        "saint-nicolas",
        "noel",
    }
    assert any("count in this market (BE)" in note for note in result.notes)
    named = await call_tool("occasions", {"name": "black friday", "country": "BE"}, deps)
    assert named.facts
    assert any("not among the occasions of this market" in note for note in named.notes)
    elsewhere = await call_tool("occasions", {"country": "FR", "days_ahead": 400}, deps)
    assert len(elsewhere.facts) > len(result.facts)


async def test_no_occasion_is_past_and_none_is_told_twice() -> None:
    result = await call_tool("occasions", {"days_ahead": 400})
    ends = [str(fact.value) for fact in result.facts if fact.parts.measure == "ends"]
    assert min(ends) >= TODAY.isoformat()
    abouts = [fact.about for fact in result.facts if fact.parts.measure == "starts"]
    assert len(abouts) == len(set(abouts))


@pytest.mark.parametrize("name", ["winter sales", "soldes d'hiver", "soldes_hiver"])
async def test_an_occasion_is_found_by_its_name_in_either_language(name: str) -> None:
    result = await call_tool("occasions", {"name": name, "country": "FR"})
    period = next(p for p in load_occasions()["soldes_hiver"].periods if p.starts > TODAY)
    assert [fact.value for fact in result.facts] == [
        period.starts.isoformat(),
        period.until.isoformat(),
    ]


async def test_an_occasion_by_its_name_has_the_one_that_has_just_passed() -> None:
    one = next(p for p in load_occasions()["black_friday"].periods if p.until.year == 2026)
    deps = replace(tool_deps(), today=one.until + timedelta(days=1))
    result = await call_tool("occasions", {"name": "black friday"}, deps)
    years = [str(fact.value)[:4] for fact in result.facts if fact.parts.measure == "starts"]
    assert years == ["2026", "2027"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"name": "solstice"}, "There are: soldes_hiver"), ({"days_ahead": 0}, "from 1 to 400")],
)
async def test_occasions_refuse_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await call_tool("occasions", given)


async def test_a_thread_is_read_as_messages_with_their_authors() -> None:
    said = "Anna: The linen shirt is sold out.\nBen: Until when?\n  Anna: never"
    result = await call_tool("read_thread", {"most": 10}, tool_deps(material=said, language="fr"))
    assert [(fact.about, fact.value) for fact in result.facts] == [
        ("Anna", "The linen shirt is sold out."),
        ("Ben", "Until when?\nAnna: never"),
    ]
    assert result.read_as == "2 messages de cette conversation"


async def test_only_the_last_messages_are_read_and_the_rest_is_said() -> None:
    material = "\n".join(f"Anna: message {n}" for n in range(1, 31))
    result = await call_tool("read_thread", {"most": 4}, tool_deps(material=material))
    before = await call_tool("read_thread", {"most": 2, "before": 27}, tool_deps(material=material))
    assert [fact.parts.subject for fact in before.facts] == ["message-25", "message-26"]
    assert result.facts[0].id == "thread.message-27.words"
    assert "Messages 27 to 30 of 30." in result.notes
    assert (await call_tool("read_thread", {"most": 4})).notes[0].startswith("There is nothing")


async def test_a_question_goes_to_the_person_with_its_options() -> None:
    result = await call_tool("ask_person", {"question": "Which shirt?", "options": ["Alba", "Mar"]})
    assert result.notes == ("Which shirt?", "Alba", "Mar")


@pytest.mark.parametrize(
    "given",
    [
        {"question": "  "},
        {"question": "x" * 301},
        {"question": "Which?", "options": ["a", "b", "c", "d"]},
        {"question": "Which?", "options": ["a", "A"]},
        {"question": "Which?", "options": [""]},
    ],
)
async def test_a_question_that_does_not_fit_a_card_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        await call_tool("ask_person", given)


async def test_what_the_data_can_not_tell_is_said_with_the_missing_file() -> None:
    given = {"reason": "file_missing", "what": "d'où viennent les visites", "missing": "traffic"}
    result = await call_tool(
        "cannot", {"instead": "none", **given}, tool_deps(workspace_data(small()), language="fr")
    )
    assert result.notes == (
        "Vos données ne le disent pas\u00a0: d'où viennent les visites. Un fichier y"
        " remédierait\u00a0: les chiffres de visites.",
        "file_missing",
        "",
    )


async def test_a_file_that_is_there_is_not_called_missing() -> None:
    given = {"reason": "file_missing", "what": "sales of the next month", "missing": "orders"}
    with pytest.raises(ToolError, match="There is a file of orders"):
        await call_tool("cannot", {"instead": "none", **given})
    said, *_rest = (
        await call_tool("cannot", {"instead": "none", **given, "reason": "no_such_data"})
    ).notes
    assert "orders" not in said


async def test_the_data_are_not_blamed_for_what_the_tools_can_not_do() -> None:
    given = {"what": "sales of the next month", "missing": "orders"}
    for reason in ("future", "tools_cannot", "too_few_people", "one_person", "not_our_work"):
        said, *_rest = (
            await call_tool("cannot", {"instead": "none", **given, "reason": reason})
        ).notes
        assert said.startswith("Not answered: sales of the next month.")


@pytest.mark.parametrize(("reason", "way_out"), [*WAYS_OUT.items()])
async def test_what_is_not_answered_says_why_and_what_to_ask(reason: str, way_out: Words) -> None:
    given = {"what": "sales in Ireland", "missing": "none", "reason": reason}
    for language in LANGUAGES:
        result = await call_tool(
            "cannot", {"instead": "none", **given}, tool_deps(language=language)
        )
        assert result.notes[0].endswith(way_out.to(language))
    report = build_refusal(result.notes[0])
    assert report.headline.text.endswith("sales in Ireland.")
    assert len(report.points) == 1


async def test_a_missing_column_is_not_called_a_missing_file() -> None:
    given = {"reason": "column_missing", "what": "les annulations", "missing": "traffic"}
    said, *_rest = (
        await call_tool(
            "cannot",
            {"instead": "none", **given},
            tool_deps(workspace_data(small()), language="fr"),
        )
    ).notes
    file = {**given, "reason": "file_missing"}
    other, *_rest = (
        await call_tool(
            "cannot", {"instead": "none", **file}, tool_deps(workspace_data(small()), language="fr")
        )
    ).notes
    assert said != other
    assert "colonne" in said
    assert "chiffres de visites" in said


async def test_a_missing_column_is_named() -> None:
    given = {"reason": "column_missing", "what": "which is slowest", "missing": "orders"}
    result = await call_tool("cannot", {"instead": "none", **given, "column": "carrier"})
    assert result.notes[0].endswith("one more column (carrier) in: orders.")
    result = await call_tool("cannot", {"instead": "none", **given})  # of an earlier edition
    assert result.notes[0].endswith("one more column in: orders.")


async def test_a_missing_file_must_be_named() -> None:
    given = {"reason": "column_missing", "what": "the device", "missing": "none"}
    with pytest.raises(ToolError, match="Name the file"):
        await call_tool("cannot", {"instead": "none", **given})


async def test_days_that_are_known_are_told_for_those_that_are_not() -> None:
    given = {"reason": "period_missing", "what": "sales in 2019", "missing": "orders"}
    bought = {"order": "1", "at": datetime(2026, 10, 1, tzinfo=UTC), "customer": "a"}
    deps = tool_deps(workspace_data(small(orders=[bought])))
    result = await call_tool("cannot", {**given, "instead": "none"}, deps)
    assert re.search(r"Known days \(orders\): .*\d{4} to .*\d{4}\.$", result.notes[0])


async def test_nearest_question_fits_on_a_button() -> None:
    given = {"reason": "no_such_data", "what": "sales of a rival", "missing": "none"}
    result = await call_tool("cannot", {**given, "instead": "Our own sales?"})
    assert result.notes[2] == "Our own sales?"
    with pytest.raises(ToolError, match="40 characters"):
        await call_tool("cannot", {**given, "instead": "x" * 41})


def test_every_data_kind_can_be_named_as_missing() -> None:
    assert set(FILE_NAMES) == {*load_kinds(), "products"}
    schema = load_tools()["cannot"].params.model_json_schema()
    assert set(schema["properties"]["missing"]["enum"]) == {"none", *FILE_NAMES}
