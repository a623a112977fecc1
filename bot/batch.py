"""Live rows as they came in: one batch is one checked request, waiting to be merged."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Row, insert_once


class Batch(Row):
    """One request of one kind. The same request again, with the same time and body, is the same
    batch: a retry. `path` is the file of its good rows, relative to the home; None when no row was
    good."""

    __tablename__ = "batches"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(
        primary_key=True
    )  # of the time it was signed at and the body
    rows: Mapped[int]
    rejected: Mapped[int]
    path: Mapped[str | None]
    received_at: Mapped[datetime]
    merged_at: Mapped[datetime | None] = mapped_column(index=True)

    @staticmethod
    def keep(
        session: Session,
        *,
        workspace: str,
        kind: str,
        sha256: str,
        rows: int,
        rejected: int,
        path: str | None,
        now: datetime,
    ) -> bool:
        """Write it down; False when it was there. A batch without good rows waits for nothing."""
        return insert_once(
            session,
            Batch,
            workspace=workspace,
            kind=kind,
            sha256=sha256,
            rows=rows,
            rejected=rejected,
            path=path,
            received_at=now,
            merged_at=None if rows else now,
        )

    @staticmethod
    def waiting(session: Session, workspace: str, kind: str) -> list["Batch"]:
        """What is not merged yet, in the order in which it came."""
        rows = select(Batch).where(
            Batch.workspace == workspace, Batch.kind == kind, Batch.merged_at.is_(None)
        )
        return list(session.scalars(rows.order_by(Batch.received_at, Batch.sha256)))

    @staticmethod
    def due(session: Session) -> list[tuple[str, str]]:
        """The workspaces and kinds that have something to merge."""
        pairs = select(Batch.workspace, Batch.kind).where(Batch.merged_at.is_(None)).distinct()
        return [
            (workspace, kind)
            for workspace, kind in session.execute(pairs.order_by(*pairs.selected_columns))
        ]

    @staticmethod
    def merged(
        session: Session, workspace: str, kind: str, named: list[str], now: datetime
    ) -> bool:
        """These are in the library now. False when one of them was before: then the caller takes
        back what it did, or rows that came later would be undone."""
        marked = 0
        for start in range(0, len(named), 500):
            some = Batch.sha256.in_(named[start : start + 500])
            mine = (Batch.workspace == workspace) & (Batch.kind == kind) & some
            still = update(Batch).where(mine, Batch.merged_at.is_(None)).values(merged_at=now)
            marked += len(session.execute(still.returning(Batch.sha256)).all())
        return marked == len(named)

    @staticmethod
    def forget(session: Session, before: datetime) -> None:
        """Merged so long ago that nobody can send the same request again."""
        session.execute(delete(Batch).where(Batch.merged_at < before))
