"""The key that a home signs its journal with, and the first start after the upgrade."""

import logging

from sqlalchemy import select

from bot.audit.held_columns import HELD
from bot.audit.journal import Head, Signer
from bot.audit.row_digests import adopt, is_signed
from bot.config.secret import FILE, the_key
from bot.config.settings import Settings
from bot.data.warehouse.models import Holding
from bot.db.models import TABLES
from bot.db.session import Database
from bot.errors import CannotDo
from bot.i18n.messages import Words

log = logging.getLogger("bot.audit.journal")


def signer_here(settings: Settings) -> Signer | None:
    """The signer of the settings' key or of the home's key file; None where there is neither."""
    given = settings.key.get_secret_value() if settings.key else None
    if given is None and not (settings.home / FILE).exists():
        return None
    return Signer(the_key(settings.home, given, holds=lambda: False))


def sign_from_now_on(settings: Settings, database: Database) -> None:
    """Give the database its signer; a home without a key gets one. Raises CannotDo when the journal
    is signed with a key that is not here."""
    signer = signer_here(settings)
    with database.begin() as session:
        signatures = list(session.scalars(select(Head.signature)))
        signed = [one for one in signatures if one is not None]
        library = Holding.any(session)
    if signer is None:
        if signed:
            raise CannotDo(
                Words(
                    "The key {path} is missing, but the journal is signed with it. Put the file "
                    "back, or set SUPER_INTERN_KEY to what was in it. If it is lost, run "
                    "`super-intern journal adopt`.",
                    path=str(settings.home / FILE),
                )
            )
        if library:
            log.warning("the key of this home is missing: the journal is not signed")
            return
        signer = new_signer(settings)
    if signed and not any(one.startswith(f"{signer.name}:") for one in signed):
        raise CannotDo(
            Words(
                "The journal is signed with another key than this home's. Set SUPER_INTERN_KEY to "
                "the same for all processes. If the old key is lost, run "
                "`super-intern journal adopt`."
            )
        )
    database.signer = signer


def new_signer(settings: Settings) -> Signer:
    """The home's signer, with a key made for it when it has none."""
    given = settings.key.get_secret_value() if settings.key else None
    return Signer(the_key(settings.home, given, holds=lambda: False))


def adopt_once(database: Database, published: set[str]) -> None:
    """Record the rows from before the upgrade. `published` are the workspaces whose signed heads
    were published: their rows were recorded already, and digests that are gone were removed."""
    with database.begin() as session:
        if database.signer is None or is_signed(session):
            return
        assert set(HELD) <= set(TABLES.tables)
        found = adopt(session, database.now(), known=published)
    for workspace, count in found.items():
        log.warning("%s: %d rows from before the upgrade are recorded now", workspace, count)
