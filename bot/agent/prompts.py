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
FOLDER = INSTALLED if INSTALLED.is_dir() else CHECKOUT
GAP = re.compile(r"\{\{(\w+)\}\}")


class OpenGap(Exception):
    """A prompt asks for something nobody filled: a bug in the prompt or the handler."""


@cache
def read(name: str) -> str:
    """The prompt as its author wrote it."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def gaps(name: str) -> set[str]:
    """The names of the gaps a prompt asks for."""
    return set(GAP.findall(read(name)))


def fill(name: str, values: Mapping[str, str]) -> str:
    """The prompt with its gaps filled. Raises OpenGap when a value is missing or empty."""
    missing = sorted(gap for gap in gaps(name) if not values.get(gap, "").strip())
    if missing:
        raise OpenGap(f"prompts/{name}.md asks for {', '.join(missing)}")
    return GAP.sub(lambda found: fenced(found[1], values[found[1]]), read(name))


def fenced(name: str, value: str) -> str:
    """A value between its fences; a fence inside it is broken up."""
    safe = value.replace("<<<", "< < <").replace(">>>", "> > >")
    return f"<<<{name}\n{safe}\n{name}>>>"
