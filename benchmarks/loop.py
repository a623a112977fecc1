"""A report by three turns with tools, on the sample shop and an AI that answers at once: the
seconds beyond the look-ups themselves, and the tokens of each request.

Receipts, caps and stored turns are as in the product, on SQLite. A token is counted as four
characters of the request.
"""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel

from benchmarks.table import Figure, percentile
from bot.agent.context import SkillContext
from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.loop import AgentOptions
from bot.agent.spending import Payer, SpendingCap
from bot.agent.tool import Tool, ToolDeps, ToolParams, ToolResult, load_tools
from bot.agent.turns import TaskTurns
from bot.app import Container
from bot.cli.play import PlaygroundHome
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.request import Brief, SkillRequest
from bot.data.service import WorkspaceData
from bot.db.workspace import Workspace
from bot.playground.slack_objects import TEAM_ID
from tests.fakes.claude import ScriptedClaude, calls, says

KINDS = ("trends", "funnel")  # looked up in the first and in the second turn
RUNS = 12  # the first of them opens the tables and computes; it is not counted
CHARACTERS_PER_TOKEN = 4
SECONDS_AIM, TOKENS_AIM = 1.5, 12_000  # tokens of a report, in sum


class Report(BaseModel):
    headline: str
    points: list[str]


class KindParams(ToolParams):
    kind: str


@dataclass
class LookUp:
    """A tool that looks up facts as the product does, and measures how long that takes."""

    library: WorkspaceData
    seconds: float = 0.0
    tools: dict[str, Tool] = field(default_factory=dict)

    async def run(self, params: KindParams, deps: ToolDeps) -> ToolResult:
        began = time.perf_counter()
        try:
            return ToolResult(facts=tuple(await self.library.look_up(params.kind, deps.request)))
        finally:
            self.seconds += time.perf_counter() - began


async def loop() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = PlaygroundHome(Settings.read({"SUPER_INTERN_HOME": folder}))
        await asyncio.to_thread(home.fill_in_subprocess, datetime.now(UTC).date())
        container = Container(home.settings).migrated()
        await container.database.run(Workspace.ensure, TEAM_ID, now())
        async with ScriptedClaude(chunk=10_000) as claude:
            writer = AnthropicWriter(key="k", base_url=claude.url, now=now)
            try:
                beyond = [await _report(container, writer, claude, run) for run in range(RUNS)][1:]
            finally:
                await writer.close()
                container.database.close()
    requests = [_count_tokens(letter) for letter in claude.letters[-len(KINDS) - 1 :]]
    each = ", ".join(f"{tokens:,}" for tokens in requests)
    cached = _count_prefix_tokens(claude.letters[-1])
    return [
        Figure(
            "report by 3 turns beyond the look-ups, p50", percentile(beyond, 0.5), "s", SECONDS_AIM
        ),
        Figure("report by 3 turns beyond the look-ups, worst", max(beyond), "s", SECONDS_AIM),
        Figure(
            "tokens of a report beyond the fixed prefix",
            sum(requests) - cached * len(requests),
            "",
            TOKENS_AIM,
            f"requests of {each} tokens, {cached:,} of each fixed",
        ),
    ]


async def _report(
    container: Container, writer: AnthropicWriter, claude: ScriptedClaude, run: int
) -> float:
    """Return the seconds of one report beyond its look-ups."""
    claude.script = [
        *(calls(("look_up", {"kind": kind})) for kind in KINDS),
        says({"headline": "Checkout on phones: {f1}.", "points": ["And {f2}."]}),
    ]
    task, look_up = f"bench{run}", LookUp(container.library(TEAM_ID))
    spending = SpendingCap(container.database, container.policy, now)
    payer = Payer(TEAM_ID, task)
    tool = Tool("look_up", "Look up facts of one kind.", KindParams, look_up.run)
    tools = {**load_tools(), "look_up": tool}
    turns = TaskTurns(container.database, TEAM_ID, task, container.row_store.key, now)
    brief = Brief(words="what moved, and where do we lose buyers?", author="UMARIE", language="en")
    ctx = SkillContext(
        SkillRequest(skill="answer", brief=brief),
        brand=container.brand(TEAM_ID),
        channel=None,
        library=look_up.library,
        writer=writer,
        receipt=partial(spending.reserve_or_settle, payer),
        today=now().date(),
        agent=AgentOptions(turns=turns, cap_used=partial(spending.measure_task, payer)),
        tools=tools,
    )
    began = time.perf_counter()
    await ctx.write(Report, tools=tuple(tools))
    return time.perf_counter() - began - look_up.seconds


def _count_tokens(letter: dict[str, Any]) -> int:
    return len(json.dumps(letter, ensure_ascii=False)) // CHARACTERS_PER_TOKEN


def _count_prefix_tokens(letter: dict[str, Any]) -> int:
    """The tokens of the tools and the system prompt, which the server caches."""
    return _count_tokens({"tools": letter["tools"], "system": letter["system"]})
