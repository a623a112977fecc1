"""A picture that a draft shows: its bytes, found by their own SHA-256."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Row, insert_once


class Drawing(Row):
    """The draft's File part has the same SHA-256, and that is in the fingerprint."""

    __tablename__ = "drawings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]

    @staticmethod
    def keep(session: Session, workspace: str, drawn: Mapping[str, bytes], now: datetime) -> None:
        for sha, png in drawn.items():
            insert_once(session, Drawing, workspace=workspace, sha256=sha, png=png, made_at=now)

    @staticmethod
    def bytes_of(session: Session, workspace: str, sha: str) -> bytes | None:
        """None for a picture that is not the one the draft was made with."""
        row = session.get(Drawing, (workspace, sha))
        return row.png if row and hashlib.sha256(row.png).hexdigest() == sha else None
