"""Tools: typed, read-only functions by which a model looks up facts.

Every module in `bot/agent/tools/` is a tool; its name is the tool's name. It defines:

    the module's docstring         what the tool is for, as the model reads it
    class Params(ToolParams)       its parameters: flat, every field required, "none" instead of
                                   null, no recursion and no free keys
    async def run(params, deps)    returns a ToolResult; raises ToolError

`ENDS_LOOP = True` marks a tool whose call ends the conversation instead of being answered. The
notes of `ask_person` are the question and its options; those of any other such tool are the
sentence that the person reads and a short reason for counting.
"""

import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from bot.config.brand import Brand
from bot.core.charts import Exhibit
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.core.request import SkillRequest

if TYPE_CHECKING:
    from bot.data.analyses.result import AnalysisFilter
    from bot.data.service import WorkspaceData

TOOLS_FOLDER = Path(__file__).parent / "tools"


class ToolParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolResult(BaseModel):
    """What a tool found. `notes` are sentences for the model: what was left out, what is not in
    the data, how a word was understood."""

    model_config = ConfigDict(frozen=True)
    facts: tuple[Fact, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    notes: tuple[str, ...] = ()
    read_as: str = ""  # how the call was read, for the card: "customers · ordered · Gold"


class ToolError(Exception):
    """A call that can't be carried out, in a sentence that the model can act on: "no country called
    Belgique in orders; there are: BE, FR". Holds nothing that the asker may not see."""


class ThreadPort(Protocol):
    """Reads the conversation around a request, as typed messages."""

    async def read_thread(self) -> Sequence[str]: ...


class DeliveryPort(Protocol):
    """Finds approved and sent texts with their results, for `past_copy`."""

    async def find_past_copy(self, words: str, channel: str | None) -> Sequence[Fact]: ...


class LabelPort(Protocol):
    """Has a model read the themes of texts, before they are counted."""

    async def label(self, where: "AnalysisFilter") -> int: ...


class DigestPort(Protocol):
    """Returns what the last digests called confirmed or to watch."""


@dataclass(frozen=True)
class ToolDeps:
    """What tools may use. `may` tells whether the asker has a right; `is_private` whether the
    answer is seen by the asker alone. A tool returns only what everybody at that place may see."""

    data: "WorkspaceData"
    request: SkillRequest
    brand: Brand
    today: date
    person: str
    is_private: bool = False
    may: Callable[[str], Awaitable[bool]] = field(default=lambda _right: _deny())
    book: FactBook = field(default_factory=FactBook)  # the facts found so far in this task
    thread: ThreadPort | None = None
    deliveries: DeliveryPort | None = None
    digests: DigestPort | None = None
    labels: LabelPort | None = None


async def _deny() -> bool:
    return False


@dataclass(frozen=True)
class Tool:
    """One tool, as `load_tools` found it."""

    name: str
    description: str
    params: type[ToolParams]
    run: Callable[[Any, ToolDeps], Awaitable[ToolResult]]
    ends_loop: bool = False


@cache
def load_tools() -> dict[str, Tool]:
    """Return all tools by name, in a fixed order."""
    tools = {}
    for path in sorted(TOOLS_FOLDER.glob("*.py")):
        if not path.stem.startswith("_"):
            module = importlib.import_module(f"bot.agent.tools.{path.stem}")
            tools[path.stem] = Tool(
                name=path.stem,
                description=getdoc(module) or "",
                params=module.Params,
                run=module.run,
                ends_loop=getattr(module, "ENDS_LOOP", False),
            )
    return tools
