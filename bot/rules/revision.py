"""A reply under a draft: whether it asks for another version, and of which channel's draft.

People also talk to each other under a draft, and what is read here sends the draft back: so only
words that plainly ask for a change count. Whoever is not understood can still press "Send back".
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from bot.core.channels import load_channels

FILE = Path(__file__).with_suffix(".toml")
MOST = 600  # characters: a longer reply is a letter to somebody
SHORT = 3  # words: "Shorter?" asks for it, a longer question may be asked of people


def wants_change(reply: str) -> bool:
    """Whether these words, typed under a draft, ask for another version of it.

    "make it shorter", « plus court s'il te plaît », "in French"; never thanks, praise, or a
    question that may be meant for somebody else.
    """
    said = " ".join(reply.replace("’", "'").split())
    if not said or len(said) > MOST or _pattern("praise").search(said):
        return False
    if _begins("asks").match(said):
        return True
    if _begins("language").match(said) and len(said.split()) <= 2 * SHORT:
        return True
    if said.endswith("?") and len(said.split()) > SHORT:
        return False
    return bool(_pattern("says").search(said))


def channel_meant(reply: str) -> str | None:
    """The key of the one marketing channel that a reply names; None for none or several."""
    said = reply.lower()
    named = {
        key
        for key, channel in load_channels().items()
        for name in channel.names
        if re.search(rf"(?<![\w-]){re.escape(name)}s?(?![\w-])", said)
    }
    return named.pop() if len(named) == 1 else None


@cache
def _phrases() -> dict[str, list[str]]:
    with FILE.open("rb") as file:
        return dict(tomllib.load(file))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Any of these phrases, as whole words."""
    any_of = "|".join(_phrases()[name]).replace("{how}", f"(?:{'|'.join(_phrases()['how'])})")
    return re.compile(rf"(?<![\w'-])(?:{any_of})(?!\w)", re.IGNORECASE)


@cache
def _begins(name: str) -> re.Pattern[str]:
    """One of these phrases at the beginning, behind whatever politeness."""
    please, any_of = "|".join(_phrases()["please"]), "|".join(_phrases()[name])
    return re.compile(rf"\W*(?:(?:{please})(?!\w)\W*)*(?:{any_of})(?!\w)", re.IGNORECASE)
