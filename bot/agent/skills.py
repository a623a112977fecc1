r"""Find the skills. Every module in `handlers/` is a skill.

Besides `handle`, a handler's module may define these constants, which are read without importing
the module:

    TITLE = "Customer feedback"         its name on a card (English; the French is in the .po file)
    COMMAND = "feedback"                its slash command, for a skill of daily use
    HINT = "sizing this month"          an example of what can be typed after the command
    OWN_PERIOD = True                   its analyses are of their own days, whatever period is named
    FOR_CHANNELS = True                 it writes for marketing channels, one draft for each
    TOOLS = ("product", …)              the tools that it gives to a model

The words that ask for a skill where there is no AI are in `bot/offline/routing.toml`.
"""

import ast
import importlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

import bot
from bot.core.request import Question, SkillRequest

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

HANDLERS_FOLDER = (
    Path(bot.__file__).parent.parent / "handlers"
)  # in a checkout and where it is installed


@dataclass(frozen=True)
class Skill:
    """A skill. `summary` is the first line of the docstring of its module."""

    name: str
    summary: str
    title: str = ""
    command: str | None = None
    hint: str = ""
    for_channels: bool = False
    own_period: bool = False
    tools: tuple[str, ...] = ()

    @property
    def handle(self) -> "Callable[[SkillRequest, SkillContext], Awaitable[BaseModel | Question]]":
        """The handler function. Its module is imported on first use."""
        module = importlib.import_module(f"handlers.{self.name}")
        return cast(
            "Callable[[SkillRequest, SkillContext], Awaitable[BaseModel | Question]]", module.handle
        )


@cache
def load_skills() -> dict[str, Skill]:
    """Return all skills by name, without importing their modules."""
    skills = {}
    for path in sorted(HANDLERS_FOLDER.glob("*.py")):
        if not path.stem.startswith("_"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstring = ast.get_docstring(tree) or ""
            constants = _read_constants(tree)
            skills[path.stem] = Skill(
                path.stem,
                docstring.split("\n")[0],
                title=str(constants.get("TITLE", "")),
                command=constants.get("COMMAND"),
                hint=str(constants.get("HINT", "")),
                for_channels=bool(constants.get("FOR_CHANNELS")),
                own_period=bool(constants.get("OWN_PERIOD")),
                tools=tuple(constants.get("TOOLS", ())),
            )
    return skills


def load_commands() -> dict[str, str]:
    """Map each slash command, without the slash, to the name of its skill."""
    return {skill.command: skill.name for skill in load_skills().values() if skill.command}


def _read_constants(tree: ast.Module) -> dict[str, Any]:
    """Return the module-level names that are assigned a literal, with their values."""
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):
                constants[node.targets[0].id] = ast.literal_eval(node.value)
    return constants
