"""Short commands: migrate, manifest, doctor, journal."""

import argparse
import sys

from sqlalchemy import select

from bot.doors.house import House
from bot.missing import problems
from bot.safe import json_text, plain
from bot.settings import Settings
from bot.task import Task


def say(line: str = "") -> None:
    """A line; what others wrote in it moves no cursor, and no word of it changes its place."""
    sys.stdout.write(plain(line) + "\n")


async def migrate_(settings: Settings, _: argparse.Namespace) -> int:
    """Our tables and the engine's."""
    from bot import migrate
    from bot.engine import migrate_engine

    house = House(settings)
    changed = migrate.upgrade(house.database)
    await migrate_engine(house.database)
    say("The database was brought up to date." if changed else "The database is up to date.")
    return 0


def manifest_(_: Settings, __: argparse.Namespace) -> int:
    from bot.slack.manifest import manifest

    sys.stdout.write(json_text(manifest()) + "\n")
    return 0


def doctor_(settings: Settings, _: argparse.Namespace) -> int:
    """Whether everything is in place to serve; every trouble a line."""
    house = House(settings)
    troubles = problems(settings, "serve")
    policy = house.policy("")
    if not policy.approval.approvers:
        troubles.append("policy.toml names no approver, so nobody can approve a draft.")
    elif len(set(policy.approval.approvers)) < policy.approval.needed:
        troubles.append(
            f"policy.toml needs {policy.approval.needed} approvals but names fewer approvers, so "
            "no draft can ever be approved."
        )
    say(f"Home: {settings.home}")
    say(f"Rows: {'SQLite' if settings.sqlite else 'PostgreSQL'}")
    written_by = settings.model if settings.writer == "claude" else "rules (no AI connected)"
    say(f"Texts are written by: {written_by}")
    for trouble in troubles:
        say(f"- {trouble}")
    say("Everything is in place." if not troubles else f"{len(troubles)} to settle.")
    return 1 if troubles else 0


def journal_(settings: Settings, args: argparse.Namespace) -> int:
    """Verify each workspace's chain, that the rows still are what it recorded, and that it holds
    the heads noted before; 1 when one has a fault."""
    from bot import journal, recorded

    house = House(settings).migrated()
    faults = 0
    with house.database.snapshot() as session:
        used = set(session.scalars(select(Task.workspace).distinct()))
        known = journal.workspaces(session)
        for workspace in known:
            found = journal.verify(session, workspace)
            fault = found.fault or recorded.fault(session, workspace)
            faults += fault is not None
            told = fault.to("en") if fault else f"whole; head {found.head}"
            say(f"{workspace}: {found.entries} entries, {told}")
        for workspace in sorted(used - set(known)):
            faults += 1
            say(f"{workspace}: its journal is gone, although there is work of it.")
        if not known and not used:
            say(f"No journal in {settings.home} yet. Another house: set SUPER_INTERN_HOME.")
        for head in args.head:
            if not journal.holds(session, head):
                faults += 1
                say(f"No journal holds the head {head}: one was written anew.")
    return 1 if faults else 0
