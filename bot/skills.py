"""Finds the handlers. A skill is there when its file is there."""

import ast
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from bot.desk import Desk
from bot.request import Question, Request

FOLDER = Path(__file__).parent.parent / "handlers"


@dataclass(frozen=True)
class Skill:
    """One thing the intern can do. `summary` is the first line of its module's docstring."""

    name: str
    summary: str

    @property
    def handle(self) -> Callable[[Request, Desk], Awaitable[BaseModel | Question]]:
        """The handler, imported only when it is used."""
        module = importlib.import_module(f"handlers.{self.name}")
        found: Callable[[Request, Desk], Awaitable[BaseModel | Question]] = module.handle
        return found


@cache
def skills() -> dict[str, Skill]:
    """All skills by name, read without importing them."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        if not path.stem.startswith("_"):
            says = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            found[path.stem] = Skill(path.stem, says.split("\n")[0])
    return found
