"""Short commands: migrate, manifest, doctor, journal."""

import argparse
import sys
from collections.abc import Iterator

from bot.access import RIGHTS, Access
from bot.doors.house import House
from bot.doors.priced import unpriced
from bot.missing import problems, reached
from bot.policy import Policy
from bot.safe import json_text, plain
from bot.settings import Settings


def say(line: str = "") -> None:
    """A line; what others wrote in it moves no cursor, and no word of it changes its place."""
    sys.stdout.write(plain(line) + "\n")


async def migrate_(settings: Settings, _: argparse.Namespace) -> int:
    """Our tables and the engine's."""
    from bot import migrate
    from bot.engine import migrate_engine

    house = House(settings)
    changed = migrate.upgrade(house.database)
    house.sign()
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
    if not policy.approvers:
        troubles.append("policy.toml names no approver, so nobody can approve a draft.")
    elif not policy.access.groups and len(policy.approvers) < policy.approval.needed:
        troubles.append(
            f"policy.toml needs {policy.approval.needed} approvals but names fewer approvers, so "
            "no draft can ever be approved."
        )
    troubles += unpriced(settings, policy)
    say(f"Home: {settings.home}")
    say(f"Rows: {'SQLite' if settings.sqlite else 'PostgreSQL'}")
    say(reached(settings))
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
