"""`doctor --live`: one real turn with tools, told in plain words."""

from typing import Any

from bot.agent.connection_check import check_tool_turn
from bot.agent.llm.anthropic import AnthropicWriter
from bot.core.writer import LlmCall
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls, fails, says
from tests.support.loop_tools import SmallTools

TOOLS = len(SmallTools().by_name)


async def check(*script: Step, **server: Any) -> tuple[list[str], list[str], list[LlmCall]]:
    receipts: list[LlmCall] = []

    async def keep(call: LlmCall) -> None:
        receipts.append(call)

    async with ScriptedClaude(*script, **server) as claude:
        writer = AnthropicWriter(key="k", base_url=claude.url, now=lambda: NOW, pause=0.01)
        tools = [*SmallTools().by_name.values()]
        notes, troubles = await check_tool_turn(writer, keep, 10, tools)
        await writer.close()
    return notes, troubles, receipts


async def test_a_model_that_calls_the_tool_is_fit() -> None:
    notes, troubles, receipts = await check(calls(("compare", {})))
    assert troubles == []
    assert notes[0].startswith(
        f"Called the AI with {TOOLS} tools (held to strict parameters, the answer as a form): "
    )
    assert notes[1] == "claude-sonnet-5-5 called the tool compare as it was told to."
    assert [one.ended for one in receipts] == ["no answer kept", "done"]


async def test_a_model_that_only_talks_is_named() -> None:
    _, troubles, _ = await check(says({"headline": "I could call it.", "points": []}))
    assert len(troubles) == 1
    assert "was told to call the tool compare and answered without calling any" in troubles[0]


async def test_a_refused_key_is_told_in_words() -> None:
    notes, troubles, _ = await check(fails(401, "authentication_error"))
    assert notes == []
    assert f"could not be called with {TOOLS} tools" in troubles[0]
    assert "ANTHROPIC_API_KEY" in troubles[0]


async def test_a_server_that_rejects_strict_is_asked_again_and_told() -> None:
    def refuses(body: dict[str, Any]) -> str | None:
        strict = any(tool.get("strict") for tool in body["tools"])
        return "Schema is too complex." if strict else None

    notes, troubles, _ = await check(calls(("compare", {})), refuses=refuses)
    assert troubles == []
    assert f"in 2 tries with {TOOLS} tools (without strict parameters" in notes[0]
