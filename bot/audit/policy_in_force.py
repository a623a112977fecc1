"""Records which policy and brand applied when: a journal entry whenever a fingerprint changes."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.parts import compute_fingerprint
from bot.db.base import Row
from bot.db.session import insert_once


class PolicyRecord(Row):
    """The fingerprint of the `policy.toml` or `brand.toml` that last applied to a workspace."""

    __tablename__ = "policies_in_force"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    since: Mapped[datetime]

    @staticmethod
    def note(
        session: Session, workspace: str, file: str, contents: BaseModel, now: datetime
    ) -> None:
        """Record that these contents apply from now on, unless they already did."""
        applied = compute_fingerprint(contents.model_dump_json())
        row = session.get(PolicyRecord, (workspace, file))
        if row is not None and row.fingerprint == applied:
            return
        values = {"workspace": workspace, "file": file, "fingerprint": applied, "since": now}
        if row is None:
            if not insert_once(session, PolicyRecord, **values):
                return  # another process records the same at this moment
        else:
            row.fingerprint, row.since = applied, now
        journal.record_event(
            session,
            workspace=workspace,
            event="policy applied" if file == "policy.toml" else "brand applied",
            subject=file,
            now=now,
            fingerprint=applied,
        )
