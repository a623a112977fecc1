"""Short commands: migrate, manifest, doctor, journal."""

import argparse
import json
import sys
from collections.abc import Iterator

from sqlalchemy import select

from bot.access import RIGHTS, Access
from bot.doors.house import House
from bot.missing import problems
from bot.policy import Policy
from bot.settings import Settings
from bot.task import Task


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")


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

    say(json.dumps(manifest(), indent=2, ensure_ascii=False))
    return 0


def doctor_(settings: Settings, _: argparse.Namespace) -> int:
    """Whether everything is in place to serve; every trouble a line."""
    house = House(settings)
    troubles = problems(settings, "serve")
    policy = house.policy("")
    if not policy.approvers:
        troubles.append("policy.toml names no approver, so nobody can approve a draft.")
    elif not policy.access.groups and len(policy.approvers) < policy.approval.needed:
        troubles.append(
            f"policy.toml needs {policy.approval.needed} approvals but names fewer approvers, so "
            "no draft can ever be approved."
        )
    say(f"Home: {settings.home}")
    say(f"Rows: {'SQLite' if settings.sqlite else 'PostgreSQL'}")
    written_by = settings.model if settings.writer == "claude" else "rules (no AI connected)"
    say(f"Texts are written by: {written_by}")
    for line in rights_of(policy):
        say(line)
    for trouble in troubles:
        say(f"- {trouble}")
    say("Everything is in place." if not troubles else f"{len(troubles)} to settle.")
    return 1 if troubles else 0


def rights_of(policy: Policy) -> Iterator[str]:
    """Who has which right, a line each; where nothing is set, that it is so."""
    if policy.access == Access():
        yield (
            "No [access] in policy.toml: every full member may ask; approvers import, export and "
            "administer; nobody sees named customers."
        )
        return
    for right in RIGHTS:
        people = policy.people_with(right)
        who = "every full member" if people is None else ", ".join(people) or "nobody"
        yield f"May {right.replace('_', ' ')}: {who}"
    if channels := policy.access.shared_channels:
        yield f"Open though another company reads them: {', '.join(channels)}"


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
