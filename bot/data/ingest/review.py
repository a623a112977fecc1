"""What a person can decide about an uploaded file: confirm, change how it is read, retry or cancel.

Everything that stores rows or changes how they are read requires the right to import. The author
may also cancel the upload or have it read again. All functions raise CannotDo with a message for
the person.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.audit.row_digests import require_unchanged_row
from bot.config.policy import Policy
from bot.data.ingest.models import ALREADY_ENDED, OPEN_STATES, FileUpload
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue

ALREADY_REQUESTED = Words("That is being done already.")


def confirm_import(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    *,
    by: str,
    seen: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Import what the card showed. `seen` is the turn that the person saw."""
    policy.require(by, "import")
    _require_current_turn(upload, seen)
    require_unchanged_row(session, upload)
    if upload.state != "waiting":
        raise CannotDo(ALREADY_ENDED if upload.state not in OPEN_STATES else ALREADY_REQUESTED)
    upload.confirm(session, enqueue, by=by, now=now)


def change_kind(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    *,
    by: str,
    kind: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Read the file again as another kind."""
    policy.require(by, "import")
    if upload.state not in ("half", "waiting", "refused"):
        raise CannotDo(ALREADY_ENDED if upload.state not in OPEN_STATES else ALREADY_REQUESTED)
    upload.kind = kind
    upload.restart(session, enqueue, now)


def change_setting(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    *,
    by: str,
    what: str,
    how: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Read the file again with another setting of its dates or numbers."""
    policy.require(by, "import")
    if upload.state != "waiting":
        raise CannotDo(ALREADY_ENDED if upload.state not in OPEN_STATES else ALREADY_REQUESTED)
    upload.told = {**(upload.told or {}), what: how}
    upload.restart(session, enqueue, now)


def retry_import(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    *,
    by: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Start again after something broke."""
    _require_uploader(upload, by, policy)
    if upload.state != "failed":
        raise CannotDo(ALREADY_REQUESTED if upload.state in OPEN_STATES else ALREADY_ENDED)
    upload.restart(session, enqueue, now)


def cancel_import(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    *,
    by: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Cancel the import. Raises CannotDo when it has ended or is being stored."""
    _require_uploader(upload, by, policy)
    if upload.state == "storing":
        raise CannotDo(Words("It is being stored right now, so it can't be stopped any more."))
    if upload.state not in OPEN_STATES:
        raise CannotDo(ALREADY_ENDED)
    upload.by = by
    upload.log_event(session, "file cancelled", now, by=by)
    upload.set_state(session, enqueue, "cancelled", now)


def _require_uploader(upload: FileUpload, by: str, policy: Policy) -> None:
    if not upload.can_cancel(by, policy):
        raise CannotDo(
            Words("Only whoever dropped this file or somebody who may import can do that.")
        )


def _require_current_turn(upload: FileUpload, seen: str) -> None:
    if seen != str(upload.turn):
        raise CannotDo(Words("This file was read anew meanwhile. Please look at it again."))
