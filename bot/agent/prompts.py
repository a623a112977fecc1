"""Fill the placeholders of `prompts/<skill>.md`. A placeholder without a value is an error.

A value is data, never an instruction. To keep it apart from the prompt, it is enclosed in
`<<<name` and `name>>>` lines, and such marks inside the value are broken up.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import bot

PACKAGE = Path(bot.__file__).parent
# The folder of an installed wheel (see setup.py), and the folder of a checkout.
INSTALLED, CHECKOUT = PACKAGE / "prompt_files", PACKAGE.parent / "prompts"
PROMPTS_FOLDER = INSTALLED if INSTALLED.is_dir() else CHECKOUT
OWN_VALUES = ("today", "language", "skills", "channel_rules")  # what code wrote needs no fence
GAP_PATTERN = re.compile(r"\{\{(\w+)\}\}")


class UnfilledGap(Exception):
    """A placeholder of a prompt has no value: a bug in the prompt or in the handler."""


@cache
def read_prompt(name: str) -> str:
    """Read the prompt file with its placeholders."""
    return (PROMPTS_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def find_gaps(name: str) -> set[str]:
    """Return the names of the placeholders of a prompt."""
    return set(GAP_PATTERN.findall(read_prompt(name)))


def fill_prompt(name: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a prompt. Raises UnfilledGap when a value is missing or empty."""
    missing = sorted(gap for gap in find_gaps(name) if not values.get(gap, "").strip())
    if missing:
        raise UnfilledGap(f"prompts/{name}.md asks for {', '.join(missing)}")

    def fill(found: re.Match[str]) -> str:
        value = values[found[1]]
        return value if found[1] in OWN_VALUES else fence_value(found[1], value)

    return GAP_PATTERN.sub(fill, read_prompt(name))


def fence_value(name: str, value: str) -> str:
    """Enclose a value in its fence lines and break up any fence inside it."""
    safe = value.replace("<<<", "< < <").replace(">>>", "> > >")
    return f"<<<{name}\n{safe}\n{name}>>>"
