"""Fills the gaps of `prompts/<skill>.md`, and refuses to leave one open.

What fills a gap is data. So that nothing in it can pass for a part of the prompt, it stands
between `<<<name` and `name>>>` lines, and marks of that kind inside it are taken apart.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import bot

PACKAGE = Path(bot.__file__).parent
# Where an installed wheel has them (see setup.py), and where a checkout has them.
INSTALLED, CHECKOUT = PACKAGE / "prompt_files", PACKAGE.parent / "prompts"
PROMPTS_FOLDER = INSTALLED if INSTALLED.is_dir() else CHECKOUT
GAP_PATTERN = re.compile(r"\{\{(\w+)\}\}")


class UnfilledGap(Exception):
    """A prompt asks for something nobody filled: a bug in the prompt or the handler."""


@cache
def read_prompt(name: str) -> str:
    """The prompt as its author wrote it."""
    return (PROMPTS_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def find_gaps(name: str) -> set[str]:
    """The names of the gaps a prompt asks for."""
    return set(GAP_PATTERN.findall(read_prompt(name)))


def fill_prompt(name: str, values: Mapping[str, str]) -> str:
    """The prompt with its gaps filled. Raises OpenGap when a value is missing or empty."""
    missing = sorted(gap for gap in find_gaps(name) if not values.get(gap, "").strip())
    if missing:
        raise UnfilledGap(f"prompts/{name}.md asks for {', '.join(missing)}")
    return GAP_PATTERN.sub(lambda found: fence_value(found[1], values[found[1]]), read_prompt(name))


def fence_value(name: str, value: str) -> str:
    """A value between its fences; a fence inside it is broken up."""
    safe = value.replace("<<<", "< < <").replace(">>>", "> > >")
    return f"<<<{name}\n{safe}\n{name}>>>"
