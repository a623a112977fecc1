"""`journal verify` and `journal adopt`."""

import argparse
import getpass
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

import bot.db.models  # noqa: F401  registers every audited table
from bot.app import Container
from bot.audit import journal, verify
from bot.audit import verify as audit_verify
from bot.audit.journal import Signer
from bot.audit.row_digests import AUDITED_TABLES
from bot.audit.verify import create_signer, find_signer
from bot.cli.admin import print_line
from bot.config.settings import Settings
from bot.db.models import TABLES
from bot.slack.notices import HEADS_FILE, PublishedHead, read_heads


def journal_(settings: Settings, args: argparse.Namespace) -> int:
    return (
        adopt_journals(settings) if args.verb == "adopt" else verify_journals(settings, args.head)
    )


def verify_journals(settings: Settings, heads: list[str]) -> int:
    """Verify each workspace's chain, its rows, and that it contains the heads that were published
    or given. Returns 1 when a fault was found."""
    assert set(AUDITED_TABLES) <= set(TABLES.tables)
    container = Container(settings).migrated(signs=False)
    signer = find_signer(settings)
    faults = 0
    with container.database.snapshot() as session:
        known = journal.list_workspaces(session)
        used = verify.list_used_workspaces(session)
        for workspace in known:
            faults += not _verify_workspace(session, workspace, signer)
        for workspace in sorted(used - set(known)):
            faults += 1
            print_line(f"{workspace}: its journal is gone, although there is work of it.")
        if not known and not used:
            print_line(f"No journal in {settings.home} yet. Is SUPER_INTERN_HOME right?")
        if known and signer is None:
            print_line("No key here: signatures not checked.")
        for trouble in _check_heads(session, settings.home / HEADS_FILE, heads, signer):
            faults += 1
            print_line(trouble)
    container.database.close()
    return 1 if faults else 0


def _verify_workspace(session: Session, workspace: str, signer: Signer | None) -> bool:
    found = journal.verify_chain(session, workspace, signer)
    fault = found.fault or audit_verify.find_row_fault(session, workspace, signer)
    status = fault.to("en") if fault else f"whole; head {found.head}"
    if signer is not None and not fault:
        if found.unchecked:
            status += f"; {found.unchecked} entries are signed with another key: not checked"
        if not found.signed:
            status += "; not signed yet: start Super-Intern once"
    print_line(f"{workspace}: {found.entries} entries, {status}")
    return fault is None and (signer is None or found.signed > 0)


def _check_heads(
    session: Session, published: Path, given: list[str], signer: Signer | None
) -> Iterator[str]:
    """Yield the faults of the heads in the home's file and of those that were given."""
    files = [published] if published.exists() else []
    for one in given:
        if Path(one).is_file():
            files.append(Path(one))
        elif not journal.contains_head(session, one):
            yield f"No journal holds the head {one}: one was written anew."
    for path in files:
        for head in read_heads(path):
            yield from _check_published_head(session, path, head, signer)


def _check_published_head(
    session: Session, path: Path, head: PublishedHead, signer: Signer | None
) -> Iterator[str]:
    if signer is not None and head.signature and head.check(signer) == "bad":
        yield f"{path.name}: the head of {head.workspace} on {head.day} has a wrong signature."
    elif not head.is_in_journal(session):
        yield (
            f"{head.workspace}: the head of {head.day} in {path.name} is not in its journal: it "
            "was written anew or cut off, or an earlier database was put back."
        )


def adopt_journals(settings: Settings) -> int:
    """Record all rows as they are now, in an entry that names who did so."""
    container = Container(settings).migrated(signs=False)
    container.database.signer = create_signer(settings)
    by = f"terminal: {getpass.getuser()}"
    with container.database.begin() as session:
        found = verify.adopt_rows(session, container.database.now(), by=by)
    container.database.close()
    for workspace, count in found.items():
        print_line(f"{workspace}: {count} rows are recorded as they are now.")
    return 0
