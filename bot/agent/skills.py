r"""Finds the handlers. A skill is there when its file is there.

Besides `handle`, a handler's module may say how people ask for it, as plain constants that are
read without importing it:

    TITLE = "Customer feedback"         what it is called on a card (English; French in the .po)
    ASKED_BY = "what do .* say|…"       a pattern for the words that ask for it
    COMMAND = "feedback"                its slash command, for what people use daily
    HINT = "sizing this month"          what may be typed behind the command
    OWN_PERIOD = True                   "this week" in the words is no wish for other days
    FOR_CHANNELS = True                 it writes for marketing channels, one draft each
"""

import ast
import importlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import bot
from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest

HANDLERS_FOLDER = (
    Path(bot.__file__).parent.parent / "handlers"
)  # in a checkout and where it is installed


@dataclass(frozen=True)
class Skill:
    """One thing the intern can do. `summary` is the first line of its module's docstring."""

    name: str
    summary: str
    title: str = ""
    asked_by: str | None = None
    command: str | None = None
    hint: str = ""
    for_channels: bool = False
    own_period: bool = False

    @property
    def handle(self) -> Callable[[SkillRequest, SkillContext], Awaitable[BaseModel | Question]]:
        """The handler, imported only when it is used."""
        module = importlib.import_module(f"handlers.{self.name}")
        found: Callable[[SkillRequest, SkillContext], Awaitable[BaseModel | Question]] = (
            module.handle
        )
        return found


@cache
def load_skills() -> dict[str, Skill]:
    """All skills by name, read without importing them."""
    found = {}
    for path in sorted(HANDLERS_FOLDER.glob("*.py")):
        if not path.stem.startswith("_"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            says = ast.get_docstring(tree) or ""
            told = _read_constants(tree)
            found[path.stem] = Skill(
                path.stem,
                says.split("\n")[0],
                title=str(told.get("TITLE", "")),
                asked_by=told.get("ASKED_BY"),
                command=told.get("COMMAND"),
                hint=str(told.get("HINT", "")),
                for_channels=bool(told.get("FOR_CHANNELS")),
                own_period=bool(told.get("OWN_PERIOD")),
            )
    return found


def load_commands() -> dict[str, str]:
    """Slash commands (without the slash) and the skills that they start."""
    return {skill.command: skill.name for skill in load_skills().values() if skill.command}


def _read_constants(tree: ast.Module) -> dict[str, Any]:
    """The module's names that are given a literal."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found
