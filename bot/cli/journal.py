"""`journal verify` and `journal adopt`."""

import argparse
import getpass
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

import bot.db.models  # noqa: F401  every held table is known to it
from bot.app import Container
from bot.audit import journal, row_digests
from bot.audit import verify as audit_verify
from bot.audit.held_columns import HELD
from bot.audit.journal import Signer
from bot.cli.admin import say
from bot.cli.journal_signing import new_signer, signer_here
from bot.config.settings import Settings
from bot.db.models import TABLES
from bot.slack.published_heads import FILE, PublishedHead, read_heads


def journal_(settings: Settings, args: argparse.Namespace) -> int:
    return adopt(settings) if args.verb == "adopt" else verify(settings, args.head)


def verify(settings: Settings, heads: list[str]) -> int:
    """Verify each workspace's chain, that the rows still are what it recorded, and that it holds
    the heads published or noted before; 1 when one has a fault."""
    assert set(HELD) <= set(TABLES.tables)
    house = Container(settings).migrated(signs=False)
    signer = signer_here(settings)
    faults = 0
    with house.database.snapshot() as session:
        known = journal.workspaces(session)
        used = row_digests.used_workspaces(session)
        for workspace in known:
            faults += not _verify_one(session, workspace, signer)
        for workspace in sorted(used - set(known)):
            faults += 1
            say(f"{workspace}: its journal is gone, although there is work of it.")
        if not known and not used:
            say(f"No journal in {settings.home} yet. Another house: set SUPER_INTERN_HOME.")
        if known and signer is None:
            say("No key here: signatures not checked.")
        for trouble in _heads(session, settings.home / FILE, heads, signer):
            faults += 1
            say(trouble)
    house.database.close()
    return 1 if faults else 0


def _verify_one(session: Session, workspace: str, signer: Signer | None) -> bool:
    found = journal.verify(session, workspace, signer)
    fault = found.fault or audit_verify.fault(session, workspace, signer)
    told = fault.to("en") if fault else f"whole; head {found.head}"
    if signer is not None and not fault:
        if found.unchecked:
            told += f"; {found.unchecked} entries are signed with another key: not checked"
        if not found.signed:
            told += "; not signed yet: start Super-Intern once"
    say(f"{workspace}: {found.entries} entries, {told}")
    return fault is None and (signer is None or found.signed > 0)


def _heads(
    session: Session, published: Path, given: list[str], signer: Signer | None
) -> Iterator[str]:
    """What is wrong with the heads of the home's file and with those that were given."""
    files = [published] if published.exists() else []
    for one in given:
        if Path(one).is_file():
            files.append(Path(one))
        elif not journal.holds(session, one):
            yield f"No journal holds the head {one}: one was written anew."
    for path in files:
        for head in read_heads(path):
            yield from _published(session, path, head, signer)


def _published(
    session: Session, path: Path, head: PublishedHead, signer: Signer | None
) -> Iterator[str]:
    if signer is not None and head.signature and head.check(signer) == "bad":
        yield f"{path.name}: the head of {head.workspace} on {head.day} has a wrong signature."
    elif not head.is_in(session):
        yield (
            f"{head.workspace}: the head of {head.day} in {path.name} is not in its journal: it "
            "was written anew or cut off, or an earlier database was put back."
        )


def adopt(settings: Settings) -> int:
    """Record all rows as they are now, with an entry that says who did so."""
    house = Container(settings).migrated(signs=False)
    house.database.signer = new_signer(settings)
    by = f"terminal: {getpass.getuser()}"
    with house.database.begin() as session:
        found = row_digests.adopt(session, house.database.now(), by=by)
    house.database.close()
    for workspace, count in found.items():
        say(f"{workspace}: {count} rows are recorded as they are now.")
    return 0
