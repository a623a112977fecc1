"""The key that a home signs its journal with, and the first start after the upgrade to signing."""

import logging
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit.audited_columns import AUDITED_TABLES
from bot.audit.journal import JournalHead, Signer
from bot.audit.row_verification import adopt_rows, has_signed_chain
from bot.config.secret import KEY_FILE, load_key
from bot.config.settings import Settings
from bot.db.session import Database, Row
from bot.errors import CannotDo
from bot.i18n.messages import Words

log = logging.getLogger("bot.audit.journal")


def find_signer(settings: Settings) -> Signer | None:
    """Return the signer with the key from the settings or the key file; None without a key."""
    given = settings.key.get_secret_value() if settings.key else None
    if given is None and not (settings.home / KEY_FILE).exists():
        return None
    return Signer(load_key(settings.home, given, holds=lambda: False))


def start_signing(
    settings: Settings, database: Database, *, has_library: Callable[[Session], bool]
) -> None:
    """Set the database's signer; a home without a key gets one, unless `has_library` says that
    rows were imported, which were made with the missing key. Raises CannotDo when the journal is
    signed with a key that this home does not have."""
    signer = find_signer(settings)
    with database.begin() as session:
        signatures = list(session.scalars(select(JournalHead.signature)))
        signed = [one for one in signatures if one is not None]
        library = has_library(session)
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
        assert set(AUDITED_TABLES) <= set(Row.metadata.tables)
        found = adopt_rows(session, database.now(), known=published)
    for workspace, count in found.items():
        log.warning("%s: %d rows from before the upgrade are recorded now", workspace, count)
