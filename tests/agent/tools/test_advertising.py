"""The tool that tells how advertising does."""

import pytest

from bot.i18n.messages import Language
from tests.support.sample_tables import sample
from tests.support.tool_runner import call_tool, text_of, tool_deps


@pytest.mark.parametrize(
    ("language", "problem"),
    [("en", "product sold out · problem"), ("fr", "produit épuisé · problème")],
)
async def test_what_stops_a_keyword_is_said_in_the_readers_language(
    language: Language, problem: str
) -> None:
    result = await call_tool("advertising", {}, tool_deps(language=language))
    assert problem in text_of(result, language)


async def test_a_keyword_says_where_it_is_advertised() -> None:
    result = await call_tool("advertising")
    stuck = [fact for fact in result.facts if fact.parts.subject.startswith("stuck--")]
    where = {fact.parts.measure: fact.value for fact in stuck}
    (retailers,) = (
        sample()
        .engine.con.execute(
            "SELECT list(DISTINCT retailer) FROM campaigns WHERE keyword IS NOT NULL"
        )
        .fetchone()
    )
    assert where["retailer"] in retailers
    table = next(
        one.table for one in result.exhibits if one.table and "Keyword" in one.table.columns[0]
    )
    assert "Platform" in table.columns


async def test_figures_that_are_left_out_are_named() -> None:
    result = await call_tool("funnel", {"device": "mobile"})
    (note,) = [one for one in result.notes if "more figures are left out" in one]
    assert " of " in note
