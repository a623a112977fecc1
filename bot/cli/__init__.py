"""The commands of the `super-intern` program. They wire components together, without rules of
their own."""

import argparse
import asyncio
import gc
import sys
from importlib import import_module

from bot.config.settings import Settings, SettingsError
from bot.config.toml import load_policy
from bot.data.private_files import private_process, restrict_file_permissions, restrict_permissions
from bot.db.sqlite_file import list_sqlite_files
from bot.text.escape import strip_hidden

COMMAND_MODULES = {
    "play": "play",
    "serve": "serve",
    "work": "serve",
    "migrate": "admin",
    "try": "try_",
    "ask": "try_",
    "check": "try_",
    "import": "import_",
    "forget": "forget",
    "facts": "facts",
    "key": "admin",
    "digest": "digest",
    "manifest": "admin",
    "doctor": "admin",
    "journal": "journal",
}

LONG_RUNNING = ("play", "serve", "work")
HOMELESS_COMMANDS = ("manifest",)
# Allocations between two garbage collections: the usual ones cost a tenth of all time.
GC_THRESHOLD = 100_000  # in short commands
SERVER_GC_THRESHOLDS = (20_000, 20, 10)


def run_command(args: argparse.Namespace) -> int:
    """Run the command that was typed; return its exit code. Raises CannotDo or SettingsError."""
    if args.command in LONG_RUNNING:
        gc.set_threshold(*SERVER_GC_THRESHOLDS)
    else:
        gc.set_threshold(GC_THRESHOLD)
    settings = Settings.read()
    if args.command in HOMELESS_COMMANDS:
        return _run(settings, args)
    with private_process(settings.home):
        _make_private(settings)
        return _run(settings, args)


def _run(settings: Settings, args: argparse.Namespace) -> int:
    verb = getattr(import_module(f"bot.cli.{COMMAND_MODULES[args.command]}"), f"{args.command}_")
    result = verb(settings, args)
    return int((asyncio.run(result) if asyncio.iscoroutine(result) else result) or 0)


def _make_private(settings: Settings) -> None:
    """Close the home to other accounts of the machine, and report what was open to them."""
    try:
        shared = load_policy(settings.home, "").library.shared_inbox
    except SettingsError:
        shared = True  # the policy is unreadable: lock nobody out; the command reports the mistake
    for line in restrict_permissions(settings.home, shared_inbox=shared).lines(settings.home):
        sys.stderr.write(strip_hidden(line) + "\n")
    if (database := settings.sqlite_file) is not None and database.parent != settings.home:
        restrict_file_permissions(list_sqlite_files(database))
