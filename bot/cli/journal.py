"""`journal verify` and `journal adopt`; also the signing of the journal at start."""

import argparse
import getpass
import logging
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import bot.db.models  # noqa: F401  registers every audited table
from bot.app import Container
from bot.audit import journal, row_digests
from bot.audit import verify as audit_verify
from bot.audit.audited_columns import AUDITED_TABLES
from bot.audit.journal import JournalHead, Signer
from bot.audit.row_digests import adopt_rows, has_signed_chain
from bot.cli.admin import print_line
from bot.config.secret import KEY_FILE, load_key
from bot.config.settings import Settings
from bot.data.warehouse.models import DataFile
from bot.db.models import TABLES
from bot.db.session import Database
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack.published_heads import HEADS_FILE, PublishedHead, read_heads

# The key that a home signs its journal with, and the first start after the upgrade.

log = logging.getLogger("bot.audit.journal")


def find_signer(settings: Settings) -> Signer | None:
    """Return the signer with the key from the settings or the key file; None without a key."""
    given = settings.key.get_secret_value() if settings.key else None
    if given is None and not (settings.home / KEY_FILE).exists():
        return None
    return Signer(load_key(settings.home, given, holds=lambda: False))


def start_signing(settings: Settings, database: Database) -> None:
    """Set the database's signer; a home without a key gets one. Raises CannotDo when the journal is
    signed with a key that this home does not have."""
    signer = find_signer(settings)
    with database.begin() as session:
        signatures = list(session.scalars(select(JournalHead.signature)))
        signed = [one for one in signatures if one is not None]
        library = DataFile.any(session)
    # Another process may have made the key, and signed with it, since the first look.
    signer = signer or find_signer(settings)
    if signer is None:
        if signed:
            raise CannotDo(
                Words(
                    "The key {path} is missing, but the journal is signed with it. Put the file "
                    "back, or set SUPER_INTERN_KEY to what was in it. If it is lost, run "
                    "`super-intern journal adopt`.",
                    path=str(settings.home / KEY_FILE),
                )
            )
        if library:
            log.warning("the key of this home is missing: the journal is not signed")
            return
        signer = create_signer(settings)
    if signed and not any(one.startswith(f"{signer.name}:") for one in signed):
        raise CannotDo(
            Words(
                "The journal is signed with another key than this home's. Set SUPER_INTERN_KEY to "
                "the same for all processes. If the old key is lost, run "
                "`super-intern journal adopt`."
            )
        )
    database.signer = signer


def create_signer(settings: Settings) -> Signer:
    """Return the home's signer; a missing key is created."""
    given = settings.key.get_secret_value() if settings.key else None
    return Signer(load_key(settings.home, given, holds=lambda: False))


def adopt_unsigned_rows(database: Database, published: set[str]) -> None:
    """Record the rows from before the upgrade. `published` are the workspaces whose signed heads
    were published: their rows were recorded before, so missing digests mean that they were
    removed."""
    with database.begin() as session:
        if database.signer is None or has_signed_chain(session):
            return
        assert set(AUDITED_TABLES) <= set(TABLES.tables)
        found = adopt_rows(session, database.now(), known=published)
    for workspace, count in found.items():
        log.warning("%s: %d rows from before the upgrade are recorded now", workspace, count)


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
        used = row_digests.list_used_workspaces(session)
        for workspace in known:
            faults += not _verify_workspace(session, workspace, signer)
        for workspace in sorted(used - set(known)):
            faults += 1
            print_line(f"{workspace}: its journal is gone, although there is work of it.")
        if not known and not used:
            print_line(f"No journal in {settings.home} yet. Another house: set SUPER_INTERN_HOME.")
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
        found = row_digests.adopt_rows(session, container.database.now(), by=by)
    container.database.close()
    for workspace, count in found.items():
        print_line(f"{workspace}: {count} rows are recorded as they are now.")
    return 0
