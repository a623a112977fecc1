"""What a person says about a file that was dropped: yes, it is something else, once more, no.

What takes rows into the library, or changes how they are read, needs the right to import. Whoever
dropped the file may also stop it or have it read again. All raise CannotDo, in words for that
person.
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
    arrival: FileUpload,
    *,
    by: str,
    seen: str,
    policy: Policy,
    now: datetime,
) -> None:
    """A person's yes to what the card showed (`seen` is its turn). Raises CannotDo."""
    policy.demand(by, "import")
    _require_current_turn(arrival, seen)
    require_unchanged_row(session, arrival)
    if arrival.state != "waiting":
        raise CannotDo(ALREADY_ENDED if arrival.state not in OPEN_STATES else ALREADY_REQUESTED)
    arrival.by = by
    arrival.log_event(session, "file confirmed", now, by=by)
    arrival.set_state(session, enqueue, "taking", now)
    arrival.enqueue(session, enqueue, "take_in")


def change_kind(
    session: Session,
    enqueue: Enqueue,
    arrival: FileUpload,
    *,
    by: str,
    kind: str,
    policy: Policy,
    now: datetime,
) -> None:
    """It is something else: read it again as this kind. Raises CannotDo."""
    policy.demand(by, "import")
    if arrival.state not in ("half", "waiting", "refused"):
        raise CannotDo(ALREADY_ENDED if arrival.state not in OPEN_STATES else ALREADY_REQUESTED)
    arrival.kind = kind
    arrival.restart(session, enqueue, now)


def change_setting(
    session: Session,
    enqueue: Enqueue,
    arrival: FileUpload,
    *,
    by: str,
    what: str,
    how: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Its dates or figures are meant otherwise: read it again so. Raises CannotDo."""
    policy.demand(by, "import")
    if arrival.state != "waiting":
        raise CannotDo(ALREADY_ENDED if arrival.state not in OPEN_STATES else ALREADY_REQUESTED)
    arrival.told = {**(arrival.told or {}), what: how}
    arrival.restart(session, enqueue, now)


def retry_import(
    session: Session,
    enqueue: Enqueue,
    arrival: FileUpload,
    *,
    by: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Once more from the start, after something broke. Raises CannotDo."""
    _require_uploader(arrival, by, policy)
    if arrival.state != "failed":
        raise CannotDo(ALREADY_REQUESTED if arrival.state in OPEN_STATES else ALREADY_ENDED)
    arrival.restart(session, enqueue, now)


def cancel_import(
    session: Session,
    enqueue: Enqueue,
    arrival: FileUpload,
    *,
    by: str,
    policy: Policy,
    now: datetime,
) -> None:
    """A person stops it. Raises CannotDo when it is over, or being stored."""
    _require_uploader(arrival, by, policy)
    if arrival.state == "storing":
        raise CannotDo(Words("It is being stored right now, so it can't be stopped any more."))
    if arrival.state not in OPEN_STATES:
        raise CannotDo(ALREADY_ENDED)
    arrival.by = by
    arrival.log_event(session, "file cancelled", now, by=by)
    arrival.set_state(session, enqueue, "cancelled", now)


def _require_uploader(arrival: FileUpload, by: str, policy: Policy) -> None:
    if not arrival.can_cancel(by, policy):
        raise CannotDo(
            Words("Only whoever dropped this file or somebody who may import can do that.")
        )


def _require_current_turn(arrival: FileUpload, seen: str) -> None:
    if seen != str(arrival.turn):
        raise CannotDo(Words("This file was read anew meanwhile. Please look at it again."))
