"""What happens behind each door: pieces put together, no rules of their own."""

import argparse
import asyncio
import gc
from importlib import import_module

from bot.settings import Settings

WHERE = {
    "play": "play",
    "serve": "serve",
    "work": "serve",
    "migrate": "terminal",
    "try": "trying",
    "import": "importing",
    "facts": "facts",
    "key": "key",
    "digest": "digests",
    "manifest": "terminal",
    "doctor": "terminal",
    "journal": "journal_command",
}

STAY = ("play", "serve", "work")
RARELY = 100_000  # things made between two looks for rubbish, in a command that is soon over


def open_door(chosen: argparse.Namespace) -> int:
    """Run the command that was typed; its exit code. Raises CannotDo or SettingsMistake."""
    if chosen.door not in STAY:
        gc.set_threshold(RARELY)  # a tenth of the time
    settings = Settings.read()
    verb = getattr(import_module(f"bot.doors.{WHERE[chosen.door]}"), f"{chosen.door}_")
    result = verb(settings, chosen)
    return int((asyncio.run(result) if asyncio.iscoroutine(result) else result) or 0)
