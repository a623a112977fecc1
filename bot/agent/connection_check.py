"""Try out the connected AI with one real turn: does it call tools as our skills need it?"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import BaseModel, Field

from bot.agent.llm.turn import ConversationMessage, TurnModel, TurnRequest
from bot.agent.skills import load_skills
from bot.agent.tool import Tool, build_tool_spec, load_tools
from bot.core.writer import LlmCall, ReceiptWriter, Writer
from bot.errors import CannotDo, TryAgain

SYSTEM = "You help to check whether tools can be called. Do what the message says, nothing else."
MESSAGE = "Call the tool `{tool}` once, with arguments that fit its parameters."


class CheckForm(BaseModel):
    """A form as reports have it."""

    headline: str = Field(description="one sentence")
    points: list[str]


def find_largest_tool_set() -> list[Tool]:
    """Return the tools of the skill that has most of them; all tools where no skill names any."""
    known: Mapping[str, Tool] = load_tools()
    sets = [
        [known[name] for name in skill.tools if name in known] for skill in load_skills().values()
    ]
    largest = max(sets, key=len, default=[])
    return largest or list(known.values())


async def check_tool_turn(
    writer: Writer, receipt: ReceiptWriter, seconds: float, tools: Sequence[Tool] | None = None
) -> tuple[list[str], list[str]]:
    """Send one turn and return remarks, and problems to solve, as sentences. `tools` None: those
    of the skill that has most."""
    tools = find_largest_tool_set() if tools is None else tools
    if not tools:
        return ["There are no tools, so none was called."], []
    calls: dict[str, LlmCall] = {}

    async def remember(call: LlmCall) -> None:
        await receipt(call)
        calls[call.call or ""] = call

    asked = min(tools, key=lambda tool: len(tool.params.model_fields))
    request = TurnRequest(
        system=SYSTEM,
        tools=tuple(build_tool_spec(tool) for tool in tools),
        messages=(ConversationMessage("user", MESSAGE.format(tool=asked.name)),),
        output=CheckForm,
    )
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        answer = await cast(TurnModel, writer).take_turn(
            request, receipt=remember, deadline=deadline
        )
    except (CannotDo, TryAgain) as error:
        told = error.words.to("en") if error.words else str(error)
        return [], [f"The AI could not be called with {len(tools)} tools. {told}"]
    notes = [_describe_calls(list(calls.values()), len(tools))]
    names = [use.name for use in answer.tool_uses]
    if asked.name not in names:
        instead = f"called {names[0]}" if names else "answered without calling any"
        return notes, [
            f"{answer.model} was told to call the tool {asked.name} and {instead}: questions about "
            "the data will not work well with it. Name another in SUPER_INTERN_MODEL."
        ]
    return [*notes, f"{answer.model} called the tool {asked.name} as it was told to."], []


def _describe_calls(calls: list[LlmCall], tools: int) -> str:
    """Say what was sent and what it cost."""
    last = calls[-1]
    strict = '"strict": true' in last.sent or '"strict":true' in last.sent
    form = "output_config" in last.sent and "json_schema" in last.sent
    kinds = f"{'held to' if strict else 'without'} strict parameters, " + (
        "the answer as a form" if form else "the answer by a tool"
    )
    costs = [call.usd for call in calls if call.usd is not None]
    price = f"${sum(costs):.4f}" if costs else "price not known"
    times = "" if len(calls) == 1 else f" in {len(calls)} tries"
    return (
        f"Called the AI{times} with {tools} tools ({kinds}): {last.tokens_in} tokens in, "
        f"{last.tokens_out} out, {price}."
    )
