"""The tool that tells how advertising does."""

import pytest

from bot.i18n.messages import Language
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
